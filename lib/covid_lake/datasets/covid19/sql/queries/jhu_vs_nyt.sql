-- name: jhu_vs_nyt
-- question: How far apart are Johns Hopkins and The New York Times on the same county and day?
-- shows: Cumulative cases and deaths of both, and what Johns Hopkins has more than the newspaper; in per cent of the
--   newspaper's cases, NULL where it has none.
-- grain: A US county and day that both report, the widest gap in cases first.
-- parameters: day (such as DATE '2020-04-15'; NULL is the last day that both report), state (name or postal
--   abbreviation; NULL for all), county (NULL for all), top (rows to show).
WITH params AS (
    SELECT
        CAST(NULL AS DATE) AS day,
        CAST(NULL AS VARCHAR) AS state,
        CAST(NULL AS VARCHAR) AS county,
        50 AS top
),
counties AS (
    SELECT r.region_key, r.region_id, r.county, r.province_state
    FROM covid19_curated.dim_region r
    CROSS JOIN params p
    WHERE r.level = 'county'
        AND (p.state IS NULL OR r.province_state = p.state OR r.state_abbreviation = p.state)
        AND (p.county IS NULL OR r.county = p.county)
),
-- Johns Hopkins comes by two ways; the same people stand in both, so one is taken.
jhu_source AS (
    SELECT f.source
    FROM covid19_curated.fact_cases f
    JOIN counties c ON c.region_key = f.region_key
    WHERE f.source IN ('jhu_daily_reports', 'enigma_jhu')
    GROUP BY f.source
    ORDER BY CASE f.source WHEN 'jhu_daily_reports' THEN 1 ELSE 2 END
    LIMIT 1
),
pairs AS (
    SELECT
        c.region_id, c.county, c.province_state, d.date AS report_date, j.source AS jhu_source,
        j.confirmed AS jhu_confirmed, n.confirmed AS nyt_confirmed, j.deaths AS jhu_deaths, n.deaths AS nyt_deaths
    FROM counties c
    JOIN covid19_curated.fact_cases j ON j.region_key = c.region_key
    JOIN jhu_source s ON s.source = j.source
    JOIN covid19_curated.fact_cases n
        ON n.region_key = j.region_key AND n.date_key = j.date_key AND n.source = 'nytimes'
    JOIN covid19_curated.dim_date d ON d.date_key = j.date_key
),
chosen_day AS (
    SELECT coalesce(p.day, (SELECT max(report_date) FROM pairs)) AS day
    FROM params p
),
ranked AS (
    SELECT
        a.*,
        a.jhu_confirmed - a.nyt_confirmed AS confirmed_difference,
        row_number() OVER (ORDER BY abs(a.jhu_confirmed - a.nyt_confirmed) DESC NULLS LAST, a.region_id) AS place
    FROM pairs a
    JOIN chosen_day c ON c.day = a.report_date
)
SELECT
    k.county,
    k.province_state AS state,
    k.report_date,
    k.jhu_source,
    k.jhu_confirmed,
    k.nyt_confirmed,
    k.confirmed_difference,
    CAST(100 * CAST(k.confirmed_difference AS DOUBLE) / nullif(k.nyt_confirmed, 0) AS DECIMAL(18, 1))
        AS difference_percent,
    k.jhu_deaths,
    k.nyt_deaths,
    k.jhu_deaths - k.nyt_deaths AS deaths_difference
FROM ranked k
CROSS JOIN params p
WHERE k.place <= p.top
ORDER BY k.place
