-- Typed landing records of: A reading of a phone's accelerometer, by a customer who agrees to research; the whole row
-- is the key. A value that can't be read as its column's type is NULL.
CREATE OR REPLACE VIEW "stedi_landing"."accelerometer_typed" AS
SELECT
    "user",
    CASE WHEN CASE WHEN regexp_like("read_at", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("read_at", '.', 1) AS bigint) WHEN regexp_like("read_at", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("read_at") <= 18 AND try_cast("read_at" AS double) % 1 = 0 AND abs(try_cast("read_at" AS double)) < 9007199254740992 THEN try_cast(try_cast("read_at" AS double) AS bigint) END BETWEEN -62135596800000 AND 253402300799999 THEN date_add('millisecond', CASE WHEN regexp_like("read_at", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("read_at", '.', 1) AS bigint) WHEN regexp_like("read_at", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("read_at") <= 18 AND try_cast("read_at" AS double) % 1 = 0 AND abs(try_cast("read_at" AS double)) < 9007199254740992 THEN try_cast(try_cast("read_at" AS double) AS bigint) END % 86400000, date_add('day', CASE WHEN regexp_like("read_at", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("read_at", '.', 1) AS bigint) WHEN regexp_like("read_at", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("read_at") <= 18 AND try_cast("read_at" AS double) % 1 = 0 AND abs(try_cast("read_at" AS double)) < 9007199254740992 THEN try_cast(try_cast("read_at" AS double) AS bigint) END / 86400000, TIMESTAMP '1970-01-01 00:00:00.000000')) END AS "read_at",
    CASE WHEN regexp_like("x", '^[-+.0-9eE]+\z') AND is_finite(try_cast("x" AS double)) THEN try_cast("x" AS double) + 0e0 END AS "x",
    CASE WHEN regexp_like("y", '^[-+.0-9eE]+\z') AND is_finite(try_cast("y" AS double)) THEN try_cast("y" AS double) + 0e0 END AS "y",
    CASE WHEN regexp_like("z", '^[-+.0-9eE]+\z') AND is_finite(try_cast("z" AS double)) THEN try_cast("z" AS double) + 0e0 END AS "z",
    source_file
FROM (
    SELECT
        nullif(regexp_replace("user", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "user",
        nullif(regexp_replace("timestamp", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "read_at",
        nullif(regexp_replace("x", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "x",
        nullif(regexp_replace("y", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "y",
        nullif(regexp_replace("z", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "z",
        regexp_replace("$path", '^.*/landing/stedi/', '') AS source_file
    FROM "stedi_landing"."accelerometer"
) t;
