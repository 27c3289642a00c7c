"""What a sample holds, counted while it was written: the figures that a pipeline has to find again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from covid_lake.errors import SettingsError

MANIFEST_NAME = "sample_manifest.json"
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file of a sample; `is_twin` marks the JSON form of a table that its CSV files hold already."""

    table: str
    records: int
    bytes: int
    is_twin: bool = False


@dataclass(frozen=True, slots=True)
class TruncatedFile:
    """A file that was cut short on purpose; `records` is how many stood in it before the cut, headers aside.

    `complete_records` of them are whole in what is left; -1 for a gzip, of which a reader may salvage some or none.
    """

    table: str
    records: int
    complete_records: int


@dataclass(frozen=True, slots=True)
class SampleTable:
    """A landing table's files and records, and what becomes of the records; truncated files are not in it.

    `records` = `trusted` + `superseded` + `rejected` + `withheld`. A record that breaks two rules counts once in
    `rejected` and under both in `rejected_by_rule`; `withheld` likewise. `planted` counts each oddity, most of them in
    records that are trusted.
    """

    files: int
    records: int
    trusted: int
    superseded: int
    rejected: int
    rejected_by_rule: Mapping[str, int]
    planted: Mapping[str, int]
    withheld: int = 0
    withheld_by_rule: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleManifest:
    """A sample's settings, files and expected figures."""

    dataset: str
    """The dataset that the sample is of."""
    seed: int
    """The seed that it was made with."""
    scale: float
    """What the number of records was multiplied by."""
    settings: Mapping[str, Any]
    """What else its generator was asked for, and what it made of that."""
    files: Mapping[str, SampleFile]
    """Its files by path, without the truncated ones."""
    tables: Mapping[str, SampleTable]
    """What becomes of the records of each landing table."""
    truncated_files: Mapping[str, TruncatedFile]
    """The files that were cut short on purpose, by path."""

    @property
    def records(self) -> int:
        """Records over all tables, each counted once."""
        return sum(table.records for table in self.tables.values())

    @property
    def summary(self) -> str:
        """The sample in a sentence."""
        rejected = sum(table.rejected for table in self.tables.values())
        withheld = sum(table.withheld for table in self.tables.values())
        both = f"{withheld:,} to be withheld and {rejected}" if withheld else f"{rejected}"
        return f"{self.records:,} records in {len(self.files)} files; {both} of them are made to be rejected"

    def to_json(self) -> str:
        """The text of `sample_manifest.json`."""
        return json.dumps({"format": _FORMAT, "is_complete": True, **asdict(self)}, indent=2) + "\n"

    @classmethod
    def read(cls, out: Path) -> SampleManifest:
        """The manifest of the sample in `out`; `SettingsError` where there is none or its writing was cut off."""
        path = out / MANIFEST_NAME
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SettingsError(f"{out} holds no sample: {MANIFEST_NAME} is missing") from None
        except ValueError as error:
            raise SettingsError(f"{path} is not readable: {error}") from None
        if not isinstance(body, dict) or body.get("format") != _FORMAT:
            raise SettingsError(f"{path} is no manifest of a sample in format {_FORMAT}")
        if not body.get("is_complete"):
            raise SettingsError(f"the sample in {out} was not written to its end; generate it again")
        return cls(
            dataset=body["dataset"],
            seed=body["seed"],
            scale=body["scale"],
            settings=body["settings"],
            files={path: SampleFile(**entry) for path, entry in body["files"].items()},
            tables={name: SampleTable(**entry) for name, entry in body["tables"].items()},
            truncated_files={path: TruncatedFile(**entry) for path, entry in body["truncated_files"].items()},
        )


def opening_manifest(paths: Iterable[str]) -> str:
    """What stands in the manifest's place while the sample is written, so that a broken one can be written over."""
    return json.dumps({"format": _FORMAT, "is_complete": False, "files": dict.fromkeys(paths)}) + "\n"


@dataclass(slots=True)
class Tally:
    """The counters of one landing table while its files are written."""

    table: str
    files: int = 0
    records: int = 0
    superseded: int = 0
    rejected: int = 0
    rejected_by_rule: Counter[str] = field(default_factory=Counter)
    withheld: int = 0
    withheld_by_rule: Counter[str] = field(default_factory=Counter)
    planted: Counter[str] = field(default_factory=Counter)

    def reject(self, *rules: str) -> None:
        """One record that breaks these rules."""
        self.rejected += 1
        self.rejected_by_rule.update(rules)

    def withhold(self, *rules: str) -> None:
        """One record that may not leave the landing zone by these rules."""
        self.withheld += 1
        self.withheld_by_rule.update(rules)

    def supersede(self, oddity: str) -> None:
        """One record that another of the same grain replaces."""
        self.superseded += 1
        self.planted[oddity] += 1

    def result(self) -> SampleTable:
        """The counts so far; an oddity that never occurred is not listed."""
        return SampleTable(
            files=self.files,
            records=self.records,
            trusted=self.records - self.superseded - self.rejected - self.withheld,
            superseded=self.superseded,
            rejected=self.rejected,
            rejected_by_rule=dict(sorted((+self.rejected_by_rule).items())),
            planted=dict(sorted((+self.planted).items())),
            withheld=self.withheld,
            withheld_by_rule=dict(sorted((+self.withheld_by_rule).items())),
        )
