"""Put the corpus of bad inputs through landing and a run, and print what became of each kind."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from corpus.kinds import KINDS
from corpus.trial import Outcome, Trial, describe, is_as_expected, tally
from covid_lake.cli.terminal import Terminal
from covid_lake.reading.grid import Column, Grid
from covid_lake.runtime.session import local_session


def main() -> int:
    spark = local_session("corpus")
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial.run(lambda: spark, Path(folder))
    outcomes = [trial.outcome(kind) for kind in KINDS]
    return show(Terminal(), outcomes)


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


if __name__ == "__main__":
    sys.exit(main())
