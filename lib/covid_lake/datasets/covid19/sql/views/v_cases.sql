-- name: v_cases
-- grain: A region, a day and a source, at the lowest level that the source reports.
SELECT
    d.date AS report_date,
    f.source,
    r.region_id,
    r.level,
    r.country_region,
    r.iso2,
    r.iso3,
    r.province_state,
    r.state_abbreviation,
    r.county,
    r.fips,
    r.latitude,
    r.longitude,
    r.population,
    f.confirmed,
    f.deaths,
    f.recovered,
    f.active,
    f.new_confirmed,
    f.new_deaths,
    f.days_since_previous,
    d.year,
    d.iso_week,
    d.day_of_week,
    d.is_weekend,
    f.month,
    f.region_key,
    f.date_key,
    r.state_region_key,
    r.country_region_key
FROM covid19_curated.fact_cases f
JOIN covid19_curated.dim_region r ON r.region_key = f.region_key
JOIN covid19_curated.dim_date d ON d.date_key = f.date_key
