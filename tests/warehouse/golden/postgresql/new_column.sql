-- load 20200701T043000Z-4e5f of covid19 into postgresql
-- in a session of its own, until the load ends: another load is refused meanwhile
LOCK TABLE "covid19_staging"."load_lock" IN EXCLUSIVE MODE NOWAIT;
-- dim_region: created, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
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
    "country_region_key" bigint,
    "continent" text
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
COMMENT ON COLUMN "covid19_staging"."dim_region"."continent" IS 'Continent';
-- the rows of 1 files with 12 rows and 3,456 bytes are sent
CREATE UNIQUE INDEX "dim_region_pkey" ON "covid19_staging"."dim_region" ("region_key");
ALTER TABLE "covid19_staging"."dim_region" ADD PRIMARY KEY USING INDEX "dim_region_pkey";
ANALYZE "covid19_staging"."dim_region";
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(CASE WHEN _text1 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text1), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text2 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text2), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text3 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text3), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text4 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text4), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text5 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text5), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text6 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text6), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text7 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text7), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text8 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text8), 1, 15))::bit(60)::bigint), sum(CASE WHEN _text9 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text9), 1, 15))::bit(60)::bigint), sum(_present10), sum(_total10), sum(_present11), sum(_total11), sum(_present12), sum(_total12), sum(_present13), sum(_total13), sum(_present14), sum(_total14), sum(CASE WHEN _text15 IS NULL THEN 0 ELSE _rows END), sum(CAST(_rows AS numeric(38, 0)) * ('x' || substring(md5(_text15), 1, 15))::bit(60)::bigint) FROM (SELECT count(*) AS _rows, count("region_key") AS _present0, sum("region_key") AS _total0, "region_id" AS _text1, "level" AS _text2, "country_region" AS _text3, "iso2" AS _text4, "iso3" AS _text5, "province_state" AS _text6, "state_abbreviation" AS _text7, "county" AS _text8, "fips" AS _text9, count("latitude") AS _present10, sum(CASE WHEN abs("latitude") < 9e12 THEN CAST(floor("latitude" * 1e6::double precision) AS bigint) END) AS _total10, count("longitude") AS _present11, sum(CASE WHEN abs("longitude") < 9e12 THEN CAST(floor("longitude" * 1e6::double precision) AS bigint) END) AS _total11, count("population") AS _present12, sum("population") AS _total12, count("state_region_key") AS _present13, sum("state_region_key") AS _total13, count("country_region_key") AS _present14, sum("country_region_key") AS _total14, "continent" AS _text15 FROM "covid19_staging"."dim_region" AS t GROUP BY "region_id", "level", "country_region", "iso2", "iso3", "province_state", "state_abbreviation", "county", "fips", "continent") AS grouped;
BEGIN;
-- waits for other loads
LOCK TABLE "covid19"."dim_region" IN SHARE ROW EXCLUSIVE MODE;
-- dim_region: created, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
DROP TABLE IF EXISTS "covid19"."dim_region";
ALTER TABLE "covid19_staging"."dim_region" SET SCHEMA "covid19";
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'dim_region';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('dim_region', '20200701T040000Z-2c3d', 12, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'dim_region', '20200701T040000Z-2c3d', '20200630T040000Z-0a1b', 'created', 0, 0, 0, 0, 12, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
GRANT USAGE ON SCHEMA "covid19" TO "covid_lake_reader";
GRANT SELECT ON TABLE "covid19"."dim_region" TO "covid_lake_reader";
COMMIT;
