-- name: v_customer_rows
-- grain: A customer whose phone is in the published training table.
-- column customer text: Pseudonym of the customer
-- column published_rows bigint: Rows with a reading of the customer's phone
-- column strict_rows bigint: Those of them that pair it with the customer's own device, after consent
-- column first_read_at timestamp: Time of the first of these readings (UTC)
-- column last_read_at timestamp: Time of the last of these readings (UTC)
SELECT
    m.phone_owner AS customer,
    count(*) AS published_rows,
    sum(CASE WHEN m.is_same_customer AND m.is_after_consent THEN 1 ELSE 0 END) AS strict_rows,
    min(m.read_at) AS first_read_at,
    max(m.read_at) AS last_read_at
FROM stedi_curated.machine_learning m
GROUP BY m.phone_owner
