"""Aggregates, estimates among them, and functions over windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.functions.calls import Call, Function, Given, first, known
from covid_lake.reading.athena.functions.numbers import in_double
from covid_lake.reading.athena.kinds import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    REAL,
    Kind,
    array_of,
    common,
    decimal,
    map_of,
)
from covid_lake.reading.athena.values import DUCKDB, literal_text

# Decimals of so many digits are averaged here: their sum and twice it have to fit into 38.
WIDEST_AVERAGED = 30


def summed(call: Call) -> Kind:
    kind = known(call)
    if kind.is_whole:
        return BIGINT
    if kind.name == "null":
        return DOUBLE
    return decimal(38, kind.scale) if kind.name == "decimal" else kind


def averaged(call: Call) -> Kind:
    kind = known(call)
    return DOUBLE if kind.is_whole or kind.name == "null" else kind


def averaging(call: Call) -> str:
    kind = averaged(call)
    if kind.name == "decimal" and call.engine == DUCKDB:
        if kind.precision > WIDEST_AVERAGED:
            raise QueryError(f"avg of {kind} is not answered here; use avg(CAST(x AS decimal(18,2))) or of double")
        # The sum and the number in one: DuckDB averages decimals as doubles.
        return f"list({call.texts[0]})"
    argument = call.texts[0]
    if kind.name != "decimal":
        argument = f"CAST({argument} AS {casts.type_name(DOUBLE, call.engine)})"
    return f"avg({argument})"


def averaging_after(call: Call) -> str:
    """Decimals are averaged in whole numbers, half away from zero."""
    kind = averaged(call)
    if kind.name != "decimal":
        return "@"
    unit = f"CAST(1e-{kind.scale} AS DECIMAL(38, {kind.scale}))" if kind.scale else "1"
    return f"athena_average(list_filter(@, lambda item: item IS NOT NULL), {10**kind.scale}) * {unit}"


def pair_kind(call: Call) -> Kind:
    """Of whole numbers Athena takes REAL functions, of which it has one for each of two types."""
    kind = common((value.kind for value in call.values), call.name)
    if kind.name == "decimal":
        raise QueryError(f"{call.name} of decimals is not answered here; CAST both AS double")
    return DOUBLE if kind.name in ("double", "null") else REAL


def of_pairs(name: str) -> Function:
    """A statistic of two columns, which is computed in doubles and given in the type of the columns."""
    return Function(("nn",), pair_kind, in_double(name), in_double(name), is_aggregate=True, is_cast=True)


def of_one(name: str) -> Function:
    return Function(("n",), DOUBLE, in_double(name), in_double(name), is_aggregate=True)


def extreme(name: str) -> Function:
    """min and max. NaN is neither, unless there is nothing else; DuckDB takes it for the largest."""

    def written(call: Call) -> str:
        _require_sortable(call, 0)
        if call.kind().is_floating and call.engine == DUCKDB and name == "max":
            number = call.texts[0]
            return (
                f"max(CASE WHEN {number} IS NOT NULL THEN {{'is_number': NOT isnan({number}), 'number': {number}}} END)"
            )
        if call.kind().is_floating and call.engine != DUCKDB and name == "max":
            return f"max({casts.without_nan(call.texts[0], call.kind(), name)})"
        return f"{name}({call.texts[0]})"

    def after(call: Call) -> str:
        return "struct_extract(@, 'number')" if call.kind().is_floating and name == "max" else "@"

    return Function(("n", "t", "d", "b", "c", "v"), first, written, written, is_aggregate=True, after=after)


def extreme_by(name: str) -> Function:
    """max_by and min_by; DuckDB takes NaN for the largest."""

    def written(call: Call) -> str:
        _require_sortable(call, 1)
        if call.kind(1).is_floating:
            raise QueryError(f"{call.name} by {call.kind(1)} is not answered here, for NaN; CAST it AS decimal(38,10)")
        return f"{name}({', '.join(call.texts)})"

    return Function(("**",), first, written, is_aggregate=True)


def _require_sortable(call: Call, place: int) -> None:
    if call.kind(place).family in ("array", "map", "row", "json"):
        raise QueryError(f"{call.name}: how {call.kind(place)} is sorted is not answered here")


def mapping(call: Call) -> str:
    """map_agg: pairs are gathered, and a key that occurs twice is refused afterwards, for Athena keeps any of them."""
    key, item = call.texts
    return f"list(CASE WHEN {key} IS NOT NULL THEN {{'key': {key}, 'item': {item}}} END)"


def histogram(call: Call) -> str:
    if call.kind().is_floating:
        raise QueryError(f"histogram of {call.kind()} is not answered here; use GROUP BY and count(*)")
    return f"histogram({call.texts[0]})"


def percentile_kind(call: Call) -> Kind:
    kind = known(call)
    one = BIGINT if kind.is_whole else kind
    if kind.name not in ("double", "real", "null") and not kind.is_whole:
        raise QueryError(f"approx_percentile of {kind} is not answered here; CAST it AS double")
    return array_of(one) if call.kind(1).family == "array" else one


def percentile_after(call: Call) -> str:
    kind = call.kind()
    name = casts.type_name(BIGINT if kind.is_whole else kind, DUCKDB)
    sorted_numbers = "list_sort(list_filter(@, lambda item: item IS NOT NULL), 'ASC', 'NULLS LAST')"
    round_ = "floor({} + 0.5)" if kind.is_whole else "{}"
    share = call.texts[1]
    if call.kind(1).family == "array":
        found = round_.format(f"athena_percentile({sorted_numbers}, CAST(share AS DOUBLE))")
        shares = f"list_transform({share}, lambda share: CAST({found} AS {name}))"
        return f"CASE WHEN len({sorted_numbers}) > 0 THEN {shares} END"
    return f"CAST({round_.format(f'athena_percentile({sorted_numbers}, CAST({share} AS DOUBLE))')} AS {name})"


def window(takes: tuple[str, ...], gives: Given, name: str) -> Function:
    def written(call: Call) -> str:
        return f"{name}({', '.join(call.texts)})"

    return Function(takes, gives, written, written, is_window=True)


def neighbour(name: str) -> Function:
    """lag and lead, whose distance Athena refuses below 0."""

    def written(call: Call) -> str:
        if call.values[1:] and call.number(1) < 0:
            raise QueryError(f"{name}: its distance must not be below 0")
        return f"{name}({', '.join(call.texts)})"

    return Function(("*", "*i", "*i*"), first, written, written, is_window=True)


def bits(name: str) -> Function:
    return Function(("i",), BIGINT, f"{name}(CAST({{0}} AS BIGINT))", is_aggregate=True)


def counted(call: Call) -> str:
    if not call.values:
        return "count(*)"
    kind = call.kind()
    if kind.family in ("map", "json") and call.engine == DUCKDB:
        raise QueryError(f"{call.name} of {kind} is not answered here; CAST it AS varchar")
    return f"count({call.texts[0]})"


def distinct_count(call: Call) -> str:
    """approx_distinct, exactly: Athena's estimate is within a standard error of 2.3 % of it, or what is asked for."""
    if call.kind().family in ("array", "map", "row", "json"):
        raise QueryError(f"approx_distinct of {call.kind()} is not answered here")
    if call.values[1:] and literal_text(call.values[1].node) is not None:
        raise QueryError("approx_distinct takes a number as its standard error")
    return f"count(DISTINCT {call.texts[0]})"


AGGREGATES: Final[Mapping[str, Function]] = {
    "count": Function(("", "*"), BIGINT, counted, counted, is_aggregate=True),
    "count_if": Function(
        ("b",), BIGINT, "count(CASE WHEN {0} THEN 1 END)", "count(CASE WHEN {0} THEN 1 END)", is_aggregate=True
    ),
    "sum": Function(("n",), summed, "sum({0})", "sum({0})", is_aggregate=True, is_cast=True),
    "avg": Function(
        ("n",), averaged, averaging, averaging, is_aggregate=True, is_cast=True, after=averaging_after
    ),
    "min": extreme("min"),
    "max": extreme("max"),
    **dict.fromkeys(("arbitrary", "any_value"), Function(("*",), first, "any_value({0})", is_aggregate=True)),
    "max_by": extreme_by("arg_max_null"),
    "min_by": extreme_by("arg_min_null"),
    **dict.fromkeys(
        ("bool_and", "every"), Function(("b",), BOOLEAN, "bool_and({0})", "bool_and({0})", is_aggregate=True)
    ),
    "bool_or": Function(("b",), BOOLEAN, "bool_or({0})", "bool_or({0})", is_aggregate=True),
    "array_agg": Function(
        ("*",), lambda call: array_of(call.kind()), "array_agg({0})", "array_agg({0})", is_aggregate=True
    ),
    "map_agg": Function(
        ("**",), lambda call: map_of(call.kind(0), call.kind(1)), mapping, is_aggregate=True,
        after="athena_map(list_filter(@, lambda entry: entry IS NOT NULL))",
    ),
    "multimap_agg": Function(
        ("**",), lambda call: map_of(call.kind(0), array_of(call.kind(1))), mapping, is_aggregate=True,
        after="athena_multimap(list_filter(@, lambda entry: entry IS NOT NULL))",
    ),
    "histogram": Function(
        ("*",), lambda call: map_of(call.kind(), BIGINT), histogram, is_aggregate=True, is_cast=True
    ),
    "stddev": of_one("stddev_samp"),
    "variance": of_one("var_samp"),
    **{name: of_one(name) for name in ("stddev_samp", "stddev_pop", "var_samp", "var_pop")},
    "geometric_mean": Function(("n",), DOUBLE, in_double("geometric_mean"), is_aggregate=True),
    **{name: of_pairs(name) for name in ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept")},
    "bitwise_and_agg": bits("bit_and"),
    "bitwise_or_agg": bits("bit_or"),
    "bitwise_xor_agg": bits("bit_xor"),
    "approx_distinct": Function(("*", "*n"), BIGINT, distinct_count, is_aggregate=True),
    "approx_percentile": Function(
        ("nn", "na"), percentile_kind, lambda call: f"list({call.texts[0]})", is_aggregate=True, after=percentile_after
    ),
    "grouping": Function(
        ("*+",), INTEGER, lambda call: f"CAST(grouping({', '.join(call.texts)}) AS INTEGER)",
        lambda call: f"grouping({', '.join(call.texts)})",
    ),
}  # fmt: skip

WINDOWS: Final[Mapping[str, Function]] = {
    "row_number": window(("",), BIGINT, "row_number"),
    "rank": window(("",), BIGINT, "rank"),
    "dense_rank": window(("",), BIGINT, "dense_rank"),
    "percent_rank": window(("",), DOUBLE, "percent_rank"),
    "cume_dist": window(("",), DOUBLE, "cume_dist"),
    "ntile": window(("i",), BIGINT, "ntile"),
    "lag": neighbour("lag"),
    "lead": neighbour("lead"),
    "first_value": window(("*",), first, "first_value"),
    "last_value": window(("*",), first, "last_value"),
    "nth_value": window(("*i",), first, "nth_value"),
}
