"""Forgetting a person: what stops it before anything is removed, runs meanwhile, and the last record of a table."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Column, Dataset, Landing, Table, Type, Zone
from covid_lake.engines.protocol import Engine
from covid_lake.errors import LakeError, PublishConflict, WarehouseError
from covid_lake.flows import Erasure, Flow, TableCheck, from_landing
from covid_lake.landing.erasure import find_in_file
from covid_lake.pipeline import forgetting
from covid_lake.pipeline.forgetting import Forgotten, forget
from covid_lake.pipeline.listeners import Silent
from covid_lake.pipeline.run import Run
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublisherReport, RunReport, Status
from covid_lake.store.runs import announced, living_runs
from covid_lake.store.snapshots import Snapshot, current_snapshot
from covid_lake.store.storage import LocalStorage, Storage
from lake_runs import no_engine, report_of, run_lake

PERSON = Table(
    dataset="people",
    zone=Zone.TRUSTED,
    name="person",
    grain="A person.",
    columns=(
        Column("email", Type.TEXT, "E-mail", ("email",), required=True, nullable=False),
        Column("source_file", Type.TEXT, "Landing file", nullable=False),
        Column("source_row_hash", Type.BIGINT, "Hash of the record", nullable=False),
        Column("run_id", Type.TEXT, "Run that wrote the row", nullable=False),
    ),
    key=("email",),
    landing=Landing(json=("person",)),
)
FLOW = Flow(
    Dataset("people", "People", (PERSON,)),
    (from_landing(PERSON, lambda records: records),),
    erasures=(Erasure(PERSON, "email"),),
)
ANN, BOB = '{"email": "ann@example.org"}\n', '{"email": "bob@example.org"}\n'
REFUSED = "quarantine/people/_files/older/person/cut.json"


def lake(root: Path, **files: str) -> LocalStorage:
    storage = LocalStorage(root)
    for name, text in files.items():
        storage.write(f"landing/people/person/{name}.json", text.encode())
    return storage


def forget_ann(storage: LocalStorage, engine: Engine | None = None) -> Forgotten:
    run = Run(FLOW, storage, (lambda: engine) if engine else no_engine, Silent())
    return forget(run, "ann@example.org")


def landing_files(storage: LocalStorage) -> dict[str, bytes]:
    return {file.path: storage.read(file.path) for file in storage.list_files("landing")}


def test_a_run_that_began_before_the_records_were_gone_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have read the records, and would publish them after everything was looked through."""
    storage = lake(tmp_path, a=ANN + BOB)
    remove, other = forgetting._Landing.remove, ExitStack()

    def remove_while_another_begins(landing: Any) -> Any:
        other.enter_context(announced(storage, "people", "other"))
        return remove(landing)

    monkeypatch.setattr(forgetting._Landing, "remove", remove_while_another_begins)
    with other, pytest.raises(PublishConflict, match=r"a run is at work \(other\); forget when it has ended"):
        forget_ann(storage)


def test_it_is_announced_until_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage, at_work = lake(tmp_path, a=ANN + BOB), list[str]()

    def execute(_run: Run) -> RunReport:
        at_work.extend(living_runs(storage, "people"))
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "execute", execute)
    with pytest.raises(KeyboardInterrupt):
        forget_ann(storage)
    assert len(at_work) == 1
    assert living_runs(storage, "people") == frozenset()


@pytest.mark.parametrize("content", [b'{"email": "ann@exam', b"\xff\xfe", b"[1]\n", b'{"name": "Ann"}\n'])
def test_nothing_is_removed_while_a_file_cannot_be_searched(content: bytes, tmp_path: Path) -> None:
    storage = lake(tmp_path, a=ANN + BOB)
    storage.write("landing/people/person/b.json", content)
    before = landing_files(storage)
    with pytest.raises(LakeError, match=r"person/b.json is refused .* nothing was removed"):
        forget_ann(storage)
    assert landing_files(storage) == before


@pytest.mark.parametrize(("rest", "kept"), [("\n \r\n", b""), (BOB, BOB.encode())])
@pytest.mark.parametrize("ending", [".json", ".JSON.GZ"])
def test_a_file_of_which_only_blank_lines_are_left_is_empty(
    rest: str, kept: bytes, ending: str, tmp_path: Path
) -> None:
    content = (ANN + rest).encode()
    storage, path = LocalStorage(tmp_path), f"person/a{ending}"
    storage.write(f"landing/people/{path}", gzip.compress(content) if ending.endswith("GZ") else content)
    found = find_in_file(storage, PERSON, path, lambda values: values["email"].startswith("ann"))
    assert found is not None
    assert (gzip.decompress(found[1]) if found[1].startswith(b"\x1f\x8b") else found[1]) == kept


def test_the_last_person_of_a_table_is_forgotten_and_the_files_that_landing_refused_go(
    engine: Engine, tmp_path: Path
) -> None:
    storage = lake(tmp_path, a=ANN)
    assert run_lake(lambda: engine, storage, flow=FLOW).succeeded
    storage.write(REFUSED, b'{"email": "ann@exam')
    done = forget_ann(storage, engine)
    assert [file.path for file in done.landing] == ["person/a.json"]
    assert current_snapshot(storage, "people").tables["trusted.person"].rows == 0
    assert [file.path for zone in ("landing", "quarantine") for file in storage.list_files(zone)] == []
    assert [file.path for file in storage.list_files("trusted") if file.path.endswith(".parquet")] == []
    # Without files the table stays as it is, and nothing stands in the way of forgetting somebody else.
    assert report_of(run_lake(no_engine, storage, flow=FLOW), "trusted.person").status == Status.SKIPPED
    with pytest.raises(LakeError, match="no landing record, table or quarantine of people has this key"):
        forget_ann(storage)


def test_nothing_is_removed_where_a_table_could_not_be_built_again(engine: Engine, tmp_path: Path) -> None:
    storage = lake(tmp_path, a=ANN + BOB)
    assert run_lake(lambda: engine, storage, flow=FLOW).succeeded
    storage.delete(["landing/people/person/a.json"])
    with pytest.raises(LakeError, match=r"trusted.person has no landing files any more.*nothing was removed"):
        forget_ann(storage)
    assert current_snapshot(storage, "people").tables["trusted.person"].rows == 2


def test_no_report_quotes_a_person_who_may_ask_to_be_forgotten(engine: Engine, tmp_path: Path) -> None:
    """Reports are kept, and forgetting does not search them."""
    storage = lake(tmp_path, a=ANN + BOB)
    (step,) = FLOW.steps
    for one in (
        replace(step, checks=(TableCheck("never_holds", "SELECT * FROM trusted.person"),)),
        replace(step, build=lambda frames: step.build(frames).withColumn("email", F.raise_error("email"))),
    ):
        report = run_lake(lambda: engine, storage, flow=replace(FLOW, steps=(one,)))
        assert report_of(report, "trusted.person").status == Status.FAILED
        assert "example.org" not in report.to_json()


def test_the_folder_of_receipts_is_cleared_of_unfinished_files() -> None:
    assert paths.receipt("people", "run").rpartition("/")[0] in paths.folders("people")


class _Busy:
    """A publisher that cannot purge at the first try, as where somebody's transaction is open."""

    name = "busy"

    def __init__(self) -> None:
        self.purges: list[str] = []

    def bring_up_to(self, published: Published) -> PublisherReport:
        return PublisherReport(self.name)

    def expire(self, storage: Storage, dataset: Dataset, kept: Sequence[Snapshot], run_id: str) -> None:
        pass

    def purge(self, storage: Storage, dataset: Dataset) -> None:
        self.purges.append(dataset.name)
        if len(self.purges) == 1:
            raise WarehouseError("an open transaction still keeps deleted rows")


def test_a_purge_that_failed_is_done_by_the_next_try(tmp_path: Path, engine: Engine) -> None:
    storage, publisher = lake(tmp_path, a=ANN + BOB), _Busy()
    assert run_lake(lambda: engine, storage, flow=FLOW).succeeded
    run = Run(FLOW, storage, lambda: engine, Silent(), publishers=(publisher,))
    with pytest.raises(WarehouseError, match="an open transaction"):
        forget(run, "ann@example.org")
    assert forget(run, "ann@example.org").publishers == ("busy",)
    assert publisher.purges == ["people", "people"]
