-- Users of readings whose e-mail is not that of exactly one trusted customer.
SELECT reading."user", count(customer.email) AS customers
FROM (SELECT DISTINCT "user" FROM trusted.accelerometer) AS reading
LEFT JOIN trusted.customer AS customer ON customer.email = reading."user"
GROUP BY reading."user"
HAVING customers <> 1
