"""The functions of Athena that are answered, each with what it is called or how it is written in either engine.

The tables say what a function takes and gives, for its arguments' types decide what is written. A function without a
rule for an engine is refused there; `INSTEAD` says what to use.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts, patterns
from covid_lake.reading.athena.kinds import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    NULL,
    ROW,
    TIMESTAMP,
    TIMESTAMPTZ,
    VARBINARY,
    VARCHAR,
    Kind,
    array_of,
    common,
    decimal,
    map_of,
)
from covid_lake.reading.athena.values import DUCKDB, POSTGRES, Value, enclosed, literal_text, text_literal

INSTEAD: Final = {
    "approx_distinct": "it is an estimate, and another engine's is another: use count(DISTINCT x)",
    "approx_percentile": "it is an estimate, and another engine's is another",
    "at_timezone": "the lake's times are UTC and bear no zone",
    "current_time": "use localtimestamp",
    "from_iso8601_timestamp": "use CAST(x AS timestamp)",
    "histogram": "use GROUP BY and count(*)",
    "json_extract": "use json_extract_scalar, which gives text",
    "map_agg": "of a key with several values it keeps any; use map(array_agg(x), array_agg(y)), which keeps none",
    "nextval": "a query only reads, in a read-only transaction",
    "parse_datetime": "use date_parse",
    "try": "use try_cast, nullif or CASE",
    "typeof": "DESCRIBE shows the types of columns",
    "with_timezone": "the lake's times are UTC and bear no zone",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function. The arguments are already written in the SQL of `engine`."""

    name: str
    values: tuple[Value, ...]
    engine: str

    @property
    def texts(self) -> list[str]:
        return [enclosed(value.text) for value in self.values]

    def kind(self, place: int = 0) -> Kind:
        return self.values[place].kind

    def literal(self, place: int) -> str:
        """The text of an argument that must be a literal, because its content is interpreted here."""
        text = literal_text(self.values[place].node)
        if text is None:
            raise QueryError(f"{self.name}: argument {place + 1} has to be a literal text here")
        return text

    def number(self, place: int) -> int:
        node = self.values[place].node
        sign, node = (-1, node.this) if isinstance(node, exp.Neg) else (1, node)
        if not isinstance(node, exp.Literal) or node.is_string or not node.this.isdigit():
            raise QueryError(f"{self.name}: argument {place + 1} has to be a literal whole number here")
        return sign * int(node.this)


Written = str | Callable[[Call], str] | None
Given = Kind | Callable[[Call], Kind]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of Athena, and how it is written for each engine."""

    takes: tuple[str, ...]
    """The lists of arguments that the function has in Athena, a letter for each argument: t text, n number, i whole
    number, d date or timestamp, b boolean, a array, m map, y bytes, * anything. A `+` at the end allows more of the
    last type."""
    gives: Given
    """The type of the result."""
    duckdb: Written
    """A template in which `{0}` is the first argument, or a function that writes the call; None refuses it."""
    postgres: Written = None
    """The same for PostgreSQL."""
    is_aggregate: bool = False
    """Whether it takes DISTINCT, ORDER BY, FILTER and OVER. It must then be written as a single call."""
    is_window: bool = False
    """Whether it takes OVER."""
    is_cast: bool = False
    """Whether the result, with all its clauses, is cast to the type that it has in Athena."""


@dataclass(frozen=True, slots=True)
class CallText:
    """A call in the SQL of one engine, and a template in which `@` stands for its result: a cast, for example."""

    text: str
    """The call."""
    after: str
    """The template."""
    kind: Kind
    """The type of the result in Athena."""


LETTERS: Final = {
    "t": "text", "n": "number", "d": "time", "b": "boolean", "a": "array", "m": "map", "y": "bytes",
}  # fmt: skip


def write(name: str, values: Sequence[Value], engine: str) -> CallText:
    """The call for the engine; `QueryError` for a function, arguments or an engine that have no rule."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise refusal(name)
    call = Call(name, tuple(values), engine)
    if not any(_fits(signature, values) for signature in function.takes):
        kinds = ", ".join(str(value.kind) for value in values)
        raise QueryError(f"{name}({kinds}): Athena, or what is answered of it here, has no such arguments")
    written = function.duckdb if engine == DUCKDB else function.postgres
    if written is None:
        raise QueryError(
            f"{name} is not answered by the warehouse as Athena answers it; ask the lake, without --warehouse"
        )
    template = written if isinstance(written, str) else written(call)
    text = template.format(*call.texts) if isinstance(written, str) else template
    gives = function.gives
    kind = gives if isinstance(gives, Kind) else gives(call)
    return CallText(text, f"CAST(@ AS {cast_to(kind, engine)})" if function.is_cast else "@", kind)


def refusal(name: str) -> QueryError:
    hint = INSTEAD.get(name)
    if hint:
        return QueryError(f"{name} is not answered here: {hint}")
    close = difflib.get_close_matches(name, FUNCTIONS, n=3)
    there = f"did you mean {' or '.join(close)}?" if close else f"there is: {', '.join(sorted(FUNCTIONS))}"
    return QueryError(f"{name} is not answered here, for it was not compared with Athena's function; {there}")


def _fits(signature: str, values: Sequence[Value]) -> bool:
    if signature.endswith("+"):
        signature = signature[:-1] + signature[-2] * max(0, len(values) - len(signature) + 1)
    if len(signature) != len(values):
        return False
    return all(_is(letter, value.kind) for letter, value in zip(signature, values, strict=True))


def _is(letter: str, kind: Kind) -> bool:
    if letter == "*" or not kind.is_known:
        return True
    if letter == "i":
        return kind.is_whole
    return kind.family == LETTERS[letter]


# --- what is given back ---------------------------------------------------------------------------------------------


def first(call: Call) -> Kind:
    return call.kind()


def item(call: Call) -> Kind:
    return call.kind().item or call.kind()


def all_alike(call: Call) -> Kind:
    return common((value.kind for value in call.values), call.name)


def rest_alike(call: Call) -> Kind:
    return common((value.kind for value in call.values[1:]), call.name)


def to_whole(call: Call) -> Kind:
    """The result type of ceil, floor and truncate: a decimal loses its fraction, other types stay."""
    kind = call.kind()
    return decimal(kind.precision - kind.scale + 1, 0) if kind.name == "decimal" else kind


def rounded_kind(call: Call) -> Kind:
    kind = call.kind()
    if kind.name != "decimal":
        return kind
    return decimal(kind.precision + 1, kind.scale) if len(call.values) == 2 else to_whole(call)


def summed(call: Call) -> Kind:
    kind = _known(call)
    if kind.is_whole:
        return BIGINT
    return decimal(38, kind.scale) if kind.name == "decimal" else kind


def averaged(call: Call) -> Kind:
    kind = _known(call)
    return DOUBLE if kind.is_whole else kind


def _known(call: Call) -> Kind:
    kind = call.kind()
    if kind.name == "unknown":
        raise QueryError(
            f"{call.name}: of which type its argument is, is not known; CAST it, as {call.name}(CAST(x AS double))"
        )
    return DOUBLE if kind.name == "null" else kind


# --- how it is written ----------------------------------------------------------------------------------------------


def cast_to(kind: Kind, engine: str) -> str:
    return casts.type_name(kind, engine)


def as_given(template: str) -> Callable[[Call], str]:
    """Cast the result to the type of the first argument. Engines widen the type, Athena does not."""
    return lambda call: f"CAST({template.format(*call.texts)} AS {cast_to(call.kind(), call.engine)})"


def without_fraction(name: str) -> Callable[[Call], str]:
    return lambda call: f"CAST({name}({call.texts[0]}) AS {cast_to(to_whole(call), call.engine)})"


def in_double(name: str) -> Callable[[Call], str]:
    """A function that computes in doubles, whatever numeric type its arguments have."""

    def written(call: Call) -> str:
        double = cast_to(DOUBLE, call.engine)
        return f"{name}({', '.join(f'CAST({text} AS {double})' for text in call.texts)})"

    return written


def if_none_is_null(name: str) -> Callable[[Call], str]:
    """greatest and least, which are NULL in Athena where any argument is."""

    def written(call: Call) -> str:
        missing = " OR ".join(f"{text} IS NULL" for text in call.texts)
        return _as_common(call, f"CASE WHEN {missing} THEN NULL ELSE {name}({', '.join(call.texts)}) END")

    return written


def concatenated(call: Call) -> str:
    if call.kind().family == "array":
        raise QueryError("concat of arrays is not answered here")
    return " || ".join(call.texts)


def _as_common(call: Call, text: str) -> str:
    kinds = [value.kind for value in call.values]
    return casts.as_common(text, common(kinds, call.name), kinds, call.engine)


def chosen(call: Call) -> str:
    condition, *results = call.texts
    text = f"CASE WHEN {condition} THEN {results[0]}" + (f" ELSE {results[1]}" if results[1:] else "") + " END"
    kinds = [value.kind for value in call.values[1:]]
    return casts.as_common(text, common(kinds, call.name), kinds, call.engine)


def first_there(call: Call) -> str:
    return _as_common(call, f"coalesce({', '.join(call.texts)})")


def taken_part(call: Call) -> str:
    """substr: 0 is no place of a text, a negative one counts from its end, and one beyond either end has nothing."""
    text, start = call.texts[:2]
    place = f"CASE WHEN {start} < 0 THEN length({text}) + {start} + 1 ELSE {start} END"
    nothing = f"({start} = 0 AND {text} IS NOT NULL) OR abs({start}) > length({text})"
    if not call.texts[2:]:
        return f"CASE WHEN {nothing} THEN '' ELSE substr({text}, CAST({place} AS INTEGER)) END"
    length = call.texts[2]
    taken = f"substr({text}, CAST({place} AS INTEGER), CAST({length} AS INTEGER))"
    return f"CASE WHEN {length} IS NULL THEN NULL WHEN {nothing} OR {length} < 0 THEN '' ELSE {taken} END"


def without_empty(place: int, *templates: str) -> Callable[[Call], str]:
    """A function whose argument must be a literal that is not empty, for engines do as they like with an empty one.

    The first template is for the fewest arguments, the next for one more.
    """

    def written(call: Call) -> str:
        if not call.literal(place):
            raise QueryError(f"{call.name}: argument {place + 1} must not be empty")
        return templates[len(call.values) - 2 if len(templates) > 1 else 0].format(*call.texts)

    return written


def padded(call: Call) -> str:
    """lpad and rpad, which refuse a length below 0 and padding without a letter."""
    text, length, by = call.texts
    if not call.literal(2):
        raise QueryError(f"{call.name}: what fills up must not be empty")
    message = f"'{call.name} to a length below 0'"
    raised = f"error({message})" if call.engine == DUCKDB else casts.raised_by_postgres(f"{message} || {text}", VARCHAR)
    return f"CASE WHEN {length} < 0 THEN {raised} ELSE {call.name}({text}, CAST({length} AS INTEGER), {by}) END"


def part_of_text(call: Call) -> str:
    """split_part: NULL where there are fewer parts."""
    if not call.literal(1) or call.number(2) < 1:
        raise QueryError("split_part: what divides must not be empty, and parts begin at 1")
    text, by = call.texts[:2]
    if call.engine == DUCKDB:
        return f"list_extract(str_split({text}, {by}), {call.number(2)})"
    return f"(CASE WHEN {text} = '' THEN ARRAY[''] ELSE string_to_array({text}, {by}) END)[{call.number(2)}]"


def rounded(call: Call) -> str:
    """round, half away from zero as in Athena, where PostgreSQL rounds doubles half to even and knows no digits."""
    number, kind = call.texts[0], call.kind()
    digits = call.texts[1] if call.texts[1:] else "0"
    if call.engine == DUCKDB:
        text = f"round({number}, {call.number(1)})" if call.texts[1:] else f"round({number})"
    elif kind.name in ("double", "real"):
        text = f"(sign({number}) * floor(abs({number}) * 10.0::float8 ^ {digits} + 0.5) / 10.0::float8 ^ {digits})"
    else:
        text = f"round(CAST({number} AS numeric), CAST({digits} AS integer))"
    return f"CAST({text} AS {cast_to(rounded_kind(call), call.engine)})"


def remainder(call: Call) -> str:
    return casts.remainder(call.values[0], call.values[1], call.engine)


def ascii_only(name: str) -> Callable[[Call], str]:
    """upper and lower, which PostgreSQL does by its locale: other letters than those of ASCII are refused there."""

    def written(call: Call) -> str:
        refused = casts.raised_by_postgres(f"'the warehouse does not answer {name} of ' || {call.texts[0]}", VARCHAR)
        return f"CASE WHEN {call.texts[0]} ~ '[^\\x01-\\x7f]' THEN {refused} ELSE {name}({call.texts[0]}) END"

    return written


# Every letter that Java takes for white space; engines trim the blank alone.
WHITE = "".join(
    map(chr, [*range(0x09, 0x0E), *range(0x1C, 0x21), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B),
              0x2028, 0x2029, 0x205F, 0x3000])
)  # fmt: skip


def trimmed(name: str) -> Callable[[Call], str]:
    return lambda call: f"{name}({call.texts[0]}, {text_literal(WHITE)})"


def rounded_to(call: Call) -> str:
    """date_trunc. The result for a date is a date."""
    unit = _unit(call, TRUNCATED_TO)
    casted = f"CAST({call.texts[1]} AS {cast_to(TIMESTAMP, call.engine)})"
    return f"CAST(date_trunc('{unit}', {casted}) AS {cast_to(call.kind(1), call.engine)})"


def moved(call: Call) -> str:
    """date_add: the last day of a month where the day is not in it; a date stays one."""
    unit, number, at = _unit(call, ADDED), call.texts[1], call.texts[2]
    name, times = ADDED[unit]
    if call.engine == DUCKDB:
        interval = f"to_{name}s(CAST({number} * {times} AS {'BIGINT' if unit in CLOCK_UNITS else 'INTEGER'}))"
    else:
        interval = f"({number} * {times}) * interval '1 {name}'"
    casted = f"CAST({at} AS {cast_to(TIMESTAMP, call.engine)})"
    return f"CAST({casted} + {interval} AS {cast_to(call.kind(2), call.engine)})"


def elapsed(call: Call) -> str:
    """date_diff: whole units that have passed from the second argument to the third, never boundaries crossed."""
    unit = _unit(call, {**UNIT_MILLISECONDS, **MONTHS_OF})
    since, until = (f"CAST({text} AS {cast_to(TIMESTAMP, call.engine)})" for text in call.texts[1:])
    if unit in UNIT_MILLISECONDS:
        if call.engine == DUCKDB:
            passed = f"(epoch_ms({until}) - epoch_ms({since}))"
            return f"({passed} // {UNIT_MILLISECONDS[unit]})"
        passed = f"CAST(round(extract(epoch FROM ({until} - {since})) * 1000) AS bigint)"
        return f"({passed} / {UNIT_MILLISECONDS[unit]})"
    return f"({_months(since, until, call.engine)} {'//' if call.engine == DUCKDB else '/'} {MONTHS_OF[unit]})"


def _months(since: str, until: str, engine: str) -> str:
    """Whole months between two times. The last day of a month counts for every later day of another, as in Athena."""
    low, high = f"least({since}, {until})", f"greatest({since}, {until})"

    def part(name: str, moment: str) -> str:
        return f"CAST(extract({name} FROM {moment}) AS bigint)"

    months = f"({part('year', high)} - {part('year', low)}) * 12 + {part('month', high)} - {part('month', low)}"
    if engine == DUCKDB:
        last = f"day(last_day(CAST({high} AS DATE)))"
        clock = "({0} - date_trunc('day', {0}))"
    else:
        last = f"extract(day FROM date_trunc('month', {high}) + interval '1 month' - interval '1 day')"
        clock = "({0} - date_trunc('day', {0}))"
    first_day, last_day = part("day", low), part("day", high)
    counted = f"CASE WHEN {last_day} = {last} AND {first_day} > {last_day} THEN {last_day} ELSE {first_day} END"
    is_short = f"({counted}) > {last_day} OR (({counted}) = {last_day} AND {clock.format(low)} > {clock.format(high)})"
    sign = f"CASE WHEN {since} <= {until} THEN 1 ELSE -1 END"
    # NULL on either side is NULL: least and greatest pass over it.
    return (
        f"CASE WHEN {since} IS NULL OR {until} IS NULL THEN NULL "
        f"ELSE ({sign}) * ({months} - CASE WHEN {is_short} THEN 1 ELSE 0 END) END"
    )


UNIT_MILLISECONDS: Final = {
    "millisecond": 1, "second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000,
}  # fmt: skip
MONTHS_OF: Final = {"month": 1, "quarter": 3, "year": 12}
CLOCK_UNITS = ("millisecond", "second", "minute", "hour")
TRUNCATED_TO = dict.fromkeys(("second", "minute", "hour", "day", "week", "month", "quarter", "year"))
ADDED: Final = {
    "millisecond": ("millisecond", 1), "second": ("second", 1), "minute": ("minute", 1), "hour": ("hour", 1),
    "day": ("day", 1), "week": ("day", 7), "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12),
}  # fmt: skip


def _unit(call: Call, known: Mapping[str, object]) -> str:
    unit = call.literal(0).casefold()
    if unit not in known:
        raise QueryError(f"{call.name}: {unit!r} is no unit of it; there is {', '.join(known)}")
    for value in call.values[1:]:
        if value.kind.name == "date" and unit in CLOCK_UNITS:
            raise QueryError(f"{call.name}: a date has no {unit} in Athena; CAST it AS timestamp")
        if value.kind.family != "time" and not value.kind.is_whole:
            raise QueryError(f"{call.name}: of which type {value.text} is, is not known; CAST it AS date or timestamp")
    return unit


def field(name: str) -> Callable[[Call], str]:
    """A field of a date or time as a whole number."""

    def written(call: Call) -> str:
        if name in ("hour", "minute", "second", "millisecond") and call.kind().name == "date":
            raise QueryError(f"{call.name}: a date has no {name}; CAST it AS timestamp")
        moment = f"CAST({call.texts[0]} AS {cast_to(TIMESTAMP, call.engine)})"
        if name == "millisecond":
            return f"CAST(floor(extract(milliseconds FROM {moment})) AS bigint) % 1000"
        return f"CAST(floor(extract({name} FROM {moment})) AS bigint)"

    return written


def formatted(call: Call) -> str:
    read = patterns.joda_parts if call.name == "format_datetime" else patterns.mysql_parts
    parts = read(call.literal(1), call.name)
    moment = f"CAST({call.texts[0]} AS {cast_to(TIMESTAMP, call.engine)})"
    if call.engine == DUCKDB:
        return f"strftime({moment}, {text_literal(patterns.strftime_pattern(parts))})"
    return f"to_char({moment}, {text_literal(patterns.to_char_pattern(parts))})"


def parsed(call: Call) -> str:
    parts = patterns.mysql_parts(call.literal(1), call.name)
    unread = [part.duckdb for part in parts if isinstance(part, patterns.Part) and not part.is_read]
    if unread:
        raise QueryError(f"date_parse: {call.literal(1)!r} has a field that is not read here as Athena reads it")
    return f"strptime({call.texts[0]}, {text_literal(patterns.strftime_pattern(parts))})"


def format_written(call: Call) -> str:
    """format(): %d of whole numbers and %s of anything, as CAST AS varchar writes it."""
    texts = patterns.format_parts(call.literal(0))
    fields, arguments = texts[1::2], call.values[1:]
    if len(fields) != len(arguments):
        raise QueryError(f"format: {len(fields)} fields and {len(arguments)} values")
    written = [text_literal(texts[0])]
    for code, value, text in zip(fields, arguments, texts[2::2], strict=True):
        if code != "%s" and not value.kind.is_whole:
            raise QueryError(f"format: {code} takes whole numbers, not {value.kind}")
        if code == "%,d":
            with_commas = (
                f"format('{{:,}}', {enclosed(value.text)})"
                if call.engine == DUCKDB
                else f"to_char({enclosed(value.text)}, 'FM9,999,999,999,999,999,999')"
            )
            written.append(with_commas)
        else:
            shown = casts.write(value, VARCHAR, call.engine).text
            written.append(f"coalesce({shown}, 'null')")
        written.append(text_literal(text))
    return " || ".join(written)


def matched(call: Call) -> str:
    regex = patterns.read_regex(call.literal(1), call.name)
    pattern = text_literal(regex.written_for(call.engine, call.name, ends=True))
    operator = "regexp_matches({}, {})" if call.engine == DUCKDB else "({} ~ {})"
    return _where_read_alike(call, regex, operator.format(call.texts[0], pattern))


def extracted(call: Call) -> str:
    regex, group = _regex_and_group(call)
    pattern = regex.written_for(call.engine, call.name)
    if call.engine == DUCKDB:
        found = f"regexp_extract({call.texts[0]}, {text_literal(pattern)}, {group})"
        is_there = f"regexp_matches({call.texts[0]}, {text_literal(pattern)})"
        return _where_read_alike(call, regex, f"CASE WHEN {is_there} THEN {found} END")
    # With the whole in brackets, group 0 is the first, and the others follow.
    found = f"(regexp_match({call.texts[0]}, {text_literal(f'({pattern})')}))[{group + 1}]"
    return _where_read_alike(call, regex, found)


def all_extracted(call: Call) -> str:
    regex, group = _regex_and_group(call)
    if regex.may_be_empty:
        raise QueryError(f"{call.name}: the pattern {regex.text!r} matches an empty text, which is not answered here")
    pattern = text_literal(regex.written_for(call.engine, call.name))
    return _where_read_alike(call, regex, f"regexp_extract_all({call.texts[0]}, {pattern}, {group})")


def replaced(call: Call) -> str:
    regex = patterns.read_regex(call.literal(1), call.name)
    if regex.may_be_empty or (regex.has_optional_groups and len(call.values) == 3 and "$" in call.literal(2)):
        raise QueryError(f"{call.name}: the pattern {regex.text!r} may match nothing, which is not answered here")
    by = patterns.regex_replacement(call.literal(2), regex.groups, call.name) if len(call.values) == 3 else ""
    pattern = text_literal(regex.written_for(call.engine, call.name))
    return _where_read_alike(call, regex, f"regexp_replace({call.texts[0]}, {pattern}, {text_literal(by)}, 'g')")


def _regex_and_group(call: Call) -> tuple[patterns.Regex, int]:
    regex = patterns.read_regex(call.literal(1), call.name)
    group = call.number(2) if len(call.values) == 3 else 0
    if not 0 <= group <= regex.groups:
        raise QueryError(f"{call.name}: the pattern {regex.text!r} has no group {group}")
    if group and regex.has_optional_groups:
        raise QueryError(f"{call.name}: a group of {regex.text!r} may take no part in a match, which is not answered")
    return regex, group


def _where_read_alike(call: Call, regex: patterns.Regex, text: str) -> str:
    """The expression for the texts in which the pattern means the same in both, and a failure for the others."""
    unlike = regex.read_otherwise_in(call.texts[0], call.engine, is_match=call.name == "regexp_like")
    if not unlike:
        return text
    message = f"'{call.name}: {{}} is read otherwise by Athena: ' || {call.texts[0]}".format(
        regex.text.replace("'", "''")
    )
    kind = VARCHAR if call.name != "regexp_like" else BOOLEAN
    raised = f"error({message})" if call.engine == DUCKDB else casts.raised_by_postgres(message, kind)
    return f"CASE WHEN {unlike} THEN {raised} ELSE {text} END"


def size(call: Call) -> str:
    """cardinality, of an array or a map."""
    if call.kind().family == "map" and call.engine == POSTGRES:
        raise QueryError("maps are not answered by the warehouse; ask the lake, without --warehouse")
    name = "len" if call.kind().family == "array" and call.engine == DUCKDB else "cardinality"
    return f"CAST({name}({call.texts[0]}) AS bigint)"


def element(call: Call) -> str:
    """element_at: NULL where the array or map has no such element."""
    if call.kind().family == "map":
        return f"map_extract_value({call.texts[0]}, {call.texts[1]})"
    found = f"list_extract({call.texts[0]}, {call.texts[1]})"
    return f"CASE WHEN {call.texts[1]} = 0 THEN error('element_at: arrays begin at 1') ELSE {found} END"


def mapped(call: Call) -> str:
    if not call.values:
        return "MAP {}"
    keys, values = call.texts
    is_paired = f"len({keys}) = len({values})"
    return f"CASE WHEN {is_paired} THEN map({keys}, {values}) ELSE error('map: as many keys as values') END"


def _item(call: Call, place: int) -> Kind:
    kind = call.kind(place)
    return kind.item or kind


def sequence(call: Call) -> str:
    kind = common((value.kind for value in call.values[:2]), call.name)
    if kind.family == "time":
        raise QueryError(
            "sequence of dates takes its step as an interval, which is not answered here; use a table of days"
        )
    start, stop, *step = call.texts
    if step and not call.number(2):
        raise QueryError("sequence: its step must not be 0")
    by = step[0] if step else f"CASE WHEN {start} <= {stop} THEN 1 ELSE -1 END"
    if call.engine == DUCKDB:
        return f"generate_series(CAST({start} AS BIGINT), CAST({stop} AS BIGINT), CAST({by} AS BIGINT))"
    return f"ARRAY(SELECT generate_series(CAST({start} AS bigint), CAST({stop} AS bigint), CAST({by} AS bigint)))"


def json_scalar(call: Call) -> str:
    path = call.literal(1)
    if not re.fullmatch(r"\$(\.[A-Za-z_]\w*|\[\d+\]|\[\"[^\"\\]+\"\])*", path):
        raise QueryError(f'{call.name}: the path {path!r} is not answered here; there is $.name, $[0] and $["a name"]')
    duckdb = re.sub(r"\[(\"[^\"]+\")\]", r".\1", path)
    text, place = call.texts[0], text_literal(duckdb)
    return (
        f"CASE WHEN NOT json_valid({text}) THEN NULL WHEN json_type({text}, {place}) IN ('OBJECT', 'ARRAY', 'NULL') "
        f"THEN NULL WHEN json_type({text}, {place}) = 'DOUBLE' THEN error('json_extract_scalar: a number with a "
        f"fraction is written otherwise by Athena: ' || {text}) ELSE json_extract_string({text}, {place}) END"
    )


def averaging(call: Call) -> str:
    kind = averaged(call)
    argument = f"CAST({call.texts[0]} AS {cast_to(DOUBLE, call.engine)})"
    if kind.name == "decimal":
        if call.engine == DUCKDB:
            raise QueryError("avg of decimals is not answered here, for Athena rounds it; use avg(CAST(x AS double))")
        argument = call.texts[0]
    return f"avg({argument})"


def _statistics(name: str) -> Function:
    takes = ("nn",) if name in ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept") else ("n",)
    return Function(takes, DOUBLE, in_double(name), in_double(name), is_aggregate=True)


def _extreme(name: str) -> Function:
    return Function(("n", "t", "d", "b"), first, name + "({0})", name + "({0})", is_aggregate=True)


def _plain(takes: str, gives: Given, name: str) -> Function:
    """A function that has the same name and the same meaning in both engines."""
    template = f"{name}({', '.join(f'{{{place}}}' for place in range(len(takes)))})"
    return Function((takes,), gives, template, template)


def _window(takes: tuple[str, ...], gives: Given, name: str) -> Function:
    def written(call: Call) -> str:
        return f"{name}({', '.join(call.texts)})"

    return Function(takes, gives, written, written, is_window=True)


FIELDS: Final = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "week_of_year": "week", "day": "day",
    "day_of_month": "day", "day_of_week": "isodow", "dow": "isodow", "day_of_year": "doy", "doy": "doy",
    "year_of_week": "isoyear", "yow": "isoyear", "hour": "hour", "minute": "minute", "second": "second",
    "millisecond": "millisecond",
}  # fmt: skip

FUNCTIONS: Final[Mapping[str, Function]] = {
    # text
    "length": Function(("t",), BIGINT, "length({0})", "CAST(char_length({0}) AS bigint)"),
    "lower": Function(("t",), VARCHAR, "lower({0})", ascii_only("lower")),
    # Athena leaves the sharp s as it is, which DuckDB makes a capital.
    "upper": Function(
        ("t",), VARCHAR, "replace(upper(replace({0}, 'ß', '\ue000')), '\ue000', 'ß')", ascii_only("upper")
    ),
    "trim": Function(("t",), VARCHAR, trimmed("trim"), trimmed("btrim")),
    "ltrim": Function(("t",), VARCHAR, trimmed("ltrim"), trimmed("ltrim")),
    "rtrim": Function(("t",), VARCHAR, trimmed("rtrim"), trimmed("rtrim")),
    "concat": Function(("tt+",), VARCHAR, concatenated, concatenated),
    "concat_ws": Function(
        ("tt+",),
        VARCHAR,
        lambda call: f"concat_ws({', '.join(call.texts)})",
        lambda call: f"concat_ws({', '.join(call.texts)})",
    ),
    "substr": Function(("ti", "tii"), VARCHAR, taken_part, taken_part),
    "substring": Function(("ti", "tii"), VARCHAR, taken_part, taken_part),
    "strpos": Function(("tt",), BIGINT, "strpos({0}, {1})", "CAST(strpos({0}, {1}) AS bigint)"),
    "replace": Function(
        ("tt", "ttt"),
        VARCHAR,
        without_empty(1, "replace({0}, {1}, '')", "replace({0}, {1}, {2})"),
        without_empty(1, "replace({0}, {1}, '')", "replace({0}, {1}, {2})"),
    ),
    "reverse": Function(
        ("t",),
        VARCHAR,
        "CASE WHEN strlen({0}) = length({0}) THEN reverse({0}) "
        "ELSE error('reverse is answered of ASCII text only: ' || {0}) END",
        "reverse({0})",
    ),
    "split": Function(
        ("tt",),
        array_of(VARCHAR),
        without_empty(1, "str_split({0}, {1})"),
        without_empty(1, "CASE WHEN {0} = '' THEN ARRAY[''] ELSE string_to_array({0}, {1}) END"),
    ),
    "split_part": Function(("tti",), VARCHAR, part_of_text, part_of_text),
    "lpad": Function(("tit",), VARCHAR, padded, padded),
    "rpad": Function(("tit",), VARCHAR, padded, padded),
    "starts_with": _plain("tt", BOOLEAN, "starts_with"),
    "translate": _plain("ttt", VARCHAR, "translate"),
    "chr": Function(("i",), VARCHAR, "chr(CAST({0} AS INTEGER))", "chr(CAST({0} AS integer))"),
    "format": Function(("t*+",), VARCHAR, format_written, format_written),
    "regexp_like": Function(("tt",), BOOLEAN, matched, matched),
    "regexp_extract": Function(("tt", "tti"), VARCHAR, extracted, extracted),
    "regexp_extract_all": Function(("tt", "tti"), array_of(VARCHAR), all_extracted),
    "regexp_replace": Function(("tt", "ttt"), VARCHAR, replaced, replaced),
    "json_extract_scalar": Function(("tt",), VARCHAR, json_scalar),
    # numbers
    "abs": Function(("n",), first, "abs({0})", "abs({0})"),
    "sign": Function(("n",), first, as_given("sign({0})"), as_given("sign({0})")),
    "ceil": Function(("n",), to_whole, without_fraction("ceil"), without_fraction("ceil")),
    "ceiling": Function(("n",), to_whole, without_fraction("ceil"), without_fraction("ceil")),
    "floor": Function(("n",), to_whole, without_fraction("floor"), without_fraction("floor")),
    "truncate": Function(("n",), to_whole, without_fraction("trunc"), without_fraction("trunc")),
    "round": Function(("n", "ni"), rounded_kind, rounded, rounded),
    "mod": Function(("nn",), all_alike, remainder, remainder),
    "power": Function(("nn",), DOUBLE, in_double("power"), in_double("power")),
    "pow": Function(("nn",), DOUBLE, in_double("power"), in_double("power")),
    "sqrt": Function(("n",), DOUBLE, in_double("sqrt"), in_double("sqrt")),
    "cbrt": Function(("n",), DOUBLE, in_double("cbrt"), in_double("cbrt")),
    "exp": Function(("n",), DOUBLE, in_double("exp"), in_double("exp")),
    "ln": Function(("n",), DOUBLE, in_double("ln"), in_double("ln")),
    "log10": Function(("n",), DOUBLE, in_double("log10"), in_double("log")),
    "log2": Function(("n",), DOUBLE, in_double("log2")),
    "log": Function(
        ("nn",),
        DOUBLE,
        "(ln(CAST({1} AS DOUBLE)) / ln(CAST({0} AS DOUBLE)))",
        "(ln(CAST({1} AS float8)) / ln(CAST({0} AS float8)))",
    ),
    **{
        name: Function(("n",), DOUBLE, in_double(name), in_double(name))
        for name in ("sin", "cos", "tan", "asin", "acos", "atan", "radians", "degrees")
    },
    "pi": _plain("", DOUBLE, "pi"),
    "rand": _plain("", DOUBLE, "random"),
    "random": _plain("", DOUBLE, "random"),
    "is_nan": Function(("n",), BOOLEAN, "isnan(CAST({0} AS DOUBLE))", "CAST({0} AS float8) = 'NaN'"),
    # choices
    "coalesce": Function(("**+",), all_alike, first_there, first_there),
    "nullif": Function(("**",), lambda call: (all_alike(call), call.kind())[1], "nullif({0}, {1})", "nullif({0}, {1})"),
    "if": Function(("b*", "b**"), rest_alike, chosen, chosen),
    "greatest": Function(("nn+", "tt+", "dd+"), all_alike, if_none_is_null("greatest"), if_none_is_null("greatest")),
    "least": Function(("nn+", "tt+", "dd+"), all_alike, if_none_is_null("least"), if_none_is_null("least")),
    # dates and times
    "now": Function(("",), TIMESTAMPTZ, "date_trunc('milliseconds', now())", "(now() AT TIME ZONE 'UTC')"),
    "date": Function(("t", "d"), DATE, lambda call: casts.write(call.values[0], DATE, DUCKDB).text,
                     lambda call: casts.write(call.values[0], DATE, POSTGRES).text),
    "date_trunc": Function(("td",), lambda call: call.kind(1), rounded_to, rounded_to),
    "date_add": Function(("tid",), lambda call: call.kind(2), moved, moved),
    "date_diff": Function(("tdd",), BIGINT, elapsed, elapsed),
    **{name: Function(("d",), BIGINT, field(column), field(column)) for name, column in FIELDS.items()},
    "last_day_of_month": Function(
        ("d",), DATE, "last_day(CAST({0} AS DATE))",
        "CAST(date_trunc('month', CAST({0} AS timestamp)) + interval '1 month' - interval '1 day' AS date)",
    ),
    "date_format": Function(("dt",), VARCHAR, formatted, formatted),
    "format_datetime": Function(("dt",), VARCHAR, formatted, formatted),
    "date_parse": Function(("tt",), TIMESTAMP, parsed),
    "from_iso8601_date": Function(("t",), DATE, lambda call: casts.write(call.values[0], DATE, DUCKDB).text,
                                  lambda call: casts.write(call.values[0], DATE, POSTGRES).text),
    "to_unixtime": Function(
        ("d",), DOUBLE, "epoch(CAST({0} AS TIMESTAMP))",
        "CAST(extract(epoch FROM CAST({0} AS timestamp)) AS float8)",
    ),
    "from_unixtime": Function(
        ("n",), TIMESTAMPTZ, "make_timestamptz(CAST(round(CAST({0} AS DOUBLE) * 1000) AS BIGINT) * 1000)",
        "(to_timestamp(CAST({0} AS float8)) AT TIME ZONE 'UTC')",
    ),
    # arrays
    "cardinality": Function(("a", "m"), BIGINT, size, size),
    "element_at": Function(("ai", "m*"), item, element),
    "contains": Function(
        ("a*",), BOOLEAN,
        "CASE WHEN list_contains({0}, {1}) THEN TRUE WHEN list_count({0}) < len({0}) THEN NULL "
        "ELSE list_contains({0}, {1}) END",
    ),
    "array_join": Function(("at",), VARCHAR, "array_to_string({0}, {1})", "array_to_string({0}, {1})"),
    "sequence": Function(("ii", "iii"), array_of(BIGINT), sequence, sequence),
    # maps, rows and bytes, which the warehouse's engine does not have
    "map": Function(
        ("", "aa"), lambda call: map_of(_item(call, 0), _item(call, 1)) if call.values else map_of(NULL, NULL), mapped
    ),
    "map_keys": Function(("m",), lambda call: array_of(call.kind().key or call.kind()), "map_keys({0})"),
    "map_values": Function(("m",), lambda call: array_of(item(call)), "map_values({0})"),
    "row": Function(("*+",), ROW, lambda call: f"row({', '.join(call.texts)})"),
    "to_utf8": Function(("t",), VARBINARY, "encode({0})"),
    "from_utf8": Function(("y",), VARCHAR, "decode({0})"),
    "to_hex": Function(("y",), VARCHAR, "hex({0})"),
    "from_hex": Function(("t",), VARBINARY, "unhex({0})"),
    "to_base64": Function(("y",), VARCHAR, "to_base64({0})"),
    "from_base64": Function(("t",), VARBINARY, "from_base64({0})"),
    "nan": Function(("",), DOUBLE, "CAST('nan' AS DOUBLE)", "CAST('NaN' AS float8)"),
    "infinity": Function(("",), DOUBLE, "CAST('inf' AS DOUBLE)", "CAST('Infinity' AS float8)"),
    # aggregates
    "count": Function(("*",), BIGINT, "count({0})", "count({0})", is_aggregate=True),
    "count_if": Function(
        ("b",), BIGINT, "count(CASE WHEN {0} THEN 1 END)", "count(CASE WHEN {0} THEN 1 END)", is_aggregate=True
    ),
    "sum": Function(("n",), summed, "sum({0})", "sum({0})", is_aggregate=True, is_cast=True),
    "avg": Function(("n",), averaged, averaging, averaging, is_aggregate=True, is_cast=True),
    "min": _extreme("min"),
    "max": _extreme("max"),
    "arbitrary": Function(("*",), first, "any_value({0})", is_aggregate=True),
    "any_value": Function(("*",), first, "any_value({0})", is_aggregate=True),
    "max_by": Function(("**",), first, "arg_max_null({0}, {1})", is_aggregate=True),
    "min_by": Function(("**",), first, "arg_min_null({0}, {1})", is_aggregate=True),
    "bool_and": Function(("b",), BOOLEAN, "bool_and({0})", "bool_and({0})", is_aggregate=True),
    "every": Function(("b",), BOOLEAN, "bool_and({0})", "bool_and({0})", is_aggregate=True),
    "bool_or": Function(("b",), BOOLEAN, "bool_or({0})", "bool_or({0})", is_aggregate=True),
    "array_agg": Function(
        ("*",), lambda call: array_of(call.kind()), "array_agg({0})", "array_agg({0})", is_aggregate=True
    ),
    "stddev": Function(("n",), DOUBLE, in_double("stddev_samp"), in_double("stddev_samp"), is_aggregate=True),
    "variance": Function(("n",), DOUBLE, in_double("var_samp"), in_double("var_samp"), is_aggregate=True),
    **{
        name: _statistics(name)
        for name in ("stddev_samp", "stddev_pop", "var_samp", "var_pop", "covar_pop", "covar_samp", "regr_slope",
                     "regr_intercept")
    },
    "grouping": Function(
        ("*+",), INTEGER, lambda call: f"CAST(grouping({', '.join(call.texts)}) AS INTEGER)",
        lambda call: f"grouping({', '.join(call.texts)})",
    ),
    # over windows
    "row_number": _window(("",), BIGINT, "row_number"),
    "rank": _window(("",), BIGINT, "rank"),
    "dense_rank": _window(("",), BIGINT, "dense_rank"),
    "percent_rank": _window(("",), DOUBLE, "percent_rank"),
    "cume_dist": _window(("",), DOUBLE, "cume_dist"),
    "ntile": _window(("i",), BIGINT, "ntile"),
    "lag": _window(("*", "*i", "*i*"), first, "lag"),
    "lead": _window(("*", "*i", "*i*"), first, "lead"),
    "first_value": _window(("*",), first, "first_value"),
    "last_value": _window(("*",), first, "last_value"),
    "nth_value": _window(("*i",), first, "nth_value"),
}  # fmt: skip
