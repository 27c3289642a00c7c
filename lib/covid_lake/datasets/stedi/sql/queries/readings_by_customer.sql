-- name: readings_by_customer
-- question: How many training rows does each customer have, and why does the strict set take only some of them?
-- shows: The customer's pseudonym; rows that pair the customer's phone with any device; of these the rows with a device of
--   somebody else or of an unknown owner, those of the customer's own device from before consent, and those that are left.
-- grain: A customer whose phone is in the published table, those who lose most rows first.
-- parameters: top (rows to show).
WITH params AS (
    SELECT 50 AS top
),
counted AS (
    SELECT
        phone_owner AS customer,
        count(*) AS published_rows,
        sum(CASE WHEN NOT is_same_customer THEN 1 ELSE 0 END) AS of_two_people,
        sum(CASE WHEN is_same_customer AND NOT is_after_consent THEN 1 ELSE 0 END) AS before_consent,
        sum(CASE WHEN is_same_customer AND is_after_consent THEN 1 ELSE 0 END) AS strict_rows
    FROM stedi_curated.machine_learning
    GROUP BY phone_owner
),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY published_rows - strict_rows DESC, customer) AS place
    FROM counted
)
SELECT r.customer, r.published_rows, r.of_two_people, r.before_consent, r.strict_rows
FROM ranked r
CROSS JOIN params p
WHERE r.place <= p.top
ORDER BY r.place
