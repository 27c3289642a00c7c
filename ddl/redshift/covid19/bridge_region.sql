CREATE TABLE IF NOT EXISTS "covid19"."bridge_region" (
    "source" varchar(256) ENCODE zstd NOT NULL,
    "reported_id" varchar(256) ENCODE zstd NOT NULL,
    "region_key" bigint ENCODE az64 NOT NULL,
    "region_id" varchar(256) ENCODE zstd NOT NULL,
    "level" varchar(256) ENCODE zstd NOT NULL,
    "country_region" varchar(256) ENCODE zstd,
    "province_state" varchar(256) ENCODE zstd,
    "county" varchar(256) ENCODE zstd,
    "fips" varchar(256) ENCODE zstd,
    "latitude" double precision ENCODE zstd,
    "longitude" double precision ENCODE zstd,
    PRIMARY KEY ("source", "reported_id"),
    CONSTRAINT "bridge_region_region_key_fkey" FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key")
)
DISTSTYLE KEY
DISTKEY ("region_key");
COMMENT ON TABLE "covid19"."bridge_region" IS 'A region as one source names it: the way from a trusted row''s region_id to dim_region.';
COMMENT ON COLUMN "covid19"."bridge_region"."source" IS 'Trusted table that names the region';
COMMENT ON COLUMN "covid19"."bridge_region"."reported_id" IS 'region_id of the trusted rows';
COMMENT ON COLUMN "covid19"."bridge_region"."region_key" IS 'The region over all sources, key of dim_region';
COMMENT ON COLUMN "covid19"."bridge_region"."region_id" IS 'Natural key of the region over all sources';
COMMENT ON COLUMN "covid19"."bridge_region"."level" IS 'Level of the region';
COMMENT ON COLUMN "covid19"."bridge_region"."country_region" IS 'Canonical country name';
COMMENT ON COLUMN "covid19"."bridge_region"."province_state" IS 'Province or state';
COMMENT ON COLUMN "covid19"."bridge_region"."county" IS 'County, or the place below a province, as the source spells it';
COMMENT ON COLUMN "covid19"."bridge_region"."fips" IS 'US FIPS code as the source has it';
COMMENT ON COLUMN "covid19"."bridge_region"."latitude" IS 'Degrees north, as last reported, to 10 decimals';
COMMENT ON COLUMN "covid19"."bridge_region"."longitude" IS 'Degrees east, as last reported, to 10 decimals';
