"""Two runs at once on one lake: one publishes, the other loses and says so or finds the work done."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from lake_state import DATASET, books_state, differences, leavings, view_faults
from processes import Ended, started
from trials import Scenario, copy_lake, everything

LOST = "another run published"


@dataclass
class Pair:
    """What came of two runs at once. `second` is what became of the one that did not publish."""

    second: str
    seconds: float
    faults: list[str] = field(default_factory=list)


def run_pair(scenario: Scenario, scratch: Path) -> Pair:
    """Start the scenario's command, which publishes one table, twice at the same moment."""
    shutil.rmtree(scratch, ignore_errors=True)
    lake = scratch / "lake"
    copy_lake(scenario.lake, lake)
    snapshots = len(list((lake / "_snapshots" / DATASET).iterdir()))
    arguments, environment = scenario.commandline(lake, None)
    with (
        started(*arguments, scratch=scratch / "one", environment=environment) as one,
        started(*arguments, scratch=scratch / "other", environment=environment) as other,
    ):
        ends = (one.wait(), other.wait())
    faults = _faults(scenario, lake, ends)
    published = len(list((lake / "_snapshots" / DATASET).iterdir())) - snapshots
    if published != 1:
        faults.append(f"{published} snapshots were published instead of one")
    if not faults:
        shutil.rmtree(scratch)
    return Pair("said that it lost" if any(end.code for end in ends) else "found it done", ends[1].seconds, faults)


def _faults(scenario: Scenario, lake: Path, ends: tuple[Ended, Ended]) -> list[str]:
    faults = [
        f"a run failed, and not because it lost: {end.output}"
        for end in ends
        if end.code != 0 and LOST not in end.output
    ]
    if all(end.code != 0 for end in ends):
        faults.append("both runs lost")
    faults += view_faults(lake)
    faults += differences(everything(lake, None), scenario.after)
    faults += differences(books_state(lake), scenario.books)
    return faults + [f"left behind: {left}" for left in leavings(lake)]
