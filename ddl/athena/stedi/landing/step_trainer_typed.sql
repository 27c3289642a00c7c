-- Typed landing records of: A reading of a step trainer and a time; the device is one of a curated customer's. A
-- value that can't be read as its column's type is NULL.
CREATE OR REPLACE VIEW "stedi_landing"."step_trainer_typed" AS
SELECT
    CASE WHEN CASE WHEN regexp_like("read_at", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("read_at", '.', 1) AS bigint) WHEN regexp_like("read_at", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("read_at") <= 18 AND try_cast("read_at" AS double) % 1 = 0 AND abs(try_cast("read_at" AS double)) < 9007199254740992 THEN try_cast(try_cast("read_at" AS double) AS bigint) END BETWEEN -62135596800000 AND 253402300799999 THEN date_add('millisecond', CASE WHEN regexp_like("read_at", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("read_at", '.', 1) AS bigint) WHEN regexp_like("read_at", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("read_at") <= 18 AND try_cast("read_at" AS double) % 1 = 0 AND abs(try_cast("read_at" AS double)) < 9007199254740992 THEN try_cast(try_cast("read_at" AS double) AS bigint) END % 86400000, date_add('day', CASE WHEN regexp_like("read_at", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("read_at", '.', 1) AS bigint) WHEN regexp_like("read_at", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("read_at") <= 18 AND try_cast("read_at" AS double) % 1 = 0 AND abs(try_cast("read_at" AS double)) < 9007199254740992 THEN try_cast(try_cast("read_at" AS double) AS bigint) END / 86400000, TIMESTAMP '1970-01-01 00:00:00.000000')) END AS "read_at",
    "serial_number",
    CASE WHEN regexp_like("distance_from_object", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("distance_from_object", '.', 1) AS integer) WHEN regexp_like("distance_from_object", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("distance_from_object") <= 18 AND try_cast("distance_from_object" AS double) % 1 = 0 AND abs(try_cast("distance_from_object" AS double)) < 9007199254740992 THEN try_cast(try_cast("distance_from_object" AS double) AS integer) END AS "distance_from_object",
    source_file
FROM (
    SELECT
        nullif(regexp_replace("sensorreadingtime", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "read_at",
        nullif(regexp_replace("serialnumber", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "serial_number",
        nullif(regexp_replace("distancefromobject", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "distance_from_object",
        regexp_replace("$path", '^.*/landing/stedi/', '') AS source_file
    FROM "stedi_landing"."step_trainer"
) t;
