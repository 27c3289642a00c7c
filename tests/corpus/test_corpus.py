"""Every kind of bad input ends where it has to: its records in one place each, or its file refused by name."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from corpus.kinds import KINDS, TABLES, Kind, PassedOver, Refused
from corpus.trial import LANDING, Trial, describe, is_as_expected, printable
from covid_lake.pipeline.report import Status
from lake_runs import report_of


@pytest.fixture(scope="module")
def trial(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial.run(lambda: spark, tmp_path_factory.mktemp("corpus"))


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
