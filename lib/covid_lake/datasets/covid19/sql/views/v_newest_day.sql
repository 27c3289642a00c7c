-- name: v_newest_day
-- grain: A region and a source, on the newest day that the source has; a region that was not reported on it is missing.
WITH newest AS (
    SELECT f.source, max(f.date_key) AS date_key
    FROM covid19_curated.fact_cases f
    GROUP BY f.source
)
SELECT
    d.date AS report_date,
    f.source,
    r.region_id,
    r.level,
    r.country_region,
    r.province_state,
    r.county,
    r.fips,
    r.population,
    f.confirmed,
    f.deaths,
    f.recovered,
    f.active,
    f.new_confirmed,
    f.new_deaths,
    f.days_since_previous,
    f.month,
    f.region_key,
    f.date_key
FROM newest n
JOIN covid19_curated.fact_cases f ON f.source = n.source AND f.date_key = n.date_key
JOIN covid19_curated.dim_region r ON r.region_key = f.region_key
JOIN covid19_curated.dim_date d ON d.date_key = f.date_key
