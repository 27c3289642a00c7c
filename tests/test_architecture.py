"""docs/architecture.md shows the code as it is: every room has a line and a box, and no arrow goes up."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "lib" / "covid_lake"


def rooms() -> set[str]:
    """The packages of the library, and the modules beside them."""
    packages = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    return packages | {file.stem for file in PACKAGE.glob("[a-z]*.py")}


def levels() -> dict[str, int]:
    """Each room's layer in the linter's settings, the lowest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers")
    named = [re.findall(r"covid_lake\.(\w+)", layer) for layer in reversed(layers)]
    return {room: level for level, layer in enumerate(named) for room in layer}


def test_every_room_has_a_line_and_no_line_is_of_a_room_that_is_gone() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == rooms() == set(levels())


def test_the_picture_has_every_room_and_arrows_go_down() -> None:
    boxes = dict(re.findall(r'^    (\w+)\["<b>(.+?)</b>', PAGE, re.MULTILINE))
    shown = {room for title in boxes.values() for room in title.split(" · ")}
    assert shown - {"glue_jobs/"} == rooms()
    arrows = re.findall(r"^    (\w+) --> (\w+)$", PAGE, re.MULTILINE)
    assert arrows
    assert {end for arrow in arrows for end in arrow} == boxes.keys()
    for user, used in arrows:
        if user in levels():
            lowest = min(levels()[room] for room in boxes[used].split(" · "))
            assert levels()[user] >= lowest, f"{user} --> {used}"


def test_the_modules_that_are_named_exist() -> None:
    for name in re.findall(r"`((?:\w+\.)+\w+)`", PAGE):
        room, _, rest = name.partition(".")
        if room in rooms():
            parts = [part for part in rest.split(".") if part[0].islower()]
            assert (PACKAGE / room / "/".join(parts)).with_suffix(".py").exists() or parts == [], name


def test_the_readme_links_to_it_and_to_the_glossary() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/architecture.md)" in readme
    assert "(docs/glossary.md)" in readme
