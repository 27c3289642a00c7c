-- name: fastest_counties
-- tour: 2
-- question: In which US counties did the cases grow fastest over a week?
-- shows: Cases at the end of the week and a week before, the growth in per cent, cases per 100,000 people, intensive-care
--   beds and how many of them there are per 1,000 people. What needs a population or a hospital is NULL without one.
-- grain: A county, the fastest first. The week ends on the last day of the source; a county that was not reported on
--   a day counts with its latest figure of the seven days up to it.
-- parameters: top (counties to show), min_confirmed (cases that a county must have had at the start of the week, lest a
--   rise from 1 to 5 lead the list).
WITH params AS (
    SELECT
        10 AS top,
        100 AS min_confirmed
),
facts AS (
    SELECT f.region_key, f.source, f.confirmed, date_diff('day', DATE '2019-12-01', d.date) AS day_number
    FROM covid19_curated.fact_cases f
    JOIN covid19_curated.dim_region r ON r.region_key = f.region_key
    JOIN covid19_curated.dim_date d ON d.date_key = f.date_key
    WHERE r.level = 'county' AND r.iso2 = 'US' AND f.confirmed IS NOT NULL
),
-- The sources count the same people, so one is taken: the best that reports counties.
best_source AS (
    SELECT source, max(day_number) AS last_day
    FROM facts
    GROUP BY source
    ORDER BY CASE source WHEN 'jhu_daily_reports' THEN 1 WHEN 'enigma_jhu' THEN 2 ELSE 3 END
    LIMIT 1
),
latest AS (
    SELECT
        f.region_key, f.source, f.confirmed,
        CASE WHEN f.day_number > b.last_day - 7 THEN 'end' ELSE 'start' END AS moment,
        row_number() OVER (
            PARTITION BY f.region_key, CASE WHEN f.day_number > b.last_day - 7 THEN 'end' ELSE 'start' END
            ORDER BY f.day_number DESC
        ) AS recency
    FROM facts f
    JOIN best_source b ON b.source = f.source
    WHERE f.day_number > b.last_day - 14
),
growth AS (
    SELECT
        e.region_key, e.source, e.confirmed, s.confirmed AS confirmed_week_before,
        100 * (CAST(e.confirmed AS DOUBLE) / nullif(s.confirmed, 0) - 1) AS growth_percent
    FROM latest e
    JOIN latest s ON s.region_key = e.region_key AND s.moment = 'start' AND s.recency = 1
    CROSS JOIN params p
    WHERE e.moment = 'end' AND e.recency = 1 AND s.confirmed >= p.min_confirmed
),
-- Two regions are reported as one although they are several counties, each with hospitals of its own.
composites AS (
    SELECT c.fips, c.region_id
    FROM (
        VALUES
            ('36005', 'county:US/New York/New York City'),
            ('36047', 'county:US/New York/New York City'),
            ('36061', 'county:US/New York/New York City'),
            ('36081', 'county:US/New York/New York City'),
            ('36085', 'county:US/New York/New York City'),
            ('25007', 'county:US/Massachusetts/Dukes and Nantucket'),
            ('25019', 'county:US/Massachusetts/Dukes and Nantucket')
    ) AS c (fips, region_id)
),
-- Summed before the join, so that a county stays one row.
beds AS (
    SELECT b.region_key, sum(b.icu_beds) AS icu_beds
    FROM (
        SELECT h.region_key, h.icu_beds
        FROM covid19_curated.dim_hospital h
        UNION ALL
        SELECT r.region_key, h.icu_beds
        FROM covid19_curated.dim_hospital h
        JOIN composites c ON c.fips = h.fips
        JOIN covid19_curated.dim_region r ON r.region_id = c.region_id
    ) b
    GROUP BY b.region_key
),
ranked AS (
    SELECT
        g.*, r.county, r.province_state, r.population, b.icu_beds,
        row_number() OVER (ORDER BY g.growth_percent DESC, g.confirmed DESC, r.region_id) AS place
    FROM growth g
    JOIN covid19_curated.dim_region r ON r.region_key = g.region_key
    LEFT JOIN beds b ON b.region_key = g.region_key
    WHERE g.growth_percent IS NOT NULL
)
SELECT
    k.place,
    k.county,
    k.province_state AS state,
    k.source,
    w.date AS week_end,
    k.confirmed_week_before,
    k.confirmed,
    CAST(k.growth_percent AS DECIMAL(18, 1)) AS growth_percent,
    k.population,
    CAST(k.confirmed * CAST(100000 AS DOUBLE) / nullif(k.population, 0) AS DECIMAL(18, 1)) AS confirmed_per_100k,
    k.icu_beds,
    CAST(k.icu_beds * CAST(1000 AS DOUBLE) / nullif(k.population, 0) AS DECIMAL(18, 3)) AS icu_beds_per_1000
FROM ranked k
CROSS JOIN params p
JOIN best_source b ON b.source = k.source
JOIN covid19_curated.dim_date w ON date_diff('day', DATE '2019-12-01', w.date) = b.last_day
WHERE k.place <= p.top
ORDER BY k.place
