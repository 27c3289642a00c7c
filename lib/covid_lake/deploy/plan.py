"""What a deployment has to do: found by comparing what there is with what should be, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from covid_lake.deploy.resources import Definition, Found, Kind, differences


class Verb(StrEnum):
    """What is done."""

    UPLOAD = "upload"
    CREATE = "create"
    UPDATE = "update"
    REGISTER = "register"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do."""

    verb: Verb
    """What is done."""
    kind: str
    """To what kind of thing, such as `job`."""
    name: str
    """To which one."""
    detail: str
    """What a person may want to know before, such as what changes."""
    do: Callable[[], None]
    """Does it."""


def changes(kind: Kind, wanted: Iterable[Definition]) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """What brings a kind to what is wanted: what is created and updated, and then what is deleted."""
    here: dict[str, list[Found]] = {}
    for found in kind.present():
        here.setdefault(found.name, []).append(found)
    made: list[Action] = []
    for one in wanted:
        # Of two of one name, which a replacement that was interrupted has left, the one that fits better stays.
        present = sorted(here.pop(one.name, []), key=partial(_distance, one))
        if not present:
            made.append(Action(Verb.CREATE, kind.title, one.name, "", partial(kind.create, one)))
            continue
        current = present[0]
        here[one.name] = present[1:]
        if named := differences(current.answer, one.request):
            detail = f"changed: {', '.join(named)}"
            made.append(Action(Verb.UPDATE, kind.title, one.name, detail, partial(kind.replace, current, one)))
    gone = [
        Action(Verb.DELETE, kind.title, found.name, "no longer wanted", partial(kind.delete, found))
        for several in here.values()
        for found in several
    ]
    return tuple(made), tuple(gone)


def _distance(wanted: Definition, found: Found) -> int:
    return len(differences(found.answer, wanted.request))
