-- The months and sources in which a region has facts that the bridge gave a name or took one from. Hardly ever any: a
-- county's code turned up, or a code turned out to be of two counties.
WITH moved AS (
    SELECT before.region_key AS key_before, after.region_key AS key_after
    FROM before_curated.bridge_region AS before
    JOIN after_curated.bridge_region AS after USING (source, reported_id)
    WHERE key_before <> key_after
)
SELECT DISTINCT month, source
FROM curated.fact_cases
WHERE region_key IN (SELECT unnest([key_before, key_after]) FROM moved)
