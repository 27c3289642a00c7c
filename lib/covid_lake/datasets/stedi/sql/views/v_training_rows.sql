-- name: v_training_rows
-- grain: A step-trainer reading and an accelerometer reading of one time and customer, after consent, with its side of a
--   split by customer.
-- column side text: `train` for about 80 % of the customers, `test` for the others; no customer is on both sides
-- column reading_date date: Day of both readings (UTC)
SELECT
    m.sensor_reading_time,
    m.read_at,
    CAST(m.read_at AS DATE) AS reading_date,
    m.customer,
    CASE WHEN m.split_percent < 80 THEN 'train' ELSE 'test' END AS side,
    m.distance_from_object,
    m.x,
    m.y,
    m.z
FROM stedi_curated.machine_learning_strict m
