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
-- Facts are at the lowest level that a source reports: the target's curve is the sum over the regions in it. The sources
-- count the same people, so one is taken: the best that reports the target.
facts AS (
    SELECT
        t.region, r.region_key, coalesce(r.state_region_key, 0) AS state_key, r.level, f.source, d.day_number,
        f.confirmed, coalesce(f.deaths, 0) AS deaths,
        CASE f.source WHEN 'jhu_daily_reports' THEN 1 WHEN 'enigma_jhu' THEN 2 ELSE 3 END AS source_rank
    FROM covid19_curated.fact_cases f
    JOIN covid19_curated.dim_region r ON r.region_key = f.region_key
    JOIN target t ON t.region_key = CASE t.level WHEN 'state' THEN r.state_region_key ELSE r.country_region_key END
    JOIN days d ON d.date_key = f.date_key
    WHERE f.confirmed IS NOT NULL
),
ranked AS (
    SELECT *, min(source_rank) OVER () AS best_rank
    FROM facts
),
-- For each report the next days on which its region is reported again, or a region around it or inside it. Windows run
-- from the last day to the first. Of one day, the rows that are looked for come last, so that they are not found.
reports AS (
    SELECT
        region, source, level, day_number, confirmed, deaths,
        min(day_number) OVER () AS first_day,
        max(day_number) OVER () AS last_day,
        lead(day_number) OVER (PARTITION BY region_key ORDER BY day_number) AS next_own,
        min(CASE WHEN level = 'country' THEN day_number END) OVER (
            ORDER BY day_number DESC, CASE level WHEN 'country' THEN 1 ELSE 0 END
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS next_country,
        min(CASE WHEN level <> 'country' THEN day_number END) OVER (
            ORDER BY day_number DESC, CASE level WHEN 'country' THEN 0 ELSE 1 END
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS next_in_country,
        min(CASE WHEN level = 'state' THEN day_number END) OVER (
            PARTITION BY state_key ORDER BY day_number DESC, CASE level WHEN 'state' THEN 1 ELSE 0 END
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS next_state,
        min(CASE WHEN level <> 'state' THEN day_number END) OVER (
            PARTITION BY state_key ORDER BY day_number DESC, CASE level WHEN 'state' THEN 0 ELSE 1 END
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS next_in_state
    FROM ranked
    WHERE source_rank = best_rank
),
limits AS (
    SELECT
        r.region, r.source, r.first_day, r.last_day, r.day_number, r.confirmed, r.deaths, r.next_own,
        r.day_number + 1 + p.days_held AS too_old,
        CASE r.level WHEN 'country' THEN r.next_in_country ELSE r.next_country END AS next_by_country,
        CASE r.level WHEN 'country' THEN NULL WHEN 'state' THEN r.next_in_state ELSE r.next_state END AS next_by_state
    FROM reports r
    CROSS JOIN params p
),
-- A figure holds until its region is reported again, or a region around it or inside it: where a source goes over from
-- a state to its counties, the state's last figure must not be counted on top of theirs.
held AS (
    SELECT
        region, source, first_day, last_day, day_number, confirmed, deaths,
        least(
            too_old, coalesce(next_own, too_old), coalesce(next_by_country, too_old), coalesce(next_by_state, too_old)
        ) AS until_day
    FROM limits
),
-- Each figure comes on its day, and goes on the day until which it holds.
changes AS (
    SELECT
        h.region, h.source, h.first_day, h.last_day,
        CASE s.sign WHEN 1 THEN h.day_number ELSE h.until_day END AS day_number,
        sum(s.sign * h.confirmed) AS confirmed,
        sum(s.sign * h.deaths) AS deaths
    FROM held h
    CROSS JOIN (VALUES (1), (-1)) AS s (sign)
    GROUP BY
        h.region, h.source, h.first_day, h.last_day, CASE s.sign WHEN 1 THEN h.day_number ELSE h.until_day END
),
curve AS (
    SELECT
        max(c.region) OVER () AS region,
        max(c.source) OVER () AS source,
        max(c.first_day) OVER () AS first_day,
        max(c.last_day) OVER () AS last_day,
        d.day_number,
        d.report_date,
        sum(coalesce(c.confirmed, 0)) OVER (ORDER BY d.day_number) AS confirmed,
        sum(coalesce(c.deaths, 0)) OVER (ORDER BY d.day_number) AS deaths
    FROM days d
    LEFT JOIN changes c ON c.day_number = d.day_number
),
daily AS (
    SELECT
        region, source, report_date, confirmed, deaths,
        confirmed - lag(confirmed) OVER (ORDER BY report_date) AS new_confirmed,
        deaths - lag(deaths) OVER (ORDER BY report_date) AS new_deaths
    FROM curve
    WHERE day_number BETWEEN first_day AND last_day
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
