-- The months and sources of the reports that are not the same before and after, and of each region's next figures after
-- them, for those are told as differences to the ones before.
WITH reports_before AS (
    SELECT 'jhu_daily_reports' AS feed, 'jhu_daily_reports' AS source, region_id, report_date, confirmed, deaths, recovered, active
    FROM removed_trusted.jhu_daily_reports
    UNION ALL
    SELECT 'enigma_jhu', 'enigma_jhu', region_id, report_date, confirmed, deaths, recovered, active
    FROM removed_trusted.enigma_jhu
    -- The newspaper's two feeds whole, for which of its states count depends on its counties.
    UNION ALL
    SELECT 'nytimes_us_county', 'nytimes', region_id, report_date, cases, deaths, NULL, NULL
    FROM before_trusted.nytimes_us_county
    WHERE $is_news_changed
    UNION ALL
    SELECT 'nytimes_us_states', 'nytimes', region_id, report_date, cases, deaths, NULL, NULL
    FROM before_trusted.nytimes_us_states AS state
    WHERE $is_news_changed AND NOT EXISTS (
        FROM before_trusted.nytimes_us_county AS county
        WHERE county.province_state = state.province_state AND county.report_date = state.report_date
    )
),
reports_after AS (
    SELECT 'jhu_daily_reports' AS feed, 'jhu_daily_reports' AS source, region_id, report_date, confirmed, deaths, recovered, active
    FROM added_trusted.jhu_daily_reports
    UNION ALL
    SELECT 'enigma_jhu', 'enigma_jhu', region_id, report_date, confirmed, deaths, recovered, active
    FROM added_trusted.enigma_jhu
    UNION ALL
    SELECT 'nytimes_us_county', 'nytimes', region_id, report_date, cases, deaths, NULL, NULL
    FROM after_trusted.nytimes_us_county
    WHERE $is_news_changed
    UNION ALL
    SELECT 'nytimes_us_states', 'nytimes', region_id, report_date, cases, deaths, NULL, NULL
    FROM after_trusted.nytimes_us_states AS state
    WHERE $is_news_changed AND NOT EXISTS (
        FROM after_trusted.nytimes_us_county AS county
        WHERE county.province_state = state.province_state AND county.report_date = state.report_date
    )
),
changed AS (
    SELECT DISTINCT feed, source, region_id, report_date
    FROM (
        (FROM reports_before EXCEPT ALL FROM reports_after)
        UNION ALL
        (FROM reports_after EXCEPT ALL FROM reports_before)
    )
),
-- Under the region that each report had, and under the one that it has.
bridge AS (
    SELECT source AS feed, reported_id AS region_id, region_key FROM before_curated.bridge_region
    UNION
    SELECT source, reported_id, region_key FROM after_curated.bridge_region
),
changed_months AS (
    SELECT
        region_key,
        source,
        strftime(report_date, '%Y-%m') AS month,
        CAST(strftime(max(report_date), '%Y%m%d') AS INTEGER) AS last_changed
    FROM changed
    JOIN bridge USING (feed, region_id)
    GROUP BY ALL
),
-- The next report, and the next ones with figures.
next_days AS (
    SELECT
        source,
        unnest([
            min(date_key),
            min(date_key) FILTER (WHERE confirmed IS NOT NULL),
            min(date_key) FILTER (WHERE deaths IS NOT NULL)
        ]) AS date_key
    FROM curated.fact_cases
    JOIN changed_months USING (region_key, source)
    WHERE fact_cases.month >= $first_month AND date_key > last_changed
    GROUP BY region_key, source, changed_months.month
)
SELECT month, source FROM changed_months
UNION
SELECT strftime(strptime(CAST(date_key AS VARCHAR), '%Y%m%d'), '%Y-%m'), source FROM next_days WHERE date_key IS NOT NULL
