"""What can be known of docker/ without Docker: that its parts fit together. It could not be run so far."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker" / "compose.yaml"
SCRIPT = ROOT / "docker" / "in_glue.sh"
MOUNTED = "/covid-lake"


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def test_no_service_is_reached_from_outside() -> None:
    assert [name for name, one in services().items() if "ports" in one or "network_mode" in one] == []


def test_no_password_stands_in_the_file() -> None:
    passwords = [
        value
        for one in services().values()
        for name, value in one.get("environment", {}).items()
        if "PASSWORD" in name.upper()
    ]
    assert len(passwords) == 2
    assert all(value.startswith("${PGPASSWORD:?") for value in passwords)


def test_the_sources_are_mounted_and_not_changed() -> None:
    mounts = [mount for one in services().values() for mount in one.get("volumes", ())]
    assert [(one["target"], one["read_only"]) for one in mounts] == [(MOUNTED, True)] * len(mounts)
    assert {(COMPOSE.parent / one["source"]).resolve() for one in mounts} == {ROOT}


def test_every_file_that_is_named_exists() -> None:
    of_compose = re.findall(rf"{MOUNTED}/([\w./-]+)|((?:requirements|tests)/[\w./-]+)", COMPOSE.read_text())
    of_script = re.findall(r"\b((?:requirements|tests)/[\w./]+)", SCRIPT.read_text())
    named = [one or other for one, other in of_compose] + of_script
    copied = re.search(r"\"\$sources\"/\{(.+)\}", SCRIPT.read_text())
    jobs = re.findall(r"^job (\w+)", SCRIPT.read_text(), re.MULTILINE)
    assert copied
    assert len(jobs) == 4
    named += [*copied[1].split(","), *(f"glue_jobs/{job}.py" for job in jobs)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_script_has_what_it_reads() -> None:
    given = services()["glue"]["environment"]
    assert {"AWS_ENDPOINT_URL", "WAREHOUSE", "PGPASSWORD"} <= given.keys()
    emulator, warehouse = services()["emulator"], services()["warehouse"]
    assert given["AWS_ENDPOINT_URL"].endswith(f"//emulator:{emulator['environment']['GATEWAY_PORT']}")
    assert f"//{warehouse['environment']['POSTGRES_USER']}@warehouse/" in given["WAREHOUSE"]
    assert subprocess.run(["bash", "-n", SCRIPT], check=False).returncode == 0
