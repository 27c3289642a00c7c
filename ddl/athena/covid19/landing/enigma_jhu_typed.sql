-- Typed landing records of: A location and the day that its entry was last updated (UTC minus 8 hours); an entry
-- carried forward stands once. A value that can't be read as its column's type is NULL.
CREATE OR REPLACE VIEW "covid19_landing"."enigma_jhu_typed" AS
SELECT
    "country_region",
    "province_state",
    "county",
    CASE WHEN length(regexp_replace("fips", '[.]0\z', '')) < 5 THEN lpad(regexp_replace("fips", '[.]0\z', ''), 5, '0') ELSE regexp_replace("fips", '[.]0\z', '') END AS "fips",
    CASE WHEN regexp_like("last_update", '^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[ T](([01][0-9]|2[0-3]):[0-9]{2}|24:00)(:[0-9]{1,2}([.][0-9]*)?)? ?(Z|UTC|GMT)\z') THEN date_add('hour', try_cast(substr("last_update", 12, 2) AS bigint), try_cast(substr("last_update", 1, 10) || ' 00' || regexp_extract("last_update", '^.{13}(:[0-9]{2}(:[0-9]{1,2}([.][0-9]{1,6})?)?)', 1) AS timestamp(6))) WHEN regexp_like("last_update", '^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[ T](([01][0-9]|2[0-3]):[0-9]{2}|24:00)(:[0-9]{1,2}([.][0-9]*)?)?\z') THEN date_add('hour', try_cast(substr("last_update", 12, 2) AS bigint), try_cast(substr("last_update", 1, 10) || ' 00' || regexp_extract("last_update", '^.{13}(:[0-9]{2}(:[0-9]{1,2}([.][0-9]{1,6})?)?)', 1) AS timestamp(6))) WHEN regexp_like("last_update", '^[1-8][0-9]{3}-[0-9]{2}-[0-9]{2}[ T](([01][0-9]|2[0-3]):[0-9]{2}|24:00)(:[0-9]{1,2}([.][0-9]*)?)?[-+]((0?[0-9]|1[0-7])(:[0-5][0-9])?|(0[0-9]|1[0-7])[0-5][0-9]|18(:?00)?)\z') THEN date_add('minute', (CAST(regexp_extract("last_update", '[-+]([0-9]{1,2})(:?[0-9]{2})?\z', 1) AS bigint) * 60 + CAST(coalesce(regexp_extract("last_update", '[-+][0-9]{1,2}:?([0-9]{2})\z', 1), '0') AS bigint)) * CASE regexp_extract("last_update", '([-+])[0-9:]+\z', 1) WHEN '-' THEN 1 ELSE -1 END, date_add('hour', try_cast(substr("last_update", 12, 2) AS bigint), try_cast(substr("last_update", 1, 10) || ' 00' || regexp_extract("last_update", '^.{13}(:[0-9]{2}(:[0-9]{1,2}([.][0-9]{1,6})?)?)', 1) AS timestamp(6)))) WHEN regexp_like("last_update", '^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}\z') THEN CAST(try_cast("last_update" AS date) AS timestamp(6)) WHEN regexp_like(upper("last_update"), '^[0-9]{1,2}/[0-9]{1,2}/((?!0000)[0-9]{4}|[0-9]{2})( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( [AP]M)?)?\z') THEN CAST(coalesce(try(date_parse(regexp_replace(upper("last_update"), '^([0-9]{1,2}/[0-9]{1,2}/)([0-9]{2})( |\z)', '$1' || '20' || '$2$3'), '%c/%e/%Y %H:%i')), try(date_parse(regexp_replace(upper("last_update"), '^([0-9]{1,2}/[0-9]{1,2}/)([0-9]{2})( |\z)', '$1' || '20' || '$2$3'), '%c/%e/%Y %H:%i:%s')), try(date_parse(regexp_replace(upper("last_update"), '^([0-9]{1,2}/[0-9]{1,2}/)([0-9]{2})( |\z)', '$1' || '20' || '$2$3'), '%c/%e/%Y %h:%i %p')), try(date_parse(regexp_replace(upper("last_update"), '^([0-9]{1,2}/[0-9]{1,2}/)([0-9]{2})( |\z)', '$1' || '20' || '$2$3'), '%c/%e/%Y %h:%i:%s %p')), try(date_parse(regexp_replace(upper("last_update"), '^([0-9]{1,2}/[0-9]{1,2}/)([0-9]{2})( |\z)', '$1' || '20' || '$2$3'), '%c/%e/%Y'))) AS timestamp(6)) END AS "last_update",
    CASE WHEN regexp_like("latitude", '^[-+.0-9eE]+\z') AND is_finite(try_cast("latitude" AS double)) THEN try_cast("latitude" AS double) + 0e0 END AS "latitude",
    CASE WHEN regexp_like("longitude", '^[-+.0-9eE]+\z') AND is_finite(try_cast("longitude" AS double)) THEN try_cast("longitude" AS double) + 0e0 END AS "longitude",
    CASE WHEN regexp_like("confirmed", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("confirmed", '.', 1) AS bigint) WHEN regexp_like("confirmed", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("confirmed") <= 18 AND try_cast("confirmed" AS double) % 1 = 0 AND abs(try_cast("confirmed" AS double)) < 9007199254740992 THEN try_cast(try_cast("confirmed" AS double) AS bigint) END AS "confirmed",
    CASE WHEN regexp_like("deaths", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("deaths", '.', 1) AS bigint) WHEN regexp_like("deaths", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("deaths") <= 18 AND try_cast("deaths" AS double) % 1 = 0 AND abs(try_cast("deaths" AS double)) < 9007199254740992 THEN try_cast(try_cast("deaths" AS double) AS bigint) END AS "deaths",
    CASE WHEN regexp_like("recovered", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("recovered", '.', 1) AS bigint) WHEN regexp_like("recovered", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("recovered") <= 18 AND try_cast("recovered" AS double) % 1 = 0 AND abs(try_cast("recovered" AS double)) < 9007199254740992 THEN try_cast(try_cast("recovered" AS double) AS bigint) END AS "recovered",
    CASE WHEN regexp_like("active", '^[-+]?[0-9]+([.]0*)?\z') THEN try_cast(split_part("active", '.', 1) AS bigint) WHEN regexp_like("active", '^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z') AND length("active") <= 18 AND try_cast("active" AS double) % 1 = 0 AND abs(try_cast("active" AS double)) < 9007199254740992 THEN try_cast(try_cast("active" AS double) AS bigint) END AS "active",
    "combined_key",
    source_file
FROM (
    SELECT
        nullif(regexp_replace("country_region", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "country_region",
        nullif(regexp_replace("province_state", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "province_state",
        nullif(regexp_replace("admin2", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "county",
        nullif(regexp_replace("fips", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "fips",
        nullif(regexp_replace("last_update", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "last_update",
        nullif(regexp_replace("latitude", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "latitude",
        nullif(regexp_replace("longitude", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "longitude",
        nullif(regexp_replace("confirmed", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "confirmed",
        nullif(regexp_replace("deaths", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "deaths",
        nullif(regexp_replace("recovered", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "recovered",
        nullif(regexp_replace("active", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "active",
        nullif(regexp_replace("combined_key", '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "combined_key",
        regexp_replace("$path", '^.*/landing/covid19/', '') AS source_file
    FROM "covid19_landing"."enigma_jhu"
) t;
