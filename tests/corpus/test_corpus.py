"""Every kind of bad input ends where it has to: its records in one place each, or its file refused by name."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.kinds import KINDS, TABLES, Kind, PassedOver, Read, Refused
from corpus.show import show
from corpus.trial import LANDING, Trial, describe, is_as_expected, printable, table_of
from covid_lake.cli.terminal import Terminal
from covid_lake.contracts import Zone
from covid_lake.engines.protocol import Engine
from covid_lake.errors import LakeError
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import Status, TableReport
from covid_lake.store.storage import LocalStorage
from lake_runs import Recorder, report_of, run_lake


@pytest.fixture(scope="module")
def trial(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial.run(lambda: engine, tmp_path_factory.mktemp("corpus"))


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_kind_ends_as_expected(kind: Kind, trial: Trial) -> None:
    found = trial.outcome(kind)
    assert is_as_expected(kind, found), f"{found}: {describe(found)}"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_landing_refuses_what_a_run_refuses_and_keeps_it(kind: Kind, trial: Trial) -> None:
    reasons = trial.landing_reasons(kind)
    if not isinstance(kind.outcome, Refused):
        assert reasons == {}
        landed = set(trial.landed.copied) & set(kind.paths)
        assert landed == (set() if isinstance(kind.outcome, PassedOver) else set(kind.paths))
        return
    assert set(reasons) == set(kind.paths)
    assert all(reason.startswith(kind.outcome.reason) for reason in reasons.values())
    in_landing = trial.landed_in.directory / LANDING
    kept = trial.landed_in.directory / "quarantine/covid19/_files/landing"
    for path, content in kind.files.items():
        assert not (in_landing / path).exists()
        if "cannot read" not in kind.outcome.reason and "changed" not in kind.outcome.reason:
            assert (kept / printable(path)).read_bytes() == content


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_landing_view_shows_the_kind_or_says_why_not(kind: Kind, tmp_path: Path) -> None:
    kind.lay_down(tmp_path / LANDING)
    try:
        Lake(tmp_path).sql(f"SELECT count(*) FROM covid19_landing.{table_of(kind)}")
    except LakeError:
        # Of byte order marks DuckDB takes only the one at the beginning.
        assert not isinstance(kind.outcome, Read) or kind.name == "JSON with byte order marks"


class _Meddler(Recorder):
    """Does something to a file of the landing zone when its table's step begins: it was inspected by then."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        super().__init__()
        self._meddle = meddle

    def started(self, table: str) -> None:
        self._meddle()


def test_a_file_that_changes_after_it_was_inspected_fails_its_table_once(engine: Engine, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    states = f"{LANDING}/static-datasets/csv/state-abv/states.csv"
    lake.write(states, b"State,Abbreviation\nTexas,TX\n")
    request = Request(only=("state_abv",), zones=frozenset({Zone.TRUSTED}))

    def state_abv(meddle: Callable[[], object], minute: int) -> TableReport:
        report = run_lake(lambda: engine, lake, request, listener=_Meddler(meddle), after_minutes=minute)
        return report_of(report, "trusted.state_abv")

    grown = state_abv(lambda: lake.write(states, b"State,Abbreviation\nTexas,TX\nUtah,UT\n"), 1)
    assert (grown.status, grown.written) == (Status.FAILED, 0)
    assert "the files hold 1 records, but 2 were read; a file may have changed meanwhile" in grown.reason
    gone = state_abv(lambda: (lake.directory / states).unlink(), 2)
    assert gone.status == Status.FAILED
    assert states in gone.reason
    lake.write(states, b"State,Abbreviation\nTexas,TX\nUtah,UT\n")
    assert state_abv(lambda: None, 3).written == 2


def test_the_accounts_of_every_table_add_up(trial: Trial) -> None:
    for name in TABLES.values():
        report = report_of(trial.report, f"trusted.{name}")
        if report.status == Status.PUBLISHED:
            rows, refused = trial.trusted[name], trial.refused.get(name, [])
            assert report.reconciled
            assert report.records_read == len(rows) + report.superseded + len(refused)
            assert report.records_read == sum(trial.records[path] for path in report.read)


def test_no_reason_speaks_of_the_engine(trial: Trial) -> None:
    refused = {refusal.path: refusal.reason for refusal in trial.landed.refused}
    words = [*trial.report.faults, *refused.values()]
    assert not [word for word in words if "Error:" in word or "Exception" in word or "org.apache" in word]


def test_outcomes_are_printed_as_they_are() -> None:
    text = io.StringIO()
    outcomes = [kind.outcome for kind in KINDS]
    assert show(Terminal(text), outcomes) == 0
    assert show(Terminal(text), [Refused("[/x] \x1b[2J"), *outcomes[1:]]) == 1
    assert "refused: [/x] \\x1b[2J" in text.getvalue()
    assert "\x1b" not in text.getvalue()
    assert f"{len(KINDS)} kinds, 1 of them not as expected" in text.getvalue()
