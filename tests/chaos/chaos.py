"""`make chaos`: kill the real command a hundred times, at chosen and at random moments, and prove that nothing is lost.

After each kill readers' view must be whole, and old or new; the next run must end well, leave what an undisturbed run
leaves, and remove what the dead one left. Then two runs at once, twenty times. Exit code 1 where any of it fails.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from covid_lake.cli.terminal import Terminal
from covid_lake.reading.grid import Column, Grid, Part
from covid_lake.runtime import embedded_postgres
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.covid19 import generate_sample
from lake_state import DATASET
from moments import (
    CURATED,
    CURATED_MOMENTS,
    CURATED_PUBLISH_MOMENTS,
    LANDING,
    LANDING_MOMENTS,
    PHASES,
    PUBLISH,
    TRUSTED,
    TRUSTED_MOMENTS,
    TRUSTED_PUBLISH_MOMENTS,
    WAREHOUSE,
    WAREHOUSE_MOMENTS,
    Moment,
)
from pairs import Pair, run_pair
from processes import run_command
from trials import Scenario, Trial, copy_lake, make_scenario, random_moment, run_trial

SHARES = {LANDING: 35, TRUSTED: 25, CURATED: 15, PUBLISH: 10, WAREHOUSE: 15}
TRIES_A_KILL = 3
# Of each phase, by the scenario in which they come.
MOMENTS: dict[str, dict[str, tuple[Moment, ...]]] = {
    LANDING: {LANDING: LANDING_MOMENTS},
    TRUSTED: {TRUSTED: TRUSTED_MOMENTS},
    CURATED: {CURATED: CURATED_MOMENTS},
    PUBLISH: {TRUSTED: TRUSTED_PUBLISH_MOMENTS, CURATED: CURATED_PUBLISH_MOMENTS},
    WAREHOUSE: {WAREHOUSE: WAREHOUSE_MOMENTS},
}
# Tables that the new files change: one kept by month, one that is rewritten whole, both with refused records.
NEW_FILES = (
    "jhu-daily-reports/02-04-2020.csv",
    "jhu-daily-reports/02-05-2020.csv",
    "rearc-usa-hospital-beds/csv/usa-hospital-beds.csv",
    "rearc-covid-19-testing-data/csv/states_daily/states_daily.csv",
)
CHANGED_TABLES = ("jhu_daily_reports", "hospital_beds", "testing_states_daily")
TABLE_OF_PAIRS = "hospital_beds"
# A command has hardly begun before this part of its time.
EARLIEST = {LANDING: 0.2, TRUSTED: 0.1, CURATED: 0.3, WAREHOUSE: 0.3}
FAULT = "bold red"
KILL_COLUMNS = (
    Column("phase"),
    Column("moment", prose=True),
    *(Column(name, right=True) for name in ("kills", "too late", "readers saw old", "some new", "new", "faults")),
)


@dataclass(frozen=True)
class Stage:
    """What the kills are played on, by name: scenarios, each with the moments that belong to it."""

    scenarios: dict[str, Scenario]
    pairs: Scenario

    def moments(self, phase: str) -> list[tuple[Scenario, Moment]]:
        """The chosen moments of a phase with their scenarios."""
        return [(self.scenarios[name], moment) for name, moments in MOMENTS[phase].items() for moment in moments]


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    # Whoever ends this must not leave a database server and a command at work behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    terminal = Terminal()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    terminal.show(f"{options.kills} kills and {options.pairs} pairs of runs, seed {seed}")
    began = time.monotonic()
    work = Path(tempfile.mkdtemp(prefix="covid-lake-chaos-"))
    work.chmod(0o755)  # the database server may run as another user
    with _progress(terminal) as progress, _server(work / "server") as server:
        stage = set_stage(work, server, progress)
        trials = kill_all(stage, work, options.kills, seed, progress, terminal)
        pairs = pair_all(stage, work, options.pairs, progress, terminal)
    faulty = _faulty(trials, pairs)
    print_summary(terminal, trials, pairs)
    summary = _summary(seed, trials, pairs, time.monotonic() - began)
    options.out.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    terminal.show(f"{summary['minutes']} minutes; the summary is in {options.out}")
    if faulty:
        terminal.show((f"{faulty} trials found a fault", FAULT), f"; what they left is below {work}")
        return 1
    shutil.rmtree(work)
    if summary["kills"] < options.kills:
        terminal.show((f"only {summary['kills']} of {options.kills} kills came in time", FAULT))
        return 1
    terminal.show((f"{summary['kills']} kills, {len(pairs)} pairs: nothing lost, nothing half-published", "green"))
    return 0


def set_stage(work: Path, server: WarehouseConnection, progress: Progress) -> Stage:
    """The lakes that the kills start from, and what undisturbed runs make of them."""
    steps = ("sample", "first run", "landing", "trusted", "curated", "warehouse", "pairs")
    scratch = work / "tmp"
    scenarios = {}
    task = progress.add_task("preparing", total=len(steps))

    def begins(step: str) -> None:
        progress.update(task, description=f"preparing: {step}", completed=steps.index(step))

    begins("sample")
    sources = {"first": work / "first", "newer": work / "newer", "large": work / "large"}
    generate_sample(sources["first"], days=14, scale=0.1)
    generate_sample(sources["newer"], days=15, scale=0.1)
    generate_sample(sources["large"], days=40, scale=12, seed=7)
    for path in NEW_FILES:
        (work / "delta" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(sources["newer"] / path, work / "delta" / path)

    begins("first run")
    lake = work / "golden"
    load = ("--warehouse", server.url)
    _must(
        "run", DATASET, "--from", str(sources["first"]), "--lake", str(lake), *load,
        scratch=scratch, password=server.password,
    )  # fmt: skip

    begins("landing")
    land_large = ("land", DATASET, "--from", str(sources["large"]))
    scenarios[LANDING], _ = make_scenario(LANDING, lake, land_large, work)
    landed = work / "landed"
    copy_lake(lake, landed)
    _must("land", DATASET, "--from", str(work / "delta"), "--lake", str(landed), scratch=scratch)

    begins("trusted")
    only = [argument for table in CHANGED_TABLES for argument in ("--only", table)]
    scenarios[TRUSTED], promoted = make_scenario(TRUSTED, landed, ("run", DATASET, *only), work)

    begins("curated")
    scenarios[CURATED], built = make_scenario(CURATED, promoted, ("run", DATASET), work)

    begins("warehouse")
    scenarios[WAREHOUSE], _ = make_scenario(
        WAREHOUSE, built, ("run", DATASET), work, server=_beside(server), template=server.database
    )

    begins("pairs")
    pairs, _ = make_scenario("pairs", landed, ("run", DATASET, "--only", TABLE_OF_PAIRS), work)
    progress.update(task, description="prepared", completed=len(steps))
    return Stage(scenarios, pairs)


def kill_all(stage: Stage, work: Path, kills: int, seed: int, progress: Progress, terminal: Terminal) -> list[Trial]:
    """As many kills as asked for, shared out over the phases; a command that ended before its moment is tried again."""
    task = progress.add_task("kills", total=kills)
    trials: list[Trial] = []
    for phase, wanted in share_out(kills).items():
        progress.update(task, description=f"kills: {phase}")
        dice = random.Random(f"{seed} {phase}")  # noqa: S311 - a seed must give the same kills again
        draws = _draws(stage, phase, dice)
        tries = done = 0
        while done < wanted and tries < TRIES_A_KILL * wanted:
            scenario, moment = next(draws)
            trial = run_trial(scenario, moment, work / f"{phase}-{tries}", dice)
            trial.phase = phase
            trials.append(trial)
            tries += 1
            if trial.was_killed:
                done += 1
                progress.advance(task)
            print_result(terminal, f"{phase}, {moment.name}", _course(trial), trial.faults)
    return trials


def pair_all(stage: Stage, work: Path, count: int, progress: Progress, terminal: Terminal) -> list[Pair]:
    task = progress.add_task("pairs", total=count)
    pairs = []
    for number in range(count):
        pairs.append(run_pair(stage.pairs, work / f"pair-{number}"))
        progress.advance(task)
        print_result(terminal, f"pair {number}", f"the other {pairs[-1].second}", pairs[-1].faults)
    return pairs


def share_out(kills: int) -> dict[str, int]:
    """The kills of each phase, in proportion to `SHARES`; what is left over goes to the largest remainders."""
    exact = {phase: kills * share / sum(SHARES.values()) for phase, share in SHARES.items()}
    shares = {phase: int(number) for phase, number in exact.items()}
    by_remainder = sorted(PHASES, key=lambda phase: shares[phase] - exact[phase])
    for phase in by_remainder[: kills - sum(shares.values())]:
        shares[phase] += 1
    return shares


def _draws(stage: Stage, phase: str, dice: random.Random) -> Iterator[tuple[Scenario, Moment]]:
    """The chosen moments of the phase one after the other, and between them moments at random; without end."""
    chosen = stage.moments(phase)
    dice.shuffle(chosen)
    for scenario, moment in cycle(chosen):
        yield scenario, moment
        if phase != PUBLISH:
            yield scenario, random_moment(scenario, dice, EARLIEST[phase])


def _beside(server: WarehouseConnection) -> WarehouseConnection:
    """The same server by another database: one that somebody is in cannot be a template."""
    return replace(server, database="postgres")


@contextmanager
def _server(directory: Path) -> Iterator[WarehouseConnection]:
    try:
        yield embedded_postgres.start(directory)
    finally:
        embedded_postgres.stop(directory)


def _must(*arguments: str, scratch: Path, password: str = "") -> None:
    ended = run_command(*arguments, scratch=scratch, environment={"PGPASSWORD": password})
    if ended.code != 0:
        raise RuntimeError(f"covid-lake {' '.join(arguments)} ended with {ended.code}:\n{ended.output}")


def _progress(terminal: Terminal) -> Progress:
    return Progress(
        TextColumn("{task.description:<24}", markup=False),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=terminal.console,
    )


def _course(trial: Trial) -> str:
    if not trial.was_killed:
        return "ended before its moment came"
    return f"killed after {trial.killed_after} s; readers saw {trial.saw}; the next run took {trial.recovered_in} s"


def print_result(terminal: Terminal, name: str, course: str, faults: Sequence[str]) -> None:
    """Print faults as they are found; every trial where the output is no terminal, which shows no bar."""
    if not terminal.is_terminal:
        terminal.show(f"{name}: {course}")
    for fault in faults:
        terminal.show((name, FAULT), f": {fault}")


def print_summary(terminal: Terminal, trials: Sequence[Trial], pairs: Sequence[Pair]) -> None:
    """Print a line for each phase and moment, and how pairs of runs ended."""
    names = dict.fromkeys((trial.phase, trial.moment) for trial in trials)
    rows: list[list[Part]] = []
    for phase, moment in sorted(names, key=lambda name: (PHASES.index(name[0]), name[1])):
        own = [trial for trial in trials if (trial.phase, trial.moment) == (phase, moment)]
        killed = [trial for trial in own if trial.was_killed]
        saw = Counter(trial.saw for trial in killed)
        counts = (len(killed), len(own) - len(killed), saw["old"], saw["some new"], saw["new"])
        faulty = sum(bool(trial.faults) for trial in own)
        rows.append([phase, moment, *map(str, counts), (str(faulty), FAULT if faulty else "")])
    terminal.show_grid(Grid(KILL_COLUMNS, rows, title="Kills"))
    for second, count in Counter(pair.second for pair in pairs).items():
        terminal.show(f"of two runs at once, one published and the other {second}: {count} times")


def _faulty(trials: Sequence[Trial], pairs: Sequence[Pair]) -> int:
    return sum(bool(trial.faults) for trial in trials) + sum(bool(pair.faults) for pair in pairs)


def _summary(seed: int, trials: Sequence[Trial], pairs: Sequence[Pair], seconds: float) -> dict[str, object]:
    killed = [trial for trial in trials if trial.was_killed]
    return {
        "seed": seed,
        "kills": len(killed),
        "kills_by_phase": dict(Counter(trial.phase for trial in killed)),
        "readers_saw": dict(Counter(trial.saw for trial in killed)),
        "leavings_removed": sum(trial.cleaned for trial in killed),
        "too_late": len(trials) - len(killed),
        "pairs": dict(Counter(pair.second for pair in pairs)),
        "faulty": _faulty(trials, pairs),
        "minutes": round(seconds / 60, 1),
        "trials": [asdict(trial) for trial in trials],
        "runs_at_once": [asdict(pair) for pair in pairs],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, help="the same seed chooses the same moments")
    parser.add_argument("--out", type=Path, default=Path("chaos.json"), help="where the summary goes")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
