-- Typed landing records of: A US county, or a city that the newspaper reports as one, and a day. A value that can't
-- be read as its column's type is NULL.
CREATE OR REPLACE VIEW "covid19_landing"."nytimes_us_county_typed" AS
SELECT
    CASE WHEN regexp_like("report_date", '^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z') THEN try_cast("report_date" AS date) WHEN regexp_like(upper("report_date"), '^[0-9]{1,2}/[0-9]{1,2}/((?!0000)[0-9]{4}|[0-9]{2})\z') THEN CAST(try(date_parse(regexp_replace(upper("report_date"), '^([0-9]{1,2}/[0-9]{1,2}/)([0-9]{2})( |\z)', '$1' || '20' || '$2$3'), '%c/%e/%Y')) AS date) END AS "report_date",
    "county",
    "province_state",
    CASE WHEN length(regexp_replace("fips", '[.]0\z', '')) < 5 THEN lpad(regexp_replace("fips", '[.]0\z', ''), 5, '0') ELSE regexp_replace("fips", '[.]0\z', '') END AS "fips",
    CASE WHEN regexp_like("cases", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("cases", '.', 1) AS bigint) WHEN regexp_like("cases", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("cases") <= 18 AND try_cast("cases" AS double) % 1 = 0 AND abs(try_cast("cases" AS double)) < 9007199254740992 THEN try_cast(try_cast("cases" AS double) AS bigint) END AS "cases",
    CASE WHEN regexp_like("deaths", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("deaths", '.', 1) AS bigint) WHEN regexp_like("deaths", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("deaths") <= 18 AND try_cast("deaths" AS double) % 1 = 0 AND abs(try_cast("deaths" AS double)) < 9007199254740992 THEN try_cast(try_cast("deaths" AS double) AS bigint) END AS "deaths",
    source_file
FROM (
    SELECT
        nullif(regexp_replace("date", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "report_date",
        nullif(regexp_replace("county", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "county",
        nullif(regexp_replace("state", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "province_state",
        nullif(regexp_replace("fips", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "fips",
        nullif(regexp_replace("cases", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "cases",
        nullif(regexp_replace("deaths", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "deaths",
        regexp_replace("$path", '^.*/landing/covid19/', '') AS source_file
    FROM "covid19_landing"."nytimes_us_county"
) t;
