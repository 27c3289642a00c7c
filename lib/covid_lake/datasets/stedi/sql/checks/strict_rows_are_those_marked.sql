-- Both counts, where the strict rows are not those that are marked as of one customer and after consent.
WITH marked AS (
    SELECT sensor_reading_time, phone_owner AS customer, x, y, z
    FROM curated.machine_learning
    WHERE is_same_customer AND is_after_consent
),
strict AS (
    SELECT sensor_reading_time, customer, x, y, z FROM curated.machine_learning_strict
)
(FROM marked EXCEPT ALL FROM strict)
UNION ALL
(FROM strict EXCEPT ALL FROM marked)
