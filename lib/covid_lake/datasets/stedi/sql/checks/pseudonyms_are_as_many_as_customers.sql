-- Sides of the pairs whose pseudonyms are not as many as the devices or phones that took part.
WITH expected AS (
    SELECT
        count(DISTINCT device.serial_number) AS devices,
        count(DISTINCT phone."user") AS phones
    FROM trusted.step_trainer AS device
    JOIN trusted.accelerometer AS phone ON phone."timestamp" = device.sensor_reading_time
),
found AS (
    SELECT count(DISTINCT device_owner) AS devices, count(DISTINCT phone_owner) AS phones FROM curated.machine_learning
)
SELECT expected.devices, found.devices AS device_owners, expected.phones, found.phones AS phone_owners
FROM expected, found
WHERE expected.devices <> found.devices OR expected.phones <> found.phones
