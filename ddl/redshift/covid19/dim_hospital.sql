CREATE TABLE IF NOT EXISTS "covid19"."dim_hospital" (
    "hospital_key" bigint ENCODE az64 NOT NULL,
    "hospital_id" bigint ENCODE az64 NOT NULL,
    "region_key" bigint ENCODE az64 NOT NULL,
    "hospital_name" varchar(256) ENCODE zstd,
    "hospital_type" varchar(256) ENCODE zstd,
    "address" varchar(256) ENCODE zstd,
    "city" varchar(256) ENCODE zstd,
    "state" varchar(256) ENCODE zstd,
    "zip_code" varchar(256) ENCODE zstd,
    "fips" varchar(256) ENCODE zstd,
    "licensed_beds" bigint ENCODE az64,
    "staffed_beds" bigint ENCODE az64,
    "icu_beds" bigint ENCODE az64,
    "adult_icu_beds" bigint ENCODE az64,
    "pediatric_icu_beds" bigint ENCODE az64,
    "bed_utilization" double precision ENCODE zstd,
    "avg_ventilator_usage" double precision ENCODE zstd,
    "potential_increase_in_bed_capacity" bigint ENCODE az64,
    "latitude" double precision ENCODE zstd,
    "longitude" double precision ENCODE zstd,
    PRIMARY KEY ("hospital_key"),
    CONSTRAINT "dim_hospital_region_key_fkey" FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key")
)
DISTSTYLE ALL;
COMMENT ON TABLE "covid19"."dim_hospital" IS 'A US hospital.';
COMMENT ON COLUMN "covid19"."dim_hospital"."hospital_key" IS 'xxhash64 of the hospital''s natural key';
COMMENT ON COLUMN "covid19"."dim_hospital"."hospital_id" IS 'OBJECTID of the source';
COMMENT ON COLUMN "covid19"."dim_hospital"."region_key" IS 'Region of the hospital''s county, 0 where it has none';
COMMENT ON COLUMN "covid19"."dim_hospital"."hospital_name" IS 'Name';
COMMENT ON COLUMN "covid19"."dim_hospital"."hospital_type" IS 'Type of hospital';
COMMENT ON COLUMN "covid19"."dim_hospital"."address" IS 'Street address';
COMMENT ON COLUMN "covid19"."dim_hospital"."city" IS 'City';
COMMENT ON COLUMN "covid19"."dim_hospital"."state" IS 'Postal abbreviation of the state';
COMMENT ON COLUMN "covid19"."dim_hospital"."zip_code" IS 'ZIP code of 5 digits';
COMMENT ON COLUMN "covid19"."dim_hospital"."fips" IS 'FIPS code of the county, 5 digits';
COMMENT ON COLUMN "covid19"."dim_hospital"."licensed_beds" IS 'Licensed beds';
COMMENT ON COLUMN "covid19"."dim_hospital"."staffed_beds" IS 'Staffed beds';
COMMENT ON COLUMN "covid19"."dim_hospital"."icu_beds" IS 'Intensive-care beds';
COMMENT ON COLUMN "covid19"."dim_hospital"."adult_icu_beds" IS 'Intensive-care beds for adults';
COMMENT ON COLUMN "covid19"."dim_hospital"."pediatric_icu_beds" IS 'Intensive-care beds for children';
COMMENT ON COLUMN "covid19"."dim_hospital"."bed_utilization" IS 'Share of the beds in use, 0 to 1';
COMMENT ON COLUMN "covid19"."dim_hospital"."avg_ventilator_usage" IS 'Ventilators in use on average';
COMMENT ON COLUMN "covid19"."dim_hospital"."potential_increase_in_bed_capacity" IS 'Licensed less staffed beds';
COMMENT ON COLUMN "covid19"."dim_hospital"."latitude" IS 'Degrees north';
COMMENT ON COLUMN "covid19"."dim_hospital"."longitude" IS 'Degrees east';
