-- Serial numbers of readings that no curated customer has.
SELECT DISTINCT serial_number
FROM trusted.step_trainer
WHERE serial_number NOT IN (SELECT serial_number FROM curated.customer WHERE serial_number IS NOT NULL)
