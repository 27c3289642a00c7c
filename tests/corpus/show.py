"""Put the corpus of bad inputs through landing and a run, and print what became of each kind."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from corpus.kinds import KINDS
from corpus.trial import Trial, describe, is_as_expected, tally
from covid_lake.runtime.session import local_session


def main() -> int:
    spark = local_session("corpus")
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial.run(lambda: spark, Path(folder))
    outcomes = [trial.outcome(kind) for kind in KINDS]
    table = Table("kind", "as expected", "outcome")
    for kind, outcome in zip(KINDS, outcomes, strict=True):
        verdict = "yes" if is_as_expected(kind, outcome) else "NO"
        table.add_row(escape(kind.name), verdict, escape(ascii_only(describe(outcome))))
    console = Console()
    console.print(table)
    failures = sum(not is_as_expected(kind, outcome) for kind, outcome in zip(KINDS, outcomes, strict=True))
    for name, number in tally(outcomes).most_common():
        console.print(f"{number:4} {name}")
    console.print(f"{len(KINDS):4} kinds, {failures} of them not as expected")
    return 1 if failures else 0


def ascii_only(text: str) -> str:
    """The text without what a terminal might obey."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


if __name__ == "__main__":
    sys.exit(main())
