CREATE TABLE IF NOT EXISTS "covid19"."fact_covid" (
    "region_key" bigint ENCODE az64 NOT NULL,
    "date_key" integer ENCODE raw NOT NULL,
    "fips" varchar(256) ENCODE zstd,
    "province_state" varchar(256) ENCODE zstd NOT NULL,
    "country_region" varchar(256) ENCODE zstd NOT NULL,
    "source" varchar(256) ENCODE zstd,
    "confirmed" bigint ENCODE az64,
    "deaths" bigint ENCODE az64,
    "recovered" bigint ENCODE az64,
    "active" bigint ENCODE az64,
    "positive" bigint ENCODE az64,
    "negative" bigint ENCODE az64,
    "hospitalized_currently" bigint ENCODE az64,
    "hospitalized" bigint ENCODE az64,
    "hospitalized_discharged" bigint ENCODE az64,
    PRIMARY KEY ("region_key", "date_key"),
    CONSTRAINT "fact_covid_region_key_fkey" FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key"),
    CONSTRAINT "fact_covid_date_key_fkey" FOREIGN KEY ("date_key") REFERENCES "covid19"."dim_date" ("date_key")
)
DISTSTYLE KEY
DISTKEY ("region_key")
COMPOUND SORTKEY ("date_key");
COMMENT ON TABLE "covid19"."fact_covid" IS 'A US state or territory and a day, cases beside tests; what only one side reports keeps its row.';
COMMENT ON COLUMN "covid19"."fact_covid"."region_key" IS 'Region, key of dim_region';
COMMENT ON COLUMN "covid19"."fact_covid"."date_key" IS 'Day as yyyymmdd, key of dim_date';
COMMENT ON COLUMN "covid19"."fact_covid"."fips" IS 'FIPS code of the state, 2 digits';
COMMENT ON COLUMN "covid19"."fact_covid"."province_state" IS 'Name of the state';
COMMENT ON COLUMN "covid19"."fact_covid"."country_region" IS 'Canonical country name';
COMMENT ON COLUMN "covid19"."fact_covid"."source" IS 'Feed of the cases: jhu_daily_reports or enigma_jhu; null where only tests are known';
COMMENT ON COLUMN "covid19"."fact_covid"."confirmed" IS 'Cumulative cases, the state''s regions summed';
COMMENT ON COLUMN "covid19"."fact_covid"."deaths" IS 'Cumulative deaths, the state''s regions summed';
COMMENT ON COLUMN "covid19"."fact_covid"."recovered" IS 'Cumulative recoveries, the state''s regions summed';
COMMENT ON COLUMN "covid19"."fact_covid"."active" IS 'Active cases, the state''s regions summed';
COMMENT ON COLUMN "covid19"."fact_covid"."positive" IS 'Cumulative people or cases tested positive';
COMMENT ON COLUMN "covid19"."fact_covid"."negative" IS 'Cumulative people tested negative';
COMMENT ON COLUMN "covid19"."fact_covid"."hospitalized_currently" IS 'In hospital on this day';
COMMENT ON COLUMN "covid19"."fact_covid"."hospitalized" IS 'Ever in hospital, the source''s older name for it';
COMMENT ON COLUMN "covid19"."fact_covid"."hospitalized_discharged" IS 'Discharged from hospital';
