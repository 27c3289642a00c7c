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
