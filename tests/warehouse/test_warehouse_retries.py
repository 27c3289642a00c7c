"""Conflicts and lost connections begin a load again; a load whose time is up ends; anything else is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covid_lake import paths
from covid_lake.contracts import Column, Dataset, Table, Type, Zone
from covid_lake.errors import VerificationFailed, WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage, Storage
from covid_lake.warehouse.checksums import file_checksums
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import REDSHIFT
from covid_lake.warehouse.drivers import Task
from covid_lake.warehouse.faults import (
    Cancelled,
    ConnectionLost,
    DeadlineExceeded,
    LockTaken,
    Overtaken,
    SerializationConflict,
    Transient,
    Unreachable,
    fault_of,
)
from covid_lake.warehouse.load import TableLoad, load_star
from covid_lake.warehouse.purging import purge_redshift
from covid_lake.warehouse.retries import Deadline, Patience
from covid_lake.warehouse.staging import CuratedVersion

# --- what the driver says -------------------------------------------------------------------------------------------

CONFLICT_OF_REDSHIFT = (
    "ERROR: 1023\n  Detail: Serializable isolation violation on table - 142443, transactions forming the cycle are: "
    "2347, 2349 (pid:19531)"
)


@pytest.mark.parametrize(
    ("state", "message", "is_broken", "kind"),
    [
        ("XX000", CONFLICT_OF_REDSHIFT, False, SerializationConflict),
        ("XX000", "ERROR: 1023 DETAIL: something else", False, SerializationConflict),
        ("XX000", "ERROR: 1018\n  Detail: Relation does not exist.", False, SerializationConflict),
        ("40001", "could not serialize access due to concurrent update", False, SerializationConflict),
        ("40P01", "deadlock detected", False, SerializationConflict),
        ("08006", "An I/O error occurred while sending to the backend.", False, ConnectionLost),
        ("57P01", "terminating connection due to administrator command", False, ConnectionLost),
        (None, "Connection reset by peer", True, ConnectionLost),
        ("55P03", "could not obtain lock on relation", False, LockTaken),
        ("57014", "canceling statement due to user request", False, Cancelled),
        ("XX000", "Spectrum Scan Error: 1023 columns in the file", False, WarehouseError),
        ("42P01", 'relation "x" does not exist', False, WarehouseError),
        (None, "something", False, WarehouseError),
    ],
)
def test_a_refusal_is_known_for_what_it_is(
    state: str | None, message: str, is_broken: bool, kind: type[WarehouseError]
) -> None:
    assert fault_of(state, message, is_broken=is_broken) is kind


# --- patience -------------------------------------------------------------------------------------------------------


@dataclass
class Clock:
    """A time that passes only while somebody waits."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def failing(*faults: Exception) -> Iterator[Exception | None]:
    yield from faults
    while True:
        yield None


def persisted(patience: Patience, clock: Clock, *faults: Exception, minutes: float = 60) -> tuple[str, list[str]]:
    coming, told = failing(*faults), list[str]()

    def work() -> str:
        if fault := next(coming):
            raise fault
        return "done"

    return patience.persist(work, Deadline(minutes, clock), told.append), told


def test_each_wait_is_twice_as_long_and_half_of_it_a_matter_of_chance() -> None:
    faults = [SerializationConflict("ERROR: 1023")] * 4
    for chance, waits in ((0.0, [0.5, 1.0, 2.0, 4.0]), (1.0, [1.0, 2.0, 4.0, 8.0])):
        clock = Clock()
        result, told = persisted(Patience(sleep=clock.sleep, jitter=partial(float, chance)), clock, *faults)
        assert (result, clock.waits) == ("done", waits)
        assert told[0].startswith("ERROR: 1023; trying again in ")


def test_waits_do_not_grow_for_ever_and_neither_do_attempts() -> None:
    clock = Clock()
    patience = Patience(attempts=9, sleep=clock.sleep, jitter=lambda: 1.0)
    with pytest.raises(ConnectionLost, match="gone"):
        persisted(patience, clock, *[ConnectionLost("gone")] * 9, minutes=600)
    assert clock.waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_nothing_is_tried_again_that_would_not_help() -> None:
    for fault in (WarehouseError("no such table"), VerificationFailed("differs"), Cancelled("by somebody")):
        clock = Clock()
        with pytest.raises(type(fault)):
            persisted(Patience(sleep=clock.sleep), clock, fault)
        assert clock.waits == []


def test_a_warehouse_that_was_never_reached_is_an_error_and_one_that_restarts_is_waited_for() -> None:
    clock = Clock()
    with pytest.raises(Unreachable):
        persisted(Patience(sleep=clock.sleep), clock, Unreachable("no host"))
    assert clock.waits == []
    result, _ = persisted(Patience(sleep=clock.sleep), clock, ConnectionLost("gone"), Unreachable("restarting"))
    assert (result, len(clock.waits)) == ("done", 2)


def test_a_wait_that_would_pass_the_deadline_is_not_begun() -> None:
    clock = Clock()
    with pytest.raises(ConnectionLost):
        persisted(
            Patience(sleep=clock.sleep, jitter=lambda: 1.0), clock, *[ConnectionLost("gone")] * 4, minutes=2.5 / 60
        )
    assert clock.waits == [1.0]


def test_a_deadline_that_has_passed_says_what_was_being_done_and_what_to_do() -> None:
    clock = Clock()
    deadline = Deadline(2, clock)
    assert deadline.require_time("waiting") == 120
    clock.now = 121
    with pytest.raises(DeadlineExceeded, match=r"longer than 2 minutes .* it was waiting; .*old data.*--load_minutes"):
        deadline.require_time("waiting")


# --- a load into Redshift -------------------------------------------------------------------------------------------

PLACES = Table(
    "covid19",
    Zone.CURATED,
    "dim_place",
    "A place.",
    (Column("place_key", Type.BIGINT, "Key", nullable=False), Column("name", Type.TEXT, "Name")),
    key=("place_key",),
)


class LakeInS3(LocalStorage):
    """A lake on disk that says it is in S3."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.root = "s3://bucket/lake"

    def url(self, path: str) -> str:
        return f"s3a://bucket/lake/{path}"


@pytest.fixture
def lake(tmp_path: Path) -> LakeInS3:
    return LakeInS3(tmp_path)


def version_of(lake: Storage, *names: str) -> CuratedVersion:
    sink = pa.BufferOutputStream()
    keys = pa.array(range(len(names)), pa.int64())
    pq.write_table(pa.table({"place_key": keys, "name": pa.array(names)}), sink)
    file = DataFile("version=v2/part-0.parquet", len(names), sink.tell())
    lake.write(f"{paths.table(PLACES)}/{file.path}", sink.getvalue().to_pybytes())
    return CuratedVersion(PLACES, "v2", lake, (file,))


CONNECTION = WarehouseConnection("127.0.0.1", 5439, "dev", "loader", "secret", dialect=REDSHIFT)


@dataclass
class FakeRedshift:
    """Answers as a Redshift would that has `dim_place` in version v1, and notes what it is told.

    `faults` are raised one after another, each by the first statement that begins with its text.
    """

    given: CuratedVersion
    faults: list[tuple[str, WarehouseError]] = field(default_factory=list)
    recorded: str = "v1"
    transactions: list[list[str]] = field(default_factory=list)
    """The statements of each transaction, committed or not."""
    commits: int = 0
    executed: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    analyzed: list[str] = field(default_factory=list)
    deadline: Deadline = field(default_factory=Deadline)
    connection: WarehouseConnection = CONNECTION

    def session(self, *, autocommit: bool) -> FakeSession:
        return FakeSession(self, autocommit)

    def do_all(self, tasks: Sequence[Task]) -> None:
        raise AssertionError("nothing is sent to Redshift")

    def fail(self, sql: str) -> None:
        for number, (begin, fault) in enumerate(self.faults):
            if sql.startswith(begin):
                del self.faults[number]
                raise fault

    def answer(self, sql: str) -> list[tuple[str | None, ...]]:
        columns = [("dim_place", "place_key", "bigint"), ("dim_place", "name", "character varying(256)")]
        own = [(name, "x", "integer") for name in ("loaded_versions", "loads", "load_lock", "outdated_statistics")]
        shown = own if "'covid19_staging'" in sql else columns
        match sql.split(maxsplit=2):
            case ["SELECT", "nspname", _]:
                return [("covid19",)]
            case ["SELECT", "table_name,", rest] if rest.startswith("column_name"):
                return [(table, column) for table, column, _ in shown]
            case ["SELECT", "tablename,", _]:
                return [(table, column, kind, "f", "0") for table, column, kind in shown]
            case ["SELECT", "table_name,", _]:
                return [("dim_place", self.recorded)]
            case ["SELECT", "DISTINCT", _]:
                return [(name,) for name in self.outdated]
            case ["SELECT", "sum(_rows),", _]:
                sums = file_checksums(self.given.storage, Stored(PLACES, self.given.files), PLACES.stored_columns)
                cells = [(str(one.present), str(one.total)) for one in sums.columns.values()]
                return [(str(sums.rows), *[cell for pair in cells for cell in pair])]
            case ["SELECT", "count(*)", _]:
                return [("0",)]
            case _:
                return []


@dataclass
class FakeSession:
    warehouse: FakeRedshift
    autocommit: bool
    done: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        if not self.autocommit:
            self.warehouse.transactions.append(self.done)
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str) -> int:
        self.done.append(sql)
        self.warehouse.executed.append(sql)
        self.warehouse.fail(sql)
        if sql.startswith("ANALYZE"):
            self.warehouse.analyzed.append(sql)
        return 1 if sql.startswith(("DELETE", "INSERT")) else 0

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        self.done.append(sql)
        self.warehouse.fail(sql)
        return self.warehouse.answer(sql)

    def commit(self) -> None:
        self.warehouse.fail("COMMIT")
        self.warehouse.commits += 1
        self.warehouse.recorded = self.warehouse.given.version
        if any("outdated_statistics" in sql for sql in self.done):
            self.warehouse.outdated.append("dim_place")

    def send(self, *_: Any) -> None:
        raise AssertionError("nothing is sent to Redshift")


QUIET = Patience(sleep=lambda _seconds: None)


def load(redshift: FakeRedshift) -> TableLoad:
    (done,) = load_star(redshift, "covid19", [redshift.given], star=(PLACES,), patience=QUIET)
    return done


def test_a_load_is_one_transaction_and_leaves_no_list_of_files(lake: LakeInS3) -> None:
    redshift = FakeRedshift(version_of(lake, "here", "there"))
    done = load(redshift)
    assert (done.staged, redshift.commits, len(redshift.transactions)) == (2, 1, 1)
    assert [sql.split()[0] for sql in redshift.transactions[0]][:4] == ["LOCK", "SELECT", "CREATE", "COPY"]
    assert lake.list_files("_loads") == []
    assert redshift.analyzed == ['ANALYZE "covid19"."dim_place"']
    assert load(redshift).up_to_date


TRANSIENT = (SerializationConflict(CONFLICT_OF_REDSHIFT), ConnectionLost("Connection reset"))
STATEMENTS = ("LOCK", "SELECT table_name, version", "CREATE TEMP", "COPY", "SELECT count(*) FROM (", "DELETE FROM",
              "INSERT INTO", "SELECT sum(", "COMMIT")  # fmt: skip


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_transient_fault_at_any_statement_begins_the_whole_transaction_again(
    lake: LakeInS3, statement: str, fault: Transient
) -> None:
    redshift = FakeRedshift(version_of(lake, "here", "there"), [(statement, fault)])
    assert load(redshift).staged == 2
    assert redshift.commits == 1
    whole = redshift.transactions[-1]
    assert whole[0].startswith("LOCK")
    assert sum(sql.startswith("COPY") for sql in whole) == 1
    assert lake.list_files("_loads") == []


@pytest.mark.parametrize("statement", STATEMENTS)
def test_any_other_fault_ends_the_load_and_nothing_is_committed(lake: LakeInS3, statement: str) -> None:
    redshift = FakeRedshift(version_of(lake, "here"), [(statement, WarehouseError("disk full"))])
    with pytest.raises(WarehouseError, match="disk full"):
        load(redshift)
    assert (redshift.commits, redshift.recorded, lake.list_files("_loads")) == (0, "v1", [])


def test_a_commit_whose_answer_was_lost_is_not_done_again(lake: LakeInS3) -> None:
    redshift = FakeRedshift(version_of(lake, "here"))

    class LosingSession(FakeSession):
        def commit(self) -> None:
            super().commit()
            if self.warehouse.commits == 1:
                raise ConnectionLost("no answer")

    redshift.session = lambda *, autocommit: LosingSession(redshift, autocommit)  # type: ignore[method-assign]
    assert load(redshift).up_to_date
    assert redshift.commits == 1


def test_a_load_that_was_overtaken_is_planned_again(lake: LakeInS3) -> None:
    """Another load commits between plan and LOCK: here of the very version that this one is about to load."""
    redshift = FakeRedshift(version_of(lake, "here"))

    class OvertakenSession(FakeSession):
        def execute(self, sql: str) -> int:
            if sql.startswith("LOCK"):
                self.warehouse.recorded = "v2"
            return super().execute(sql)

    redshift.session = lambda *, autocommit: OvertakenSession(redshift, autocommit)  # type: ignore[method-assign]
    assert load(redshift).up_to_date
    assert redshift.commits == 0
    assert issubclass(Overtaken, Transient)


def test_files_are_inspected_once_however_often_the_transaction_is_begun(
    lake: LakeInS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspected: list[Stored] = []
    monkeypatch.setattr("covid_lake.warehouse.load.require_readable", lambda _storage, rows: inspected.append(rows))
    faults: list[tuple[str, WarehouseError]] = [("COPY", ConnectionLost("gone"))] * 3
    assert load(FakeRedshift(version_of(lake, "here"), faults)).staged == 1
    assert len(inspected) == 1


def test_a_load_that_waits_for_another_until_its_time_is_up_says_so(lake: LakeInS3) -> None:
    fault = Deadline(7).exceeded("running LOCK TABLE")
    redshift = FakeRedshift(version_of(lake, "here"), [("LOCK", fault)])
    with pytest.raises(WarehouseError, match=r"another load of covid19 is running.*(?s:.)*longer than 7 minutes"):
        load(redshift)
    assert redshift.commits == 0


def test_deleted_rows_of_redshift_are_purged_outside_of_a_transaction(lake: LakeInS3) -> None:
    redshift = FakeRedshift(version_of(lake, "here"))
    absent = replace(PLACES, name="dim_absent")
    purge_redshift(redshift, Dataset("covid19", "Cases", (PLACES, absent)))
    assert redshift.executed[1:] == ['VACUUM DELETE ONLY "covid19"."dim_place" TO 100 PERCENT']
    assert redshift.transactions == []


def test_statistics_that_a_killed_load_left_outdated_are_made_by_the_next_one(lake: LakeInS3) -> None:
    redshift = FakeRedshift(version_of(lake, "here"), [("ANALYZE", WarehouseError("killed"))])
    with pytest.raises(WarehouseError, match="killed"):
        load(redshift)
    assert (redshift.commits, redshift.analyzed) == (1, [])
    assert load(redshift).up_to_date
    assert redshift.analyzed == ['ANALYZE "covid19"."dim_place"']
