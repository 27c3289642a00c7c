"""What DuckDB has no function for, as macros: short names in the SQL that is written, each argument written once."""

from __future__ import annotations

import re
from typing import Final

from covid_lake.reading.athena.values import text_literal

# Every letter that Java takes for white space.
WHITE: Final = "".join(
    map(chr, [*range(0x09, 0x0E), *range(0x1C, 0x21), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B),
              0x2028, 0x2029, 0x205F, 0x3000])
)  # fmt: skip

MACROS: Final = (
    # Failures: of Athena's own, and of what is not answered here. TRY takes no call that has effects, such as error().
    "athena_fails(message) AS error(message)",
    "athena_refuses(message) AS error(message)",
    'athena_fails_in_try(message) AS CAST(CAST(message AS INTEGER) AS "NULL")',
    # The milliseconds since 1970, rounded down before it, too, and the seconds as a double.
    "athena_milliseconds(moment) AS epoch_ms(date_trunc('milliseconds', moment))",
    "athena_seconds(moment) AS athena_milliseconds(moment) / 1000e0 "
    "+ (epoch_us(moment) - athena_milliseconds(moment) * 1000) / 1000000e0",
    # The first of the moments at which the clocks of a zone show a time, where summer time ends.
    "athena_first_moment(zone, local) AS CASE WHEN timezone(zone, timezone(zone, local) - INTERVAL '1 hour') = local "
    "THEN timezone(zone, local) - INTERVAL '1 hour' ELSE timezone(zone, local) END",
    # A finite number other than 0 in scientific notation, by its text.
    "athena_digits(plain) AS regexp_replace(ltrim(replace(regexp_replace(plain, '^-|e.*$', '', 'g'), '.', ''), '0'), "
    "'0+$', '')",
    "athena_exponent(plain) AS CASE WHEN contains(plain, 'e') THEN CAST(regexp_extract(plain, 'e(.*)$', 1) AS INTEGER) "
    "WHEN regexp_matches(plain, '^-?0\\.') THEN length(regexp_extract(plain, '\\.(0*)', 1)) * -1 - 1 "
    "ELSE length(regexp_extract(plain, '^-?([0-9]+)', 1)) - 1 END",
    "athena_scientific(plain) AS CASE WHEN starts_with(plain, '-') THEN '-' ELSE '' END "
    "|| substr(athena_digits(plain), 1, 1) || '.' || coalesce(nullif(substr(athena_digits(plain), 2), ''), '0') || 'E' "
    "|| athena_exponent(plain)",
    # A number's text without an exponent: of texts with one DuckDB rounds decimals twice.
    "athena_shift(written) AS CAST(regexp_extract(written, '[eE](.*)$', 1) AS INTEGER)",
    "athena_pointed(digits, point) AS CASE WHEN point <= 0 THEN '0.' || repeat('0', -point) || digits "
    "WHEN point >= length(digits) THEN digits || repeat('0', point - length(digits)) "
    "ELSE substr(digits, 1, point) || '.' || substr(digits, point + 1) END",
    "athena_plain(written) AS CASE WHEN NOT regexp_matches(written, '[eE]') OR abs(athena_shift(written)) > 400 "
    "THEN written ELSE CASE WHEN starts_with(written, '-') THEN '-' ELSE '' END "
    "|| athena_pointed(replace(regexp_extract(written, '^[+-]?([0-9.]+)', 1), '.', ''), "
    "CAST(length(regexp_extract(written, '^[+-]?([0-9]*)', 1)) + athena_shift(written) AS INTEGER)) END",
    "athena_floating_text(number, plain) AS CASE WHEN number IS NULL THEN NULL WHEN isnan(number) THEN 'NaN' "
    "WHEN number <> 0 AND abs(number) < 2.3e-308 THEN athena_refuses('numbers so near to 0 are not written here') "
    "WHEN isinf(number) THEN CASE WHEN number > 0 THEN 'Infinity' ELSE '-Infinity' END "
    "WHEN number = 0 THEN CASE WHEN signbit(number) THEN '-0E0' ELSE '0E0' END ELSE athena_scientific(plain) END",
    "athena_real_text(number, plain) AS CASE WHEN length(athena_digits(plain)) > 7 THEN "
    "athena_refuses('a real of more than seven digits is not written here; CAST it AS double') "
    "ELSE athena_floating_text(number, plain) END",
    # Scalars of JSON as values.
    "athena_json_text(j) AS CASE json_type(j) WHEN 'VARCHAR' THEN json_extract_string(j, '$') "
    "WHEN 'OBJECT' THEN athena_fails('Cannot cast JSON to varchar') "
    "WHEN 'ARRAY' THEN athena_fails('Cannot cast JSON to varchar') "
    "WHEN 'DOUBLE' THEN CASE WHEN regexp_matches(CAST(j AS VARCHAR), '[.eE]') "
    "THEN athena_floating_text(CAST(CAST(j AS VARCHAR) AS DOUBLE), "
    "CAST(CAST(CAST(j AS VARCHAR) AS DOUBLE) AS VARCHAR)) "
    "ELSE athena_refuses('numbers of so many digits are not read from JSON here') END "
    "WHEN 'NULL' THEN NULL ELSE CAST(j AS VARCHAR) END",
    "athena_json_whole(j) AS CASE WHEN json_type(j) = 'NULL' THEN NULL "
    "WHEN json_type(j) IN ('BIGINT', 'UBIGINT') THEN CAST(CAST(j AS VARCHAR) AS BIGINT) "
    "WHEN json_type(j) = 'DOUBLE' THEN CAST(round(CAST(CAST(j AS VARCHAR) AS DOUBLE)) AS BIGINT) "
    "WHEN json_type(j) = 'BOOLEAN' THEN CAST(CAST(CAST(j AS VARCHAR) AS BOOLEAN) AS BIGINT) "
    "WHEN json_type(j) = 'VARCHAR' AND regexp_matches(json_extract_string(j, '$'), '^[+-]?[0-9]+$') "
    "THEN CAST(json_extract_string(j, '$') AS BIGINT) "
    "WHEN j IS NOT NULL THEN athena_fails('Cannot cast JSON to a whole number') END",
    "athena_json_double(j) AS CASE WHEN json_type(j) = 'NULL' THEN NULL "
    "WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN CAST(CAST(j AS VARCHAR) AS DOUBLE) "
    "WHEN json_type(j) = 'BOOLEAN' THEN CAST(CAST(CAST(j AS VARCHAR) AS BOOLEAN) AS DOUBLE) "
    "WHEN json_type(j) = 'VARCHAR' "
    "AND regexp_matches(json_extract_string(j, '$'), '^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?$') "
    "THEN CAST(json_extract_string(j, '$') AS DOUBLE) "
    "WHEN j IS NOT NULL THEN athena_fails('Cannot cast JSON to double') END",
    "athena_json_boolean(j) AS CASE WHEN json_type(j) = 'NULL' THEN NULL "
    "WHEN json_type(j) = 'BOOLEAN' THEN CAST(CAST(j AS VARCHAR) AS BOOLEAN) "
    "WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN CAST(CAST(j AS VARCHAR) AS DOUBLE) <> 0 "
    "WHEN json_type(j) = 'VARCHAR' AND lower(json_extract_string(j, '$')) IN ('true', 'false', 't', 'f', '1', '0') "
    "THEN CAST(json_extract_string(j, '$') AS BOOLEAN) "
    "WHEN j IS NOT NULL THEN athena_fails('Cannot cast JSON to boolean') END",
    # Whether all or any of the conditions hold, of which some may be NULL.
    "athena_any(conditions) AS CASE WHEN list_contains(conditions, TRUE) THEN TRUE "
    "WHEN list_count(conditions) < len(conditions) THEN NULL WHEN conditions IS NOT NULL THEN FALSE END",
    "athena_all(conditions) AS CASE WHEN list_contains(conditions, FALSE) THEN FALSE "
    "WHEN list_count(conditions) < len(conditions) THEN NULL WHEN conditions IS NOT NULL THEN TRUE END",
    "athena_distinct(items) AS list_filter(items, lambda item, place: list_position(items, item) = place)",
    # The mean of decimals, of which a unit has so many, in units and half away from zero.
    "athena_units(items, unit) AS CAST(list_sum(items) * unit AS HUGEINT)",
    "athena_average(items, unit) AS CASE WHEN len(items) > 0 "
    "THEN CAST(CASE WHEN list_sum(items) < 0 THEN -1 ELSE 1 END "
    "* ((2 * abs(athena_units(items, unit)) + len(items)) // (2 * len(items))) AS DECIMAL(37, 0)) END",
    # Maps of pairs of a key and an item.
    "athena_keys(entries) AS list_transform(entries, lambda entry: entry.key)",
    "athena_pairs(entries) AS CASE WHEN len(list_distinct(athena_keys(entries))) = len(entries) "
    "THEN map(athena_keys(entries), list_transform(entries, lambda entry: entry.item)) "
    "WHEN entries IS NOT NULL THEN athena_refuses('map_agg of a key with several values is not answered here, "
    "for Athena keeps any of them; use multimap_agg') END",
    "athena_map(entries) AS CASE WHEN len(entries) > 0 THEN athena_pairs(athena_distinct(entries)) END",
    "athena_multimap(entries) AS CASE WHEN len(entries) > 0 THEN map(athena_distinct(athena_keys(entries)), "
    "list_transform(athena_distinct(athena_keys(entries)), lambda key: "
    "list_transform(list_filter(entries, lambda entry: entry.key = key), lambda entry: entry.item))) END",
    # The value below which a share of sorted numbers lies, each number standing in the middle of its step.
    "athena_percentile(sorted, share) AS CASE WHEN len(sorted) = 0 THEN NULL "
    "WHEN share * len(sorted) <= 0.5 THEN CAST(sorted[1] AS DOUBLE) "
    "WHEN share * len(sorted) >= len(sorted) - 0.5 THEN CAST(sorted[len(sorted)] AS DOUBLE) "
    "ELSE sorted[CAST(floor(share * len(sorted) + 0.5) AS BIGINT)] "
    "+ (share * len(sorted) + 0.5 - floor(share * len(sorted) + 0.5)) "
    "* (sorted[CAST(floor(share * len(sorted) + 0.5) AS BIGINT) + 1] "
    "- CAST(sorted[CAST(floor(share * len(sorted) + 0.5) AS BIGINT)] AS DOUBLE)) END",
)


CALLED: Final = re.compile(r"\bathena_\w+(?=\()")
# A macro stands behind those that it calls.
_BY_NAME: Final = {macro.partition("(")[0]: macro for macro in MACROS}


def macros_for(sql: str) -> str:
    """The statements that make the macros that a query calls, and those that they call, in a database of DuckDB."""
    needed = set(CALLED.findall(sql))
    for name, macro in reversed(_BY_NAME.items()):
        if name in needed:
            needed |= set(CALLED.findall(macro))
    return "; ".join(f"CREATE OR REPLACE MACRO {macro}" for name, macro in _BY_NAME.items() if name in needed)


def trimmed_of(text: str, letters: str = WHITE) -> str:
    """The text without those letters at either end, in the SQL of DuckDB."""
    return f"trim({text}, {text_literal(letters)})"
