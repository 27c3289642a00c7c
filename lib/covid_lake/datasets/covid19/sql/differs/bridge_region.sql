-- The names that the bridge would be made of, where they are not those that it has: of each source and region the name
-- that it used last, and the coordinates that it gave last. The bridge is a function of these.
WITH written AS (
    SELECT
        source,
        reported_id,
        level,
        country_region,
        province_state,
        county,
        fips,
        max(last_report_date) AS last_report_date,
        max(placed_date) AS placed_date,
        arg_max_null(latitude, placed_date) AS latitude,
        arg_max_null(longitude, placed_date) AS longitude
    FROM after_curated.region_names
    GROUP BY ALL
),
ranked AS (
    SELECT
        * REPLACE (
            arg_max_null(latitude, placed_date) OVER region AS latitude,
            arg_max_null(longitude, placed_date) OVER region AS longitude
        ),
        row_number() OVER (
            region ORDER BY
                last_report_date DESC NULLS LAST,
                county ASC NULLS FIRST,
                province_state ASC NULLS FIRST,
                fips ASC NULLS FIRST
        ) AS nth
    FROM written
    WINDOW region AS (PARTITION BY source, reported_id)
),
before AS (
    SELECT source, reported_id, level, country_region, province_state, county, fips, latitude, longitude
    FROM curated.bridge_region
),
after AS (
    SELECT source, reported_id, level, country_region, province_state, county, fips, latitude, longitude
    FROM ranked
    WHERE nth = 1
)
(FROM before EXCEPT FROM after)
UNION ALL
(FROM after EXCEPT FROM before)
