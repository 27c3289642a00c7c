"""What is wrong with a query that cannot be read, in words that name the place and what may be meant."""

from __future__ import annotations

import difflib
import re
from typing import Final

from sqlglot.errors import SqlglotError

KEYWORDS: Final = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET", "JOIN", "UNION", "WITH", "VALUES",
    "DISTINCT", "BETWEEN", "WINDOW",
)  # fmt: skip
# What people write who come from other engines, and what Athena has instead.
INSTEAD: Final = {
    "TOP": "write LIMIT 5 at the end",
    "QUALIFY": "put the query into a subquery, and the condition into its WHERE",
    "MINUS": "write EXCEPT",
    "DIV": "write /, which gives a whole number of whole numbers",
    "MOD": "write % or mod(x, y)",
    "GROUP": "write GROUP BY",
    "ORDER": "write ORDER BY",
    "PARTITION": "write PARTITION BY",
    "IF": "write if(condition, x, y) or CASE",
    "GLOB": "write LIKE",
    "`": "names stand in double quotes",
    "#": "a comment begins with --",
    "~": "write regexp_like(x, 'pattern')",
    "**": "write power(x, y)",
    "&&": "write AND",
}  # fmt: skip
MISSING = re.compile(r"Required keyword|Expected table name|Expected expression")
# Texts, names and comments that end.
WHOLE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
STATEMENTS: Final = ("SELECT", "WITH", "VALUES", "EXPLAIN", "SHOW", "DESCRIBE")
# Statements that are not answered, however much one is written like another.
OTHERS: Final = ("DELETE", "INSERT", "UPDATE", "CREATE", "DROP", "ALTER", "MERGE", "SET", "USE", "CALL", "GRANT")
LONGEST_EXCERPT = 30


def parse_fault(error: SqlglotError, text: str) -> str:
    """The parser's error as a sentence."""
    details = getattr(error, "errors", None)
    if not details:
        return _unreadable(text)
    first = details[0]
    begun, found = str(first["start_context"]), str(first["highlight"])
    where = f"line {first['line']}, column {max(1, first['col'] - len(found) + 1)}"
    description = str(first["description"])
    before = _last_word(begun)
    if not str(first["end_context"]).strip() and (MISSING.search(description) or description.startswith("Expecting")):
        closing = " or a closing bracket" if description == "Expecting )" else ""
        return f"{where}: the query ends after {found!r}, where something{closing} is missing"
    if "Expected TYPE" in description:
        named = found if found.isidentifier() else before
        return f"{where}: {named!r} is no type of Athena's; there is varchar, integer, bigint, double, decimal, date"
    if description == "Expecting )":
        return f"{where}: a bracket is not closed before {found!r}"
    if description == "Expecting (":
        return f"{where}: an opening bracket is missing before {found!r}"
    if "Unexpected token" in description:
        return f"{where}: {found!r} is not expected there{_hint(before, found, begun)}"
    if MISSING.search(description):
        return f"{where}: something is missing after {found!r}"
    return f"{where}: {description.split(' but got ')[0]}, before {found!r}"


def _hint(before: str, found: str, begun: str) -> str:
    for word in (found, before):
        if word.upper() in INSTEAD:
            return f"; {INSTEAD[word.upper()]}"
    if found == ")":
        return "; no bracket is open there"
    close = difflib.get_close_matches(before.upper(), KEYWORDS, n=1, cutoff=0.7) if before else []
    if close and before.upper() != close[0]:
        return f"; did you mean {close[0]} instead of {before}?"
    return f", after {_end_of(begun)!r}" if begun.strip() else ""


def _last_word(text: str) -> str:
    found = re.search(r"(\w+|[^\w\s]+)\s*$", text)
    return found[1] if found else ""


def _end_of(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= LONGEST_EXCERPT else f"…{said[-LONGEST_EXCERPT:]}"


def _unreadable(text: str) -> str:
    """Where even words cannot be told: a text, name or comment that does not end."""
    bare = re.sub(
        r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", lambda one: " " * len(one[0]), text, flags=re.S
    )
    for sign, what in (("'", "a text that begins with '"), ('"', 'a name that begins with "'), ("/*", "a comment")):
        at = bare.find(sign)
        if at >= 0:
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            return f"line {line}, column {column}: {what} is not closed"
    return "it has a sign that is not of SQL"


def meant(word: str) -> str:
    """The hint for a statement that begins with an unknown word; empty if none is like it."""
    close = difflib.get_close_matches(word.upper(), STATEMENTS, n=1) if word.upper() not in OTHERS else []
    return f", did you mean {close[0]}?" if close else ""
