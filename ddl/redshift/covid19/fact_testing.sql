CREATE TABLE IF NOT EXISTS "covid19"."fact_testing" (
    "region_key" bigint ENCODE az64 NOT NULL,
    "date_key" integer ENCODE raw NOT NULL,
    "positive" bigint ENCODE az64,
    "negative" bigint ENCODE az64,
    "pending" bigint ENCODE az64,
    "total_test_results" bigint ENCODE az64,
    "hospitalized_currently" bigint ENCODE az64,
    "hospitalized_cumulative" bigint ENCODE az64,
    "hospitalized_discharged" bigint ENCODE az64,
    "in_icu_currently" bigint ENCODE az64,
    "in_icu_cumulative" bigint ENCODE az64,
    "on_ventilator_currently" bigint ENCODE az64,
    "on_ventilator_cumulative" bigint ENCODE az64,
    "recovered" bigint ENCODE az64,
    "deaths" bigint ENCODE az64,
    "positive_increase" bigint ENCODE az64,
    "negative_increase" bigint ENCODE az64,
    "total_test_results_increase" bigint ENCODE az64,
    "deaths_increase" bigint ENCODE az64,
    "hospitalized_increase" bigint ENCODE az64,
    PRIMARY KEY ("region_key", "date_key"),
    CONSTRAINT "fact_testing_region_key_fkey" FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key"),
    CONSTRAINT "fact_testing_date_key_fkey" FOREIGN KEY ("date_key") REFERENCES "covid19"."dim_date" ("date_key")
)
DISTSTYLE KEY
DISTKEY ("region_key")
COMPOUND SORTKEY ("date_key");
COMMENT ON TABLE "covid19"."fact_testing" IS 'A US state or territory and a day.';
COMMENT ON COLUMN "covid19"."fact_testing"."region_key" IS 'Region, key of dim_region';
COMMENT ON COLUMN "covid19"."fact_testing"."date_key" IS 'Day as yyyymmdd, key of dim_date';
COMMENT ON COLUMN "covid19"."fact_testing"."positive" IS 'Cumulative people or cases tested positive';
COMMENT ON COLUMN "covid19"."fact_testing"."negative" IS 'Cumulative people tested negative';
COMMENT ON COLUMN "covid19"."fact_testing"."pending" IS 'Tests whose result is pending';
COMMENT ON COLUMN "covid19"."fact_testing"."total_test_results" IS 'Cumulative test results';
COMMENT ON COLUMN "covid19"."fact_testing"."hospitalized_currently" IS 'In hospital on this day';
COMMENT ON COLUMN "covid19"."fact_testing"."hospitalized_cumulative" IS 'Ever in hospital';
COMMENT ON COLUMN "covid19"."fact_testing"."hospitalized_discharged" IS 'Discharged from hospital';
COMMENT ON COLUMN "covid19"."fact_testing"."in_icu_currently" IS 'In intensive care on this day';
COMMENT ON COLUMN "covid19"."fact_testing"."in_icu_cumulative" IS 'Ever in intensive care';
COMMENT ON COLUMN "covid19"."fact_testing"."on_ventilator_currently" IS 'On a ventilator on this day';
COMMENT ON COLUMN "covid19"."fact_testing"."on_ventilator_cumulative" IS 'Ever on a ventilator';
COMMENT ON COLUMN "covid19"."fact_testing"."recovered" IS 'Cumulative recoveries';
COMMENT ON COLUMN "covid19"."fact_testing"."deaths" IS 'Cumulative deaths';
COMMENT ON COLUMN "covid19"."fact_testing"."positive_increase" IS 'New positives since the day before';
COMMENT ON COLUMN "covid19"."fact_testing"."negative_increase" IS 'New negatives since the day before';
COMMENT ON COLUMN "covid19"."fact_testing"."total_test_results_increase" IS 'New test results since the day before';
COMMENT ON COLUMN "covid19"."fact_testing"."deaths_increase" IS 'New deaths since the day before';
COMMENT ON COLUMN "covid19"."fact_testing"."hospitalized_increase" IS 'New in hospital since the day before';
