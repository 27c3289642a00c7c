CREATE TABLE IF NOT EXISTS "covid19"."dim_hospital" (
    "hospital_key" bigint NOT NULL,
    "hospital_id" bigint NOT NULL,
    "region_key" bigint NOT NULL,
    "hospital_name" varchar(256),
    "hospital_type" varchar(256),
    "address" varchar(256),
    "city" varchar(256),
    "state" varchar(256),
    "zip_code" varchar(256),
    "fips" varchar(256),
    "licensed_beds" bigint,
    "staffed_beds" bigint,
    "icu_beds" bigint,
    "adult_icu_beds" bigint,
    "pediatric_icu_beds" bigint,
    "bed_utilization" double precision,
    "avg_ventilator_usage" double precision,
    "potential_increase_in_bed_capacity" bigint,
    "latitude" double precision,
    "longitude" double precision,
    PRIMARY KEY ("hospital_key"),
    FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key")
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
