"""A run that lands files first lists the landing zone once: a bucket may hold many thousands of them."""

from __future__ import annotations

from pathlib import Path

from covid_lake import paths
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.landing.arrivals import land
from covid_lake.landing.inventory import read_inventory
from covid_lake.pipeline.run import Request
from covid_lake.store.reports import Status
from covid_lake.store.storage import FileInfo, LocalStorage
from lake_runs import report_of, run_lake

STATES = "static-datasets/csv/state-abv/states_abv.csv"
ABBREVIATIONS = Request(only=("state_abv",), zones=frozenset({Zone.TRUSTED}))


class _CountingStorage(LocalStorage):
    """A directory that counts how often its landing zone is listed to the end."""

    listings = 0

    def list_files(
        self, prefix: str, *, at_most: int | None = None, closed: dict[str, str] | None = None
    ) -> list[FileInfo]:
        self.listings += at_most is None and (prefix == "" or f"{prefix}/".startswith("landing/"))
        return super().list_files(prefix, at_most=at_most, closed=closed)


def test_landing_and_its_run_list_the_landing_zone_once(engine: Engine, tmp_path: Path) -> None:
    source, lake = LocalStorage(tmp_path / "source"), _CountingStorage(tmp_path / "lake")
    covid19 = registry.dataset("covid19")
    for minute, content in enumerate((b"State,Abbreviation\nTexas,TX\n", b"State,Abbreviation\nTexas,TX\nUtah,UT\n")):
        source.write(STATES, content)
        lake.listings = 0
        landed = land(covid19, [source], lake, f"r{minute}")
        assert lake.listings == 1
        report = run_lake(lambda: engine, lake, ABBREVIATIONS, landed=landed, after_minutes=minute)
        assert lake.listings == 1
        found = report_of(report, "trusted.state_abv")
        assert (found.status, found.written) == (Status.PUBLISHED, minute + 1)
        assert landed.listed == tuple(
            FileInfo(STATES, file.size, file.stamp) for file in lake.list_files(paths.landing("covid19"))
        )


def test_a_file_that_somebody_else_changed_in_the_landing_zone_is_inspected_again(
    engine: Engine, tmp_path: Path
) -> None:
    source, lake = LocalStorage(tmp_path / "source"), LocalStorage(tmp_path / "lake")
    source.write(STATES, b"State,Abbreviation\nTexas,TX\n")
    covid19 = registry.dataset("covid19")
    land(covid19, [source], lake, "r1")
    lake.write(f"{paths.landing('covid19')}/{STATES}", b"State,Abbreviation\nTexas,TX\nUtah,UT\n")
    source.write(STATES, b"State,Abbreviation\nTexas,TX\n")  # the same content, written anew
    landed = land(covid19, [source], lake, "r2")
    assert landed.unchanged == 1
    report = run_lake(lambda: engine, lake, ABBREVIATIONS, landed=landed)
    assert report_of(report, "trusted.state_abv").written == 2
    assert read_inventory(lake, "covid19")[STATES].inspection.records == 2
