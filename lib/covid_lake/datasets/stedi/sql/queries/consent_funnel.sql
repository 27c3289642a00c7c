-- name: consent_funnel
-- tour: 1
-- question: How many records does consent leave over, from zone to zone?
-- shows: Rows of each table, and for the readings how many of them are older than their customer's consent.
-- grain: A table, in the order in which they are built.
-- parameters: none.
WITH phone AS (
    SELECT a."timestamp" AS taken, c.share_with_research_as_of_date AS consent
    FROM stedi_trusted.accelerometer a
    JOIN stedi_trusted.customer c ON c.email = a."user"
),
-- A serial number that several customers have is one device; the latest consent counts.
devices AS (
    SELECT serial_number, max(share_with_research_as_of_date) AS consent
    FROM stedi_curated.customer
    GROUP BY serial_number
),
device AS (
    SELECT s.sensor_reading_time AS taken, d.consent
    FROM stedi_trusted.step_trainer s
    JOIN devices d ON d.serial_number = s.serial_number
)
SELECT 1 AS step, 'landing' AS zone, 'customer' AS table_name, count(*) AS row_count, NULL AS before_consent
FROM stedi_landing.customer
UNION ALL
SELECT 2, 'trusted', 'customer', count(*), NULL FROM stedi_trusted.customer
UNION ALL
SELECT 3, 'landing', 'accelerometer', count(*), NULL FROM stedi_landing.accelerometer
UNION ALL
SELECT 4, 'trusted', 'accelerometer', count(*), sum(CASE WHEN taken < consent THEN 1 ELSE 0 END) FROM phone
UNION ALL
SELECT 5, 'curated', 'customer', count(*), NULL FROM stedi_curated.customer
UNION ALL
SELECT 6, 'landing', 'step_trainer', count(*), NULL FROM stedi_landing.step_trainer
UNION ALL
SELECT 7, 'trusted', 'step_trainer', count(*), sum(CASE WHEN taken < consent THEN 1 ELSE 0 END) FROM device
UNION ALL
SELECT 8, 'curated', 'machine_learning', count(*), sum(CASE WHEN is_after_consent THEN 0 ELSE 1 END)
FROM stedi_curated.machine_learning
UNION ALL
SELECT 9, 'curated', 'machine_learning_strict', count(*), 0 FROM stedi_curated.machine_learning_strict
ORDER BY step
