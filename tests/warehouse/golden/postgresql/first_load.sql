-- load 20200701T043000Z-4e5f of covid19 into postgresql
CREATE SCHEMA IF NOT EXISTS "covid19_staging";
CREATE TABLE IF NOT EXISTS "covid19_staging"."loaded_versions" (
    table_name varchar(128) PRIMARY KEY,
    version varchar(256) NOT NULL,
    row_count bigint NOT NULL,
    loaded_at timestamp with time zone NOT NULL
);
CREATE TABLE IF NOT EXISTS "covid19_staging"."loads" (
    load_id varchar(64) NOT NULL,
    table_name varchar(128) NOT NULL,
    version varchar(256) NOT NULL,
    previous_version varchar(256),
    scope varchar(16) NOT NULL,
    staged bigint NOT NULL,
    inserted bigint NOT NULL,
    changed bigint NOT NULL,
    deleted bigint NOT NULL,
    row_count bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    verified_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE "covid19_staging"."loads" IS 'The audit of loads: a table that a load changed, written in the transaction that changed it. scope is whole, months (only months that differ from previous_version were staged) or created; staged, inserted, changed and deleted count rows, and row_count has the table''s rows after the load. Every row was compared with the lake''s files at verified_at, before the commit.';
CREATE TABLE IF NOT EXISTS "covid19_staging"."load_lock" (
    nothing integer
);
-- in a session of its own, until the load ends: another load is refused meanwhile
LOCK TABLE "covid19_staging"."load_lock" IN EXCLUSIVE MODE NOWAIT;
-- dim_date: created, to version 20200701T040000Z-2c3d
CREATE TABLE IF NOT EXISTS "covid19_staging"."dim_date" (
    "date_key" integer NOT NULL,
    "date" date NOT NULL,
    "year" integer NOT NULL,
    "quarter" integer NOT NULL,
    "month" integer NOT NULL,
    "month_name" text NOT NULL,
    "day" integer NOT NULL,
    "day_of_week" integer NOT NULL,
    "day_name" text NOT NULL,
    "iso_week" integer NOT NULL,
    "is_weekend" boolean NOT NULL
);
COMMENT ON TABLE "covid19_staging"."dim_date" IS 'A day, without gaps from the first to the last day of the facts.';
COMMENT ON COLUMN "covid19_staging"."dim_date"."date_key" IS 'Day as yyyymmdd';
COMMENT ON COLUMN "covid19_staging"."dim_date"."date" IS 'The day';
COMMENT ON COLUMN "covid19_staging"."dim_date"."year" IS 'Calendar year';
COMMENT ON COLUMN "covid19_staging"."dim_date"."quarter" IS 'Quarter, 1 to 4';
COMMENT ON COLUMN "covid19_staging"."dim_date"."month" IS 'Month, 1 to 12';
COMMENT ON COLUMN "covid19_staging"."dim_date"."month_name" IS 'English name of the month';
COMMENT ON COLUMN "covid19_staging"."dim_date"."day" IS 'Day of the month';
COMMENT ON COLUMN "covid19_staging"."dim_date"."day_of_week" IS 'ISO day of the week, Monday is 1';
COMMENT ON COLUMN "covid19_staging"."dim_date"."day_name" IS 'English name of the day';
COMMENT ON COLUMN "covid19_staging"."dim_date"."iso_week" IS 'ISO week, 1 to 53';
COMMENT ON COLUMN "covid19_staging"."dim_date"."is_weekend" IS 'Saturday or Sunday';
-- the rows of 1 files with 12 rows and 3,456 bytes are sent
CREATE UNIQUE INDEX "dim_date_pkey" ON "covid19_staging"."dim_date" ("date_key");
ALTER TABLE "covid19_staging"."dim_date" ADD PRIMARY KEY USING INDEX "dim_date_pkey";
ANALYZE "covid19_staging"."dim_date";
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(_present2), sum(_total2), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(CASE WHEN _text5 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text5), 1, 15))::bit(60)::bigint), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(CASE WHEN _text8 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text8), 1, 15))::bit(60)::bigint), sum(_present9), sum(_total9), sum(_present10), sum(_total10) FROM (SELECT count(*) AS _rows, count("date_key") AS _present0, sum("date_key") AS _total0, count("date") AS _present1, sum("date" - date '1970-01-01') AS _total1, count("year") AS _present2, sum("year") AS _total2, count("quarter") AS _present3, sum("quarter") AS _total3, count("month") AS _present4, sum("month") AS _total4, "month_name" AS _text5, count("day") AS _present6, sum("day") AS _total6, count("day_of_week") AS _present7, sum("day_of_week") AS _total7, "day_name" AS _text8, count("iso_week") AS _present9, sum("iso_week") AS _total9, count("is_weekend") AS _present10, sum(CASE WHEN "is_weekend" THEN 1 ELSE 0 END) AS _total10 FROM "covid19_staging"."dim_date" AS t GROUP BY "month_name", "day_name") AS grouped;
-- dim_region: created, to version 20200701T040000Z-2c3d
CREATE TABLE IF NOT EXISTS "covid19_staging"."dim_region" (
    "region_key" bigint NOT NULL,
    "region_id" text NOT NULL,
    "level" text NOT NULL,
    "country_region" text,
    "iso2" text,
    "iso3" text,
    "province_state" text,
    "state_abbreviation" text,
    "county" text,
    "fips" text,
    "latitude" double precision,
    "longitude" double precision,
    "population" bigint,
    "state_region_key" bigint,
    "country_region_key" bigint
);
COMMENT ON TABLE "covid19_staging"."dim_region" IS 'A region over all sources, its state and its country among them; key 0 is the unknown region.';
COMMENT ON COLUMN "covid19_staging"."dim_region"."region_key" IS 'xxhash64 of region_id; 0 is unknown';
COMMENT ON COLUMN "covid19_staging"."dim_region"."region_id" IS 'Natural key, such as county:01001 or state:US/Alabama';
COMMENT ON COLUMN "covid19_staging"."dim_region"."level" IS 'country, state, county, facility, ship, unassigned, out_of_state, recovered or unknown';
COMMENT ON COLUMN "covid19_staging"."dim_region"."country_region" IS 'Canonical country name';
COMMENT ON COLUMN "covid19_staging"."dim_region"."iso2" IS 'ISO 3166-1 alpha-2 code of the country';
COMMENT ON COLUMN "covid19_staging"."dim_region"."iso3" IS 'ISO 3166-1 alpha-3 code of the country';
COMMENT ON COLUMN "covid19_staging"."dim_region"."province_state" IS 'Province or state';
COMMENT ON COLUMN "covid19_staging"."dim_region"."state_abbreviation" IS 'Postal abbreviation of the US state';
COMMENT ON COLUMN "covid19_staging"."dim_region"."county" IS 'County, or the place below a province';
COMMENT ON COLUMN "covid19_staging"."dim_region"."fips" IS 'US FIPS code, 2 digits for a state and 5 for a county';
COMMENT ON COLUMN "covid19_staging"."dim_region"."latitude" IS 'Degrees north';
COMMENT ON COLUMN "covid19_staging"."dim_region"."longitude" IS 'Degrees east';
COMMENT ON COLUMN "covid19_staging"."dim_region"."population" IS 'People in 2018; a state''s and the country''s is the sum of its counties';
COMMENT ON COLUMN "covid19_staging"."dim_region"."state_region_key" IS 'Region of the state that this one lies in, itself for a state';
COMMENT ON COLUMN "covid19_staging"."dim_region"."country_region_key" IS 'Region of the country that this one lies in, itself for a country';
-- the rows of 1 files with 12 rows and 3,456 bytes are sent
CREATE UNIQUE INDEX "dim_region_pkey" ON "covid19_staging"."dim_region" ("region_key");
ALTER TABLE "covid19_staging"."dim_region" ADD PRIMARY KEY USING INDEX "dim_region_pkey";
ANALYZE "covid19_staging"."dim_region";
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(CASE WHEN _text1 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text1), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text2 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text2), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text3 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text3), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text4 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text4), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text5 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text5), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text6 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text6), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text7 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text7), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text8 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text8), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text9 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text9), 1, 15))::bit(60)::bigint), sum(_present10), sum(_total10), sum(_present11), sum(_total11), sum(_present12), sum(_total12), sum(_present13), sum(_total13), sum(_present14), sum(_total14) FROM (SELECT count(*) AS _rows, count("region_key") AS _present0, sum("region_key") AS _total0, "region_id" AS _text1, "level" AS _text2, "country_region" AS _text3, "iso2" AS _text4, "iso3" AS _text5, "province_state" AS _text6, "state_abbreviation" AS _text7, "county" AS _text8, "fips" AS _text9, count("latitude") AS _present10, sum(CASE WHEN abs("latitude") < 9e12 THEN CAST(floor("latitude" * 1e6::double precision) AS bigint) END) AS _total10, count("longitude") AS _present11, sum(CASE WHEN abs("longitude") < 9e12 THEN CAST(floor("longitude" * 1e6::double precision) AS bigint) END) AS _total11, count("population") AS _present12, sum("population") AS _total12, count("state_region_key") AS _present13, sum("state_region_key") AS _total13, count("country_region_key") AS _present14, sum("country_region_key") AS _total14 FROM "covid19_staging"."dim_region" AS t GROUP BY "region_id", "level", "country_region", "iso2", "iso3", "province_state", "state_abbreviation", "county", "fips") AS grouped;
-- fact_cases: created, to version 20200701T040000Z-2c3d
CREATE TABLE IF NOT EXISTS "covid19_staging"."fact_cases" (
    "region_key" bigint NOT NULL,
    "date_key" integer NOT NULL,
    "source" text NOT NULL,
    "confirmed" bigint,
    "deaths" bigint,
    "recovered" bigint,
    "active" bigint,
    "new_confirmed" bigint,
    "new_deaths" bigint,
    "days_since_previous" integer
);
COMMENT ON TABLE "covid19_staging"."fact_cases" IS 'A region, a day and a source, at the lowest level that the source reports.';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."region_key" IS 'Region, key of dim_region';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."date_key" IS 'Day as yyyymmdd, key of dim_date';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."source" IS 'enigma_jhu, jhu_daily_reports or nytimes';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."confirmed" IS 'Cumulative cases as reported';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."deaths" IS 'Cumulative deaths as reported';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."recovered" IS 'Cumulative recoveries as reported';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."active" IS 'Active cases as reported';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."new_confirmed" IS 'Cases since the region''s last figure before; null on the first, negative on a correction';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."new_deaths" IS 'Deaths since the region''s last figure before; null on the first, negative on a correction';
COMMENT ON COLUMN "covid19_staging"."fact_cases"."days_since_previous" IS 'Days since the region''s report before; null on the first';
-- the rows of 2 files with 13 rows and 13,000 bytes are sent
CREATE UNIQUE INDEX "fact_cases_pkey" ON "covid19_staging"."fact_cases" ("region_key", "date_key", "source");
ALTER TABLE "covid19_staging"."fact_cases" ADD PRIMARY KEY USING INDEX "fact_cases_pkey";
ANALYZE "covid19_staging"."fact_cases";
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(CASE WHEN _text2 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text2), 1, 15))::bit(60)::bigint), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(_present5), sum(_total5), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(_present8), sum(_total8), sum(_present9), sum(_total9) FROM (SELECT count(*) AS _rows, count("region_key") AS _present0, sum("region_key") AS _total0, count("date_key") AS _present1, sum("date_key") AS _total1, "source" AS _text2, count("confirmed") AS _present3, sum("confirmed") AS _total3, count("deaths") AS _present4, sum("deaths") AS _total4, count("recovered") AS _present5, sum("recovered") AS _total5, count("active") AS _present6, sum("active") AS _total6, count("new_confirmed") AS _present7, sum("new_confirmed") AS _total7, count("new_deaths") AS _present8, sum("new_deaths") AS _total8, count("days_since_previous") AS _present9, sum("days_since_previous") AS _total9 FROM "covid19_staging"."fact_cases" AS t GROUP BY "source") AS grouped;
BEGIN;
CREATE SCHEMA IF NOT EXISTS "covid19";
-- dim_date: created, to version 20200701T040000Z-2c3d
DROP TABLE IF EXISTS "covid19"."dim_date";
ALTER TABLE "covid19_staging"."dim_date" SET SCHEMA "covid19";
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'dim_date';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('dim_date', '20200701T040000Z-2c3d', 12, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'dim_date', '20200701T040000Z-2c3d', NULL, 'created', 0, 0, 0, 0, 12, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
-- dim_region: created, to version 20200701T040000Z-2c3d
DROP TABLE IF EXISTS "covid19"."dim_region";
ALTER TABLE "covid19_staging"."dim_region" SET SCHEMA "covid19";
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'dim_region';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('dim_region', '20200701T040000Z-2c3d', 12, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'dim_region', '20200701T040000Z-2c3d', NULL, 'created', 0, 0, 0, 0, 12, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
-- fact_cases: created, to version 20200701T040000Z-2c3d
DROP TABLE IF EXISTS "covid19"."fact_cases";
ALTER TABLE "covid19_staging"."fact_cases" SET SCHEMA "covid19";
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'fact_cases';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('fact_cases', '20200701T040000Z-2c3d', 13, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'fact_cases', '20200701T040000Z-2c3d', NULL, 'created', 0, 0, 0, 0, 13, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
GRANT USAGE ON SCHEMA "covid19" TO "covid_lake_reader";
GRANT SELECT ON TABLE "covid19"."dim_date", "covid19"."dim_region", "covid19"."fact_cases" TO "covid_lake_reader";
COMMIT;
