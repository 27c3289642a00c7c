-- name: training_set
-- tour: 2
-- question: What is in the set that a model should be trained on, and how does it split by customer?
-- shows: Customers, rows and device readings (a device reading has a row for each phone reading of its time), the rows
--   that a customer has at least, on average and at most, and the mean distance. No customer is on both sides.
-- grain: A side of the split: train, test.
-- parameters: train_percent (share of the customers to train on, in per cent).
WITH params AS (
    SELECT 80 AS train_percent
),
sides AS (
    SELECT
        CASE WHEN m.split_percent < p.train_percent THEN 'train' ELSE 'test' END AS side,
        m.customer,
        m.sensor_reading_time,
        m.distance_from_object
    FROM stedi_curated.machine_learning_strict m
    CROSS JOIN params p
),
customers AS (
    SELECT
        side,
        customer,
        count(*) AS row_count,
        count(DISTINCT sensor_reading_time) AS device_readings,
        sum(distance_from_object) AS distances
    FROM sides
    GROUP BY side, customer
)
SELECT
    side,
    count(*) AS customers,
    sum(row_count) AS row_count,
    sum(device_readings) AS device_readings,
    min(row_count) AS fewest_rows,
    CAST(avg(CAST(row_count AS DOUBLE)) AS DECIMAL(18, 1)) AS mean_rows,
    max(row_count) AS most_rows,
    CAST(CAST(sum(distances) AS DOUBLE) / sum(row_count) AS DECIMAL(18, 1)) AS mean_distance
FROM customers
GROUP BY side
ORDER BY side DESC
