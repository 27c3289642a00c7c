-- Typed landing records of: A country or territory by its ISO 3166-1 code. A value that can't be read as its column's
-- type is NULL.
CREATE OR REPLACE VIEW "covid19_landing"."country_code_typed" AS
SELECT
    "iso2",
    "iso3",
    CASE WHEN length(regexp_replace("numeric_code", '[.]0\z', '')) < 3 THEN lpad(regexp_replace("numeric_code", '[.]0\z', ''), 3, '0') ELSE regexp_replace("numeric_code", '[.]0\z', '') END AS "numeric_code",
    "country",
    CASE WHEN regexp_like("latitude", '^[-+.0-9eE]+\z') AND is_finite(try_cast("latitude" AS double)) THEN try_cast("latitude" AS double) + 0e0 END AS "latitude",
    CASE WHEN regexp_like("longitude", '^[-+.0-9eE]+\z') AND is_finite(try_cast("longitude" AS double)) THEN try_cast("longitude" AS double) + 0e0 END AS "longitude",
    source_file
FROM (
    SELECT
        nullif(regexp_replace("alpha_2_code", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "iso2",
        nullif(regexp_replace("alpha_3_code", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "iso3",
        nullif(regexp_replace("numeric_code", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "numeric_code",
        nullif(regexp_replace("country", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "country",
        nullif(regexp_replace("latitude", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "latitude",
        nullif(regexp_replace("longitude", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "longitude",
        regexp_replace("$path", '^.*/landing/covid19/', '') AS source_file
    FROM "covid19_landing"."country_code"
) t;
