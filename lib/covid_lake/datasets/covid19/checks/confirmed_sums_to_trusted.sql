-- Source and day whose facts' `confirmed` is not the sum of the trusted rows'.
WITH reports AS (
    SELECT 'jhu_daily_reports' AS source, report_date, confirmed FROM jhu_daily_reports
    UNION ALL
    SELECT 'enigma_jhu', report_date, confirmed FROM enigma_jhu
    UNION ALL
    SELECT 'nytimes', report_date, cases FROM nytimes_us_county
    UNION ALL
    -- A state counts on the days on which none of its counties does.
    SELECT 'nytimes', report_date, cases
    FROM nytimes_us_states AS state
    WHERE NOT EXISTS (
        FROM nytimes_us_county AS county
        WHERE county.province_state = state.province_state AND county.report_date = state.report_date
    )
),
trusted AS (
    SELECT source, CAST(strftime(report_date, '%Y%m%d') AS INTEGER) AS date_key, sum(confirmed) AS confirmed
    FROM reports
    WHERE len($partitions) = 0 OR list_contains($partitions, strftime(report_date, '%Y-%m'))
    GROUP BY ALL
),
facts AS (
    SELECT source, date_key, sum(confirmed) AS confirmed FROM fact_cases GROUP BY ALL
)
SELECT source, date_key, coalesce(trusted.confirmed, 0) - coalesce(facts.confirmed, 0) AS difference
FROM trusted
FULL JOIN facts USING (source, date_key)
WHERE difference <> 0
