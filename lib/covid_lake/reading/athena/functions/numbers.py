"""Functions of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena import arithmetic, casts
from covid_lake.reading.athena.functions.calls import Call, Function, all_alike, as_given, first, plain
from covid_lake.reading.athena.kinds import BIGINT, BOOLEAN, DOUBLE, VARCHAR, Kind, decimal
from covid_lake.reading.athena.values import DUCKDB, fails, refuses

NAN: Final = "CAST('nan' AS DOUBLE)"
INFINITY: Final = "CAST('inf' AS DOUBLE)"
BIGGEST_BASE = 36


def to_whole(call: Call) -> Kind:
    """The result type of ceil and floor: a decimal loses its fraction, other types stay."""
    kind = call.kind()
    if kind.name != "decimal":
        return kind
    return decimal(kind.precision - kind.scale + min(kind.scale, 1), 0)


def rounded_kind(call: Call) -> Kind:
    kind = call.kind()
    if kind.name != "decimal":
        return kind
    return decimal(kind.precision + 1, kind.scale) if len(call.values) == 2 else to_whole(call)


def truncated_kind(call: Call) -> Kind:
    kind = call.kind()
    if kind.name != "decimal" or call.values[1:]:
        return kind
    return decimal(kind.precision - kind.scale, 0)


def without_fraction(name: str, gives: Callable[[Call], Kind]) -> Callable[[Call], str]:
    return lambda call: f"CAST({name}({call.texts[0]}) AS {casts.type_name(gives(call), call.engine)})"


def truncated(call: Call) -> str:
    if not call.values[1:]:
        return without_fraction("trunc", truncated_kind)(call)
    kind, digits, number = call.kind(), call.number(1), call.texts[0]
    if kind.name != "decimal" or call.engine != DUCKDB:
        raise QueryError("truncate to a number of digits is answered by the lake, of decimals; CAST it")
    if digits >= kind.scale:
        return number
    unit = f"CAST({10**-digits} AS BIGINT)" if digits <= 0 else f"CAST('1e-{digits}' AS DECIMAL(38, {digits}))"
    rest = arithmetic.remainder_of_decimals(number, unit, kind)
    return f"CAST({number} - {rest} AS {casts.type_name(kind, call.engine)})"


def rounded(call: Call) -> str:
    """round, half away from zero as in Athena, where PostgreSQL rounds doubles half to even and knows no digits."""
    number, kind = call.texts[0], call.kind()
    if not kind.is_known:
        return "NULL"
    digits = call.texts[1] if call.texts[1:] else "0"
    if call.engine == DUCKDB:
        text = f"round({number}, {call.number(1)})" if call.texts[1:] else f"round({number})"
    elif kind.is_floating:
        text = f"(sign({number}) * floor(abs({number}) * 10.0::float8 ^ {digits} + 0.5) / 10.0::float8 ^ {digits})"
    else:
        text = f"round(CAST({number} AS numeric), CAST({digits} AS integer))"
    return f"CAST({text} AS {casts.type_name(rounded_kind(call), call.engine)})"


def sign_kind(call: Call) -> Kind:
    return decimal(1, 0) if call.kind().name == "decimal" else call.kind()


def signed(call: Call) -> str:
    return f"CAST(sign({call.texts[0]}) AS {casts.type_name(sign_kind(call), call.engine)})"


def in_double(name: str) -> Callable[[Call], str]:
    """A function that computes in doubles, whatever numeric type its arguments have."""

    def written(call: Call) -> str:
        double = casts.type_name(DOUBLE, call.engine)
        return f"{name}({', '.join(f'CAST({text} AS {double})' for text in call.texts)})"

    return written


def within(name: str, condition: str, otherwise: str = NAN) -> Callable[[Call], str]:
    """A function of doubles that DuckDB refuses beyond a condition, and Athena answers with NaN or an infinity.

    In both templates `{0}` is the argument.
    """

    def written(call: Call) -> str:
        number = f"CAST({call.texts[0]} AS DOUBLE)"
        is_there = condition.format(number)
        return f"CASE WHEN {number} IS NULL OR {is_there} THEN {name}({number}) ELSE {otherwise.format(number)} END"

    return written


def logarithm(name: str) -> Function:
    otherwise = f"CASE WHEN {{0}} = 0 THEN -{INFINITY} ELSE {NAN} END"
    postgres = {"ln": in_double("ln"), "log10": in_double("log")}.get(name)
    return Function(("n",), DOUBLE, within(name, "{0} > 0", otherwise), postgres)


def logarithm_of_base(call: Call) -> str:
    if call.engine != DUCKDB:
        return f"(ln(CAST({call.texts[1]} AS float8)) / ln(CAST({call.texts[0]} AS float8)))"
    base, number = (f"CAST({text} AS DOUBLE)" for text in call.texts)
    refused = f"CASE WHEN {base} IS NULL OR {number} IS NULL THEN NULL ELSE {NAN} END"
    return f"CASE WHEN {base} > 0 AND {number} > 0 THEN ln({number}) / ln({base}) ELSE {refused} END"


def remainder(call: Call) -> str:
    return arithmetic.remainder(call.values[0], call.values[1], call.engine)[0]


def remainder_kind(call: Call) -> Kind:
    return arithmetic.remainder(call.values[0], call.values[1], call.engine)[1]


def if_none_is_null(name: str) -> Callable[[Call], str]:
    """greatest and least, which are NULL in Athena where any argument is, and where NaN is neither."""

    def written(call: Call) -> str:
        kinds = [value.kind for value in call.values]
        kind = all_alike(call)
        missing = " OR ".join(f"{text} IS NULL" for text in call.texts)
        texts = call.texts
        if kind.is_floating and call.engine != DUCKDB:
            kinds_and_texts = zip(kinds, texts, strict=True)
            texts = [casts.without_nan(text, its, name) if its.is_floating else text for its, text in kinds_and_texts]
        values = ", ".join(texts)
        text = f"CASE WHEN {missing} THEN NULL ELSE {name}({values}) END"
        if kind.is_floating and call.engine == DUCKDB:
            double = casts.type_name(kind, call.engine)
            some = ", ".join(f"nullif(CAST({value} AS {double}), CAST('nan' AS {double}))" for value in call.texts)
            text = f"CASE WHEN {missing} THEN NULL ELSE coalesce({name}({some}), CAST('nan' AS {double})) END"
        return casts.as_common(text, kind, kinds, call.engine)

    return written


def in_base(call: Call) -> str:
    """to_base: small letters, with a sign."""
    number, base = call.texts[0], call.number(1)
    if not 2 <= base <= BIGGEST_BASE:
        raise QueryError(f"to_base: there is no base {base}; there are bases from 2 to {BIGGEST_BASE}")
    return f"CASE WHEN {number} < 0 THEN '-' ELSE '' END || lower(to_base(abs({number}), {base}))"


def bits(template: str) -> Callable[[Call], str]:
    """An operator on the bits of two BIGINTs."""
    return lambda call: template.format(*(f"CAST({text} AS BIGINT)" for text in call.texts))


def random_number(call: Call) -> str:
    if not call.values:
        return "random()"
    if call.engine != DUCKDB:
        raise QueryError(f"{call.name} with bounds is not answered by the warehouse; ask the lake, without --warehouse")
    low, high = ("0", call.texts[0]) if len(call.values) == 1 else call.texts
    kind = casts.type_name(all_alike(call), call.engine)
    return f"CAST(floor(random() * ({high} - {low})) + {low} AS {kind})"


def bucket(call: Call) -> str:
    """width_bucket between two bounds."""
    number, low, high, count = (f"CAST({text} AS DOUBLE)" for text in call.texts)
    refused = fails("'width_bucket: bounds must differ, and there must be a bucket'")
    place = f"CAST(floor({count} * ({number} - {low}) / ({high} - {low})) AS BIGINT) + 1"
    falling = refuses("'width_bucket between falling bounds is not answered here'")
    return (
        f"CASE WHEN {low} = {high} OR {count} <= 0 THEN {refused} WHEN {low} > {high} THEN {falling} "
        f"WHEN {number} < {low} THEN 0 WHEN {number} >= {high} THEN CAST({count} AS BIGINT) + 1 ELSE {place} END"
    )


def _two_doubles(name: str) -> Function:
    return Function(("nn",), DOUBLE, in_double(name), in_double(name))


NUMBERS: Final[Mapping[str, Function]] = {
    "abs": Function(("n",), first, as_given("abs({0})"), "abs({0})"),
    "sign": Function(("n",), sign_kind, signed, signed),
    **dict.fromkeys(
        ("ceil", "ceiling"),
        Function(("n",), to_whole, without_fraction("ceil", to_whole), without_fraction("ceil", to_whole)),
    ),
    "floor": Function(("n",), to_whole, without_fraction("floor", to_whole), without_fraction("floor", to_whole)),
    "truncate": Function(("n", "ni"), truncated_kind, truncated, truncated),
    "round": Function(("n", "ni"), rounded_kind, rounded, rounded),
    "mod": Function(("nn",), remainder_kind, remainder, remainder),
    "power": _two_doubles("power"),
    "pow": _two_doubles("power"),
    "atan2": Function(("nn",), DOUBLE, in_double("atan2")),
    "sqrt": Function(("n",), DOUBLE, within("sqrt", "{0} >= 0"), in_double("sqrt")),
    "cbrt": Function(("n",), DOUBLE, in_double("cbrt"), in_double("cbrt")),
    "exp": Function(("n",), DOUBLE, in_double("exp"), in_double("exp")),
    **{name: logarithm(name) for name in ("ln", "log10", "log2")},
    "log": Function(("nn",), DOUBLE, logarithm_of_base, logarithm_of_base),
    **{
        name: Function(("n",), DOUBLE, within(name, "isfinite({0})"), in_double(name)) for name in ("sin", "cos", "tan")
    },
    **{
        name: Function(("n",), DOUBLE, within(name, "{0} BETWEEN -1 AND 1"), in_double(name))
        for name in ("asin", "acos")
    },
    **{name: Function(("n",), DOUBLE, in_double(name), in_double(name)) for name in ("atan", "radians", "degrees")},
    **{name: Function(("n",), DOUBLE, in_double(name)) for name in ("sinh", "cosh", "tanh")},
    "pi": plain("", DOUBLE, "pi"),
    "e": Function(("",), DOUBLE, "exp(CAST(1 AS DOUBLE))", "exp(CAST(1 AS float8))"),
    **dict.fromkeys(
        ("rand", "random"),
        Function(
            ("", "i", "ii"), lambda call: all_alike(call) if call.values else DOUBLE, random_number, random_number
        ),
    ),
    "nan": Function(("",), DOUBLE, NAN, "CAST('NaN' AS float8)"),
    "infinity": Function(("",), DOUBLE, INFINITY, "CAST('Infinity' AS float8)"),
    "is_nan": Function(("n",), BOOLEAN, "isnan(CAST({0} AS DOUBLE))", "CAST({0} AS float8) = 'NaN'"),
    "is_finite": Function(("n",), BOOLEAN, "isfinite(CAST({0} AS DOUBLE))"),
    "is_infinite": Function(("n",), BOOLEAN, "isinf(CAST({0} AS DOUBLE))"),
    "greatest": Function(("n+", "t+", "d+"), all_alike, if_none_is_null("greatest"), if_none_is_null("greatest")),
    "least": Function(("n+", "t+", "d+"), all_alike, if_none_is_null("least"), if_none_is_null("least")),
    "width_bucket": Function(("nnni",), BIGINT, bucket),
    "to_base": Function(("ii",), VARCHAR, in_base),
    "bitwise_and": Function(("ii",), BIGINT, bits("({0} & {1})")),
    "bitwise_or": Function(("ii",), BIGINT, bits("({0} | {1})")),
    "bitwise_xor": Function(("ii",), BIGINT, bits("xor({0}, {1})")),
    "bitwise_not": Function(("i",), BIGINT, bits("(~{0})")),
}
