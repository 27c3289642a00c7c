"""A real Airflow in an environment of its own, whose connection to AWS is the emulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulator import ENVIRONMENT

COMMAND_SECONDS = 300


@dataclass(frozen=True)
class Airflow:
    """The command `airflow`, with a database and a folder of DAGs of its own."""

    command: Path
    home: Path
    environment: dict[str, str]

    @property
    def dags(self) -> Path:
        return self.home / "dags"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.command), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
            cwd=self.home,
        )


def airflow_command() -> Path:
    """Where `make test-airflow` has installed it: beside the environment that runs the tests."""
    named = os.environ.get("COVID_LAKE_AIRFLOW")
    return Path(named) if named else Path(sys.prefix).parent / ".venv-airflow" / "bin" / "airflow"


@pytest.fixture(scope="session")
def airflow(emulator_process: str, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    command = airflow_command()
    if not command.exists():
        pytest.skip("Airflow is not installed here; 'make test-airflow' installs it and runs these tests")
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    to_emulator = {
        "conn_type": "aws",
        "login": ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        "password": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        "extra": {"region_name": ENVIRONMENT["AWS_DEFAULT_REGION"], "endpoint_url": emulator_process},
    }
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AIRFLOW", "AWS_"))},
        **ENVIRONMENT,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(to_emulator),
    }
    made = Airflow(command, home, environment)
    migrated = made.run("db", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    return made
