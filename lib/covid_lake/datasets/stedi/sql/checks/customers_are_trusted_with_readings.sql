-- Curated customers who are not trusted or have no reading, and trusted ones with readings who are missing.
WITH expected AS (
    SELECT customer_id, email
    FROM trusted.customer
    WHERE email IN (SELECT "user" FROM trusted.accelerometer)
)
SELECT found.customer_id AS curated, expected.customer_id AS trusted
FROM curated.customer AS found
FULL JOIN expected ON expected.customer_id = found.customer_id AND expected.email = found.email
WHERE found.customer_id IS NULL OR expected.customer_id IS NULL
