"""Put the corpus of bad inputs through landing and a run, and print what became of each kind."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from corpus import formats
from corpus.formats import Row, read_everywhere
from corpus.kinds import KINDS
from corpus.trial import Outcome, Trial, describe, is_as_expected, tally
from covid_lake.cli.terminal import Terminal
from covid_lake.reading.grid import Column, Grid
from covid_lake.runtime.engine_choice import chosen_engine, start_engine


def main() -> int:
    engine = start_engine(chosen_engine())
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial.run(lambda: engine, Path(folder))
        outcomes = [trial.outcome(kind) for kind in KINDS]
        seen = [
            read_everywhere(engine, Path(folder) / f"format-{number}", kind).outcome
            for number, kind in enumerate(formats.KINDS)
        ]
    return max(show(Terminal(), outcomes), show_formats(Terminal(), seen))


def show(terminal: Terminal, outcomes: Sequence[Outcome]) -> int:
    """Print the outcome of each kind and a tally; 1 where a kind did not end as expected."""
    as_expected = [is_as_expected(kind, outcome) for kind, outcome in zip(KINDS, outcomes, strict=True)]
    rows = [
        (kind.name, "yes" if is_fine else "NO", describe(outcome))
        for kind, outcome, is_fine in zip(KINDS, outcomes, as_expected, strict=True)
    ]
    columns = (Column("kind", prose=True), Column("as expected"), Column("outcome", prose=True))
    terminal.show_grid(Grid(columns, rows))
    for name, number in tally(outcomes).most_common():
        terminal.show(f"{number:4} {name}")
    terminal.show(f"{len(KINDS):4} kinds, {as_expected.count(False)} of them not as expected")
    return 0 if all(as_expected) else 1


def show_formats(terminal: Terminal, outcomes: Sequence[tuple[Row, ...] | str]) -> int:
    """Print what every reader made of the files in other formats; 1 where one did not end as expected."""
    kinds = list(zip(formats.KINDS, outcomes, strict=True))
    as_expected = [formats.is_as_expected(kind, outcome) for kind, outcome in kinds]
    rows = [
        (kind.name, "yes" if is_fine else "NO", _describe(outcome))
        for (kind, outcome), is_fine in zip(kinds, as_expected, strict=True)
    ]
    columns = (Column("format and kind", prose=True), Column("as expected"), Column("outcome", prose=True))
    terminal.show_grid(Grid(columns, rows))
    terminal.show(f"{len(kinds):4} kinds of other formats, {as_expected.count(False)} of them not as expected")
    return 0 if all(as_expected) else 1


def _describe(outcome: tuple[Row, ...] | str) -> str:
    return f"refused: {outcome}" if isinstance(outcome, str) else f"{len(outcome)} records, read alike by all"


if __name__ == "__main__":
    sys.exit(main())
