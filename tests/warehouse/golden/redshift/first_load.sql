-- load 20200701T043000Z-4e5f of covid19 into redshift
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
CREATE TABLE IF NOT EXISTS "covid19_staging"."created_views" (
    view_name varchar(128) NOT NULL,
    digest varchar(64) NOT NULL
);
CREATE TABLE IF NOT EXISTS "covid19_staging"."outdated_statistics" (
    table_name varchar(128) NOT NULL
);
BEGIN;
-- waits for other loads
LOCK TABLE "covid19_staging"."load_lock";
-- must be what the load was planned by, or it is planned again
SELECT table_name, version FROM "covid19_staging"."loaded_versions";
CREATE SCHEMA IF NOT EXISTS "covid19";
-- dim_date: created, to version 20200701T040000Z-2c3d
CREATE TABLE IF NOT EXISTS "covid19"."dim_date" (
    "date_key" integer ENCODE az64 NOT NULL,
    "date" date ENCODE az64 NOT NULL,
    "year" integer ENCODE az64 NOT NULL,
    "quarter" integer ENCODE az64 NOT NULL,
    "month" integer ENCODE az64 NOT NULL,
    "month_name" varchar(256) ENCODE zstd NOT NULL,
    "day" integer ENCODE az64 NOT NULL,
    "day_of_week" integer ENCODE az64 NOT NULL,
    "day_name" varchar(256) ENCODE zstd NOT NULL,
    "iso_week" integer ENCODE az64 NOT NULL,
    "is_weekend" boolean ENCODE raw NOT NULL,
    PRIMARY KEY ("date_key")
)
DISTSTYLE ALL;
COMMENT ON TABLE "covid19"."dim_date" IS 'A day, without gaps from the first to the last day of the facts.';
COMMENT ON COLUMN "covid19"."dim_date"."date_key" IS 'Day as yyyymmdd';
COMMENT ON COLUMN "covid19"."dim_date"."date" IS 'The day';
COMMENT ON COLUMN "covid19"."dim_date"."year" IS 'Calendar year';
COMMENT ON COLUMN "covid19"."dim_date"."quarter" IS 'Quarter, 1 to 4';
COMMENT ON COLUMN "covid19"."dim_date"."month" IS 'Month, 1 to 12';
COMMENT ON COLUMN "covid19"."dim_date"."month_name" IS 'English name of the month';
COMMENT ON COLUMN "covid19"."dim_date"."day" IS 'Day of the month';
COMMENT ON COLUMN "covid19"."dim_date"."day_of_week" IS 'ISO day of the week, Monday is 1';
COMMENT ON COLUMN "covid19"."dim_date"."day_name" IS 'English name of the day';
COMMENT ON COLUMN "covid19"."dim_date"."iso_week" IS 'ISO week, 1 to 53';
COMMENT ON COLUMN "covid19"."dim_date"."is_weekend" IS 'Saturday or Sunday';
-- the manifest lists 1 files with 12 rows and 3,456 bytes
COPY "covid19"."dim_date" FROM 's3://bucket/lake/_loads/covid19/20200701T043000Z-4e5f/dim_date.manifest' IAM_ROLE 'arn:aws:iam::123456789012:role/redshift-reads-lake' FORMAT AS PARQUET MANIFEST;
-- must be 0: keys that stand more than once
SELECT count(*) FROM (SELECT "date_key" FROM "covid19"."dim_date" GROUP BY "date_key" HAVING count(*) > 1) AS repeated;
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(_present2), sum(_total2), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(_present5), sum(_total5), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(_present8), sum(_total8), sum(_present9), sum(_total9), sum(_present10), sum(_total10) FROM (SELECT count(*) AS _rows, count("date_key") AS _present0, sum("date_key") AS _total0, count("date") AS _present1, sum("date" - date '1970-01-01') AS _total1, count("year") AS _present2, sum("year") AS _total2, count("quarter") AS _present3, sum("quarter") AS _total3, count("month") AS _present4, sum("month") AS _total4, count("month_name") AS _present5, sum(strtol(substring(md5("month_name"), 1, 15), 16)) AS _total5, count("day") AS _present6, sum("day") AS _total6, count("day_of_week") AS _present7, sum("day_of_week") AS _total7, count("day_name") AS _present8, sum(strtol(substring(md5("day_name"), 1, 15), 16)) AS _total8, count("iso_week") AS _present9, sum("iso_week") AS _total9, count("is_weekend") AS _present10, sum(CASE WHEN "is_weekend" THEN 1 ELSE 0 END) AS _total10 FROM "covid19"."dim_date" AS t) AS grouped;
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'dim_date';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('dim_date', '20200701T040000Z-2c3d', 12, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'dim_date', '20200701T040000Z-2c3d', NULL, 'created', 0, 0, 0, 0, 12, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
-- dim_region: created, to version 20200701T040000Z-2c3d
CREATE TABLE IF NOT EXISTS "covid19"."dim_region" (
    "region_key" bigint ENCODE az64 NOT NULL,
    "region_id" varchar(256) ENCODE zstd NOT NULL,
    "level" varchar(256) ENCODE zstd NOT NULL,
    "country_region" varchar(256) ENCODE zstd,
    "iso2" varchar(256) ENCODE zstd,
    "iso3" varchar(256) ENCODE zstd,
    "province_state" varchar(256) ENCODE zstd,
    "state_abbreviation" varchar(256) ENCODE zstd,
    "county" varchar(256) ENCODE zstd,
    "fips" varchar(256) ENCODE zstd,
    "latitude" double precision ENCODE zstd,
    "longitude" double precision ENCODE zstd,
    "population" bigint ENCODE az64,
    "state_region_key" bigint ENCODE az64,
    "country_region_key" bigint ENCODE az64,
    PRIMARY KEY ("region_key")
)
DISTSTYLE ALL;
COMMENT ON TABLE "covid19"."dim_region" IS 'A region over all sources, its state and its country among them; key 0 is the unknown region.';
COMMENT ON COLUMN "covid19"."dim_region"."region_key" IS 'xxhash64 of region_id; 0 is unknown';
COMMENT ON COLUMN "covid19"."dim_region"."region_id" IS 'Natural key, such as county:01001 or state:US/Alabama';
COMMENT ON COLUMN "covid19"."dim_region"."level" IS 'country, state, county, facility, ship, unassigned, out_of_state, recovered or unknown';
COMMENT ON COLUMN "covid19"."dim_region"."country_region" IS 'Canonical country name';
COMMENT ON COLUMN "covid19"."dim_region"."iso2" IS 'ISO 3166-1 alpha-2 code of the country';
COMMENT ON COLUMN "covid19"."dim_region"."iso3" IS 'ISO 3166-1 alpha-3 code of the country';
COMMENT ON COLUMN "covid19"."dim_region"."province_state" IS 'Province or state';
COMMENT ON COLUMN "covid19"."dim_region"."state_abbreviation" IS 'Postal abbreviation of the US state';
COMMENT ON COLUMN "covid19"."dim_region"."county" IS 'County, or the place below a province';
COMMENT ON COLUMN "covid19"."dim_region"."fips" IS 'US FIPS code, 2 digits for a state and 5 for a county';
COMMENT ON COLUMN "covid19"."dim_region"."latitude" IS 'Degrees north';
COMMENT ON COLUMN "covid19"."dim_region"."longitude" IS 'Degrees east';
COMMENT ON COLUMN "covid19"."dim_region"."population" IS 'People in 2018; a state''s and the country''s is the sum of its counties';
COMMENT ON COLUMN "covid19"."dim_region"."state_region_key" IS 'Region of the state that this one lies in, itself for a state';
COMMENT ON COLUMN "covid19"."dim_region"."country_region_key" IS 'Region of the country that this one lies in, itself for a country';
-- the manifest lists 1 files with 12 rows and 3,456 bytes
COPY "covid19"."dim_region" FROM 's3://bucket/lake/_loads/covid19/20200701T043000Z-4e5f/dim_region.manifest' IAM_ROLE 'arn:aws:iam::123456789012:role/redshift-reads-lake' FORMAT AS PARQUET MANIFEST;
-- must be 0: keys that stand more than once
SELECT count(*) FROM (SELECT "region_key" FROM "covid19"."dim_region" GROUP BY "region_key" HAVING count(*) > 1) AS repeated;
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(_present2), sum(_total2), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(_present5), sum(_total5), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(_present8), sum(_total8), sum(_present9), sum(_total9), sum(_present10), sum(_total10), sum(_present11), sum(_total11), sum(_present12), sum(_total12), sum(_present13), sum(_total13), sum(_present14), sum(_total14) FROM (SELECT count(*) AS _rows, count("region_key") AS _present0, sum("region_key") AS _total0, count("region_id") AS _present1, sum(strtol(substring(md5("region_id"), 1, 15), 16)) AS _total1, count("level") AS _present2, sum(strtol(substring(md5("level"), 1, 15), 16)) AS _total2, count("country_region") AS _present3, sum(strtol(substring(md5("country_region"), 1, 15), 16)) AS _total3, count("iso2") AS _present4, sum(strtol(substring(md5("iso2"), 1, 15), 16)) AS _total4, count("iso3") AS _present5, sum(strtol(substring(md5("iso3"), 1, 15), 16)) AS _total5, count("province_state") AS _present6, sum(strtol(substring(md5("province_state"), 1, 15), 16)) AS _total6, count("state_abbreviation") AS _present7, sum(strtol(substring(md5("state_abbreviation"), 1, 15), 16)) AS _total7, count("county") AS _present8, sum(strtol(substring(md5("county"), 1, 15), 16)) AS _total8, count("fips") AS _present9, sum(strtol(substring(md5("fips"), 1, 15), 16)) AS _total9, count("latitude") AS _present10, sum(CASE WHEN abs("latitude") < 9e12 THEN CAST(floor("latitude" * 1e6::double precision) AS bigint) END) AS _total10, count("longitude") AS _present11, sum(CASE WHEN abs("longitude") < 9e12 THEN CAST(floor("longitude" * 1e6::double precision) AS bigint) END) AS _total11, count("population") AS _present12, sum("population") AS _total12, count("state_region_key") AS _present13, sum("state_region_key") AS _total13, count("country_region_key") AS _present14, sum("country_region_key") AS _total14 FROM "covid19"."dim_region" AS t) AS grouped;
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'dim_region';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('dim_region', '20200701T040000Z-2c3d', 12, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'dim_region', '20200701T040000Z-2c3d', NULL, 'created', 0, 0, 0, 0, 12, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
-- fact_cases: created, to version 20200701T040000Z-2c3d
CREATE TABLE IF NOT EXISTS "covid19"."fact_cases" (
    "region_key" bigint ENCODE az64 NOT NULL,
    "date_key" integer ENCODE raw NOT NULL,
    "source" varchar(256) ENCODE zstd NOT NULL,
    "confirmed" bigint ENCODE az64,
    "deaths" bigint ENCODE az64,
    "recovered" bigint ENCODE az64,
    "active" bigint ENCODE az64,
    "new_confirmed" bigint ENCODE az64,
    "new_deaths" bigint ENCODE az64,
    "days_since_previous" integer ENCODE az64,
    PRIMARY KEY ("region_key", "date_key", "source"),
    CONSTRAINT "fact_cases_region_key_fkey" FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key"),
    CONSTRAINT "fact_cases_date_key_fkey" FOREIGN KEY ("date_key") REFERENCES "covid19"."dim_date" ("date_key")
)
DISTSTYLE KEY
DISTKEY ("region_key")
COMPOUND SORTKEY ("date_key");
COMMENT ON TABLE "covid19"."fact_cases" IS 'A region, a day and a source, at the lowest level that the source reports.';
COMMENT ON COLUMN "covid19"."fact_cases"."region_key" IS 'Region, key of dim_region';
COMMENT ON COLUMN "covid19"."fact_cases"."date_key" IS 'Day as yyyymmdd, key of dim_date';
COMMENT ON COLUMN "covid19"."fact_cases"."source" IS 'enigma_jhu, jhu_daily_reports or nytimes';
COMMENT ON COLUMN "covid19"."fact_cases"."confirmed" IS 'Cumulative cases as reported';
COMMENT ON COLUMN "covid19"."fact_cases"."deaths" IS 'Cumulative deaths as reported';
COMMENT ON COLUMN "covid19"."fact_cases"."recovered" IS 'Cumulative recoveries as reported';
COMMENT ON COLUMN "covid19"."fact_cases"."active" IS 'Active cases as reported';
COMMENT ON COLUMN "covid19"."fact_cases"."new_confirmed" IS 'Cases since the region''s last figure before; null on the first, negative on a correction';
COMMENT ON COLUMN "covid19"."fact_cases"."new_deaths" IS 'Deaths since the region''s last figure before; null on the first, negative on a correction';
COMMENT ON COLUMN "covid19"."fact_cases"."days_since_previous" IS 'Days since the region''s report before; null on the first';
-- the manifest lists 2 files with 13 rows and 13,000 bytes
COPY "covid19"."fact_cases" FROM 's3://bucket/lake/_loads/covid19/20200701T043000Z-4e5f/fact_cases.manifest' IAM_ROLE 'arn:aws:iam::123456789012:role/redshift-reads-lake' FORMAT AS PARQUET MANIFEST;
-- must be 0: keys that stand more than once
SELECT count(*) FROM (SELECT "region_key", "date_key", "source" FROM "covid19"."fact_cases" GROUP BY "region_key", "date_key", "source" HAVING count(*) > 1) AS repeated;
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(_present2), sum(_total2), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(_present5), sum(_total5), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(_present8), sum(_total8), sum(_present9), sum(_total9) FROM (SELECT count(*) AS _rows, count("region_key") AS _present0, sum("region_key") AS _total0, count("date_key") AS _present1, sum("date_key") AS _total1, count("source") AS _present2, sum(strtol(substring(md5("source"), 1, 15), 16)) AS _total2, count("confirmed") AS _present3, sum("confirmed") AS _total3, count("deaths") AS _present4, sum("deaths") AS _total4, count("recovered") AS _present5, sum("recovered") AS _total5, count("active") AS _present6, sum("active") AS _total6, count("new_confirmed") AS _present7, sum("new_confirmed") AS _total7, count("new_deaths") AS _present8, sum("new_deaths") AS _total8, count("days_since_previous") AS _present9, sum("days_since_previous") AS _total9 FROM "covid19"."fact_cases" AS t) AS grouped;
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'fact_cases';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('fact_cases', '20200701T040000Z-2c3d', 13, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'fact_cases', '20200701T040000Z-2c3d', NULL, 'created', 0, 0, 0, 0, 13, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
-- must be 0: rows that refer to a row which is not there
SELECT count(*) FROM "covid19"."fact_cases" AS t WHERE t."region_key" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "covid19"."dim_region" AS r WHERE r."region_key" = t."region_key");
-- must be 0: rows that refer to a row which is not there
SELECT count(*) FROM "covid19"."fact_cases" AS t WHERE t."date_key" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "covid19"."dim_date" AS r WHERE r."date_key" = t."date_key");
GRANT USAGE ON SCHEMA "covid19" TO ROLE "covid_lake_reader";
GRANT SELECT ON TABLE "covid19"."dim_date", "covid19"."dim_region", "covid19"."fact_cases" TO ROLE "covid_lake_reader";
COMMIT;
