"""One trial: kill a command on a copy of a lake at a moment, look at what readers see, run it again, compare."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from covid_lake.warehouse.connection import WarehouseConnection
from lake_state import (
    State,
    books_state,
    differences,
    landing_state,
    leavings,
    mixture_faults,
    readers_state,
    staging_tables,
    view_faults,
    warehouse_faults,
    warehouse_state,
)
from moments import Moment, Scene, paths_below
from processes import KILLED, Ended, run_command, started

POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Scenario:
    """A command and the lake that it starts from; `before` and `after` are what is there without any kill.

    `template` is a database whose copy is the warehouse that the command loads, in the server of `server`. `books`
    are the lake's own accounts when the command has ended.
    """

    name: str
    lake: Path
    arguments: tuple[str, ...]
    before: State
    after: State
    books: State
    seconds: float
    server: WarehouseConnection | None = None
    template: str = ""

    def commandline(self, lake: Path, warehouse: WarehouseConnection | None) -> tuple[list[str], dict[str, str]]:
        """The arguments and the environment of the command on a copy of the lake."""
        arguments = [*self.arguments, "--lake", str(lake)]
        if warehouse is None:
            return arguments, {}
        return [*arguments, "--warehouse", warehouse.url], {"PGPASSWORD": warehouse.password}


@dataclass
class Trial:
    """What came of one kill. `saw` says what readers had after it: the old state, the new one, or some tables new."""

    scenario: str
    phase: str
    moment: str
    was_killed: bool = False
    killed_after: float = 0.0
    saw: str = ""
    cleaned: int = 0
    recovered_in: float = 0.0
    faults: list[str] = field(default_factory=list)


Recovery = Callable[[Path, WarehouseConnection | None], Ended]


def make_scenario(
    name: str,
    lake: Path,
    arguments: tuple[str, ...],
    scratch: Path,
    server: WarehouseConnection | None = None,
    template: str = "",
) -> tuple[Scenario, Path]:
    """The scenario, by running its command undisturbed once; and the lake that this leaves."""
    done = scratch / f"undisturbed {name}"
    copy_lake(lake, done)
    blank = Scenario(name, lake, arguments, {}, {}, {}, 0.0, server, template)
    with warehouse_copy(blank) as warehouse:
        before = everything(done, warehouse)
        commandline, environment = blank.commandline(done, warehouse)
        ended = run_command(*commandline, scratch=scratch / "tmp", environment=environment)
        if ended.code != 0:
            raise RuntimeError(f"the undisturbed {name} failed:\n{ended.output}")
        after = everything(done, warehouse)
    if before == after:
        raise RuntimeError(f"the undisturbed {name} changed nothing, so that no kill could show:\n{ended.output}")
    return replace(blank, before=before, after=after, books=books_state(done), seconds=ended.seconds), done


def run_trial(
    scenario: Scenario, moment: Moment, scratch: Path, dice: random.Random, recover: Recovery | None = None
) -> Trial:
    """Kill the scenario's command at the moment, and prove that nothing came of it."""
    lake = scratch / "lake"
    shutil.rmtree(scratch, ignore_errors=True)
    copy_lake(scenario.lake, lake)
    trial = Trial(scenario.name, moment.phase, moment.name)
    with warehouse_copy(scenario) as warehouse:
        arguments, environment = scenario.commandline(lake, warehouse)
        scene_before = frozenset(paths_below(lake, ""))
        with started(*arguments, scratch=scratch / "tmp", environment=environment) as command:
            with watching(warehouse) as connection:
                came = _await(moment, Scene(lake, command, scene_before, connection), dice)
            ended = command.kill()
        trial.was_killed, trial.killed_after = came and ended.code == KILLED, round(ended.seconds, 2)
        if not trial.was_killed and ended.code != 0:
            trial.faults.append(f"the command failed by itself: {ended.output}")
        trial.saw = _judge_view(trial, scenario, lake, warehouse)
        left = len(leavings(lake))
        again = recover(lake, warehouse) if recover else _run_again(scenario, lake, warehouse, scratch / "tmp")
        trial.recovered_in = round(again.seconds, 2)
        if again.code != 0:
            trial.faults.append(f"the next run ended with {again.code}: {again.output}")
        _judge_end(trial, scenario, lake, warehouse)
        trial.cleaned = left - len(leavings(lake))
    if not trial.faults:
        shutil.rmtree(scratch)
    return trial


def random_moment(scenario: Scenario, dice: random.Random, earliest: float = 0.0) -> Moment:
    """Any moment of the command's life, from `earliest` on, both in parts of what it lasts undisturbed."""
    seconds = dice.uniform(earliest, 1.0) * scenario.seconds

    def has_come(scene: Scene) -> bool:
        return time.monotonic() - scene.command.began >= seconds

    return Moment("at random", scenario.name, has_come)


def copy_lake(lake: Path, target: Path) -> None:
    """The lake once more, with its files' times, by which landing knows them."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(lake, target)


def everything(lake: Path, warehouse: WarehouseConnection | None) -> dict[str, str]:
    """What readers see, what was landed, and what the warehouse has."""
    loaded = warehouse_state(warehouse) if warehouse else {}
    return {**readers_state(lake), **landing_state(lake), **loaded}


@contextmanager
def warehouse_copy(scenario: Scenario) -> Iterator[WarehouseConnection | None]:
    """A database that begins as the scenario's template, and goes when the block ends; None where there is none."""
    if scenario.server is None:
        yield None
        return
    name = f"trial_{time.monotonic_ns()}"
    with scenario.server.connect() as opened:
        opened.autocommit = True
        opened.execute(f'CREATE DATABASE "{name}" TEMPLATE "{scenario.template}"'.encode())
    try:
        yield replace(scenario.server, database=name)
    finally:
        with scenario.server.connect() as opened:
            opened.autocommit = True
            opened.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def watching(warehouse: WarehouseConnection | None) -> Iterator[psycopg.Connection[tuple[object, ...]] | None]:
    """A connection that only looks, none of whose looks lasts as a transaction."""
    if warehouse is None:
        yield None
        return
    with warehouse.connect() as opened:
        opened.autocommit = True
        yield opened


def _await(moment: Moment, scene: Scene, dice: random.Random) -> bool:
    """Wait for the moment and a little longer; False where the command ended before."""
    while not moment.has_come(scene):
        if scene.command.has_ended:
            return False
        time.sleep(POLL_SECONDS)
    time.sleep(dice.uniform(0, moment.spread))
    return True


def _judge_view(trial: Trial, scenario: Scenario, lake: Path, warehouse: WarehouseConnection | None) -> str:
    """What readers have after the kill; what is wrong with it goes to the trial's faults."""
    trial.faults += view_faults(lake)
    if warehouse:
        trial.faults += warehouse_faults(warehouse)
    found = everything(lake, warehouse)
    trial.faults += mixture_faults(found, scenario.before, scenario.after)
    if found == scenario.before:
        return "old"
    return "new" if found == scenario.after else "some new"


def _judge_end(trial: Trial, scenario: Scenario, lake: Path, warehouse: WarehouseConnection | None) -> None:
    """After the next run: whole, the same as undisturbed, and tidy."""
    trial.faults += view_faults(lake)
    trial.faults += differences(everything(lake, warehouse), scenario.after)
    trial.faults += differences(books_state(lake), scenario.books)
    trial.faults += [f"left behind: {left}" for left in leavings(lake)]
    if warehouse:
        trial.faults += warehouse_faults(warehouse)
        trial.faults += [f"left behind: staging table {name}" for name in staging_tables(warehouse)]


def _run_again(scenario: Scenario, lake: Path, warehouse: WarehouseConnection | None, scratch: Path) -> Ended:
    arguments, environment = scenario.commandline(lake, warehouse)
    return run_command(*arguments, scratch=scratch, environment=environment)
