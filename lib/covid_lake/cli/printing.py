"""How commands print answers, JSON and errors."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from covid_lake.cli.terminal import Terminal
from covid_lake.errors import OutputError

if TYPE_CHECKING:
    from covid_lake.reading.answers import Answer


def show_answer(answer: Answer, style: str) -> None:
    from covid_lake.reading.answers import answer_grid, format_answer

    if style == "table":
        Terminal().show_grid(answer_grid(answer))
    else:
        Terminal().write(format_answer(answer, style))


def show_json(content: Any) -> None:
    Terminal().write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def show_error(message: str) -> None:
    with suppress(OutputError):  # nobody is left to be told
        Terminal(stderr=True).show(("error:", "bold red"), f" {message}")
