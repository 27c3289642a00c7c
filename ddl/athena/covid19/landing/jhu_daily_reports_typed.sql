-- Typed landing records of: A location and the day in the report's file name. A value that can't be read as its
-- column's type is NULL.
CREATE OR REPLACE VIEW "covid19_landing"."jhu_daily_reports_typed" AS
WITH lines AS (
    SELECT "$path" AS path, line, regexp_like(lower(line), '(^|[\x2c\x22 \t\r\ufeff])(country_region|country/region)($|[\x2c\x22 \t\r\ufeff])')
        AND regexp_like(lower(line), '(^|[\x2c\x22 \t\r\ufeff])(province_state|province/state)($|[\x2c\x22 \t\r\ufeff])')
        AND regexp_like(lower(line), '(^|[\x2c\x22 \t\r\ufeff])(last_update|last update)($|[\x2c\x22 \t\r\ufeff])')
        AND regexp_like(lower(line), '(^|[\x2c\x22 \t\r\ufeff])(confirmed)($|[\x2c\x22 \t\r\ufeff])')
        AND regexp_like(lower(line), '(^|[\x2c\x22 \t\r\ufeff])(deaths)($|[\x2c\x22 \t\r\ufeff])')
        AND regexp_like(lower(line), '(^|[\x2c\x22 \t\r\ufeff])(recovered)($|[\x2c\x22 \t\r\ufeff])') AS is_header
    FROM "covid19_landing"."jhu_daily_reports"
    WHERE line <> ''
),
headers AS (
    SELECT path, min(transform(transform(regexp_extract_all(',' || line, '\x2c((?:\x22(?:[^\x22]|\x22\x22)*\x22)?[^\x2c]*)', 1), f -> CASE WHEN starts_with(f, '"') AND regexp_like(f, '^\x22((?:[^\x22]|\x22\x22)*)\x22[ \t]*\z') THEN replace(regexp_extract(f, '^\x22((?:[^\x22]|\x22\x22)*)\x22[ \t]*\z', 1), '""', '"') ELSE f END), f -> lower(regexp_replace(f, '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', '')))) AS names
    FROM lines
    WHERE is_header
    GROUP BY path
),
records AS (
    SELECT path, transform(regexp_extract_all(',' || line, '\x2c((?:\x22(?:[^\x22]|\x22\x22)*\x22)?[^\x2c]*)', 1), f -> CASE WHEN starts_with(f, '"') AND regexp_like(f, '^\x22((?:[^\x22]|\x22\x22)*)\x22[ \t]*\z') THEN replace(regexp_extract(f, '^\x22((?:[^\x22]|\x22\x22)*)\x22[ \t]*\z', 1), '""', '"') ELSE f END) AS fields
    FROM lines
    WHERE NOT is_header
)
SELECT
    try(CAST(date_parse(substr(regexp_extract(source_file, '[^/]+$'), 1, 10), '%m-%d-%Y') AS date)) AS "report_date",
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
    CASE WHEN regexp_like("incident_rate", '^[-+.0-9eE]+\z') AND is_finite(try_cast("incident_rate" AS double)) THEN try_cast("incident_rate" AS double) + 0e0 END AS "incident_rate",
    CASE WHEN regexp_like("case_fatality_ratio", '^[-+.0-9eE]+\z') AND is_finite(try_cast("case_fatality_ratio" AS double)) THEN try_cast("case_fatality_ratio" AS double) + 0e0 END AS "case_fatality_ratio",
    source_file
FROM (
    SELECT
        nullif(regexp_replace(coalesce(element_at(r.fields, nullif(array_position(h.names, 'country_region'), 0)), element_at(r.fields, nullif(array_position(h.names, 'country/region'), 0))), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "country_region",
        nullif(regexp_replace(coalesce(element_at(r.fields, nullif(array_position(h.names, 'province_state'), 0)), element_at(r.fields, nullif(array_position(h.names, 'province/state'), 0))), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "province_state",
        nullif(regexp_replace(element_at(r.fields, nullif(array_position(h.names, 'admin2'), 0)), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "county",
        nullif(regexp_replace(element_at(r.fields, nullif(array_position(h.names, 'fips'), 0)), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "fips",
        nullif(regexp_replace(coalesce(element_at(r.fields, nullif(array_position(h.names, 'last_update'), 0)), element_at(r.fields, nullif(array_position(h.names, 'last update'), 0))), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "last_update",
        nullif(regexp_replace(coalesce(element_at(r.fields, nullif(array_position(h.names, 'lat'), 0)), element_at(r.fields, nullif(array_position(h.names, 'latitude'), 0))), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "latitude",
        nullif(regexp_replace(coalesce(element_at(r.fields, nullif(array_position(h.names, 'long_'), 0)), element_at(r.fields, nullif(array_position(h.names, 'longitude'), 0))), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "longitude",
        nullif(regexp_replace(element_at(r.fields, nullif(array_position(h.names, 'confirmed'), 0)), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "confirmed",
        nullif(regexp_replace(element_at(r.fields, nullif(array_position(h.names, 'deaths'), 0)), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "deaths",
        nullif(regexp_replace(element_at(r.fields, nullif(array_position(h.names, 'recovered'), 0)), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "recovered",
        nullif(regexp_replace(element_at(r.fields, nullif(array_position(h.names, 'active'), 0)), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "active",
        nullif(regexp_replace(element_at(r.fields, nullif(array_position(h.names, 'combined_key'), 0)), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "combined_key",
        nullif(regexp_replace(coalesce(element_at(r.fields, nullif(array_position(h.names, 'incident_rate'), 0)), element_at(r.fields, nullif(array_position(h.names, 'incidence_rate'), 0))), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "incident_rate",
        nullif(regexp_replace(coalesce(element_at(r.fields, nullif(array_position(h.names, 'case_fatality_ratio'), 0)), element_at(r.fields, nullif(array_position(h.names, 'case-fatality_ratio'), 0))), '^[ \t\r\n\u00a0\ufeff]+|[ \t\r\n\u00a0\ufeff]+$', ''), '') AS "case_fatality_ratio",
        regexp_replace(r.path, '^.*/landing/covid19/', '') AS source_file
    FROM records r
    LEFT JOIN headers h ON h.path = r.path
) t;
