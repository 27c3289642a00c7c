-- name: testing_positivity
-- question: Which share of the tests came back positive in each US state?
-- shows: Cumulative positives, tests and their ratio in per cent on the state's last report, and the same over the last
--   seven days; NULL where a state reported no tests, or its figures went down by a correction. Tests are the results that
--   the state reports, and positives plus negatives where it reports none.
-- grain: A US state or territory, the highest positivity over the last seven days first.
-- parameters: days (length of the recent period).
WITH params AS (
    SELECT 7 AS days
),
reports AS (
    SELECT
        t.region_key,
        d.date AS report_date,
        date_diff('day', DATE '2019-12-01', d.date) AS day_number,
        t.positive,
        coalesce(t.total_test_results, t.positive + t.negative) AS tests
    FROM covid19_curated.fact_testing t
    JOIN covid19_curated.dim_date d ON d.date_key = t.date_key
    WHERE t.positive IS NOT NULL
),
latest AS (
    SELECT *, row_number() OVER (PARTITION BY region_key ORDER BY day_number DESC) AS recency
    FROM reports
),
-- The latest report from before the period, at most as long before it as the period is long.
earlier AS (
    SELECT
        r.region_key, r.positive, r.tests,
        row_number() OVER (PARTITION BY r.region_key ORDER BY r.day_number DESC) AS recency
    FROM reports r
    JOIN latest l ON l.region_key = r.region_key AND l.recency = 1
    CROSS JOIN params p
    WHERE r.day_number BETWEEN l.day_number - 2 * p.days + 1 AND l.day_number - p.days
),
states AS (
    SELECT
        l.region_key, l.report_date, l.positive, l.tests,
        l.positive - e.positive AS recent_positive,
        l.tests - e.tests AS recent_tests
    FROM latest l
    LEFT JOIN earlier e ON e.region_key = l.region_key AND e.recency = 1
    WHERE l.recency = 1
)
SELECT
    r.province_state AS state,
    s.report_date,
    s.positive,
    s.tests,
    CAST(100 * CAST(s.positive AS DOUBLE) / nullif(s.tests, 0) AS DECIMAL(18, 1)) AS positivity_percent,
    s.recent_positive,
    s.recent_tests,
    CASE WHEN s.recent_positive >= 0 AND s.recent_tests > 0
        THEN CAST(100 * CAST(s.recent_positive AS DOUBLE) / s.recent_tests AS DECIMAL(18, 1))
        END AS recent_positivity_percent
FROM states s
JOIN covid19_curated.dim_region r ON r.region_key = s.region_key
ORDER BY recent_positivity_percent DESC NULLS LAST, r.province_state
