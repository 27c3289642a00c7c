"""The output of commands: text in the output's encoding, and tables from `reading.grid`."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import IO, TYPE_CHECKING, Any, NoReturn, TextIO

from covid_lake.errors import OutputClosed, OutputError
from covid_lake.reading.grid import PLAIN_SIGNS, Grid, Line, Page, Part, encodable, grid_lines, json_escape, styled

if TYPE_CHECKING:
    from rich.console import Console

ESCAPING = "covid_lake.escaping"


class Terminal:
    """The standard output, the standard error, or a file.

    Raises `OutputClosed` if its reader is gone, and `OutputError` if it can't be written for another reason.
    """

    def __init__(self, file: IO[str] | None = None, *, stderr: bool = False) -> None:
        self.console = _console_class()(
            file=file, stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True
        )

    @property
    def is_terminal(self) -> bool:
        return self.console.is_terminal

    @property
    def page(self) -> Page:
        return Page(self.console.width if self.is_terminal else None, self.console.encoding)

    def show(self, *parts: Part) -> None:
        """Print one line, or several if a part has line feeds."""
        self.show_lines([parts])

    def show_grid(self, grid: Grid) -> None:
        self.show_lines(grid_lines(grid, self.page))

    def show_lines(self, lines: Iterable[Line]) -> None:
        from rich.text import Text

        page = self.page
        texts = (Text.assemble(*((page.text(text), style) for text, style in map(styled, line))) for line in lines)
        with _reporting():
            self.console.print(Text("\n").join(texts))

    def write(self, text: str) -> None:
        """Print text for a program. Only characters that the encoding lacks are changed, to `\\uXXXX`."""
        with _reporting():
            self.console.file.write(encodable(text, self.console.encoding))
            self.console.file.flush()


@cache
def _console_class() -> type[Console]:
    """rich's console; imported when something is printed, which `--help` does without rich."""
    from rich.console import Console

    class PipeConsole(Console):
        def on_broken_pipe(self) -> NoReturn:
            raise OutputClosed("nobody reads the output any more")

    return PipeConsole


def prepare_streams() -> None:
    """Make the standard streams escape characters that their encoding lacks, whoever prints them."""
    codecs.register_error(ESCAPING, _escape_unencodable)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPING)


def flush() -> None:
    """Write what the standard output has buffered; `OutputClosed` or `OutputError` if that fails."""
    with _reporting():
        sys.stdout.flush()


def give_up(stream: TextIO) -> None:
    """Drop what the stream has buffered: the interpreter would try to write it when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextmanager
def _reporting() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise OutputClosed("nobody reads the output any more") from None
    except OSError as error:
        raise OutputError(f"the output cannot be written: {error.strerror or error}") from error


def _escape_unencodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking: Any = error.object[error.start : error.end]
    return "".join(PLAIN_SIGNS.get(sign) or json_escape(sign) for sign in lacking), error.end
