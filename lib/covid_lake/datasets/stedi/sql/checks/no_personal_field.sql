-- Rows whose pseudonyms are no 64 hexadecimal digits: a name, an e-mail or a serial number is none.
SELECT sensor_reading_time
FROM curated.machine_learning
WHERE
    NOT regexp_full_match(device_owner, '[0-9a-f]{64}')
    OR NOT regexp_full_match(phone_owner, '[0-9a-f]{64}')
