-- State and day whose `confirmed` is not the sum of the cases of the state's regions.
WITH expected AS (
    SELECT region.state_region_key AS region_key, cases.date_key, sum(cases.confirmed) AS confirmed
    FROM curated.fact_cases AS cases
    JOIN curated.dim_region AS region ON cases.region_key = region.region_key
    WHERE
        region.country_region = 'US'
        AND region.state_region_key IS NOT NULL
        -- Two feeds in one sum would count twice.
        AND cases.source = CASE WHEN list_contains($inputs, 'trusted.jhu_daily_reports') THEN 'jhu_daily_reports' ELSE 'enigma_jhu' END
    GROUP BY ALL
)
SELECT region_key, date_key, coalesce(expected.confirmed, 0) - coalesce(covid.confirmed, 0) AS difference
FROM expected
FULL JOIN curated.fact_covid AS covid USING (region_key, date_key)
WHERE difference <> 0
