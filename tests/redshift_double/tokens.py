"""Statements as words, names, texts and signs: as much of a grammar as DDL and COPY need."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redshift_double.refusals import SYNTAX_ERROR, Refused

TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    |(?P<sign>::|<>|<=|>=|!=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    """`text`, `name`, `number`, `word` or `sign`."""
    written: str
    """As it stands in the statement."""
    start: int
    end: int

    @property
    def upper(self) -> str:
        return self.written.upper() if self.kind == "word" else ""

    @property
    def value(self) -> str:
        """The text of a literal, or a name; Redshift folds names to lower case, quoted ones as well (r_names)."""
        if self.kind == "text":
            return self.written[1:-1].replace("''", "'")
        if self.kind == "name":
            return self.written[1:-1].replace('""', '"').lower()
        return self.written.lower()


def tokens_of(sql: str) -> list[Token]:
    found = [Token(match.lastgroup or "", match[0], match.start(), match.end()) for match in TOKEN.finditer(sql)]
    return [token for token in found if token.kind != "space"]


class Reader:
    """Reads a statement from its first token to its last."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = tokens_of(sql)
        if self._tokens and self._tokens[-1].written == ";":
            self._tokens.pop()
        self._next = 0

    @property
    def is_done(self) -> bool:
        return self._next >= len(self._tokens)

    @property
    def position(self) -> int:
        """Where in the statement the next token starts."""
        return len(self.sql) if self.is_done else self._tokens[self._next].start

    @property
    def last_end(self) -> int:
        """Where in the statement the token ends that was read last."""
        return self._tokens[self._next - 1].end

    def peek(self, ahead: int = 0) -> Token | None:
        place = self._next + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise Refused("syntax error at end of input", SYNTAX_ERROR)
        self._next += 1
        return token

    def accept(self, *words: str) -> bool:
        """Read these words or signs if they come next."""
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token is None or (token.upper or token.written) != word or token.kind in ("text", "name"):
                return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.fault()

    def name(self) -> str:
        token = self.take()
        if token.kind not in ("name", "word"):
            raise self.fault(token)
        return token.value

    def dotted_name(self) -> str:
        """A table's name with its schema, quoted for PostgreSQL."""
        names = [self.name()]
        while self.accept("."):
            names.append(self.name())
        if len(names) > 2:
            raise Refused("cross-database reference", SYNTAX_ERROR)
        return ".".join(quoted(name) for name in names)

    def names(self) -> list[str]:
        """Names in brackets."""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def text(self) -> str:
        token = self.take()
        if token.kind != "text":
            raise self.fault(token)
        return token.value

    def number(self) -> int:
        token = self.take()
        if token.kind != "number" or not token.written.isdigit():
            raise self.fault(token)
        return int(token.written)

    def finish(self) -> None:
        """Refuse whatever is left."""
        if not self.is_done:
            raise self.fault()

    def fault(self, token: Token | None = None) -> Refused:
        token = token or self.peek()
        if token is None:
            return Refused("syntax error at end of input", SYNTAX_ERROR)
        return Refused(f'syntax error at or near "{token.written}"', SYNTAX_ERROR)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
