-- load 20200701T043000Z-4e5f of covid19 into redshift
BEGIN;
-- waits for other loads
LOCK TABLE "covid19_staging"."load_lock";
-- must be what the load was planned by, or it is planned again
SELECT table_name, version FROM "covid19_staging"."loaded_versions";
ALTER TABLE "covid19"."fact_cases" DROP CONSTRAINT "fact_cases_region_key_fkey";
-- dim_region: created, to version 20200701T040000Z-2c3d, from version 20200630T040000Z-0a1b
DROP TABLE "covid19"."dim_region";
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
    "continent" varchar(256) ENCODE zstd,
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
COMMENT ON COLUMN "covid19"."dim_region"."continent" IS 'Continent';
-- the manifest lists 1 files with 12 rows and 3,456 bytes
COPY "covid19"."dim_region" FROM 's3://bucket/lake/_loads/covid19/20200701T043000Z-4e5f/dim_region.manifest' IAM_ROLE 'arn:aws:iam::123456789012:role/redshift-reads-lake' FORMAT AS PARQUET MANIFEST;
-- must be 0: keys that stand more than once
SELECT count(*) FROM (SELECT "region_key" FROM "covid19"."dim_region" GROUP BY "region_key" HAVING count(*) > 1) AS repeated;
-- must be the sums of the lake's files
SELECT sum(_rows), sum(_present0), sum(_total0), sum(_present1), sum(_total1), sum(_present2), sum(_total2), sum(_present3), sum(_total3), sum(_present4), sum(_total4), sum(_present5), sum(_total5), sum(_present6), sum(_total6), sum(_present7), sum(_total7), sum(_present8), sum(_total8), sum(_present9), sum(_total9), sum(_present10), sum(_total10), sum(_present11), sum(_total11), sum(_present12), sum(_total12), sum(_present13), sum(_total13), sum(_present14), sum(_total14), sum(_present15), sum(_total15) FROM (SELECT count(*) AS _rows, count("region_key") AS _present0, sum("region_key") AS _total0, count("region_id") AS _present1, sum(strtol(substring(md5("region_id"), 1, 15), 16)) AS _total1, count("level") AS _present2, sum(strtol(substring(md5("level"), 1, 15), 16)) AS _total2, count("country_region") AS _present3, sum(strtol(substring(md5("country_region"), 1, 15), 16)) AS _total3, count("iso2") AS _present4, sum(strtol(substring(md5("iso2"), 1, 15), 16)) AS _total4, count("iso3") AS _present5, sum(strtol(substring(md5("iso3"), 1, 15), 16)) AS _total5, count("province_state") AS _present6, sum(strtol(substring(md5("province_state"), 1, 15), 16)) AS _total6, count("state_abbreviation") AS _present7, sum(strtol(substring(md5("state_abbreviation"), 1, 15), 16)) AS _total7, count("county") AS _present8, sum(strtol(substring(md5("county"), 1, 15), 16)) AS _total8, count("fips") AS _present9, sum(strtol(substring(md5("fips"), 1, 15), 16)) AS _total9, count("latitude") AS _present10, sum(CASE WHEN abs("latitude") < 9e12 THEN CAST(floor("latitude" * 1e6::double precision) AS bigint) END) AS _total10, count("longitude") AS _present11, sum(CASE WHEN abs("longitude") < 9e12 THEN CAST(floor("longitude" * 1e6::double precision) AS bigint) END) AS _total11, count("population") AS _present12, sum("population") AS _total12, count("state_region_key") AS _present13, sum("state_region_key") AS _total13, count("country_region_key") AS _present14, sum("country_region_key") AS _total14, count("continent") AS _present15, sum(strtol(substring(md5("continent"), 1, 15), 16)) AS _total15 FROM "covid19"."dim_region" AS t) AS grouped;
-- with the times, and the counts of rows that the statements above give
DELETE FROM "covid19_staging"."loaded_versions" WHERE table_name = 'dim_region';
INSERT INTO "covid19_staging"."loaded_versions" (table_name, version, row_count, loaded_at) VALUES ('dim_region', '20200701T040000Z-2c3d', 12, '2020-07-01 04:30:00.000000+00');
INSERT INTO "covid19_staging"."loads" (load_id, table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count, started_at, verified_at) VALUES ('20200701T043000Z-4e5f', 'dim_region', '20200701T040000Z-2c3d', '20200630T040000Z-0a1b', 'created', 0, 0, 0, 0, 12, '2020-07-01 04:30:00.000000+00', '2020-07-01 04:30:00.000000+00');
ALTER TABLE "covid19"."fact_cases" ADD CONSTRAINT "fact_cases_region_key_fkey" FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key");
-- must be 0: rows that refer to a row which is not there
SELECT count(*) FROM "covid19"."fact_cases" AS t WHERE t."region_key" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "covid19"."dim_region" AS r WHERE r."region_key" = t."region_key");
GRANT USAGE ON SCHEMA "covid19" TO ROLE "covid_lake_reader";
GRANT SELECT ON TABLE "covid19"."dim_region" TO ROLE "covid_lake_reader";
COMMIT;
