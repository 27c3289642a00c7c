"""Athena's SQL, case by case: what Trino answered, and what the lake and the warehouse answer.

The cases stand in `tests/trino/corpus/<topic>.sql`, each with a semicolon at its end. A comment above a case says what
is expected of it, `-- refused: <part of the message>` or `-- within 1e-15: <why>`; of all others the answer must be
Trino's, or fail where Trino fails. Trino's answers are recorded in `answers/<topic>.jsonl` beside them.

`python tests/athena_corpus.py` prints the tally.
"""

from __future__ import annotations

import base64
import json
import math
import re
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot.errors import SqlglotError

from covid_lake.errors import LakeError
from covid_lake.reading.answers import Answer, plain_columns
from covid_lake.reading.athena.kinds import Kind
from covid_lake.reading.lake import answer_from
from covid_lake.reading.query import Question, read_question
from covid_lake.store.questions import connect, naming_faults

CORPUS = Path(__file__).parent / "trino" / "corpus"
REFUSED, WITHIN = re.compile(r"-- refused: (.+)"), re.compile(r"-- within ([0-9.e-]+): .+")
# A fraction of a second without the noughts at its end, of which engines show as many as they like.
FRACTION = re.compile(r"(\d\d:\d\d:\d\d)(?:\.0+|(\.\d*?[1-9])0*)(?=$| |[+-])")
TEXT_LENGTH = re.compile(r"varchar\(\d+\)")
HEADERS = {
    "X-Trino-User": "test", "X-Trino-Catalog": "awsdatacatalog", "X-Trino-Time-Zone": "UTC",
    "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A query in Athena's SQL."""

    topic: str
    """The file that it stands in."""
    line: int
    """Where it begins there."""
    sql: str
    """The query."""
    refusal: str | None = None
    """A part of the message with which the lake refuses it."""
    tolerance: float = 0.0
    """By which share of a number the answers may differ."""

    def __str__(self) -> str:
        return f"{self.topic}.sql:{self.line}: {self.sql}"


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as it is shown, or that there is none."""

    names: tuple[str, ...] = ()
    """The names of its columns."""
    types: tuple[str, ...] = ()
    """Their types in Athena, without the lengths of texts."""
    rows: tuple[tuple[Any, ...], ...] = ()
    """The rows, of values that JSON has."""
    error: str = ""
    """How the query failed."""


def topics() -> list[str]:
    return sorted(path.stem for path in CORPUS.glob("*.sql"))


def read_cases(topic: str) -> list[Case]:
    cases: list[Case] = []
    refusal, tolerance, begun, lines = None, 0.0, 0, []
    for number, line in enumerate((CORPUS / f"{topic}.sql").read_text(encoding="utf-8").splitlines(), 1):
        if not lines and line.startswith("--"):
            if found := REFUSED.fullmatch(line):
                refusal = found[1]
            elif found := WITHIN.fullmatch(line):
                tolerance = float(found[1])
            continue
        begun = begun or number
        lines.append(line)
        if line.endswith(";"):
            cases.append(Case(topic, begun, "\n".join(lines)[:-1], refusal, tolerance))
            refusal, tolerance, begun, lines = None, 0.0, 0, []
    return cases


def read_answers(topic: str) -> dict[str, Shown]:
    """Trino's answers to the cases, by query."""
    recorded = (json.loads(line) for line in _answers_file(topic).read_text(encoding="utf-8").splitlines())
    return {
        one["sql"]: Shown(
            tuple(one.get("names", ())),
            tuple(one.get("types", ())),
            _as_tuples(one.get("rows", ())),
            one.get("error", ""),
        )
        for one in recorded
    }


def write_answers(topic: str, answers: Iterable[tuple[str, Shown]]) -> None:
    lines = []
    for sql, shown in answers:
        content = (
            {"error": shown.error} if shown.error else {"names": shown.names, "types": shown.types, "rows": shown.rows}
        )
        lines.append(json.dumps({"sql": sql, **content}, ensure_ascii=False))
    _answers_file(topic).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _answers_file(topic: str) -> Path:
    return CORPUS / "answers" / f"{topic}.jsonl"


def _as_tuples(rows: Iterable[Sequence[Any]]) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(row) for row in rows)


# --- the lake and the warehouse ---------------------------------------------------------------------------------------


def shown_by_lake(connection: duckdb.DuckDBPyConnection, sql: str) -> Shown:
    """What a lake answers by a connection as it makes one for each query; `LakeError` where it refuses."""
    question = read_question(sql)
    assert isinstance(question, Question)
    translation = question.for_lake()
    with naming_faults():
        answer = answer_from(connection, translation)
    assert translation.columns is not None
    kinds = [kind for _, kind in translation.columns]
    return Shown(answer.columns, tuple(map(str, kinds)), shown_rows(answer, kinds))


def shown_rows(answer: Answer, kinds: Sequence[Kind]) -> tuple[tuple[Any, ...], ...]:
    columns = [
        [_shown(value, kind) for value in column]
        for column, kind in zip(plain_columns(answer.arrow), kinds, strict=True)
    ]
    return tuple(zip(*columns, strict=True))


def _shown(value: Any, kind: Kind | None) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_shown(one, kind.item if kind else None) for one in value]
    if isinstance(value, dict):
        fields = [its for _, its in kind.fields] if kind and kind.fields else [kind.item if kind else None] * len(value)
        return {name: _shown(one, its) for (name, one), its in zip(value.items(), fields, strict=True)}
    if isinstance(value, str) and kind is not None and kind.name.startswith("time"):
        return short_fraction(value)
    return value


def short_fraction(text: str) -> str:
    return FRACTION.sub(lambda found: found[1] + (found[2] or ""), text)


# --- Trino ------------------------------------------------------------------------------------------------------------


def shown_by_trino(url: str, sql: str) -> Shown:
    """The answer of the Trino server at `url`, or its error."""
    request = urllib.request.Request(f"{url}/v1/statement", sql.encode(), HEADERS)  # noqa: S310 - the test's own server
    columns: list[Mapping[str, Any]] = []
    rows: list[list[Any]] = []
    while True:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            page = json.load(response)
        columns = page.get("columns", columns)
        rows += page.get("data", [])
        if "error" in page:
            return Shown(error=page["error"]["errorName"])
        if "nextUri" not in page:
            break
        request = page["nextUri"]
    types = tuple(TEXT_LENGTH.sub("varchar", column["type"].lower()).replace(", ", ",") for column in columns)
    signatures = [column["typeSignature"] for column in columns]
    shown = (tuple(_shown_of_trino(value, its) for value, its in zip(row, signatures, strict=True)) for row in rows)
    return Shown(tuple(column["name"] for column in columns), tuple(map(_with_blanks, types)), tuple(shown))


def _with_blanks(type_: str) -> str:
    """A type with the blanks that Athena's own name of it has, behind the commas of maps and rows."""
    return re.sub(r",(?!\d)", ", ", type_)


def _shown_of_trino(value: Any, signature: Mapping[str, Any]) -> Any:
    name, arguments = signature["rawType"], [argument["value"] for argument in signature["arguments"]]
    if value is None:
        return None
    if name == "array":
        return [_shown_of_trino(one, arguments[0]) for one in value]
    if name == "map":
        return {key: _shown_of_trino(one, arguments[1]) for key, one in value.items()}
    if name == "row":
        names = [(field.get("fieldName") or {}).get("name") or f"field{at}" for at, field in enumerate(arguments)]
        fields = zip(names, value, arguments, strict=True)
        return {its: _shown_of_trino(one, argument["typeSignature"]) for its, one, argument in fields}
    if name == "varbinary":
        return base64.b64decode(value).hex(" ")
    return short_fraction(value) if name.startswith("time") else value


# --- comparing --------------------------------------------------------------------------------------------------------


def alike(one: Any, other: Any, tolerance: float = 0.0) -> bool:
    """Whether two shown values are the same; numbers may differ by a share."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key], tolerance) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(alike(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if tolerance and isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=tolerance)
    # -0.0 is shown otherwise than 0.0, and true than 1.
    return type(one) is type(other) and repr(one) == repr(other)


def difference(case: Case, trino: Shown, connection: duckdb.DuckDBPyConnection) -> str:
    """What the lake does otherwise than Trino, or than the case says; empty if nothing."""
    try:
        own = shown_by_lake(connection, case.sql)
    except LakeError as error:
        if trino.error or (case.refusal and case.refusal in str(error)):
            return ""
        return f"{case}\n  Trino: {trino.rows}\n  refused: {error}"
    if case.refusal or trino.error:
        return f"{case}\n  Trino: {trino.error or trino.rows}\n  answered, and not refused: {own.rows}"
    if not alike(trino.rows, own.rows, case.tolerance):
        return f"{case}\n  Trino: {trino.rows}\n  the lake: {own.rows}"
    if (trino.types, trino.names) != (own.types, own.names):
        return f"{case}\n  Trino: {trino.names} {trino.types}\n  the lake: {own.names} {own.types}"
    return ""


# --- the tally --------------------------------------------------------------------------------------------------------


def plainly_translated(sql: str) -> tuple[tuple[Any, ...], ...] | None:
    """What DuckDB answers to sqlglot's own translation; None where there is none, or it fails."""
    try:
        ignoring = sqlglot.ErrorLevel.IGNORE
        translated = sqlglot.transpile(sql, read="athena", write="duckdb", unsupported_level=ignoring)[0]
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            table = connection.execute(translated).fetch_arrow_table()
        kinds = [Kind("timestamp" if pa.types.is_temporal(kind) else "") for kind in table.schema.types]
        return shown_rows(Answer(table), kinds)
    except (SqlglotError, duckdb.Error, ValueError, pa.ArrowException):
        return None


def tally(topic: str, connection: duckdb.DuckDBPyConnection) -> Counter[str]:
    """How many cases are equal, refused or failing in both; and of the equal ones, what sqlglot alone would give."""
    counted: Counter[str] = Counter()
    answers = read_answers(topic)
    for case in read_cases(topic):
        trino = answers[case.sql]
        fault = difference(case, trino, connection)
        outcome = "different" if fault else "refused" if case.refusal else "both fail" if trino.error else "equal"
        counted[outcome] += 1
        if outcome != "equal":
            continue
        plain = plainly_translated(case.sql)
        if plain is None:
            counted["sqlglot fails"] += 1
        elif not alike(trino.rows, plain, case.tolerance):
            counted["sqlglot differs"] += 1
    return counted


def _lines() -> Iterator[str]:
    columns = ("equal", "both fail", "refused", "different", "sqlglot fails", "sqlglot differs")
    yield f"{'topic':<18}" + "".join(f"{column:>17}" for column in columns)
    total: Counter[str] = Counter()
    with closing(connect()) as connection:
        for topic in topics():
            counted = tally(topic, connection)
            total += counted
            yield f"{topic:<18}" + "".join(f"{counted[column]:>17}" for column in columns)
    yield f"{'all':<18}" + "".join(f"{total[column]:>17}" for column in columns)


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in _lines())
