"""Tables as lines of text, for a terminal or for a string. No value is cut.

A line consists of parts: a text, or a text and its style. A part is never read as markup, and its control characters
are escaped, so that the content of a landing file can't manipulate the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# A text, or a text and how it looks, such as ("failed", "bold red").
Part = str | tuple[str, str]
Line = tuple[Part, ...]

NULL: Part = ("–", "dim")
# All but the line feed: a carriage return overwrites the line, an escape starts a command to the terminal.
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff]")
SHORT_ESCAPES = {"\t": "\\t", "\r": "\\r"}
# Replacements for this library's own signs if the output's encoding lacks them.
PLAIN_SIGNS = {"✓": "+", "✗": "x", "…": "...", "×": "x", "–": "-", "±": "+-"}
WORD = re.compile(r"\s*\S+\s*|\s+")
PROSE_WIDTH = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a grid."""

    name: str
    right: bool = False
    """Whether values are aligned to the right, as numbers are."""
    prose: bool = False
    """Whether values are sentences, which may be broken at blanks if the terminal is narrow."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: shown as a grid if it fits, and otherwise as a block of lines for each row."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Part | None]]
    """The cells of each row; None is NULL and shown as a dash."""
    title: str = ""
    headed: bool = True
    """Whether the columns' names are shown above the rows."""


@dataclass(frozen=True, slots=True)
class Page:
    """The properties of the output."""

    width: int | None = None
    """Characters in a line; None if there is no terminal, so that lines may have any length."""
    encoding: str = "utf-8"

    @property
    def is_unicode(self) -> bool:
        return self.encoding.lower().startswith("utf")

    def text(self, text: str) -> str:
        """The text as it can be shown: control characters as escapes, and nothing that the encoding lacks."""
        return encodable(CONTROLS.sub(_escape_of_control, text), self.encoding, PLAIN_SIGNS)

    def narrower(self, by: int) -> Page:
        """The page that an indentation leaves."""
        return self if self.width is None else Page(max(1, self.width - by), self.encoding)


def grid_lines(grid: Grid, page: Page) -> list[Line]:
    """The table as lines of at most the page's width, unless a single name or number is longer than that."""
    names = [page.text(column.name).replace("\n", "\\n") for column in grid.columns]
    rows = [[_cell(value, page) for value in row] for row in grid.rows]
    widths = [
        max([_width(names[at]) if grid.headed else 0, *(_width(text) for row in rows for text in row[at][0])])
        for at in range(len(names))
    ]
    title: list[Line] = [((grid.title, "italic"),)] if grid.title else []
    if page.width is not None:
        excess = sum(widths) + 3 * len(widths) + 1 - page.width
        for at, column in enumerate(grid.columns):
            if column.prose and excess > 0:
                narrowed = max(min(widths[at], PROSE_WIDTH), widths[at] - excess)
                excess -= widths[at] - narrowed
                widths[at] = narrowed
        if excess > 0 and grid.columns:
            return title + _blocks(names, rows, page)
    for at, column in enumerate(grid.columns):
        if column.prose:
            for row in rows:
                row[at] = (_wrapped(row[at][0], widths[at]), row[at][1])
    return title + _grid(grid, names, rows, widths, page)


def _width(text: str) -> int:
    """The number of terminal columns that the text takes."""
    from rich.cells import cell_len

    return cell_len(text)


Cell = tuple[list[str], str]


def _grid(grid: Grid, names: list[str], rows: list[list[Cell]], widths: list[int], page: Page) -> list[Line]:
    from rich import box

    frame = box.HEAVY_HEAD if page.is_unicode else box.ASCII
    if not grid.headed:
        frame = box.SQUARE if page.is_unicode else box.ASCII
    padded = [width + 2 for width in widths]
    lines: list[Line] = [(frame.get_top(padded),)]
    if grid.headed:
        edges = (frame.head_left, frame.head_vertical, frame.head_right)
        lines += _row([([name], "bold") for name in names], grid, widths, edges)
        lines.append((frame.get_row(padded, "head"),))
    edges = (frame.mid_left, frame.mid_vertical, frame.mid_right)
    for row in rows:
        lines += _row(row, grid, widths, edges)
    return [*lines, (frame.get_bottom(padded),)]


def _row(cells: list[Cell], grid: Grid, widths: list[int], edges: tuple[str, str, str]) -> list[Line]:
    left, between, right = edges
    lines: list[Line] = []
    for number in range(max((len(texts) for texts, _ in cells), default=1)):
        parts: list[Part] = [f"{left} "]
        for at, (texts, style) in enumerate(cells):
            text = texts[number] if number < len(texts) else ""
            room = " " * (widths[at] - _width(text))
            before, after = (room, "") if grid.columns[at].right else ("", room)
            parts += [before, (text, style), f"{after} {between if at + 1 < len(cells) else right} "]
        parts[-1] = styled(parts[-1])[0].rstrip()
        lines.append(tuple(parts))
    return lines


def _blocks(names: list[str], rows: list[list[Cell]], page: Page) -> list[Line]:
    """Each row as a block with a line for each column, as in psql's expanded display."""
    rule, bar = ("─", "│") if page.is_unicode else ("-", "|")
    width = max(map(_width, names))
    room = (page.width or 0) - width - 3
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        heading = f"{rule}[ {number} ]"
        lines.append(((heading.ljust(page.width or 0, rule), "dim"),))
        for name, (texts, style) in zip(names, row, strict=True):
            for at, text in enumerate(_wrapped(texts, room)):
                shown = name if at == 0 else ""
                lines.append(((shown + " " * (width - _width(shown)), "bold"), f" {bar} ", (text, style)))
    return lines or [("no rows",)]


def _cell(value: Part | None, page: Page) -> Cell:
    text, style = styled(NULL if value is None else value)
    return page.text(text).split("\n"), style


def _wrapped(texts: list[str], width: int) -> list[str]:
    """The lines, broken at blanks; a word that is longer than a line is a name or a number and stays whole."""
    lines = []
    for text in texts:
        line = ""
        for word in WORD.findall(text) if _width(text) > width else (text,):
            if line and _width(f"{line}{word.rstrip()}") > width:
                lines.append(line.rstrip())
                line = ""
            line += word
        lines.append(line)
    return lines


def styled(part: Part) -> tuple[str, str]:
    return (part, "") if isinstance(part, str) else part


def _escape_of_control(found: re.Match[str]) -> str:
    sign = found[0]
    return SHORT_ESCAPES.get(sign) or (f"\\x{ord(sign):02x}" if ord(sign) < 0x100 else f"\\u{ord(sign):04x}")


def encodable(text: str, encoding: str, signs: dict[str, str] | None = None) -> str:
    """The text, with the characters that the encoding lacks replaced by a sign or by `\\uXXXX`, as in JSON."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_encodable(sign, encoding, signs or {}) for sign in text)
    return text


def _encodable(sign: str, encoding: str, signs: dict[str, str]) -> str:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return signs.get(sign) or json_escape(sign)
    return sign


def json_escape(sign: str) -> str:
    code = ord(sign)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
