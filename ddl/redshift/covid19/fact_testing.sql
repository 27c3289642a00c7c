CREATE TABLE IF NOT EXISTS "covid19"."fact_testing" (
    "region_key" bigint NOT NULL,
    "date_key" integer NOT NULL,
    "positive" bigint,
    "negative" bigint,
    "pending" bigint,
    "total_test_results" bigint,
    "hospitalized_currently" bigint,
    "hospitalized_cumulative" bigint,
    "hospitalized_discharged" bigint,
    "in_icu_currently" bigint,
    "in_icu_cumulative" bigint,
    "on_ventilator_currently" bigint,
    "on_ventilator_cumulative" bigint,
    "recovered" bigint,
    "deaths" bigint,
    "positive_increase" bigint,
    "negative_increase" bigint,
    "total_test_results_increase" bigint,
    "deaths_increase" bigint,
    "hospitalized_increase" bigint,
    PRIMARY KEY ("region_key", "date_key"),
    FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key"),
    FOREIGN KEY ("date_key") REFERENCES "covid19"."dim_date" ("date_key")
)
DISTSTYLE KEY
DISTKEY ("region_key")
SORTKEY ("date_key");
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
