-- Source, region and month whose first figure and the `new_confirmed` after it don't add up to the last figure, or whose
-- first `new_confirmed` is not the difference to the month before; the latter only where all months were written.
WITH months AS (
    SELECT
        source,
        region_key,
        month,
        arg_min(confirmed, date_key) AS first,
        arg_min(coalesce(new_confirmed, 0), date_key) AS first_new,
        arg_max(confirmed, date_key) AS last,
        sum(coalesce(new_confirmed, 0)) AS new
    FROM curated.fact_cases
    WHERE confirmed IS NOT NULL
    GROUP BY ALL
),
linked AS (
    SELECT *, first - lag(last, 1, first) OVER (PARTITION BY source, region_key ORDER BY month) AS expected_new FROM months
)
SELECT source, region_key, month, first, first_new, new, last
FROM linked
WHERE first + new - first_new <> last OR (len($partitions) = 0 AND first_new <> expected_new)
