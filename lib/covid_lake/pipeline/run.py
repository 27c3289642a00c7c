"""One run over a dataset: plan, promote, build, check, publish, load, report. The only module that knows the order."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from covid_lake import paths
from covid_lake.contracts import Table, Zone
from covid_lake.errors import AccountsDiffer, LakeError, SettingsError, TooManyRefused
from covid_lake.flows import Flow, PseudonymKey
from covid_lake.landing.arrivals import LandingResult
from covid_lake.landing.inventory import NO_LANDING_ZONE, NO_STRAYS, Strays, look_at_landing, notices
from covid_lake.landing.names import files_by_folder
from covid_lake.pipeline.engine_faults import describe_engine_fault, innermost_cause
from covid_lake.pipeline.keys import digests_of, key_of_environment, resolve_keys
from covid_lake.pipeline.listeners import Listener, Undisturbed
from covid_lake.pipeline.plan import (
    Action,
    Anew,
    PlannedStep,
    days_of,
    missing_inputs,
    plan_steps,
    steps_of,
    wanted_tables,
)
from covid_lake.publish.publisher import Published, Publisher
from covid_lake.store.parquet import require_spark_path
from covid_lake.store.presence import require_input
from covid_lake.store.questions import Questions, Stored, quoted
from covid_lake.store.reports import Cost, PublisherReport, RunReport, Status, TableReport, write_report
from covid_lake.store.retention import read_snapshots, remove_leavings
from covid_lake.store.runs import announced, require_announced
from covid_lake.store.snapshots import Snapshot, current_snapshot, publish, read_manifest, require_version
from covid_lake.store.storage import FileInfo, Storage

if TYPE_CHECKING:
    from covid_lake.engines.protocol import Engine
    from covid_lake.pipeline.star import Star

# Small tables leave cores idle while Spark plans and commits; a second and third one at the same time use them.
PROMOTIONS_AT_ONCE = 3
SAME_INPUTS = "its inputs came out as they were"


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to do."""

    only: tuple[str, ...] = ()
    """Tables to refresh, with all that they need; none means all."""
    full_refresh: bool = False
    """Whether everything is done again, up to date or not."""
    zones: frozenset[Zone] = frozenset({Zone.TRUSTED, Zone.CURATED})
    """Which steps run (see `plan.steps_of`); none means that only publishers are brought up to date."""
    first_day: date | None = None
    """In tables that are partitioned by days, the days from this one on are done again."""
    last_day: date | None = None
    """In tables that are partitioned by days, the days up to this one are done again."""
    refused_again: bool = False
    """Whether landing files that have rejected records are done again."""
    emptied: frozenset[str] = frozenset()
    """Ids of tables whose landing files were all removed on purpose, so that the tables are to have no rows. A table
    whose landing files are missing for another reason keeps its rows."""

    def __post_init__(self) -> None:
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise SettingsError(f"the first day, {self.first_day}, lies after the last, {self.last_day}")

    @property
    def days(self) -> Anew:
        """The days that are to be done again, and nothing else."""
        return Anew(first_day=self.first_day, last_day=self.last_day)

    def anew(self, storage: Storage, flow: Flow, snapshot: Snapshot) -> Anew:
        """What is to be done again, given what readers see now."""
        files = refused_files(storage, flow, snapshot) if self.refused_again else {}
        return Anew(self.full_refresh, self.first_day, self.last_day, files, self.emptied)


def refused_files(storage: Storage, flow: Flow, snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """The landing files with rejected records, by id of the table that is read from them."""
    tables = [step.target for step in flow.steps if step.target.landing]
    published = [(table, entry) for table in tables if (entry := snapshot.version_of(table)) and entry.quarantine]
    return {table.id: tuple(read_manifest(storage, table, entry.version).rejected) for table, entry in published}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do, in the order in which it would."""

    steps: tuple[PlannedStep, ...] = ()
    """The wanted steps, each with what is to be done."""
    strays: Strays = NO_STRAYS
    """Files in the landing zone that belong to no table, by paths below the lake's root."""
    notices: tuple[str, ...] = ()
    """Sentences about landing files that can be used, but look odd together, such as two days of one content."""

    @property
    def has_work(self) -> bool:
        return any(planned.action is Action.RUN for planned in self.steps)


def require_keys(
    flow: Flow, request: Request, key_of: Callable[[PseudonymKey], bytes] = key_of_environment
) -> frozenset[str]:
    """The ids of the tables that the request wants. Reads nothing of the lake.

    Raises `SettingsError` for a table that the dataset does not have, and for a missing key of the tables' steps.
    """
    wanted = wanted_tables(flow, request.only)
    resolve_keys(steps_of(flow, wanted, request.zones), key_of)
    return wanted


def require_sense(
    flow: Flow, storage: Storage, request: Request, key_of: Callable[[PseudonymKey], bytes] = key_of_environment
) -> None:
    """Raise where a run could do nothing at all. Writes nothing, and reads no file of the landing zone.

    `SettingsError` for a table that the dataset does not have, days of which it has none, days where no table is
    partitioned by days, a path that Spark can't read and a key that is missing; `MissingInput` for a lake that is not
    there or has nothing to run on.
    """
    wanted = require_keys(flow, request, key_of)
    require_spark_path(storage)
    require_input(storage, flow.dataset.name, request.zones)
    if not request.days.has_days:
        return
    if not any(step.target.follows_days for step in flow.steps if step.target.id in wanted):
        raise SettingsError(
            f"days can't be done again in {flow.dataset.name}: none of these tables is partitioned by the month of a "
            "day; leave the days out, or build everything again with --full-refresh"
        )
    days = _landed_days(flow, storage, wanted) | _published_days(flow, storage, wanted)
    if days and not any(map(request.days.covers, days)):
        raise SettingsError(
            f"there is no day to do again from {request.first_day or 'the first'} to {request.last_day or 'the last'}: "
            f"the data of {flow.dataset.name} go from {min(days)} to {max(days)}"
        )


def _landed_days(flow: Flow, storage: Storage, wanted: Collection[str]) -> set[date]:
    """The days of which the landing zone has a file."""
    folder = paths.landing(flow.dataset.name)
    files = [file.path.removeprefix(f"{folder}/") for file in storage.list_files(folder)]
    tables = [step.target for step in flow.steps if step.target.id in wanted]
    own = [(table, found) for table in tables for found in files_by_folder(table, files).values()]
    return {day for table, found in own for day in days_of(table, found)}


def _published_days(flow: Flow, storage: Storage, wanted: Collection[str]) -> set[date]:
    """The days of which the star that readers see has rows."""
    snapshot = current_snapshot(storage, flow.dataset.name)
    days: set[date] = set()
    for table in (step.target for step in flow.star if step.target.id in wanted):
        version = snapshot.version_of(table)
        if version and table.day_column:
            files = read_manifest(storage, table, version.version).files
            questions = Questions(storage, {"facts": partial(Stored, table, files)})
            rows = questions.rows(f"SELECT DISTINCT {quoted([table.day_column])} AS day FROM facts")  # noqa: S608
            days |= {_day(row["day"]) for row in rows if row["day"] is not None}
    return days


def _day(value: date | int) -> date:
    """A day of a partitioned table, which holds it as a date or as yyyymmdd."""
    return value if isinstance(value, date) else datetime.strptime(str(value), "%Y%m%d").date()


def make_plan(
    flow: Flow,
    storage: Storage,
    request: Request,
    listener: Listener | None = None,
    on_work: Callable[[], None] | None = None,
    *,
    unchecked: bool = False,
    listed: Iterable[FileInfo] | None = None,
    key_of: Callable[[PseudonymKey], bytes] = key_of_environment,
) -> Plan:
    """Look at the landing zone and the snapshot, and say what is to be done; publishes nothing.

    `on_work` is called as soon as new files are found. Raises what `require_sense` raises, unless `unchecked`: the
    caller has asked already, or files will land before. `listed` are the landing zone's files, if landing has just
    listed them.
    """
    if not unchecked:
        require_sense(flow, storage, request, key_of)
    wanted = wanted_tables(flow, request.only)
    steps = steps_of(flow, wanted, request.zones)
    snapshot = current_snapshot(storage, flow.dataset.name)
    found = NO_LANDING_ZONE
    if any(step.target.landing for step in steps):
        progress = listener.progress if listener else None
        found = look_at_landing(storage, flow.dataset, progress, on_work, listed=listed)
    files = found.files.values()
    anew = request.anew(storage, flow, snapshot)
    keys = digests_of(resolve_keys(steps, key_of))
    planned = plan_steps(flow, snapshot, files, wanted, anew, request.zones, keys)
    return Plan(planned, found.strays, notices(flow.dataset, files))


@dataclass(slots=True)
class Run:
    """One execution. The engine is started only when there is something to do."""

    flow: Flow
    """The dataset's steps."""
    storage: Storage
    """The lake."""
    start_engine: Callable[[], Engine]
    """Starts the engine."""
    listener: Listener
    """Is told how the run gets on."""
    request: Request = field(default_factory=Request)
    """What the run is asked to do."""
    publishers: Sequence[Publisher] = ()
    """Called one after another once everything is published."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The time, for the run's id and its date."""
    key_of: Callable[[PseudonymKey], bytes] = key_of_environment
    """Gives a key that steps compute pseudonyms with."""
    cost: Callable[[], Cost] | None = None
    """Tells what the run has cost so far, for its report; None where it costs nothing."""
    _listener: Undisturbed = field(init=False)
    _reports: list[TableReport] = field(default_factory=list)
    _started: Engine | None = None
    _engine_name: str = "none"
    _removed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._listener = Undisturbed(self.listener)
        # A secret may be changed while the run is at work: its tables are planned and built with one and the same key.
        self.key_of = cache(self.key_of)

    def execute(self, landed: LandingResult | None = None, run_id: str | None = None) -> RunReport:
        """Do what the plan asks for, and leave a report behind; a table that fails keeps its old version."""
        began, started_at = time.monotonic(), self.now()
        run_id = run_id or paths.new_run_id(started_at)
        if not (landed and landed.refused):  # what was refused is told by the report, though nothing else is there
            require_sense(self.flow, self.storage, self.request, self.key_of)
        with announced(self.storage, self.flow.dataset.name, run_id):
            self._removed = remove_leavings(self.storage, self.flow.dataset)
            return self._execute(landed, run_id, started_at, began)

    def _execute(self, landed: LandingResult | None, run_id: str, started_at: datetime, began: float) -> RunReport:
        plan = Plan()
        if self.request.zones:
            # An engine takes seconds to start, and looking at many files takes seconds: do both at once.
            starting: list[Future[Engine]] = []
            with ThreadPoolExecutor(1) as background:

                def start_engine() -> None:
                    starting.append(background.submit(self._engine))

                plan = make_plan(
                    self.flow,
                    self.storage,
                    self.request,
                    self._listener,
                    start_engine,
                    unchecked=True,
                    key_of=self.key_of,
                    listed=landed.listed if landed else None,
                )
            for start in starting:
                start.result()  # an engine that does not start is not tried a second time
        number: int | None = None
        publishers: tuple[PublisherReport, ...] = ()
        fault: Exception | None = None
        try:
            in_star = {step.target.id for step in self.flow.star}
            self._promote([one for one in plan.steps if one.step.target.id not in in_star], run_id, started_at)
            self._build([one for one in plan.steps if one.step.target.id in in_star], run_id, started_at)
            snapshot = current_snapshot(self.storage, self.flow.dataset.name)
            number = snapshot.number
            publishers = self._bring_up_publishers(snapshot)
        except Exception as error:  # tables may be published by now, and the report has to say so
            fault = error
        strays = plan.strays + landed.strays if landed else plan.strays
        report = RunReport(
            run_id=run_id,
            dataset=self.flow.dataset.name,
            started_at=started_at.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - began, 2),
            engine=self._engine_name,
            snapshot=number,
            tables=tuple(self._reports),
            landed_files=len(landed.copied) if landed else 0,
            refused_files={refusal.path: refusal.reason for refusal in landed.refused} if landed else {},
            publishers=publishers,
            error=_cause(fault) if fault else "",
            dead_runs=self._removed,
            files_of_no_table={stray.path: stray.reason for stray in strays.of_no_table},
            leavings=tuple(sorted({stray.path for stray in strays.leavings})),
            notices=plan.notices,
            cost=self.cost() if self.cost else None,
        )
        write_report(self.storage, report)
        if fault := fault or self._listener.fault:
            raise fault
        return report

    def _engine(self) -> Engine:
        if self._started is None:
            self._started = self.start_engine()
            self._engine_name = self._started.name  # asked now: it may be dead when the report is due
        return self._started

    def _star(self, engine: Engine, base: Snapshot, run_id: str, started_at: datetime) -> Star:
        from covid_lake.pipeline.star import Star

        anew = Anew(self.request.full_refresh, self.request.first_day, self.request.last_day)
        return Star(engine, self.storage, self.flow, base, anew, self.key_of, run_id, started_at.date())

    def _promote(self, planned: Sequence[PlannedStep], run_id: str, started_at: datetime) -> None:
        """Promote what is due, each table published by itself as soon as it is there."""
        self._note_idle(planned)
        due = [one for one in planned if one.action is Action.RUN]
        if not due:
            return
        self._engine()  # here, for the steps run in threads of their own and would all start it
        # The largest table first, so that the small ones fill up what it leaves idle.
        due.sort(key=lambda one: -sum(file.size for file in one.files))
        for wave in _waves(due):
            with ThreadPoolExecutor(PROMOTIONS_AT_ONCE) as pool:
                list(pool.map(partial(self._promote_one, run_id=run_id, started_at=started_at), wave))

    def _promote_one(self, planned: PlannedStep, run_id: str, started_at: datetime) -> None:
        table = planned.step.target
        self._listener.started(table.id)
        try:
            base = current_snapshot(self.storage, self.flow.dataset.name)
            # A plan for some days is right on the version that it was made against, and on no other.
            require_version(base, table, planned.current)
            with self._engine().step() as engine:
                star = self._star(engine, base, run_id, started_at)
                if (idle := self._idle(planned, star)) is not None:
                    self._finish(idle)
                    return
                written = star.with_references_checked(star.add(planned))
            require_announced(self.storage, self.flow.dataset.name, run_id)
            publish(self.storage, base, run_id, [(table, written.published)])
            self._finish(written.report)
        except Exception as error:  # whatever the engine throws, the other tables go on
            self._finish(_failure(planned, self._describe(error), reconciled=not isinstance(error, AccountsDiffer)))
            self._discard([table], run_id, error)

    def _idle(self, planned: PlannedStep, star: Star) -> TableReport | None:
        """The report of a step that has nothing to do now that its inputs are done; None where it has."""
        if missing := missing_inputs(planned.step, star.there):
            return _not_run(planned, Status.SKIPPED, missing)
        if not star.is_due(planned):
            return _not_run(planned, Status.UP_TO_DATE, SAME_INPUTS)
        return None

    def _build(self, planned: Sequence[PlannedStep], run_id: str, started_at: datetime) -> None:
        """Run the star's due steps one on another, and publish their tables together or not at all."""
        self._note_idle(planned)
        due = [one for one in planned if one.action is Action.RUN]
        if not due:
            return
        base = current_snapshot(self.storage, self.flow.dataset.name)
        idle: dict[str, TableReport] = {}
        building = due[0]
        try:
            with self._engine().step() as engine:
                star = self._star(engine, base, run_id, started_at)
                for building in due:
                    table = building.step.target
                    if table.landing:
                        require_version(base, table, building.current)
                    if (report := self._idle(building, star)) is not None:
                        idle[table.id] = report
                        continue
                    self._listener.started(table.id)
                    star.add(building)
                written = star.checked()
            if written:
                require_announced(self.storage, self.flow.dataset.name, run_id)
                publish(self.storage, base, run_id, [(one.table, one.published) for one in written])
        except Exception as error:  # the report says what the engine threw, and readers keep the old star
            for one in due:
                is_cause = one is building
                fault = self._describe(error)
                why = fault if is_cause else f"the star is published whole: {fault}"
                self._finish(_failure(one, why, reconciled=not (is_cause and isinstance(error, AccountsDiffer))))
            self._discard([one.step.target for one in due], run_id, error)
            return
        reports = {one.table.id: one.report for one in written} | idle
        for one in due:
            self._finish(reports[one.step.target.id])

    def _describe(self, error: Exception) -> str:
        """The fault of a table in a sentence: this library's own words, or the engine's innermost ones."""
        if isinstance(error, LakeError):
            return str(error)
        return describe_engine_fault(error, is_discreet=not self.flow.shows_rows)

    def _discard(self, tables: Sequence[Table], run_id: str, error: Exception) -> None:
        """Remove what was written for tables that failed. What can't be removed now is left for `vacuum`."""
        with suppress(LakeError):
            # A store that failed to answer may have published all the same, and another run may have published since:
            # its snapshot may name another version, which consists in part of this run's files.
            snapshots = read_snapshots(self.storage, self.flow.dataset.name)
            published = {(name, entry.version) for one in snapshots for name, entry in one.tables.items()}
            for table in tables:
                if (table.id, run_id) in published:
                    continue
                self.storage.delete_folder(paths.version(table, run_id))
                # Where too many were refused, the message says where they lie, for somebody to look at them. Of a table
                # that withholds records none is kept: one of these may have got through.
                if not isinstance(error, TooManyRefused) or table.withholds:
                    self.storage.delete_folder(paths.quarantine_version(table.dataset, table.name, run_id))

    def _bring_up_publishers(self, snapshot: Snapshot) -> tuple[PublisherReport, ...]:
        """Call every publisher, even where another one failed. A publisher's failure does not harm the lake."""
        published = Published(
            storage=self.storage,
            dataset=self.flow.dataset,
            snapshot=snapshot,
            engine=self._engine,
            progress=self._listener.progress,
            full_refresh=self.request.full_refresh,
        )
        reports = []
        for publisher in self.publishers:
            try:
                reports.append(publisher.bring_up_to(published))
            except Exception as error:  # a driver's or the JVM's fault as well
                reports.append(PublisherReport(publisher.name, error=_cause(error)))
        return tuple(reports)

    def _note_idle(self, planned: Sequence[PlannedStep]) -> None:
        statuses = {
            Action.NOTHING: Status.UP_TO_DATE,
            Action.SKIP: Status.SKIPPED,
            Action.HOLD_BACK: Status.HELD_BACK,
        }
        for one in planned:
            if one.action in statuses:
                self._finish(_not_run(one, statuses[one.action], one.reason))

    def _finish(self, report: TableReport) -> None:
        self._reports.append(report)
        self._listener.finished(report)


def _waves(due: Sequence[PlannedStep]) -> list[list[PlannedStep]]:
    """The steps in groups: those of a group need none of each other, but tables of the groups before."""
    waves: list[list[PlannedStep]] = []
    rest = list(due)
    while rest:
        waiting = {one.step.target.id for one in rest}
        wave = [one for one in rest if not any(table.id in waiting for table in one.step.inputs)]
        waves.append(wave)
        rest = [one for one in rest if one not in wave]
    return waves


def _not_run(planned: PlannedStep, status: Status, why: str) -> TableReport:
    """The report of a step that did not run. It names the files that the table could not use all the same."""
    return TableReport(
        table=planned.step.target.id,
        status=status,
        reason=why,
        refused_files={refusal.path: refusal.reason for refusal in planned.refusals},
    )


def _failure(planned: PlannedStep, why: str, *, reconciled: bool) -> TableReport:
    return replace(_not_run(planned, Status.FAILED, why), reconciled=reconciled)


def _cause(error: Exception) -> str:
    return str(error) if isinstance(error, LakeError) else innermost_cause(error)
