"""Runs over the sample and over a few files: accounts, withdrawal, what is written of people who did not agree."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands import command
from covid_lake.datasets import registry
from covid_lake.datasets.queries import named_queries, named_query
from covid_lake.engines.protocol import Engine
from covid_lake.errors import SettingsError
from covid_lake.provenance.trace import trace
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.manifest import SampleManifest
from covid_lake_samples.stedi import generate_sample
from lake_runs import differing_tables, land_files, no_engine, report_of, run_lake
from stedi_frames import KEY, Row
from stedi_secrets import secrets_of, texts_of

WITHDRAWN = 2
SCALE = 0.3
VARIABLE = "COVID_LAKE_PSEUDONYM_KEY"


@pytest.fixture(scope="module", autouse=True)
def pseudonym_key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY.decode())
        yield


def run_stedi(engine: Engine | None, storage: LocalStorage, minutes: int = 0, **options: Any) -> RunReport:
    start_engine = (lambda: engine) if engine else no_engine
    return run_lake(start_engine, storage, flow=registry.flow("stedi"), after_minutes=minutes, **options)


@dataclass(frozen=True)
class State:
    """A lake after a run, and the sample that it was built from."""

    storage: LocalStorage
    sample: Path
    manifest: SampleManifest
    report: RunReport

    @property
    def lake(self) -> Lake:
        return Lake(self.storage.root)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.lake.sql(sql).arrow.to_pylist()]


@pytest.fixture(scope="module")
def first(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> State:
    """The lake of the first delivery."""
    folder = tmp_path_factory.mktemp("stedi_run")
    manifest = generate_sample(folder / "sample", scale=SCALE)
    storage = LocalStorage(folder / "lake")
    landed = land_files(storage, folder / "sample", dataset="stedi")
    return State(storage, folder / "sample", manifest, run_stedi(engine, storage, landed=landed))


@pytest.fixture(scope="module")
def second(engine: Engine, first: State, tmp_path_factory: pytest.TempPathFactory) -> State:
    """A copy of that lake after a later delivery, in which some customers have no consent any more."""
    folder = tmp_path_factory.mktemp("stedi_withdrawal")
    manifest = generate_sample(folder / "sample", scale=SCALE, withdrawn=WITHDRAWN)
    shutil.copytree(first.storage.directory, folder / "lake")
    storage = LocalStorage(folder / "lake")
    landed = land_files(storage, folder / "sample", dataset="stedi")
    assert len(landed.copied) == 1
    return State(storage, folder / "sample", manifest, run_stedi(engine, storage, 10, landed=landed))


@pytest.fixture(params=["first", "second"])
def state(request: pytest.FixtureRequest) -> State:
    found: State = request.getfixturevalue(request.param)
    return found


def records(sample: Path, table: str) -> list[dict[str, Any]]:
    files = sorted((sample / table / "landing").glob("*.json"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


# --- accounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["customer", "accelerometer", "step_trainer"])
def test_every_record_has_the_outcome_that_it_was_made_for(state: State, table: str) -> None:
    assert (state.report.succeeded, state.report.reconciled) == (True, True), state.report.faults
    expected, found = state.manifest.tables[table], report_of(state.report, f"trusted.{table}")
    assert (found.records_read, found.written) == (expected.records, expected.trusted)
    assert (found.superseded, found.rejected, found.withheld) == (
        expected.superseded,
        expected.rejected,
        expected.withheld,
    )
    assert found.withheld_by_reason == expected.withheld_by_rule
    assert found.rejected_by_reason == expected.rejected_by_rule


def test_warnings_are_counted_over_what_may_leave_the_landing_zone(state: State) -> None:
    planted = state.manifest.tables["customer"].planted
    names = ("birth_day_before_1900", "birth_day_unreadable", "serial_number_shared")
    assert report_of(state.report, "trusted.customer").warnings == {name: planted[name] for name in names}


def test_curated_tables_have_the_rows_that_the_generator_counted(state: State) -> None:
    expected = state.manifest.settings["expected"]
    for table in ("customer", "machine_learning", "machine_learning_strict"):
        assert state.rows(f"SELECT count(*) FROM stedi_curated.{table}") == [(expected[table],)]
    for flag in ("is_device_owner_known", "is_same_customer", "is_after_consent"):
        sql = f"SELECT count(*) FROM stedi_curated.machine_learning WHERE {flag}"
        assert state.rows(sql) == [(expected[flag],)]


def test_customers_who_share_a_serial_number_multiply_no_reading(first: State) -> None:
    shared = "SELECT count(*) FROM stedi_curated.customer WHERE is_serial_number_shared"
    ((customers,),) = first.rows(shared)
    assert customers == first.manifest.tables["customer"].planted["serial_number_shared"] > 1
    of_shared = """
    SELECT count(*), count(DISTINCT serial_number || CAST(sensor_reading_time AS VARCHAR))
    FROM stedi_trusted.step_trainer
    WHERE serial_number IN (SELECT serial_number FROM stedi_curated.customer WHERE is_serial_number_shared)
    """
    ((rows, readings),) = first.rows(of_shared)
    assert rows == readings > 0
    assert first.rows("SELECT count(*) FROM stedi_curated.machine_learning WHERE NOT is_device_owner_known") != [(0,)]


def test_a_second_run_has_nothing_to_do(first: State) -> None:
    again = run_stedi(None, first.storage, 5)
    assert {table.status for table in again.tables} == {Status.UP_TO_DATE}


def test_without_a_key_nothing_is_read(first: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(SettingsError, match=f"export {VARIABLE}="):
        run_stedi(None, first.storage, 6)


def test_without_a_key_no_file_is_landed(tmp_path: Path) -> None:
    source, lake = tmp_path / "source", tmp_path / "lake"
    (source / "customer/landing").mkdir(parents=True)
    (source / "customer/landing/a.json").write_text('{"email": "ann@example.org"}\n', encoding="utf-8")
    ended = command("run", "stedi", "--from", str(source), "--lake", str(lake), changes={VARIABLE: None})
    assert ended.returncode == 2
    assert f"export {VARIABLE}=" in ended.stdout
    assert not lake.exists()


# --- people who did not agree --------------------------------------------------------------------------------------


def agreed(state: State) -> set[str]:
    return {email for (email,) in state.rows("SELECT email FROM stedi_trusted.customer")}


def test_no_file_but_landing_ones_says_anything_of_a_person_who_did_not_agree(first: State) -> None:
    emails = agreed(first)
    secrets = secrets_of(first.sample, emails)
    assert len(secrets) > 3 * (len(records(first.sample, "customer")) - len(emails)) // 2
    found, files = set(), 0
    for path, text in texts_of(first.storage.directory):
        if path.relative_to(first.storage.directory).parts[0] != "landing":
            files += 1
            found |= {(path.name, secret) for secret in secrets if secret in text}
    assert (found, files > 20) == (set(), True)
    # The search finds what is there: the landing files, and those who agreed.
    landing = "".join(text for _, text in texts_of(first.storage.directory / "landing"))
    assert all(json.dumps(secret, ensure_ascii=False)[1:-1] in landing for secret in secrets)
    trusted = "".join(text for _, text in texts_of(first.storage.directory / "trusted"))
    assert all(email in trusted for email in emails)


def test_a_withdrawal_takes_a_customer_out_of_every_table(first: State, second: State) -> None:
    gone = agreed(first) - agreed(second)
    assert len(gone) == WITHDRAWN
    secrets = set(secrets_of(second.sample, agreed(second)))
    assert secrets
    for table in registry.dataset("stedi").tables:
        for column in (one.name for one in table.columns if one.type == "text"):
            texts = {text for (text,) in second.rows(f'SELECT DISTINCT "{column}" FROM stedi_{table.id}')}
            assert not texts & secrets, (table.id, column)
    customers = "SELECT customer FROM stedi_curated.machine_learning_strict GROUP BY customer"
    assert len(set(first.rows(customers)) - set(second.rows(customers))) == WITHDRAWN


def test_the_warehouse_has_the_tables_of_the_lake_and_follows_a_withdrawal(
    engine: Engine, first: State, second: State, empty_warehouse: WarehouseConnection
) -> None:
    for state in (first, second):
        report = run_stedi(engine, state.storage, 20, warehouse=empty_warehouse)
        assert report.succeeded, report.faults
        assert differing_tables(state.storage, empty_warehouse, "stedi") == []
    gone = agreed(first) - agreed(second)
    with empty_warehouse.connect() as opened:
        found = {email for (email,) in opened.execute('SELECT "email" FROM "stedi"."customer"').fetchall()}
    assert (len(found & agreed(second)), found & gone) == (len(found), set())


# --- a few files ---------------------------------------------------------------------------------------------------

ANN = {
    "customerName": "Ann Example",
    "email": "ann@example.org",
    "serialNumber": "S-Ann",
    "birthDay": "0967-01-01",
    "registrationDate": 1_000,
    "lastUpdateDate": 1_000,
    "shareWithResearchAsOfDate": 1_000,
}
BOB = {**ANN, "customerName": "Bob Example", "email": "bob@example.org", "serialNumber": "S-Bob"}
READING = {"user": "ann@example.org", "timestamp": 2_000, "x": 0.0, "y": 1.0, "z": -1.0}
DEVICE = {"sensorReadingTime": 2_000, "serialNumber": "S-Ann", "distanceFromObject": 250}


def run_files(engine: Engine, root: Path, files: Mapping[str, Sequence[Row]]) -> tuple[LocalStorage, RunReport]:
    """Run what the files hold, a record a line."""
    for path, rows in files.items():
        file = root / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    storage = LocalStorage(root / "lake")
    landed = land_files(storage, root / "files", dataset="stedi")
    return storage, run_stedi(engine, storage, landed=landed)


def test_a_broken_record_of_a_customer_who_withdrew_is_not_quarantined(engine: Engine, tmp_path: Path) -> None:
    """The file of the broken record says nothing of the withdrawal, which is in another one."""
    storage, report = run_files(
        engine,
        tmp_path,
        {
            "customer/landing/1.json": [{**ANN, "lastUpdateDate": "soon"}, ANN, {**BOB, "lastUpdateDate": "soon"}, BOB]
            + [{**BOB, "email": f"{i}@example.org"} for i in range(20)],
            "customer/landing/2.json": [
                {"email": ANN["email"], "lastUpdateDate": 3_000, "shareWithPublicAsOfDate": 3_000}
            ],
        },
    )
    customers = report_of(report, "trusted.customer")
    assert (customers.written, customers.rejected, customers.withheld) == (21, 1, 3), report.faults
    for path, text in texts_of(storage.directory / "quarantine"):
        assert "ann" not in text.lower(), path
        assert "Bob Example" in text or path.suffix != ".parquet"


def test_zero_and_minus_zero_are_one_reading(engine: Engine, tmp_path: Path) -> None:
    _, report = run_files(
        engine,
        tmp_path,
        {
            "customer/landing/1.json": [ANN],
            "accelerometer/landing/1.json": [READING, {**READING, "x": -0.0}],
            "step_trainer/landing/1.json": [DEVICE],
        },
    )
    readings = report_of(report, "trusted.accelerometer")
    assert (readings.written, readings.superseded, report.succeeded) == (1, 1, True), report.faults


def test_where_nobody_agrees_every_table_is_empty(engine: Engine, tmp_path: Path) -> None:
    nobody = {name: value for name, value in ANN.items() if name != "shareWithResearchAsOfDate"}
    _, report = run_files(
        engine,
        tmp_path,
        {
            "customer/landing/1.json": [nobody],
            "accelerometer/landing/1.json": [READING],
            "step_trainer/landing/1.json": [DEVICE],
        },
    )
    assert report.succeeded, report.faults
    assert [table.rows for table in report.tables] == [0] * 6
    assert sum(table.withheld for table in report.tables) == 3


# --- questions and traces ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", named_queries("stedi"), ids=lambda query: query.name)
def test_each_named_query_has_an_answer(first: State, query: Any) -> None:
    assert len(first.lake.sql(query.sql)) > 0


def test_the_funnel_counts_each_table(first: State) -> None:
    funnel = named_query("stedi", "consent_funnel")
    found = {(zone, table): (rows, before) for _, zone, table, rows, before in first.rows(funnel.sql)}
    tables, expected = first.manifest.tables, first.manifest.settings["expected"]
    assert found[("landing", "accelerometer")] == (tables["accelerometer"].records, None)
    assert found[("trusted", "accelerometer")] == (
        tables["accelerometer"].trusted,
        tables["accelerometer"].planted["trusted_readings_before_consent"],
    )
    assert found[("trusted", "step_trainer")][0] == tables["step_trainer"].trusted
    assert found[("curated", "machine_learning")][0] == expected["machine_learning"]
    assert found[("curated", "machine_learning_strict")] == (expected["machine_learning_strict"], 0)


def test_both_sides_of_the_split_are_all_rows_and_share_no_customer(first: State) -> None:
    query = named_query("stedi", "training_set")
    sides = first.lake.sql(query.sql).arrow.to_pylist()
    assert [side["side"] for side in sides] == ["train", "test"]
    assert sum(side["row_count"] for side in sides) == first.manifest.settings["expected"]["machine_learning_strict"]
    ((customers,),) = first.rows("SELECT count(DISTINCT customer) FROM stedi_curated.machine_learning_strict")
    assert sum(side["customers"] for side in sides) == customers


def test_a_training_row_is_traced_to_the_readings_of_its_time(first: State) -> None:
    name = "stedi_curated.machine_learning_strict"
    row = first.lake.sql(f"SELECT * FROM {name} ORDER BY customer, sensor_reading_time LIMIT 1").arrow.to_pylist()[0]
    key = registry.find_table(name).contract.key
    traced = trace(first.lake, name, {column: str(row[column]) for column in key})
    (pair,) = traced.behind
    assert [one["phone_owner"] for one in pair.rows.to_pylist()] == [row["customer"]]
    behind = {one.table.contract.name: one for one in pair.behind}
    assert {one["distance_from_object"] for one in behind["step_trainer"].rows.to_pylist()} == {
        row["distance_from_object"]
    }
    assert (row["x"], row["y"], row["z"]) in {
        (one["x"], one["y"], one["z"]) for one in behind["accelerometer"].rows.to_pylist()
    }
