-- name: beds_vs_hospitalised
-- question: How many of a US state's licensed hospital beds do its COVID-19 patients take up?
-- shows: Licensed, staffed and intensive-care beds, the patients in hospital and in intensive care on the state's latest
--   report of them, and their share of the licensed and of the intensive-care beds in per cent. A state that one side
--   does not know keeps its row, with NULLs.
-- grain: A US state or territory, the highest share of licensed beds first.
-- parameters: as_of (a day such as DATE '2020-04-15': the latest report up to it; NULL is the last of all).
WITH params AS (
    SELECT CAST(NULL AS DATE) AS as_of
),
-- By the postal abbreviation, which every hospital has; some have no county, and so no region.
beds AS (
    SELECT
        h.state,
        count(*) AS hospitals,
        sum(h.licensed_beds) AS licensed_beds,
        sum(h.staffed_beds) AS staffed_beds,
        sum(h.icu_beds) AS icu_beds
    FROM covid19_curated.dim_hospital h
    GROUP BY h.state
),
reports AS (
    SELECT
        t.region_key, d.date AS report_date, t.hospitalized_currently, t.in_icu_currently,
        row_number() OVER (PARTITION BY t.region_key ORDER BY t.date_key DESC) AS recency
    FROM covid19_curated.fact_testing t
    JOIN covid19_curated.dim_date d ON d.date_key = t.date_key
    CROSS JOIN params p
    WHERE t.hospitalized_currently IS NOT NULL AND d.date <= coalesce(p.as_of, d.date)
)
SELECT
    r.province_state AS state,
    b.hospitals,
    b.licensed_beds,
    b.staffed_beds,
    b.icu_beds,
    h.report_date,
    h.hospitalized_currently,
    h.in_icu_currently,
    CAST(100 * CAST(h.hospitalized_currently AS DOUBLE) / nullif(b.licensed_beds, 0) AS DECIMAL(18, 1))
        AS licensed_beds_percent,
    CAST(100 * CAST(h.in_icu_currently AS DOUBLE) / nullif(b.icu_beds, 0) AS DECIMAL(18, 1)) AS icu_beds_percent
FROM covid19_curated.dim_region r
LEFT JOIN beds b ON b.state = r.state_abbreviation
LEFT JOIN reports h ON h.region_key = r.region_key AND h.recency = 1
WHERE r.level = 'state' AND r.iso2 = 'US' AND (b.state IS NOT NULL OR h.region_key IS NOT NULL)
ORDER BY licensed_beds_percent DESC NULLS LAST, r.province_state
