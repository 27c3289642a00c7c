-- Source, day and figure whose sum over the facts is not the sum over the trusted rows.
WITH reports AS (
    SELECT 'jhu_daily_reports' AS source, report_date, confirmed, deaths, recovered FROM trusted.jhu_daily_reports
    UNION ALL
    SELECT 'enigma_jhu', report_date, confirmed, deaths, recovered FROM trusted.enigma_jhu
    UNION ALL
    SELECT 'nytimes', report_date, cases, deaths, NULL FROM trusted.nytimes_us_county
    UNION ALL
    -- A state counts on the days on which none of its counties does.
    SELECT 'nytimes', report_date, cases, deaths, NULL
    FROM trusted.nytimes_us_states AS state
    WHERE NOT EXISTS (
        FROM trusted.nytimes_us_county AS county
        WHERE county.province_state = state.province_state AND county.report_date = state.report_date
    )
),
trusted AS (
    SELECT
        source,
        CAST(strftime(report_date, '%Y%m%d') AS INTEGER) AS date_key,
        coalesce(sum(confirmed), 0) AS confirmed,
        coalesce(sum(deaths), 0) AS deaths,
        coalesce(sum(recovered), 0) AS recovered
    FROM reports
    WHERE len($partitions) = 0 OR list_contains($partitions, strftime(report_date, '%Y-%m'))
    GROUP BY ALL
),
facts AS (
    SELECT
        source,
        date_key,
        coalesce(sum(confirmed), 0) AS confirmed,
        coalesce(sum(deaths), 0) AS deaths,
        coalesce(sum(recovered), 0) AS recovered
    FROM curated.fact_cases
    GROUP BY ALL
),
sums AS (
    SELECT
        source,
        date_key,
        unnest(['confirmed', 'deaths', 'recovered']) AS figure,
        coalesce(unnest([trusted.confirmed, trusted.deaths, trusted.recovered]), 0) AS in_trusted,
        coalesce(unnest([facts.confirmed, facts.deaths, facts.recovered]), 0) AS in_facts
    FROM trusted
    FULL JOIN facts USING (source, date_key)
)
SELECT source, date_key, figure, in_trusted, in_facts
FROM sums
WHERE in_trusted <> in_facts
