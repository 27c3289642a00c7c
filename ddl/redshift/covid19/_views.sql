CREATE VIEW "covid19"."v_cases" AS
SELECT
  "d"."date" AS "report_date",
  "f"."source",
  "r"."region_id",
  "r"."level",
  "r"."country_region",
  "r"."iso2",
  "r"."iso3",
  "r"."province_state",
  "r"."state_abbreviation",
  "r"."county",
  "r"."fips",
  "r"."latitude",
  "r"."longitude",
  "r"."population",
  "f"."confirmed",
  "f"."deaths",
  "f"."recovered",
  "f"."active",
  "f"."new_confirmed",
  "f"."new_deaths",
  "f"."days_since_previous",
  "d"."year",
  "d"."iso_week",
  "d"."day_of_week",
  "d"."is_weekend",
  "f"."region_key",
  "f"."date_key",
  "r"."state_region_key",
  "r"."country_region_key"
FROM "covid19"."fact_cases" AS "f"
JOIN "covid19"."dim_region" AS "r"
  ON "r"."region_key" = "f"."region_key"
JOIN "covid19"."dim_date" AS "d"
  ON "d"."date_key" = "f"."date_key"
WITH NO SCHEMA BINDING;
COMMENT ON VIEW "covid19"."v_cases" IS 'A region, a day and a source, at the lowest level that the source reports.';
CREATE VIEW "covid19"."v_newest_day" AS
WITH "newest" AS (
  SELECT
    "f"."source",
    MAX("f"."date_key") AS "date_key"
  FROM "covid19"."fact_cases" AS "f"
  GROUP BY
    "f"."source"
)
SELECT
  "d"."date" AS "report_date",
  "f"."source",
  "r"."region_id",
  "r"."level",
  "r"."country_region",
  "r"."province_state",
  "r"."county",
  "r"."fips",
  "r"."population",
  "f"."confirmed",
  "f"."deaths",
  "f"."recovered",
  "f"."active",
  "f"."new_confirmed",
  "f"."new_deaths",
  "f"."days_since_previous",
  "f"."region_key",
  "f"."date_key"
FROM "newest" AS "n"
JOIN "covid19"."fact_cases" AS "f"
  ON "f"."source" = "n"."source" AND "f"."date_key" = "n"."date_key"
JOIN "covid19"."dim_region" AS "r"
  ON "r"."region_key" = "f"."region_key"
JOIN "covid19"."dim_date" AS "d"
  ON "d"."date_key" = "f"."date_key"
WITH NO SCHEMA BINDING;
COMMENT ON VIEW "covid19"."v_newest_day" IS 'A region and a source, on the newest day that the source has; a region that was not reported on it is missing.';
CREATE VIEW "covid19"."v_state_daily" AS
SELECT
  "d"."date" AS "report_date",
  "r"."region_id",
  "r"."province_state",
  "r"."state_abbreviation",
  "r"."fips",
  "r"."population",
  "c"."source",
  "c"."confirmed",
  "c"."deaths",
  "c"."recovered",
  "c"."active",
  "c"."confirmed" - LAG("c"."confirmed") OVER (PARTITION BY "c"."region_key", "c"."source" ORDER BY "c"."date_key") AS "new_confirmed",
  "c"."deaths" - LAG("c"."deaths") OVER (PARTITION BY "c"."region_key", "c"."source" ORDER BY "c"."date_key") AS "new_deaths",
  CAST(DATEDIFF(
    DAY,
    LAG("d"."date") OVER (PARTITION BY "c"."region_key", "c"."source" ORDER BY "c"."date_key"),
    "d"."date"
  ) AS INTEGER) AS "days_since_previous",
  "c"."confirmed" * CAST(100000 AS DOUBLE PRECISION) / NULLIF("r"."population", 0) AS "confirmed_per_100k",
  "c"."positive",
  "c"."negative",
  "t"."total_test_results",
  "t"."positive_increase",
  "t"."total_test_results_increase",
  "c"."hospitalized_currently",
  "t"."hospitalized_cumulative",
  "t"."in_icu_currently",
  "t"."on_ventilator_currently",
  "c"."region_key",
  "c"."date_key"
FROM "covid19"."fact_covid" AS "c"
JOIN "covid19"."dim_region" AS "r"
  ON "r"."region_key" = "c"."region_key"
JOIN "covid19"."dim_date" AS "d"
  ON "d"."date_key" = "c"."date_key"
LEFT JOIN "covid19"."fact_testing" AS "t"
  ON "t"."region_key" = "c"."region_key" AND "t"."date_key" = "c"."date_key"
WITH NO SCHEMA BINDING;
COMMENT ON VIEW "covid19"."v_state_daily" IS 'A US state or territory and a day, cases beside tests; what only one side reports is NULL on the other.';
