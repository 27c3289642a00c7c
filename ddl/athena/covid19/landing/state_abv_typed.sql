-- Typed landing records of: A US state. A value that can't be read as its column's type is NULL.
CREATE OR REPLACE VIEW "covid19_landing"."state_abv_typed" AS
SELECT
    "abbreviation",
    "province_state",
    source_file
FROM (
    SELECT
        nullif(regexp_replace("abbreviation", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "abbreviation",
        nullif(regexp_replace("state", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "province_state",
        regexp_replace("$path", '^.*/landing/covid19/', '') AS source_file
    FROM "covid19_landing"."state_abv"
) t;
