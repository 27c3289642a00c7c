"""The accounts are said not to add up where they do not; a table that failed for another reason is called failed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from covid_lake.cli.display import show_summary
from covid_lake.cli.terminal import Terminal
from covid_lake.engines.protocol import Engine
from covid_lake.errors import AccountsDiffer, AuditFailed
from covid_lake.pipeline import star as star_module
from covid_lake.pipeline.run import Request
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.storage import LocalStorage
from lake_runs import report_of, run_lake

STATES = "landing/covid19/static-datasets/csv/state-abv/states_abv.csv"


def shown(report: RunReport) -> str:
    text = io.StringIO()
    show_summary(Terminal(text), report, [])
    return text.getvalue()


@pytest.mark.parametrize(
    ("error", "reconciled"),
    [(AccountsDiffer("two are missing"), False), (AuditFailed("a check"), True), (RuntimeError("no memory"), True)],
    ids=lambda value: type(value).__name__,
)
def test_only_accounts_that_differ_are_said_to(
    error: Exception, reconciled: bool, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gives_up(*_: object) -> None:
        raise error

    storage = LocalStorage(tmp_path)
    monkeypatch.setattr(star_module, "promote", gives_up)
    storage.write(STATES, b"State,Abbreviation\nTexas,TX\n")
    report = run_lake(lambda: engine, storage, Request(only=("state_abv",)))

    assert (report.succeeded, report.reconciled) == (False, reconciled)
    assert report_of(report, "trusted.state_abv").status == Status.FAILED
    assert ("the accounts do not add up" in shown(report)) is not reconciled
    assert ("1 of 1 tables failed" in shown(report)) is reconciled
    assert "every record is accounted for" not in shown(report)


def test_a_file_that_changed_meanwhile_is_an_account_that_differs(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of what was written nothing is left, refused records included: nobody is told where they would lie."""
    storage, promote = LocalStorage(tmp_path), star_module.promote
    storage.write(STATES, b"State,Abbreviation\nTexas,TX\nNowhere,\n")

    def promote_what_changed(*arguments: Any) -> Any:
        storage.write(STATES, b"State,Abbreviation\nTexas,TX\nNowhere,\nUtah,UT\n")
        return promote(*arguments)

    monkeypatch.setattr(star_module, "promote", promote_what_changed)
    report = run_lake(lambda: engine, storage, Request(only=("state_abv",)))

    assert "the files hold 2 records, but 3 were read" in report_of(report, "trusted.state_abv").reason
    assert "the accounts do not add up" in shown(report)
    assert storage.list_files("quarantine") == storage.list_files("trusted") == []


def test_refused_records_stay_where_the_message_says(engine: Engine, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write(STATES, b"State,Abbreviation\nTexas,TX\nNowhere,\n")
    report = run_lake(lambda: engine, storage, Request(only=("state_abv",)))
    said = report_of(report, "trusted.state_abv").reason
    _, _, folder = said.partition("The records lie in ")
    assert "1 of 2 records were refused" in said
    assert storage.list_files(folder)
    assert storage.list_files("trusted") == []
