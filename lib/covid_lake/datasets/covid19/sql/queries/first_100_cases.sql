-- name: first_100_cases
-- tour: 3
-- question: On which day did each state pass 100 cases, and how fast did the cases double then?
-- shows: The first day with at least 100 cumulative cases (a state that had them on the first day of the source shows
--   that day), the cases on it and a week later, and the doubling time in days over that week: 7 * ln 2 / ln growth.
--   It is NULL where the cases did not grow or the week is not over.
-- grain: A state of the country that reached the threshold, earliest first.
-- parameters: country (name or ISO code), threshold (cases), growth_days (days over which the doubling time is taken),
--   days_held (for how many days a region's last figure stands in for reports that are missing).
WITH params AS (
    SELECT
        'US' AS country,
        100 AS threshold,
        7 AS growth_days,
        7 AS days_held
),
days AS (
    SELECT d.date_key, d.date AS report_date, date_diff('day', DATE '2019-12-01', d.date) AS day_number
    FROM covid19_curated.dim_date d
),
-- Facts are at the lowest level that a source reports: a state's cases are the sum over the regions in it.
facts AS (
    SELECT r.region_key, r.state_region_key, r.level, f.source, d.day_number, f.confirmed
    FROM covid19_curated.fact_cases f
    JOIN covid19_curated.dim_region r ON r.region_key = f.region_key
    JOIN days d ON d.date_key = f.date_key
    CROSS JOIN params p
    WHERE (r.country_region = p.country OR r.iso2 = p.country OR r.iso3 = p.country)
        AND r.state_region_key IS NOT NULL
        AND f.confirmed IS NOT NULL
),
-- The sources count the same people, so one is taken for all states: the best that is there.
best_source AS (
    SELECT source
    FROM facts
    GROUP BY source
    ORDER BY CASE source WHEN 'jhu_daily_reports' THEN 1 WHEN 'enigma_jhu' THEN 2 ELSE 3 END
    LIMIT 1
),
reports AS (
    SELECT f.region_key, f.state_region_key, f.source, f.level, f.day_number, f.confirmed
    FROM facts f
    JOIN best_source b ON b.source = f.source
),
state_days AS (
    SELECT
        r.state_region_key,
        r.day_number,
        min(max(CASE WHEN r.level = 'state' THEN r.day_number END)) OVER later AS next_state,
        min(max(CASE WHEN r.level <> 'state' THEN r.day_number END)) OVER later AS next_in_state
    FROM reports r
    GROUP BY r.state_region_key, r.day_number
    WINDOW later AS (
        PARTITION BY r.state_region_key ORDER BY r.day_number ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    )
),
limits AS (
    SELECT
        r.state_region_key, r.day_number, r.confirmed,
        r.day_number + 1 + p.days_held AS too_old,
        lead(r.day_number) OVER (PARTITION BY r.region_key ORDER BY r.day_number) AS next_own,
        CASE r.level WHEN 'state' THEN s.next_in_state ELSE s.next_state END AS next_by_state
    FROM reports r
    JOIN state_days s ON s.state_region_key = r.state_region_key AND s.day_number = r.day_number
    CROSS JOIN params p
),
-- A figure holds until its region is reported again, or its state, or a region inside it: where a source goes over from
-- a state to its counties, the state's last figure must not be counted on top of theirs.
held AS (
    SELECT
        state_region_key, day_number, confirmed,
        least(too_old, coalesce(next_own, too_old), coalesce(next_by_state, too_old)) AS until_day
    FROM limits
),
changes AS (
    SELECT c.state_region_key, c.day_number, sum(c.confirmed) AS confirmed
    FROM (
        SELECT state_region_key, day_number, confirmed FROM held
        UNION ALL
        SELECT state_region_key, until_day, -confirmed FROM held
    ) c
    GROUP BY c.state_region_key, c.day_number
),
states AS (
    SELECT state_region_key, source, min(day_number) AS first_day
    FROM reports
    GROUP BY state_region_key, source
),
last_day AS (
    SELECT max(day_number) AS day_number
    FROM reports
),
curves AS (
    SELECT
        s.state_region_key, s.source, d.report_date, d.day_number,
        sum(coalesce(c.confirmed, 0)) OVER (PARTITION BY s.state_region_key ORDER BY d.day_number) AS confirmed
    FROM states s
    CROSS JOIN last_day l
    JOIN days d ON d.day_number BETWEEN s.first_day AND l.day_number
    LEFT JOIN changes c ON c.state_region_key = s.state_region_key AND c.day_number = d.day_number
),
passed AS (
    SELECT c.state_region_key, min(c.day_number) AS day_number
    FROM curves c
    CROSS JOIN params p
    WHERE c.confirmed >= p.threshold
    GROUP BY c.state_region_key
)
SELECT
    r.province_state AS state,
    c.source,
    c.report_date AS passed_on,
    c.confirmed,
    later.confirmed AS confirmed_later,
    CASE WHEN later.confirmed > c.confirmed
        THEN CAST(
            p.growth_days * ln(CAST(2 AS DOUBLE)) / ln(CAST(later.confirmed AS DOUBLE) / c.confirmed) AS DECIMAL(18, 1)
        ) END AS doubling_days
FROM passed
CROSS JOIN params p
JOIN curves c ON c.state_region_key = passed.state_region_key AND c.day_number = passed.day_number
JOIN covid19_curated.dim_region r ON r.region_key = passed.state_region_key
LEFT JOIN curves later
    ON later.state_region_key = passed.state_region_key AND later.day_number = passed.day_number + p.growth_days
ORDER BY c.report_date, r.province_state
