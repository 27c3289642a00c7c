"""Random values through functions and operators: the lake computes what Trino computes, or refuses."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing

import duckdb
import pytest

from athena_corpus import alike, shown_by_lake, shown_by_trino
from covid_lake.errors import LakeError
from covid_lake.store.questions import connect
from server import Trino

SEED, ROWS, NULLS = 20200301, 120, 0.03
ODD_DAYS = ("2020-02-29", "2019-02-28", "2020-01-31", "2020-12-31", "2021-01-01", "2000-02-29", "1900-02-28")
LETTERS = ("abc", "ab ", "aé🙂ß", "0123.-", "a,b;c", "ÄÖü x", "%_\\", "AbC-9")
random_values = random.Random(SEED)  # noqa: S311 - the same values each time


def day() -> str:
    pick = random_values
    if pick.random() < 0.3:
        return f"DATE '{pick.choice(ODD_DAYS)}'"
    return f"DATE '{pick.randint(1890, 2120)}-{pick.randint(1, 12):02}-{pick.randint(1, 28):02}'"


def moment() -> str:
    clock = f"{random_values.randint(0, 23):02}:{random_values.randint(0, 59):02}:{random_values.randint(0, 59):02}"
    return f"TIMESTAMP '{day()[6:16]} {clock}.{random_values.randint(0, 999_999):06}'"


def whole() -> str:
    return str(random_values.randint(-(10 ** random_values.randint(1, 6)), 10 ** random_values.randint(1, 6)))


def long() -> str:
    return f"BIGINT '{random_values.randint(-(10 ** random_values.randint(2, 12)), 10**12)}'"


def decimal(digits: int, scale: int) -> Callable[[], str]:
    def value() -> str:
        units = random_values.randint(-(10**digits) + 1, 10**digits - 1) // 10 ** random_values.randint(0, digits - 1)
        text = f"{abs(units):0{scale + 1}}"
        return f"{'-' if units < 0 else ''}{text[:-scale]}.{text[-scale:]}"

    return value


def text() -> str:
    letters = random_values.choice(LETTERS)
    return f"'{''.join(random_values.choice(letters) for _ in range(random_values.randint(0, 8)))}'"


def double() -> str:
    exponent = random_values.choice((0, 0, 0, random_values.randint(-12, 18)))
    return f"{random_values.uniform(-1000, 1000):.{random_values.randint(1, 14)}f}e{exponent}"


# What the columns hold, and the expressions over them.
SUBJECTS: dict[str, tuple[dict[str, Callable[[], str]], str]] = {
    "days": (
        {"d": day, "e": day, "n": whole},
        "date_diff('day', d, e) | date_diff('week', d, e) | date_diff('month', d, e) | "
        "date_diff('quarter', d, e) | date_diff('year', d, e) | date_add('day', n % 9999, d) | "
        "date_add('month', n % 500, d) | date_trunc('week', d) | date_trunc('quarter', d) | week(d) | "
        "year_of_week(d) | day_of_week(d) | day_of_year(d) | last_day_of_month(d) | d - e | "
        "d + INTERVAL '1' MONTH | date_format(d, '%x-%v %W %j %e') | "
        "format_datetime(d, 'D e E xxxx-ww MMM d yy') | CAST(d AS varchar) | greatest(d, e) | d < e | "
        "d BETWEEN e AND DATE '2020-01-01'",
    ),
    "moments": (
        {"t": moment, "u": moment, "n": whole},
        "date_diff('hour', t, u) | date_diff('second', t, u) | date_diff('millisecond', t, u) | "
        "date_diff('day', t, u) | date_diff('month', t, u) | t - u | date_trunc('hour', t) | "
        "date_trunc('second', t) | CAST(t AS timestamp) | CAST(t AS timestamp(0)) | CAST(t AS varchar) | "
        "CAST(CAST(t AS timestamp) AS varchar) | CAST(t AS date) | "
        "hour(t) * 10000 + minute(t) * 100 + second(t) | millisecond(t) | to_unixtime(t) | "
        "date_add('hour', n, t) | date_add('millisecond', n, t) | t + INTERVAL '1.5' SECOND | "
        "t - INTERVAL '3' MONTH | date_format(t, '%Y-%m-%d %h:%i:%s.%f %p') | "
        "t AT TIME ZONE 'America/New_York' | hour(t AT TIME ZONE 'Asia/Kolkata') | "
        "date_trunc('day', t AT TIME ZONE 'Europe/Rome') | with_timezone(t, 'Europe/Rome') | to_iso8601(t) | "
        "from_unixtime(to_unixtime(t))",
    ),
    "decimals": (
        {"a": decimal(8, 2), "b": decimal(6, 3)},
        "a + b | a - b | a * b | a / nullif(b, 0) | a % nullif(b, 0) | round(a) | round(b, 1) | round(b, -1) | "
        "ceil(b) | floor(b) | truncate(b) | truncate(b, 1) | CAST(a AS integer) | CAST(b AS decimal(8, 1)) | "
        "CAST(a AS varchar) | CAST(b AS double) | sign(b) | a < b | greatest(a, b) | format('%.1f', b) | "
        "format('%,.2f', a) | a / 7 | CAST(a AS decimal(20, 6)) / CAST(nullif(b, 0) AS decimal(18, 4))",
    ),
    "whole numbers": (
        {"i": whole, "j": whole, "k": long},
        "i / nullif(j, 0) | i % nullif(j, 0) | k / nullif(i, 0) | round(i, -2) | round(k, -3) | "
        "i * 1.0 / nullif(j, 0) | format('%,d', k) | format('%08d', i) | to_base(k, 36) | bitwise_and(i, k) | "
        "bitwise_xor(k, j) | abs(k) | width_bucket(i, -100, 100, 7) | CAST(i AS double) / 3 | "
        "TRY_CAST(k AS integer) | try(CAST(k AS smallint)) | greatest(i, j, k) | CAST(i AS decimal(10, 2)) / 3 | "
        "chr(abs(i) % 1000 + 32)",
    ),
    "texts": (
        {"s": text, "r": text},
        "upper(s) | lower(s) | length(s) | reverse(s) | substr(s, 2, 3) | substr(s, -3) | strpos(s, r) | "
        "trim(s) | s || r | s < r | s LIKE 'a%' | s LIKE '%b_' | s LIKE r | replace(s, 'a', 'xy') | "
        "split(s, ',') | split_part(s, 'a', 2) | lpad(s, 5, '*') | rpad(s, 3, 'é') | "
        "regexp_like(s, '^[a-z]+$') | regexp_extract(s, '[a-c]+') | regexp_replace(s, '[^a-z]', '') | "
        "regexp_extract_all(s, '.') | regexp_count(s, 'a|b') | regexp_split(s, '[,;]') | "
        "translate(s, 'abc', 'xyz') | concat_ws('-', s, r) | TRY_CAST(s AS integer) | TRY_CAST(s AS double) | "
        "TRY_CAST(s AS decimal(8, 2)) | TRY_CAST(s AS date) | to_hex(to_utf8(s)) | regexp_like(s, '\\w') | "
        "regexp_replace(s, '(.)(.)', '$2$1') | split(s, 'a', 2) | strpos(s, 'a', 2) | "
        "array_sort(ARRAY[s, r, 'm'])",
    ),
    "doubles": (
        {"x": double, "y": double},
        "x + y | x * y | x / y | x % y | round(x) | round(x, 2) | round(x, -2) | floor(x) | ceil(x) | "
        "truncate(x) | CAST(x AS varchar) | CAST(x AS decimal(38, 4)) | TRY_CAST(x AS integer) | "
        "TRY_CAST(x AS bigint) | format('%.2f', x) | format('%s', x) | CAST(CAST(x AS varchar) AS double) | "
        "x < y | sign(x) | greatest(x, y) | CAST(x AS real) | sqrt(x) | ln(x) | power(x, 2)",
    ),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(connect()) as opened:
        yield opened


@pytest.mark.parametrize("subject", SUBJECTS)
def test_random_values_are_computed_as_by_trino(
    subject: str, trino: Trino, connection: duckdb.DuckDBPyConnection
) -> None:
    columns, expressions = SUBJECTS[subject]
    random_values.seed(SEED)
    rows = [
        ", ".join("NULL" if random_values.random() < NULLS else value() for value in columns.values())
        for _ in range(ROWS)
    ]
    source = f"(VALUES ({'), ('.join(rows)})) AS t ({', '.join(columns)})"
    different, answered = [], 0
    for expression in map(str.strip, expressions.split(" | ")):
        sql = f"SELECT {', '.join(columns)}, {expression} FROM {source}"
        expected = shown_by_trino(trino.url, sql)
        try:
            own = shown_by_lake(connection, sql)
        except LakeError:
            continue
        answered += 1
        if expected.error or expected.types != own.types:
            different.append(f"{expression}: Trino {expected.error or expected.types}, the lake {own.types}")
        pairs = zip(expected.rows, own.rows, strict=True)
        different += [f"{expression} of {one}: the lake {other[-1]!r}" for one, other in pairs if not alike(one, other)]
    assert not different, "\n".join(different)
    assert answered >= len(expressions.split(" | ")) - 1
