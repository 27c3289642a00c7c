-- A customer whose phone is in the published training table.
CREATE OR REPLACE VIEW "stedi_curated"."v_customer_rows" AS
SELECT
    m.phone_owner AS customer,
    count(*) AS published_rows,
    sum(CASE WHEN m.is_same_customer AND m.is_after_consent THEN 1 ELSE 0 END) AS strict_rows,
    min(m.read_at) AS first_read_at,
    max(m.read_at) AS last_read_at
FROM stedi_curated.machine_learning m
GROUP BY m.phone_owner;
