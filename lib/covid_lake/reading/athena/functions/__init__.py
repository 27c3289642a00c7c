"""The functions of Athena that are answered, each with what it is called or how it is written in either engine.

The tables say what a function takes and gives, for its arguments' types decide what is written. A function without a
rule for an engine is refused there; `INSTEAD` says what to use.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena.functions.aggregates import AGGREGATES, WINDOWS
from covid_lake.reading.athena.functions.calls import CallText, Function, write_call
from covid_lake.reading.athena.functions.choices import CHOICES
from covid_lake.reading.athena.functions.jsons import JSONS
from covid_lake.reading.athena.functions.nested import NESTED
from covid_lake.reading.athena.functions.numbers import NUMBERS
from covid_lake.reading.athena.functions.texts import TEXTS
from covid_lake.reading.athena.functions.times import FIELDS, TIMES
from covid_lake.reading.athena.values import Value

FUNCTIONS: Final[Mapping[str, Function]] = {
    **TEXTS, **NUMBERS, **CHOICES, **TIMES, **NESTED, **JSONS, **AGGREGATES, **WINDOWS,
}  # fmt: skip
__all__ = ["FIELDS", "FUNCTIONS", "INSTEAD", "refusal", "write"]
INSTEAD: Final = {
    "ascii": "it is not of Athena's SQL; use codepoint(x)",
    "cardinality_intersection": "use cardinality(array_intersect(x, y))",
    "char_length": "it is not of Athena's SQL; use length(x)",
    "character_length": "it is not of Athena's SQL; use length(x)",
    "charindex": "it is not of Athena's SQL; use strpos(text, part)",
    "current_time": "use localtimestamp",
    "datediff": "it is not of Athena's SQL; use date_diff('day', since, until)",
    "dateadd": "it is not of Athena's SQL; use date_add('day', 1, x)",
    "decode": "it is not of Athena's SQL; use CASE",
    "getdate": "it is not of Athena's SQL; use now()",
    "group_concat": "it is not of Athena's SQL; use listagg(x, ',') WITHIN GROUP (ORDER BY x)",
    "ifnull": "it is not of Athena's SQL; use coalesce",
    "iif": "it is not of Athena's SQL; use if",
    "index": "it is not of Athena's SQL; use strpos(text, part)",
    "initcap": "it is not of Athena's SQL; use upper and lower of parts",
    "instr": "it is not of Athena's SQL; use strpos(text, part)",
    "isnull": "it is not of Athena's SQL; use x IS NULL or coalesce",
    "json_array_get": "use json_extract_scalar(x, '$[0]')",
    "left": "it is not of Athena's SQL; use substr(x, 1, n)",
    "len": "it is not of Athena's SQL; use length(x)",
    "median": "it is not of Athena's SQL; use approx_percentile(x, 0.5)",
    "nextval": "a query only reads, in a read-only transaction",
    "nvl": "it is not of Athena's SQL; use coalesce",
    "percentile_cont": "it is not of Athena's SQL; use approx_percentile(x, 0.5)",
    "right": "it is not of Athena's SQL; use substr(x, -n)",
    "some": "write ANY, which means the same",
    "string_agg": "it is not of Athena's SQL; use listagg(x, ',') WITHIN GROUP (ORDER BY x)",
    "to_char": "use date_format",
    "to_date": "use CAST(x AS date), or date_parse with a pattern",
    "to_timestamp": "use CAST(x AS timestamp), or date_parse with a pattern",
    "year_month": "use date_format(x, '%Y-%m')",
}


def write(name: str, values: Sequence[Value], engine: str) -> CallText:
    """The call for the engine; `QueryError` for a function, arguments or an engine that have no rule."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise refusal(name)
    return write_call(function, name, values, engine)


def refusal(name: str) -> QueryError:
    """Why a function is not answered, and what may be used instead."""
    hint = INSTEAD.get(name)
    if hint:
        return QueryError(f"{name} is not answered here: {hint}")
    close = difflib.get_close_matches(name, FUNCTIONS, n=3)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return QueryError(f"{name} is not answered here; {meant}docs/athena-sql.md lists the functions that are")
