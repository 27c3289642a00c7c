-- name: curve
-- tour: 1
-- question: How did the cases and deaths of a country or a state run, day by day?
-- shows: Cumulative cases and deaths, the new ones of each day, and the mean of the new ones over seven days, which is
--   NULL until there are seven.
-- grain: A day, from the region's first report to the last day of its source.
-- parameters: country (name or ISO code), state (name or postal abbreviation; NULL for the whole country), days_held
--   (for how many days a region's last figure stands in for reports that are missing).
WITH params AS (
    SELECT
        'US' AS country,
        CAST(NULL AS VARCHAR) AS state,
        7 AS days_held
),
target AS (
    SELECT r.region_key, r.level, coalesce(r.province_state, r.country_region) AS region
    FROM covid19_curated.dim_region r
    CROSS JOIN params p
    WHERE (r.country_region = p.country OR r.iso2 = p.country OR r.iso3 = p.country)
        AND (
            (p.state IS NULL AND r.level = 'country')
            OR (r.level = 'state' AND (r.province_state = p.state OR r.state_abbreviation = p.state))
        )
),
days AS (
    SELECT d.date_key, d.date AS report_date, date_diff('day', DATE '2019-12-01', d.date) AS day_number
    FROM covid19_curated.dim_date d
),
-- Facts are at the lowest level that a source reports: the target's curve is the sum over the regions in it.
facts AS (
    SELECT
        t.region, r.region_key, r.state_region_key, r.level, f.source, d.day_number, f.confirmed,
        coalesce(f.deaths, 0) AS deaths
    FROM covid19_curated.fact_cases f
    JOIN covid19_curated.dim_region r ON r.region_key = f.region_key
    JOIN target t ON t.region_key = CASE t.level WHEN 'state' THEN r.state_region_key ELSE r.country_region_key END
    JOIN days d ON d.date_key = f.date_key
    WHERE f.confirmed IS NOT NULL
),
-- The sources count the same people, so one is taken: the best that reports the target.
best_source AS (
    SELECT source
    FROM facts
    GROUP BY source
    ORDER BY CASE source WHEN 'jhu_daily_reports' THEN 1 WHEN 'enigma_jhu' THEN 2 ELSE 3 END
    LIMIT 1
),
reports AS (
    SELECT
        f.region, f.region_key, coalesce(f.state_region_key, 0) AS state_key, f.source, f.level, f.day_number,
        f.confirmed, f.deaths
    FROM facts f
    JOIN best_source b ON b.source = f.source
),
country_days AS (
    SELECT
        r.day_number,
        min(max(CASE WHEN r.level = 'country' THEN r.day_number END)) OVER later AS next_country,
        min(max(CASE WHEN r.level <> 'country' THEN r.day_number END)) OVER later AS next_in_country
    FROM reports r
    GROUP BY r.day_number
    WINDOW later AS (ORDER BY r.day_number ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
),
state_days AS (
    SELECT
        r.state_key,
        r.day_number,
        min(max(CASE WHEN r.level = 'state' THEN r.day_number END)) OVER later AS next_state,
        min(max(CASE WHEN r.level <> 'state' THEN r.day_number END)) OVER later AS next_in_state
    FROM reports r
    GROUP BY r.state_key, r.day_number
    WINDOW later AS (PARTITION BY r.state_key ORDER BY r.day_number ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
),
limits AS (
    SELECT
        r.day_number, r.confirmed, r.deaths,
        r.day_number + 1 + p.days_held AS too_old,
        lead(r.day_number) OVER (PARTITION BY r.region_key ORDER BY r.day_number) AS next_own,
        CASE r.level WHEN 'country' THEN c.next_in_country ELSE c.next_country END AS next_by_country,
        CASE r.level WHEN 'country' THEN NULL WHEN 'state' THEN s.next_in_state ELSE s.next_state END AS next_by_state
    FROM reports r
    JOIN country_days c ON c.day_number = r.day_number
    JOIN state_days s ON s.state_key = r.state_key AND s.day_number = r.day_number
    CROSS JOIN params p
),
-- A figure holds until its region is reported again, or a region around it or inside it: where a source goes over from
-- a state to its counties, the state's last figure must not be counted on top of theirs.
held AS (
    SELECT
        day_number, confirmed, deaths,
        least(
            too_old, coalesce(next_own, too_old), coalesce(next_by_country, too_old), coalesce(next_by_state, too_old)
        ) AS until_day
    FROM limits
),
changes AS (
    SELECT c.day_number, sum(c.confirmed) AS confirmed, sum(c.deaths) AS deaths
    FROM (
        SELECT day_number, confirmed, deaths FROM held
        UNION ALL
        SELECT until_day, -confirmed, -deaths FROM held
    ) c
    GROUP BY c.day_number
),
span AS (
    SELECT region, source, min(day_number) AS first_day, max(day_number) AS last_day
    FROM reports
    GROUP BY region, source
),
curve AS (
    SELECT
        s.region, s.source, d.report_date,
        sum(coalesce(c.confirmed, 0)) OVER (ORDER BY d.day_number) AS confirmed,
        sum(coalesce(c.deaths, 0)) OVER (ORDER BY d.day_number) AS deaths
    FROM span s
    JOIN days d ON d.day_number BETWEEN s.first_day AND s.last_day
    LEFT JOIN changes c ON c.day_number = d.day_number
),
daily AS (
    SELECT
        region, source, report_date, confirmed, deaths,
        confirmed - lag(confirmed) OVER (ORDER BY report_date) AS new_confirmed,
        deaths - lag(deaths) OVER (ORDER BY report_date) AS new_deaths
    FROM curve
)
SELECT
    region, source, report_date, confirmed, deaths, new_confirmed, new_deaths,
    CASE WHEN count(new_confirmed) OVER week = 7
        THEN CAST(avg(CAST(new_confirmed AS DOUBLE)) OVER week AS DECIMAL(18, 1)) END AS new_confirmed_7_day_mean,
    CASE WHEN count(new_deaths) OVER week = 7
        THEN CAST(avg(CAST(new_deaths AS DOUBLE)) OVER week AS DECIMAL(18, 1)) END AS new_deaths_7_day_mean
FROM daily
WINDOW week AS (ORDER BY report_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
ORDER BY report_date
