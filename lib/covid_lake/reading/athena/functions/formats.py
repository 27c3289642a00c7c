"""format(), whose pattern is Java's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.functions.calls import Call
from covid_lake.reading.athena.kinds import VARCHAR
from covid_lake.reading.athena.values import DUCKDB, POSTGRES, Value, enclosed, refuses, text_literal

FIELD: Final = re.compile(r"%(?P<flags>[-+,0]*)(?P<width>[1-9][0-9]*)?(?:\.(?P<digits>[0-9]+))?(?P<letter>[a-zA-Z%])")
ANSWERED: Final = "%d, %x, %f, %s, %b and %%, with a width, a number of digits, and the signs -, +, 0 and a comma"
DIGITS_OF_F = 6
MOST_DIGITS = 18
# BigDecimal writes smaller ones in scientific notation.
LONGEST_PLAIN_SCALE = 6


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a pattern, such as %,d."""

    written: str
    """The field as it is written."""
    letter: str
    """What is shown: d, x, f, s or b."""
    flags: str = ""
    """The signs after the percent sign."""
    width: int = 0
    """How many letters it has at least."""
    digits: int | None = None
    """How many digits stand after the point; None if it is not said."""


def read_format(pattern: str) -> tuple[list[str], list[Field]]:
    """The texts of a pattern and the fields between them; there is a text more than there are fields."""
    texts, fields, at = [""], [], 0
    for place in (found.start() for found in re.finditer("%", pattern)):
        if place < at:
            continue
        texts[-1] += pattern[at:place]
        found = FIELD.match(pattern, place)
        if found is None or (found["letter"] == "%" and found[0] != "%%") or found["letter"] not in "dxfsb%":
            shown = pattern[place : place + 4]
            raise QueryError(f"format: {shown} in {pattern!r} is not answered here; there is {ANSWERED}")
        at = found.end()
        if found["letter"] == "%":
            texts[-1] += "%"
            continue
        digits = None if found["digits"] is None else int(found["digits"])
        fields.append(Field(found[0], found["letter"], found["flags"], int(found["width"] or 0), digits))
        texts.append("")
    texts[-1] += pattern[at:]
    return texts, fields


def format_written(call: Call) -> str:
    """format(), in which NULL is `null`."""
    texts, fields = read_format(call.literal(0))
    arguments = call.values[1:]
    if len(fields) != len(arguments):
        raise QueryError(f"format: {len(fields)} fields and {len(arguments)} values")
    written = [text_literal(texts[0])]
    for field, value, text in zip(fields, arguments, texts[1:], strict=True):
        shown = _shown(field, value) if call.engine == DUCKDB else _shown_by_postgres(field, value)
        written += [f"coalesce({shown}, {_missing(field)})", text_literal(text)]
    return " || ".join(written)


def _missing(field: Field) -> str:
    """What is written for NULL: `null`, cut to the digits that are asked for, as Java does."""
    text = "false" if field.letter == "b" else "null"[: field.digits] if field.digits is not None else "null"
    return text_literal(text.ljust(field.width) if "-" in field.flags else text.rjust(field.width))


def _shown(field: Field, value: Value) -> str:
    kind, text = value.kind, enclosed(value.text)
    is_number = field.letter in "df"
    if (field.digits is not None and field.letter != "f") or (set(field.flags) - {"-"} and not is_number):
        raise QueryError(f"format: {field.written} is not answered here; there is {ANSWERED}")
    if not kind.is_known:
        raise QueryError(f"format: {field.written} of a value whose type is not known; CAST it")
    if field.letter == "b" and kind.name == "boolean":
        return _padded(field, f"CAST({text} AS VARCHAR)")
    if field.letter == "s":
        return _padded(field, _java_text(field, value))
    if field.letter == "x" and kind.name in ("integer", "bigint"):
        refused = refuses("'format: %x of a number below 0 is not answered here'")
        return _padded(field, f"CASE WHEN {text} < 0 THEN {refused} ELSE format('{{:x}}', {text}) END")
    if field.letter == "d" and kind.is_whole:
        return _signed(field, f"{text} < 0", f"CAST(abs({text}) AS VARCHAR)", f"format('{{:,}}', abs({text}))")
    if field.letter == "f" and (kind.is_floating or kind.name == "decimal"):
        return _fraction(field, value)
    takes = {"d": "whole numbers", "x": "whole numbers", "f": "decimals and doubles", "b": "booleans"}[field.letter]
    raise QueryError(f"format: {field.written} takes {takes}, not {kind}")


def _fraction(field: Field, value: Value) -> str:
    """%f: the digits that the number is written with are rounded, half up."""
    digits = DIGITS_OF_F if field.digits is None else field.digits
    if digits > MOST_DIGITS or value.kind.name == "real":
        raise QueryError(f"format: {field.written} of {value.kind} is not answered here; CAST it AS double")
    text = enclosed(value.text)
    source = f"abs({text})" if value.kind.name == "decimal" else f"athena_plain(CAST(abs({text}) AS VARCHAR))"
    exact = f"CAST({source} AS DECIMAL(38, {digits}))"
    whole = f"format('{{:,}}', CAST(trunc({exact}) AS BIGINT))"
    rest = f"substr(CAST({exact} AS VARCHAR), strpos(CAST({exact} AS VARCHAR), '.'))" if digits else "''"
    is_negative = f"{text} < 0" if value.kind.name == "decimal" else f"signbit({text})"
    shown = _signed(field, is_negative, f"CAST({exact} AS VARCHAR)", f"{whole} || {rest}")
    if value.kind.name == "decimal":
        return shown
    refused = refuses(f"'format: {field.written} of NaN and infinities is not answered here'")
    return f"CASE WHEN {text} IS NULL OR isfinite({text}) THEN {shown} ELSE {refused} END"


def _signed(field: Field, is_negative: str, plain: str, grouped: str) -> str:
    body = grouped if "," in field.flags else plain
    sign = f"CASE WHEN {is_negative} THEN '-' ELSE '{'+' if '+' in field.flags else ''}' END"
    if "0" in field.flags:
        room = f"CAST(greatest({field.width} - length({sign}), length({body})) AS INTEGER)"
        return f"{sign} || lpad({body}, {room}, '0')"
    return _padded(field, f"{sign} || {body}")


def _padded(field: Field, text: str) -> str:
    if not field.width:
        return text
    name = "rpad" if "-" in field.flags else "lpad"
    return f"{name}({text}, CAST(greatest({field.width}, length({text})) AS INTEGER), ' ')"


def _java_text(field: Field, value: Value) -> str:
    """The value as Java's toString() has it."""
    kind, text = value.kind, enclosed(value.text)
    if kind.name == "double":
        is_plain = f"{text} = 0 OR NOT isfinite({text}) OR (abs({text}) >= 0.001 AND abs({text}) < 10000000)"
        endless = f"CASE WHEN {text} > 0 THEN 'Infinity' ELSE '-Infinity' END"
        plain = f"CASE WHEN isnan({text}) THEN 'NaN' WHEN isinf({text}) THEN {endless} ELSE CAST({text} AS VARCHAR) END"
        return f"CASE WHEN {is_plain} THEN {plain} ELSE athena_scientific(CAST({text} AS VARCHAR)) END"
    is_alike = kind.is_whole or kind.name in ("varchar", "boolean", "date")
    if not is_alike and not (kind.name == "decimal" and kind.scale <= LONGEST_PLAIN_SCALE):
        raise QueryError(f"format: {field.written} of {kind} is not answered here; CAST it AS varchar")
    return casts.write(value, VARCHAR, DUCKDB).text


def _shown_by_postgres(field: Field, value: Value) -> str:
    if field.written not in ("%d", "%,d", "%s"):
        raise QueryError(f"format: {field.written} is not answered by the warehouse; there is %d, %,d, %s and %%")
    if field.letter == "d" and not value.kind.is_whole:
        raise QueryError(f"format: {field.written} takes whole numbers, not {value.kind}")
    if field.flags:
        return f"to_char({enclosed(value.text)}, 'FM9,999,999,999,999,999,999')"
    return casts.write(value, VARCHAR, POSTGRES).text
