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
-- Facts are at the lowest level that a source reports: a state's cases are the sum over the regions in it. The sources
-- count the same people, so one is taken for all states: the best that is there.
facts AS (
    SELECT
        r.region_key, r.state_region_key, r.level, f.source, d.day_number, f.confirmed,
        CASE f.source WHEN 'jhu_daily_reports' THEN 1 WHEN 'enigma_jhu' THEN 2 ELSE 3 END AS source_rank
    FROM covid19_curated.fact_cases f
    JOIN covid19_curated.dim_region r ON r.region_key = f.region_key
    JOIN days d ON d.date_key = f.date_key
    CROSS JOIN params p
    WHERE (r.country_region = p.country OR r.iso2 = p.country OR r.iso3 = p.country)
        AND r.state_region_key IS NOT NULL
        AND f.confirmed IS NOT NULL
),
ranked AS (
    SELECT *, min(source_rank) OVER () AS best_rank
    FROM facts
),
-- For each report the next days on which its region is reported again, or its state, or a region in the state. Windows
-- run from the last day to the first. Of one day, the rows that are looked for come last, so that they are not found.
reports AS (
    SELECT
        state_region_key, source, level, day_number, confirmed,
        max(day_number) OVER () AS last_day,
        lead(day_number) OVER (PARTITION BY region_key ORDER BY day_number) AS next_own,
        min(CASE WHEN level = 'state' THEN day_number END) OVER (
            PARTITION BY state_region_key ORDER BY day_number DESC, CASE level WHEN 'state' THEN 1 ELSE 0 END
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS next_state,
        min(CASE WHEN level <> 'state' THEN day_number END) OVER (
            PARTITION BY state_region_key ORDER BY day_number DESC, CASE level WHEN 'state' THEN 0 ELSE 1 END
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS next_in_state
    FROM ranked
    WHERE source_rank = best_rank
),
limits AS (
    SELECT
        r.state_region_key, r.source, r.last_day, r.day_number, r.confirmed, r.next_own,
        r.day_number + 1 + p.days_held AS too_old,
        CASE r.level WHEN 'state' THEN r.next_in_state ELSE r.next_state END AS next_by_state
    FROM reports r
    CROSS JOIN params p
),
-- A figure holds until its region is reported again, or its state, or a region inside it: where a source goes over from
-- a state to its counties, the state's last figure must not be counted on top of theirs.
held AS (
    SELECT
        state_region_key, source, last_day, day_number, confirmed,
        least(too_old, coalesce(next_own, too_old), coalesce(next_by_state, too_old)) AS until_day
    FROM limits
),
-- Each figure comes on its day, and goes on the day until which it holds.
changes AS (
    SELECT
        h.state_region_key, h.source, h.last_day,
        CASE s.sign WHEN 1 THEN h.day_number ELSE h.until_day END AS day_number,
        sum(s.sign * h.confirmed) AS added
    FROM held h
    CROSS JOIN (VALUES (1), (-1)) AS s (sign)
    GROUP BY h.state_region_key, h.source, h.last_day, CASE s.sign WHEN 1 THEN h.day_number ELSE h.until_day END
),
-- Between two changes a state's cases stay as they are: the threshold is passed by a change.
curves AS (
    SELECT
        state_region_key, source, last_day, day_number, added,
        sum(added) OVER (PARTITION BY state_region_key ORDER BY day_number) AS confirmed
    FROM changes
    WHERE day_number <= last_day
),
passed AS (
    SELECT
        c.state_region_key, c.source, c.last_day, c.day_number, c.added,
        min(CASE WHEN c.confirmed >= p.threshold THEN c.day_number END) OVER (PARTITION BY c.state_region_key)
            AS passed_day
    FROM curves c
    CROSS JOIN params p
),
states AS (
    SELECT
        c.state_region_key, c.source, c.passed_day, p.growth_days,
        sum(CASE WHEN c.day_number <= c.passed_day THEN c.added END) AS confirmed,
        CASE WHEN c.passed_day + p.growth_days <= c.last_day
            THEN sum(CASE WHEN c.day_number <= c.passed_day + p.growth_days THEN c.added END) END AS confirmed_later
    FROM passed c
    CROSS JOIN params p
    WHERE c.passed_day IS NOT NULL
    GROUP BY c.state_region_key, c.source, c.passed_day, p.growth_days, c.last_day
)
SELECT
    r.province_state AS state,
    s.source,
    d.report_date AS passed_on,
    s.confirmed,
    s.confirmed_later,
    CASE WHEN s.confirmed_later > s.confirmed
        THEN CAST(
            s.growth_days * ln(CAST(2 AS DOUBLE)) / ln(CAST(s.confirmed_later AS DOUBLE) / s.confirmed)
            AS DECIMAL(18, 1)
        ) END AS doubling_days
FROM states s
JOIN covid19_curated.dim_region r ON r.region_key = s.state_region_key
JOIN days d ON d.day_number = s.passed_day
ORDER BY d.report_date, r.province_state
