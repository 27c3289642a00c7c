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
