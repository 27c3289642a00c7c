"""The corpus of bad inputs put through landing and through a run, and what became of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from corpus.kinds import KINDS, SOUTH, TABLES, Kind, Outcome, PassedOver, Read, Refused, TableFails, ballast
from covid_lake import paths
from covid_lake.contracts import Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.engines.protocol import Engine
from covid_lake.landing.arrivals import LandingResult, land
from covid_lake.landing.inventory import read_inventory
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport, Status, TableReport
from covid_lake.store.storage import LocalStorage
from lake_runs import report_of, run_lake

LANDING = paths.landing("covid19")


class RestlessStorage(LocalStorage):
    """A place where some files go away, or grow, between being listed and being read."""

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        file = self.directory / path
        if path.endswith("vanishes.csv"):
            file.unlink(missing_ok=True)
        if path.endswith("grows.csv"):
            file.write_text(f"{file.read_text()}{SOUTH}\n")
        with super().open(path) as stream:
            yield stream


@dataclass(frozen=True)
class Trial:
    """What became of the corpus: landed from a source, and run as it lay in a landing zone."""

    landed: LandingResult
    landed_in: LocalStorage
    storage: LocalStorage
    report: RunReport
    trusted: Mapping[str, list[dict[str, Any]]]
    refused: Mapping[str, list[dict[str, Any]]]
    records: Mapping[str, int]

    @classmethod
    def run(cls, start_engine: Callable[[], Engine], folder: Path) -> Trial:
        """Lay every kind down in a source, from which it is landed, and in the landing zone of a lake that runs."""
        source, storage = RestlessStorage(folder / "source"), RestlessStorage(folder / "lake")
        for place in (source.directory, storage.directory / LANDING):
            for kind in KINDS:
                kind.lay_down(place)
            for path, content in ballast().items():
                (place / path).write_bytes(content)
        landed_in = LocalStorage(folder / "landed")
        landed = land(COVID19, [source], landed_in, "landing")
        request = Request(only=tuple(TABLES.values()), zones=frozenset({Zone.TRUSTED}))
        report = run_lake(start_engine, storage, request)
        lake = Lake(storage.root)
        published = [
            table for table in TABLES.values() if report_of(report, f"trusted.{table}").status == Status.PUBLISHED
        ]
        return cls(
            landed,
            landed_in,
            storage,
            report,
            {table: lake.arrow(f"covid19_trusted.{table}").to_pylist() for table in published},
            {
                table: lake.arrow(f"covid19_quarantine.{table}").to_pylist()
                for table in published
                if report_of(report, f"trusted.{table}").rejected
            },
            {path: file.inspection.records for path, file in read_inventory(storage, "covid19").items()},
        )

    def table_report(self, kind: Kind) -> TableReport:
        return report_of(self.report, f"trusted.{table_of(kind)}")

    def reasons(self, kind: Kind) -> dict[str, str]:
        """Why files of the kind were refused in the run."""
        refused = self.table_report(kind).refused_files
        return {path: refused[name] for path in kind.paths if (name := printable(path)) in refused}

    def landing_reasons(self, kind: Kind) -> dict[str, str]:
        """Why files of the kind were refused by landing."""
        refused = {refusal.path: refusal.reason for refusal in self.landed.refused}
        return {path: refused[name] for path in kind.paths if (name := printable(path)) in refused}

    def outcome(self, kind: Kind) -> Outcome:
        """What the run made of the kind, put as its expected outcome is put."""
        report = self.table_report(kind)
        if reasons := self.reasons(kind):
            assert set(reasons) == set(kind.paths), f"only some files of {kind.name!r} are refused"
            return Refused(next(iter(reasons.values())))
        if not set(kind.paths) & self.records.keys():
            return PassedOver()
        if report.status == Status.FAILED:
            return TableFails(report.reason)
        rows = [row for row in self.trusted[table_of(kind)] if row["source_file"] in kind.paths]
        rejects = [row for row in self.refused.get(table_of(kind), ()) if row["source_file"] in kind.paths]
        drift = kind.outcome.drift if isinstance(kind.outcome, Read) else ()
        shown = kind.outcome.shows if isinstance(kind.outcome, Read) else None
        return Read(
            len(rows),
            sum(self.records[path] for path in kind.paths) - len(rows) - len(rejects),
            len(rejects),
            frozenset(reason.split(":", 1)[0] for row in rejects for reason in row["reasons"]),
            tuple(name for name in drift if name in report.unknown_columns),
            (shown[0], sorted_values(row[shown[0]] for row in rows)) if shown else None,
        )


def table_of(kind: Kind) -> str:
    return next(table for folder, table in TABLES.items() if kind.paths[0].startswith(f"{folder}/"))


def printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()


def sorted_values(values: Iterator[Any]) -> tuple[Any, ...]:
    return tuple(sorted(values, key=lambda value: (value is not None, value)))


def is_as_expected(kind: Kind, found: Outcome) -> bool:
    """Whether the outcome is the kind's own; of a reason, the words that matter have to be there."""
    match kind.outcome, found:
        case Refused(expected), Refused(reason):
            return reason.startswith(expected)
        case TableFails(expected), TableFails(reason):
            return expected in reason
        case Read() as expected, Read():
            shows = expected.shows and (expected.shows[0], sorted_values(iter(expected.shows[1])))
            return replace(expected, shows=shows) == found
    return kind.outcome == found


def describe(outcome: Outcome) -> str:
    match outcome:
        case Refused(reason):
            return f"refused: {reason}"
        case TableFails(reason):
            return f"not published: {reason}"
        case PassedOver():
            return "no file of any table"
    parts = [f"{outcome.trusted} trusted"]
    parts += [f"{outcome.superseded} superseded"] if outcome.superseded else []
    parts += [f"{outcome.rejected} rejected ({', '.join(sorted(outcome.rules))})"] if outcome.rejected else []
    parts += [f"drift reported ({', '.join(outcome.drift)})"] if outcome.drift else []
    return ", ".join(parts)


def tally(outcomes: list[Outcome]) -> Counter[str]:
    """Kinds by the sort of their outcome."""
    names = {Refused: "refused by name", TableFails: "table not published", PassedOver: "no file of any table"}
    return Counter(
        names.get(type(one), "read, some rejected" if isinstance(one, Read) and one.rejected else "read")
        for one in outcomes
    )
