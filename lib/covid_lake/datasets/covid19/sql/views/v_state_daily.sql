-- name: v_state_daily
-- grain: A US state or territory and a day, cases beside tests; what only one side reports is NULL on the other.
-- column new_confirmed bigint: Cases since the state's last figure of the same feed; NULL on the first, negative on a
--   correction
-- column new_deaths bigint: Deaths since the state's last figure of the same feed; NULL on the first, negative on a
--   correction
-- column days_since_previous int: Days since the state's last figure of the same feed; NULL on the first
-- column confirmed_per_100k double: Cumulative cases per 100,000 people of 2018
SELECT
    d.date AS report_date,
    r.region_id,
    r.province_state,
    r.state_abbreviation,
    r.fips,
    r.population,
    c.source,
    c.confirmed,
    c.deaths,
    c.recovered,
    c.active,
    c.confirmed - lag(c.confirmed) OVER earlier AS new_confirmed,
    c.deaths - lag(c.deaths) OVER earlier AS new_deaths,
    CAST(date_diff('day', lag(d.date) OVER earlier, d.date) AS INTEGER) AS days_since_previous,
    c.confirmed * CAST(100000 AS DOUBLE) / nullif(r.population, 0) AS confirmed_per_100k,
    c.positive,
    c.negative,
    t.total_test_results,
    t.positive_increase,
    t.total_test_results_increase,
    c.hospitalized_currently,
    t.hospitalized_cumulative,
    t.in_icu_currently,
    t.on_ventilator_currently,
    c.month,
    c.region_key,
    c.date_key
FROM covid19_curated.fact_covid c
JOIN covid19_curated.dim_region r ON r.region_key = c.region_key
JOIN covid19_curated.dim_date d ON d.date_key = c.date_key
LEFT JOIN covid19_curated.fact_testing t ON t.region_key = c.region_key AND t.date_key = c.date_key
WINDOW earlier AS (PARTITION BY c.region_key, c.source ORDER BY c.date_key)
