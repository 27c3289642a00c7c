-- Times whose rows are not as many as the device's readings times the phones' readings.
WITH device AS (
    SELECT sensor_reading_time, count(*) AS readings FROM trusted.step_trainer GROUP BY ALL
),
phone AS (
    SELECT "timestamp" AS sensor_reading_time, count(*) AS readings FROM trusted.accelerometer GROUP BY ALL
),
expected AS (
    SELECT sensor_reading_time, device.readings * phone.readings AS pairs
    FROM device
    JOIN phone USING (sensor_reading_time)
),
found AS (
    SELECT sensor_reading_time, count(*) AS pairs FROM curated.machine_learning GROUP BY ALL
)
SELECT sensor_reading_time, coalesce(expected.pairs, 0) AS expected_rows, coalesce(found.pairs, 0) AS found_rows
FROM expected
FULL JOIN found USING (sensor_reading_time)
WHERE coalesce(expected.pairs, 0) <> coalesce(found.pairs, 0)
