"""Syntax of other engines that the parser accepts and Athena refuses, so that a query can be pasted into Athena."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from sqlglot import Token, TokenType

from covid_lake.errors import QueryError
from covid_lake.reading.athena.syntax import AthenaSql

FOREIGN: Final = {TokenType.DCOLON, TokenType.NULLSAFE_EQ, TokenType.CARET}
# An array or a row stands before its subscript, and the word ARRAY before its values.
BEFORE_BRACKETS: Final = {
    TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.ARRAY,
}  # fmt: skip
AFTER_COMMA: Final = {TokenType.FROM, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.COMMA, TokenType.SEMICOLON}
CASTS: Final = ("CAST", "TRY_CAST")
INTERVAL_UNITS: Final = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


class Place(NamedTuple):
    """A token and what is around it."""

    token: Token
    """The token."""
    before: str
    """The word or sign before it, in capitals; empty at the beginning."""
    after: str
    """The one behind it; empty at the end."""
    follows: TokenType | None
    """The type of the token before it."""
    precedes: TokenType | None
    """The type of the token behind it."""
    holder: str
    """The word before the bracket that it stands in."""
    text: str
    """The whole query."""

    @property
    def is_touched(self) -> bool:
        """Whether the next token begins where this one ends."""
        return (
            self.text[self.token.end + 1 : self.token.end + 2].isalnum() or self.text[self.token.end + 1 :][:1] == "_"
        )


def require_athenas_syntax(text: str) -> None:
    """Raise `QueryError` for syntax of other engines that the parser accepts and Athena refuses."""
    for place in _places(text):
        for is_foreign, said in RULES:
            if is_foreign(place):
                where = f"line {place.token.line}, column {place.token.col}"
                raise QueryError(f"{where}: {said.format(place.token.text)}")


def _places(text: str) -> Iterator[Place]:
    tokens: Sequence[Token] = AthenaSql().tokenize(text)
    holders: list[str] = []
    for at, token in enumerate(tokens):
        before, after = (tokens[at - 1] if at else None), (tokens[at + 1] if at + 1 < len(tokens) else None)
        if token.token_type == TokenType.R_PAREN and holders:
            holders.pop()
        yield Place(
            token,
            before.text.upper() if before else "",
            after.text.upper() if after else "",
            before.token_type if before else None,
            after.token_type if after else None,
            holders[-1] if holders else "",
            text,
        )
        if token.token_type == TokenType.L_PAREN:
            holders.append(before.text.upper() if before else "")


def _is_comma(place: Place) -> bool:
    return place.token.token_type == TokenType.COMMA and (
        place.precedes is None or place.precedes in AFTER_COMMA or place.before in ("(", "SELECT")
    )


def _is_bracket(place: Place) -> bool:
    return place.token.token_type == TokenType.L_BRACKET and (
        place.follows is None or place.follows not in BEFORE_BRACKETS
    )


def _is_number(place: Place) -> bool:
    """1_000, 0xFF, 0b101 and 0o17."""
    start = place.token.start
    is_prefixed = place.text[start : start + 2].casefold() == "0x"
    return is_prefixed or (place.token.token_type == TokenType.NUMBER and place.is_touched)


def _is_interval(place: Place) -> bool:
    if place.token.text.upper() != "INTERVAL" or place.token.token_type != TokenType.INTERVAL:
        return False
    written = re.match(r"\s*[+-]?\s*'(?:[^']|'')*'\s*(\w*)", place.text[place.token.end + 1 :])
    return written is None or written[1].upper() not in INTERVAL_UNITS


def _word(place: Place) -> str:
    return "" if place.token.token_type in (TokenType.STRING, TokenType.IDENTIFIER) else place.token.text.upper()


RULES: Final[tuple[tuple[Callable[[Place], bool], str], ...]] = (
    (_is_number, "write numbers in plain decimal digits here"),
    (lambda place: place.token.token_type in FOREIGN or place.token.text == "==", "{0} is not of Athena's SQL there"),
    (_is_comma, "a comma stands there with nothing before or behind it"),
    (_is_bracket, "{0} is not of Athena's SQL there; arrays are written as ARRAY[1, 2]"),
    (_is_interval, "an interval is written as INTERVAL '1' DAY, in units from SECOND to YEAR"),
    (
        lambda place: place.token.token_type == TokenType.STRING and place.before == "AS" and place.holder not in CASTS,
        "'{0}' is no name; names stand in double quotes",
    ),
    (lambda place: place.token.text == "!", "! is not of Athena's SQL; use NOT"),
    (lambda place: _word(place) == "CASE" and place.before == "END", "CASE ends with END in Athena"),
    (
        lambda place: _word(place) == "NULL" and place.before == "NOT" and _ends_an_operand(place),
        "write IS NOT NULL",
    ),
    (
        lambda place: place.follows == TokenType.NUMBER and _word(place) == "OFFSET" and _is_after_limit(place),
        "OFFSET stands before LIMIT in Athena: OFFSET 10 LIMIT 5",
    ),
    (
        lambda place: place.token.token_type == TokenType.COMMA and _is_after_limit(place),
        "LIMIT takes one number in Athena; write OFFSET 10 LIMIT 5",
    ),
    (
        lambda place: place.holder == "EXTRACT" and place.before == "(" and _is_no_field(place),
        "EXTRACT is written as EXTRACT(YEAR FROM x)",
    ),
    (
        lambda place: place.holder == "POSITION" and place.token.token_type == TokenType.COMMA,
        "position is written as position('b' IN x), or strpos(x, 'b')",
    ),
    (
        lambda place: place.holder == "SUBSTRING" and _word(place) == "FOR" and _has_comma(place),
        "substring is written as substring(x FROM 1 FOR 2), or substr(x, 1, 2)",
    ),
)


def _is_no_field(place: Place) -> bool:
    return place.after != "FROM" or place.token.token_type == TokenType.STRING


def _before(place: Place) -> str:
    return place.text[: place.token.start].rstrip()


def _is_after_limit(place: Place) -> bool:
    return re.search(r"\blimit\s+\d+$", _before(place), re.IGNORECASE) is not None


def _ends_an_operand(place: Place) -> bool:
    """Whether something is asked to be NOT NULL, without IS."""
    before = re.sub(r"\bnot$", "", _before(place), flags=re.IGNORECASE).rstrip()
    return re.search(r"(?:[\w\")\]']$)", before) is not None and not re.search(
        r"\b(?:is|select|distinct|where|and|or|not|when|then|else|on|having|by|case|in|between|values|array)$",
        before,
        re.IGNORECASE,
    )


def _has_comma(place: Place) -> bool:
    """Whether the bracket has a comma before the place, which stands in no bracket of its own."""
    depth = 0
    for sign in reversed(_before(place)):
        depth += (sign == ")") - (sign == "(")
        if depth < 0:
            return False
        if sign == "," and depth == 0:
            return True
    return False
