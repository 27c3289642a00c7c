"""Regular expressions in literals, which engines read differently."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from covid_lake.errors import QueryError
from covid_lake.reading.athena.values import DUCKDB


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression that Java and RE2 read alike. `groups` is how many it has.

    `has_optional_groups`: a group may take no part in a match. `may_be_empty`: it matches an empty text.
    """

    text: str
    groups: int
    has_optional_groups: bool
    may_be_empty: bool

    def written_for(self, engine: str, function: str, *, ends: bool = False) -> str:
        """The pattern as the engine reads it. With `ends`, where only a match is asked for, a $ stands before a last
        line end, too, as in Athena.

        Raises `QueryError` where PostgreSQL would find another match: it prefers the longest and spells letters apart.
        """
        is_postgres = engine != DUCKDB
        text = re.sub(TOKENS, partial(_written_token, is_postgres=is_postgres, ends=ends), self.text, flags=re.DOTALL)
        if is_postgres and (
            re.search(r"\(\?[is]|[*+?}]\?|\\[A-Zbswzhef]", text) or (not ends and re.search(r"\||\)[*+?{]", text))
        ):
            raise QueryError(f"{function}: the warehouse reads {self.text!r} otherwise than Athena; ask the lake")
        return text

    def read_otherwise_in(self, text: str, engine: str, *, is_match: bool) -> str:
        """A condition that is true for texts on which the pattern matches otherwise in Athena; empty if none exist."""
        unlike = []
        if not is_match and any(piece == "$" for piece in _tokens(self.text)):
            unlike.append(f"{text} LIKE '%' || chr(10)")
        if engine == DUCKDB:
            # Athena knows the words and the capitals of every script, and takes a vertical tab for a space.
            if re.search(r"\\[bB]", self.text) or FLAGS.match(self.text):
                unlike.append(f"strlen({text}) <> length({text})")
            if re.search(r"\\[sS]", self.text):
                unlike.append(f"contains({text}, chr(11))")
        return " OR ".join(unlike)


# A pattern's pieces: an escape, a class, or a letter.
TOKENS = r"\\.|\[(?:\\.|[^\]\\])*\]|."
FLAGS = re.compile(r"\(\?s?is?\)")
NAMED_GROUP = re.compile(r"\(\?<[A-Za-z][A-Za-z0-9]*>")


def _tokens(pattern: str) -> list[str]:
    return re.findall(TOKENS, pattern, re.DOTALL)


def _written_token(found: re.Match[str], *, is_postgres: bool, ends: bool) -> str:
    piece = found[0]
    if piece == "$" and ends:
        return "\n?$" if is_postgres else r"(?:\n?\z)"
    if is_postgres and piece == ".":
        return r"[^\n]"
    if is_postgres and piece.startswith("["):
        return piece.replace(r"\d", "0-9")
    return "[0-9]" if is_postgres and piece == r"\d" else piece


def read_regex(pattern: str, function: str) -> Regex:
    """Read a regular expression as Athena does; `QueryError` for one that other engines read differently."""
    # Groups are known by their numbers, whether they have names or not.
    pattern = NAMED_GROUP.sub("(", pattern)
    inner = _without_classes(pattern, function)
    unlike = re.search(r"(?<!^)\(\?(?!:)|^\(\?(?!:|(?:i|s|is|si)\))|\\[1-9kZGhHRXvVeQEpP]|[*+?}]\+", inner)
    if unlike:
        raise QueryError(
            f"{function}: {unlike[0]} in the pattern {pattern!r} is not answered here, only plain patterns"
        )
    bare = re.sub(r"\\.", "x", inner)
    try:
        may_be_empty = re.compile(pattern).search("") is not None
    except re.error as error:
        raise QueryError(f"{function}: the pattern {pattern!r} cannot be read: {error}") from error
    if not pattern.isascii() and FLAGS.match(pattern):
        raise QueryError(f"{function}: letters beyond ASCII under (?i) in {pattern!r} are not answered here")
    groups = len(re.findall(r"\((?!\?)", bare))
    has_optional_groups = groups > 0 and re.search(r"\)[*?{]|\|", bare) is not None
    return Regex(pattern, groups, has_optional_groups, may_be_empty)


def _without_classes(pattern: str, function: str) -> str:
    """The pattern with each class such as [a-z] as one letter; a class in a class has two meanings and is refused."""
    classes = r"\\.|\[\^?\]?((?:\\.|[^\]\\])*)\]"
    for found in re.finditer(classes, pattern, re.DOTALL):
        if found[1] is not None and re.search(r"(?<!\\)\[|&&|\\[pPhHvVRQE]", found[1]):
            raise QueryError(f"{function}: the class {found[0]} in the pattern {pattern!r} is not answered here")
        if found[1] is not None and found[0].startswith(("[]", "[^]")):
            raise QueryError(f"{function}: write \\] for a bracket in the class {found[0]} of {pattern!r}")
    return re.sub(classes, lambda found: "x" if found[1] is not None else found[0], pattern, flags=re.DOTALL)


def regex_replacement(text: str, groups: int, function: str) -> str:
    """Athena's replacement, in which $1 is a group, as DuckDB and PostgreSQL have it, in which \\1 is."""
    written = ""
    for escaped, group, other in re.findall(r"\\(.)|\$(\d)|(.)", text, re.DOTALL):
        if group and int(group) > groups:
            raise QueryError(f"{function}: the pattern has no group {group}")
        if other == "$" or other == "\\":
            raise QueryError(f"{function}: {other} in the replacement {text!r} is neither a group nor escaped")
        letter = escaped or other
        written += f"\\{group}" if group else "\\\\" if letter == "\\" else letter
    return written
