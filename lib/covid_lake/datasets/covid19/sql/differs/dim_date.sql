-- The first and the last day of the facts, where they are not those of the calendar.
WITH days AS (
    SELECT date_key FROM after_curated.fact_cases
    UNION ALL
    SELECT date_key FROM after_curated.fact_testing
    UNION ALL
    SELECT date_key FROM after_curated.fact_covid
)
SELECT min(date_key), max(date_key) FROM days
EXCEPT
SELECT min(date_key), max(date_key) FROM curated.dim_date
