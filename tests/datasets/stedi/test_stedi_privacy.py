"""Nobody who did not agree is in any file that a run writes, however it ends; and whom we forget is in none."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from commands import environment
from covid_lake.datasets import registry
from covid_lake.datasets.stedi import contracts as c
from covid_lake.datasets.stedi import trusted
from covid_lake.datasets.stedi.flow import FLOW
from covid_lake.engines.protocol import Engine
from covid_lake.engines.scratch import Scratch
from covid_lake.errors import LakeError, SettingsError, StorageError
from covid_lake.flows import Flow, TableCheck
from covid_lake.pipeline.forgetting import Forgotten, forget
from covid_lake.pipeline.listeners import Silent
from covid_lake.pipeline.run import Run
from covid_lake.publish.catalog.local import LocalCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Publisher
from covid_lake.publish.warehouse import WarehousePublisher
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport, Status, TableReport
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.stedi import generate_sample
from iceberg_lakes import tables_in, texts_of_metadata
from lake_runs import Recorder, land_files, no_engine, report_of, run_lake
from stedi_frames import KEY
from stedi_secrets import customers, found_in, secrets_of, text_of

VARIABLE = "COVID_LAKE_PSEUDONYM_KEY"
KILL_SECONDS = 240


@pytest.fixture(scope="module", autouse=True)
def pseudonym_key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY.decode())
        yield


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few customers, none of whom another test's lake has ever trusted."""
    folder = tmp_path_factory.mktemp("stedi_privacy") / "sample"
    generate_sample(folder, scale=0.3, seed=7)
    return folder


@pytest.fixture
def landed(sample: Path, tmp_path: Path) -> LocalStorage:
    storage = LocalStorage(tmp_path / "lake")
    land_files(storage, sample, dataset="stedi")
    return storage


def run(engine: Engine, storage: LocalStorage, flow: Flow = FLOW, minutes: int = 0) -> RunReport:
    return run_lake(lambda: engine, storage, flow=flow, after_minutes=minutes)


def agreed_in(storage: LocalStorage) -> set[str]:
    rows = Lake(storage.root).sql("SELECT email FROM stedi_trusted.customer").arrow.to_pylist()
    return {row["email"] for row in rows}


@pytest.fixture(scope="module")
def agreed(engine: Engine, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    storage = LocalStorage(tmp_path_factory.mktemp("stedi_agreed") / "lake")
    land_files(storage, sample, dataset="stedi")
    assert run(engine, storage).succeeded
    return agreed_in(storage)


@dataclass
class Search(Recorder):
    """Looks into Spark's temporary files whenever a table is done, before Spark removes them."""

    folders: Sequence[Path] = ()
    since: float = field(default_factory=time.time)
    texts: list[str] = field(default_factory=list)

    def finished(self, report: TableReport) -> None:
        super().finished(report)
        files = (file for folder in self.folders for file in folder.rglob("*") if file.is_file())
        self.texts += [text_of(file) for file in files if file.stat().st_mtime >= self.since]


@pytest.mark.usefixtures("needs_java")
def test_what_spark_writes_on_its_way_says_nothing_of_people_who_did_not_agree(
    engine: Engine, landed: LocalStorage, sample: Path, agreed: set[str]
) -> None:
    java: Any = engine.session._jvm
    manager = java.org.apache.spark.SparkEnv.get().blockManager().diskBlockManager()
    search = Search(folders=[Path(folder) for folder in str(manager.localDirsString()[0]).split(",")])
    assert run_lake(lambda: engine, landed, flow=FLOW, listener=search).succeeded
    written = "".join(search.texts)
    secrets = secrets_of(sample, agreed)
    assert secrets
    assert {secret for secret in secrets if secret in written} == set()
    # The search finds what is there: the rows of those who agreed are moved between tasks.
    assert any(email in written for email in agreed)


def test_what_sail_puts_by_says_nothing_of_people_who_did_not_agree(
    engine: Engine, landed: LocalStorage, sample: Path, agreed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not engine.name.startswith("Sail"):
        pytest.skip("of Sail, which is not the engine of these tests")
    texts: list[str] = []
    remove = Scratch.remove

    def search_and_remove(scratch: Scratch) -> None:
        texts.extend(text_of(file) for file in scratch.folder.rglob("*") if file.is_file())
        remove(scratch)

    monkeypatch.setattr(Scratch, "remove", search_and_remove)
    assert run(engine, landed).succeeded
    written = "".join(texts)
    assert {secret for secret in secrets_of(sample, agreed) if secret in written} == set()
    # The search finds what is there: curated tables are put by, too.
    assert any(email in written for email in agreed)


NEVER_HOLDS = TableCheck("never_holds", "SELECT * FROM trusted.customer")
CAUGHT = TableCheck("consent_is_there", "SELECT * FROM trusted.customer WHERE share_with_research_as_of_date = 1")


LENIENT = replace(c.TRUSTED_CUSTOMER, max_rejected_fraction=1.0)


def careless(frames: Any) -> Any:
    """The step with a fault: whoever has no date of consent gets one."""
    consent = F.coalesce("share_with_research_as_of_date", F.lit(1))
    moment = F.coalesce("research_consent_at", F.timestamp_millis(F.lit(1)))
    records = trusted.customer(frames).withColumn("share_with_research_as_of_date", consent)
    return records.withColumn("research_consent_at", moment).withColumn("has_research_consent", F.lit(True))


def changed(**changes: Any) -> Flow:
    """The flow with another step of the trusted customers."""
    own, *others = FLOW.steps
    return Flow(FLOW.dataset, (replace(own, **changes), *others))


@pytest.mark.parametrize(
    "flow",
    [changed(checks=(NEVER_HOLDS,)), changed(target=LENIENT, build=careless, checks=(CAUGHT,))],
    ids=["a check that fails", "a fault that lets everybody through to the check"],
)
def test_a_failed_audit_says_nothing_of_people_who_did_not_agree(
    flow: Flow, engine: Engine, landed: LocalStorage, sample: Path, agreed: set[str]
) -> None:
    report = run(engine, landed, flow)
    failed = report_of(report, "trusted.customer")
    assert failed.status is Status.FAILED
    assert "does not hold, so nothing is published" in failed.reason
    assert not [secret for secret in secrets_of(sample, set()) if secret in failed.reason]
    assert found_in(landed.directory, secrets_of(sample, agreed)) == set()


def test_what_the_engine_throws_says_nothing_of_people_who_did_not_agree(
    engine: Engine, landed: LocalStorage, sample: Path
) -> None:
    """Spark quotes the value that it can't cast."""

    def build(frames: Any) -> Any:
        return trusted.customer(frames).withColumn("birth_day", F.col("email").cast("date"))

    failed = report_of(run(engine, landed, changed(build=build)), "trusted.customer")
    assert failed.status is Status.FAILED
    assert failed.reason.startswith("the engine gave up: ")
    assert found_in(landed.directory, secrets_of(sample, set())) == set()


class _FullDisk(LocalStorage):
    """A disk that is full when a snapshot is to be written."""

    def create(self, path: str, content: bytes) -> None:
        raise StorageError(f"cannot write {path}: {os.strerror(errno.ENOSPC)}")


def test_a_full_disk_leaves_nothing_of_people_who_did_not_agree(
    engine: Engine, landed: LocalStorage, sample: Path, agreed: set[str]
) -> None:
    report = run(engine, _FullDisk(landed.root))
    assert report_of(report, "trusted.customer").status is Status.FAILED
    assert found_in(landed.directory, secrets_of(sample, agreed)) == set()


def test_a_killed_run_leaves_nothing_of_people_who_did_not_agree(
    landed: LocalStorage, sample: Path, tmp_path: Path, agreed: set[str]
) -> None:
    """Killed while it reads the readings: the customers' files are there, and so are Spark's temporary ones."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    arguments = [sys.executable, "-m", "covid_lake", "run", "stedi", "--lake", landed.root]
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=environment({"TMPDIR": str(scratch), "TERM": "dumb"}),
        start_new_session=True,
    )
    assert process.stdout
    output, deadline = "", time.monotonic() + KILL_SECONDS
    while "trusted.customer" not in output and time.monotonic() < deadline:
        line = process.stdout.readline()
        assert line, output
        output += line
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    output += process.communicate()[0]
    secrets = secrets_of(sample, agreed)
    assert [secret for secret in secrets if secret in output] == []
    assert found_in(landed.directory, secrets) == set()
    assert found_in(scratch, secrets) == set()


# --- forgetting ----------------------------------------------------------------------------------------------------


def forgetting(
    engine: Engine | None, storage: LocalStorage, person: str, *publishers: Publisher, dry: bool = False
) -> Forgotten:
    run = Run(
        flow=registry.flow("stedi"),
        storage=storage,
        start_engine=(lambda: engine) if engine else no_engine,
        listener=Silent(),
        publishers=publishers,
    )
    return forget(run, person, dry_run=dry)


def serials_of(sample: Path, email: str) -> set[str]:
    """The serial numbers that this customer has and no other."""
    own = {r["serialNumber"] for r in customers(sample) if r.get("email") == email and "serialNumber" in r}
    return own - {r.get("serialNumber") for r in customers(sample) if r.get("email") != email}


def lines_about(folder: Path, values: set[str]) -> int:
    files = (file for file in folder.rglob("*.json") if file.is_file())
    lines = (line.casefold() for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return sum(any(value.casefold() in line for value in values) for line in lines)


def data_directory(warehouse: WarehouseConnection) -> Path:
    """Where the server keeps its files, with everything written there that it has in memory."""
    with warehouse.connect() as opened:
        opened.execute("CHECKPOINT")
        found = opened.execute("SHOW data_directory").fetchone()
    assert found
    return Path(found[0])


def files_with(folder: Path, values: Sequence[bytes]) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and any(v in file.read_bytes() for v in values)]


def test_whom_we_forget_is_in_no_file_and_no_table_any_more(
    engine: Engine,
    landed: LocalStorage,
    sample: Path,
    empty_warehouse: WarehouseConnection,
) -> None:
    publishers = (CatalogPublisher(LocalCatalog(landed)), WarehousePublisher(empty_warehouse))
    report = run_lake(lambda: engine, landed, flow=FLOW, publishers=publishers)
    assert report.succeeded, report.faults
    person = max(agreed_in(landed) & {r["email"] for r in customers(sample) if serials_of(sample, r.get("email", ""))})
    about = {person, *serials_of(sample, person)}
    landing = landed.directory / "landing"
    before, others = lines_about(landing, about), lines_about(landing, {""})
    warehouse_files = data_directory(empty_warehouse) / "base"
    assert files_with(warehouse_files, [person.encode()])
    # The last address in a file is its highest one, of which Iceberg's metadata keep the first signs.
    assert person[:15] in texts_of_metadata(landed)

    planned = forgetting(None, landed, person.upper(), dry=True)
    assert sum(file.records for file in planned.landing) == before > 2
    assert lines_about(landing, about) == before

    done = forgetting(engine, landed, person, *publishers)
    assert {(file.path, file.records) for file in done.landing} == {(f.path, f.records) for f in planned.landing}
    assert (lines_about(landing, about), lines_about(landing, {""})) == (0, others - before)
    assert found_in(landed.directory, about, but="") == set()
    assert person not in agreed_in(landed)
    with empty_warehouse.connect() as opened:
        rows = opened.execute('SELECT count(*) FROM "stedi"."customer" WHERE "email" = %s', (person,)).fetchone()
    assert rows == (0,)
    assert files_with(warehouse_files, [person.encode()]) == []
    assert person[:15] not in texts_of_metadata(landed)
    with tables_in(landed) as tables:
        assert person not in tables["stedi_trusted.customer"].scan().to_arrow()["email"].to_pylist()
    receipt = json.loads(landed.read(f"_receipts/stedi/{done.run_id}.json"))
    assert (receipt["dataset"], receipt["snapshot"]) == ("stedi", current_snapshot(landed, "stedi").number)
    # The source still has the file as it was: landing it again does not bring the person back.
    land_files(landed, sample, dataset="stedi")
    assert lines_about(landing, about) == 0
    with pytest.raises(LakeError, match="no landing record, table or quarantine of stedi has this key"):
        forgetting(None, landed, person)


def test_forgetting_that_was_interrupted_is_finished_by_the_next(
    engine: Engine, landed: LocalStorage, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(engine, landed).succeeded
    person = min(agreed_in(landed))
    with monkeypatch.context() as patch:
        patch.setattr(Run, "execute", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            forgetting(engine, landed, person)
    assert found_in(landed.directory, {person})
    assert forgetting(engine, landed, person).landing == ()
    assert found_in(landed.directory, {person}, but="") == set()


def _interrupt(_run: Run) -> RunReport:
    raise KeyboardInterrupt


def test_nobody_can_be_forgotten_where_the_data_is_about_nobody(tmp_path: Path) -> None:
    run = Run(flow=registry.flow("covid19"), storage=LocalStorage(tmp_path), start_engine=no_engine, listener=Silent())
    with pytest.raises(SettingsError, match="covid19 does not declare whose its records are"):
        forget(run, "ann@example.org")
