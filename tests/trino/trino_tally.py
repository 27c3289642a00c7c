"""What Trino read in a run of the tests, counted for the summary at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Tables and views by zone, with the rows that were compared with the lake's."""

    tables: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many, by zone and kind: `table`, `view`."""
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Their rows, by zone and kind."""
    notes: list[str] = field(default_factory=list)
    """Other figures, each in a sentence."""

    def add(self, zone: str, kind: str, rows: int) -> None:
        """Count a table or a view whose rows were equal."""
        self.tables[zone, kind] += 1
        self.rows[zone, kind] += rows

    def lines(self) -> Iterator[str]:
        """The summary."""
        if self.tables:
            yield f"{'zone':<12}{'kind':<8}{'read':>6}{'rows compared':>16}"
        for zone, kind in sorted(self.tables):
            yield f"{zone:<12}{kind:<8}{self.tables[zone, kind]:>6,}{self.rows[zone, kind]:>16,}"
        if self.tables:
            yield f"{'all':<20}{self.tables.total():>6,}{self.rows.total():>16,}"
        yield from self.notes
