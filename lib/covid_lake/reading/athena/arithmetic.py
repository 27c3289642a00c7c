"""Arithmetic as Athena does it: which types it gives, which way halves are rounded, what overflows or fails."""

from __future__ import annotations

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.kinds import Kind, as_decimal, common, decimal
from covid_lake.reading.athena.values import DUCKDB, Value, enclosed, fails

BY_ZERO = "'Division by zero'"


def sum_kind(one: Kind, other: Kind, where: str) -> Kind:
    """The type of a sum or difference. A decimal result has one digit more than the longer operand."""
    kind = common((one, other), where)
    return decimal(kind.precision + 1, kind.scale) if kind.name == "decimal" else kind


def product_kind(one: Kind, other: Kind, where: str) -> Kind:
    kind = common((one, other), where)
    if kind.name != "decimal":
        return kind
    first, second = as_decimal(one), as_decimal(other)
    return decimal(first.precision + second.precision, first.scale + second.scale)


def quotient(one: Value, other: Value, engine: str) -> tuple[str, Kind]:
    """`/`: whole numbers give one towards zero, decimals one with as many digits after the point as the longer has."""
    kind = common((one.kind, other.kind), "/")
    dividend, divisor = enclosed(one.text), enclosed(other.text)
    if kind.name == "unknown" or (kind.is_known and kind.family != "number"):
        raise QueryError(f"{one.text} / {other.text}: of which types they are, is not known; CAST them, AS double")
    if kind.name == "null":
        return "NULL", kind
    if kind.is_floating:
        return _quotient_of_doubles(dividend, divisor, kind, engine), kind
    if kind.is_whole:
        if engine != DUCKDB:
            return f"({dividend} / {divisor})", kind
        return f"CASE WHEN {divisor} = 0 THEN {fails(BY_ZERO)} ELSE {dividend} // {divisor} END", kind
    first, second = (
        as_decimal(one.kind if one.kind.is_known else kind),
        as_decimal(other.kind if other.kind.is_known else kind),
    )
    scale = max(first.scale, second.scale)
    result = decimal(first.precision + second.scale + max(0, second.scale - first.scale), scale)
    if engine != DUCKDB:
        exact = f"CAST({dividend} AS numeric) / CAST({divisor} AS numeric)"
        return f"CAST(round({exact}, {scale}) AS {casts.type_name(result, engine)})", result
    return _quotient_of_decimals(dividend, divisor, first.scale, second.scale, result), result


def remainder_of_decimals(dividend: str, divisor: str, result: Kind) -> str:
    """In whole numbers: DuckDB divides long decimals as doubles."""
    one, other = (f"CAST({text} * {10**result.scale} AS HUGEINT)" for text in (dividend, divisor))
    return _of_units(f"{one} % {other}", result)


def _of_units(units: str, kind: Kind) -> str:
    """A decimal of a whole number of its smallest units."""
    unit = f"CAST(0.{'0' * (kind.scale - 1)}1 AS DECIMAL({kind.scale + 1}, {kind.scale}))" if kind.scale else "1"
    return f"CAST(CAST({units} AS DECIMAL({37 - kind.scale}, 0)) * {unit} AS {casts.type_name(kind, DUCKDB)})"


def _quotient_of_doubles(dividend: str, divisor: str, kind: Kind, engine: str) -> str:
    name = casts.type_name(kind, engine)
    one, other = f"CAST({dividend} AS {name})", f"CAST({divisor} AS {name})"
    if engine != DUCKDB:
        return f"({one} / {other})"
    # The sign of the zero decides, too.
    endless = (
        f"CASE WHEN {one} = 0 OR isnan({one}) THEN 'nan' WHEN ({one} > 0) = signbit({other}) THEN '-inf' ELSE 'inf' END"
    )
    by_zero = f"CASE WHEN {one} IS NULL THEN NULL ELSE CAST({endless} AS {name}) END"
    return f"CASE WHEN {other} = 0 THEN {by_zero} ELSE {one} / {other} END"


def _quotient_of_decimals(dividend: str, divisor: str, first: int, second: int, result: Kind) -> str:
    """In whole numbers, half away from zero: DuckDB divides decimals as doubles."""
    scale = result.scale
    whole = f"CAST({dividend} * {10**first} AS HUGEINT) * {10 ** (scale - first + second)}"
    by = f"CAST({divisor} * {10**second} AS HUGEINT)"
    sign = f"CASE WHEN ({dividend} < 0) <> ({divisor} < 0) THEN -1 ELSE 1 END"
    units = f"({sign}) * ((2 * abs({whole}) + abs({by})) // (2 * abs({by})))"
    return f"CASE WHEN {divisor} = 0 THEN {fails(BY_ZERO)} ELSE {_of_units(units, result)} END"


def remainder(one: Value, other: Value, engine: str) -> tuple[str, Kind]:
    """`%` and mod: the sign is the dividend's; of whole numbers, and in the lake of decimals and doubles."""
    kind = common((one.kind, other.kind), "%")
    dividend, divisor = enclosed(one.text), enclosed(other.text)
    if kind.is_whole:
        if engine != DUCKDB:
            return f"({dividend} % {divisor})", kind
        return f"CASE WHEN {divisor} = 0 THEN {fails(BY_ZERO)} ELSE {dividend} % {divisor} END", kind
    if kind.name == "double" and engine == DUCKDB:
        exact = f"CAST({dividend} AS DOUBLE) % CAST({divisor} AS DOUBLE)"
        nothing = f"CASE WHEN {dividend} IS NULL THEN NULL ELSE CAST('nan' AS DOUBLE) END"
        return f"CASE WHEN {divisor} = 0 THEN {nothing} ELSE {exact} END", kind
    if kind.name == "decimal" and engine == DUCKDB:
        first, second = as_decimal(one.kind), as_decimal(other.kind)
        whole = min(first.precision - first.scale, second.precision - second.scale)
        result = decimal(whole + kind.scale, kind.scale)
        exact = remainder_of_decimals(dividend, divisor, result)
        return f"CASE WHEN {divisor} = 0 THEN {fails(BY_ZERO)} ELSE {exact} END", result
    raise QueryError(f"the remainder of {one.kind} by {other.kind} is not answered here; CAST both AS bigint")
