"""What `make chaos` prints is plain text: names and faults as they are."""

from __future__ import annotations

import io

from chaos import print_result, print_summary
from covid_lake.cli.terminal import Terminal
from moments import LANDING
from pairs import Pair
from trials import Trial

HOSTILE = "[/x] \x1b[2J"
SHOWN = "[/x] \\x1b[2J"


def test_a_fault_is_printed_as_it_is() -> None:
    text = io.StringIO()
    print_result(Terminal(text), HOSTILE, HOSTILE, [HOSTILE])
    assert text.getvalue() == f"{SHOWN}: {SHOWN}\n" * 2


def test_the_summary_has_a_line_for_each_moment() -> None:
    text = io.StringIO()
    killed = Trial("run", LANDING, HOSTILE, was_killed=True, saw="old", faults=["a fault"])
    late = Trial("run", LANDING, HOSTILE)
    print_summary(Terminal(text), [killed, late], [Pair(HOSTILE, 1.0)])
    (line,) = [line for line in text.getvalue().splitlines() if f"{LANDING} " in line]
    assert [cell.strip() for cell in line.strip("│").split("│")] == [LANDING, SHOWN, "1", "1", "1", "0", "0", "1"]
    assert f"the other {SHOWN}: 1 times" in text.getvalue()
