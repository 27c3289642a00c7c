-- Typed landing records of: A US county. A value that can't be read as its column's type is NULL.
CREATE OR REPLACE VIEW "covid19_landing"."county_population_typed" AS
SELECT
    "geo_id",
    CASE WHEN length(regexp_replace("fips", '[.]0\z', '')) < 5 THEN lpad(regexp_replace("fips", '[.]0\z', ''), 5, '0') ELSE regexp_replace("fips", '[.]0\z', '') END AS "fips",
    "county",
    "province_state",
    CASE WHEN regexp_like("population", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("population", '.', 1) AS bigint) WHEN regexp_like("population", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("population") <= 18 AND try_cast("population" AS double) % 1 = 0 AND abs(try_cast("population" AS double)) < 9007199254740992 THEN try_cast(try_cast("population" AS double) AS bigint) END AS "population",
    source_file
FROM (
    SELECT
        nullif(regexp_replace("id", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "geo_id",
        nullif(regexp_replace("id2", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "fips",
        nullif(regexp_replace("county", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "county",
        nullif(regexp_replace("state", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "province_state",
        nullif(regexp_replace("population_estimate_2018", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "population",
        regexp_replace("$path", '^.*/landing/covid19/', '') AS source_file
    FROM "covid19_landing"."county_population"
) t;
