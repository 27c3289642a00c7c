"""The job curated_to_redshift as Glue starts it: a script, a connection's name, the sample's star in S3, the driver.

And what of it is written down: neither reports nor logs, nor anything in the lake or the warehouse, hold the password.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest

import covid_lake
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.runtime.java import find_java, jar_directory
from covid_lake.store.reports import from_json, read_report
from covid_lake.store.storage import S3Storage
from lake_runs import BuiltLake, differing_tables
from redshift_double import DISK_FULL, Fault, Moment, RedshiftDouble
from redshift_double.server import ROLE

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "lake-for-redshift"
JOB_SECONDS = 900


@dataclass
class Glue:
    """A lake in S3, and a connection to the double."""

    lake: S3Storage
    double: RedshiftDouble
    folder: Path
    outputs: list[str] = field(default_factory=list)
    """What all jobs have written to either channel."""

    def run(self, *arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the job as Glue does."""
        place = f"jdbc:redshift://127.0.0.1:{self.double.port}"
        connection = {
            "user": self.double.user,
            "password": password or self.double.password,
            "vendor": "redshift",
            "url": place,
            "fullUrl": f"{place}/dev?sslmode=disable",
            "enforceSSL": "false",
        }
        catalog = self.folder / "connections.json"
        catalog.write_text(json.dumps({"cluster": connection}))
        jars = ",".join(str(next(jar_directory().glob(f"{name}-*.jar"))) for name in ("postgresql", "redshift-jdbc42"))
        done = subprocess.run(
            [
                *(sys.executable, str(ROOT / "glue_jobs" / "curated_to_redshift.py")),
                *("--JOB_NAME", "load", "--JOB_RUN_ID", "jr_1", "--dataset", "covid19", "--lake_root", self.lake.root),
                *("--connection_name", "cluster", "--copy_role", ROLE, "--catalog", "none", *arguments),
            ],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
                "PYTHONPATH": os.pathsep.join(
                    [str(ROOT / "tests" / "glue"), str(Path(covid_lake.__file__).parents[1])]
                ),
                "GLUE_CONNECTIONS": str(catalog),
                "JAVA_HOME": str(find_java()),
                "PYSPARK_PYTHON": sys.executable,
                "PYSPARK_SUBMIT_ARGS": f"--master local[2] --driver-memory 1g --jars {jars} "
                "--conf spark.ui.enabled=false pyspark-shell",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=JOB_SECONDS,
            cwd=self.folder,
        )
        catalog.unlink()
        self.outputs.append(done.stdout + done.stderr)
        return done


@pytest.fixture(scope="module")
def glue(
    request: pytest.FixtureRequest, jdbc_driver: Path, emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Glue]:
    """The sample's lake, copied into a bucket."""
    built: BuiltLake = request.getfixturevalue("built_lake")
    running: RedshiftDouble = request.getfixturevalue("running")
    running.empty()
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    lake = S3Storage(f"s3://{BUCKET}/some/prefix")
    for file in built.storage.list_files(""):
        lake.write(file.path, built.storage.read(file.path))
    yield Glue(lake, running, tmp_path_factory.mktemp("glue"))
    running.empty()


def test_the_job_loads_the_whole_star_and_a_second_one_nothing(glue: Glue) -> None:
    first = glue.run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert differing_tables(glue.lake, glue.double.owner) == []
    report = from_json(read_report(glue.lake))
    (loads,) = (one for one in report.publishers if one.publisher == "warehouse")
    assert {table.table for table in loads.tables} == {table.name for table in COVID19.star}
    glue.double.forget()
    second = glue.run()
    assert second.returncode == 0, second.stdout + second.stderr
    assert [sql for sql in glue.double.statements if sql.startswith(("COPY", "INSERT", "DELETE", "CREATE"))] == []


def test_a_load_that_fails_fails_the_job_and_the_next_one_catches_up(glue: Glue) -> None:
    glue.double.inject(Fault(Moment.ERROR, matching=lambda sql: sql.startswith("COPY"), error=DISK_FULL))
    failed = glue.run("--load", "full")
    assert failed.returncode == 1
    assert "Disk Full" in failed.stdout + failed.stderr
    assert differing_tables(glue.lake, glue.double.owner) == []
    glue.double.inject(Fault(Moment.AFTER, matching=lambda sql: sql.startswith("COPY")))
    assert glue.run("--load", "full").returncode == 0
    assert glue.double.pending_faults == 0


def test_a_dry_run_prints_the_statements_and_runs_none_of_them(glue: Glue) -> None:
    glue.double.forget()
    done = glue.run("--dry_run", "true", "--load", "full")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FORMAT AS PARQUET MANIFEST" in done.stdout
    assert [sql for sql in glue.double.statements if not sql.startswith(("SELECT", "SET"))] == []


def test_the_password_is_written_down_nowhere(glue: Glue) -> None:
    """After loads that succeeded, failed, broke and were refused: logs, reports, the lake, the warehouse."""
    wrong = "a-wrong-Pa55word/with signs"
    refused = glue.run(password=wrong)
    assert refused.returncode == 1
    assert "password authentication failed" in refused.stdout + refused.stderr
    assert len(glue.outputs) > 1
    secrets = [glue.double.password, wrong]
    said = "\n".join(glue.outputs)
    assert [secret for secret in secrets if secret in said] == []
    paths = [file.path for file in glue.lake.list_files("")]
    assert [path for path in paths if path.startswith("_runs/")]
    for path in paths:
        content = glue.lake.read(path)
        assert [secret for secret in secrets if secret.encode() in content] == [], path
    for table in ("loads", "loaded_versions"):
        rows = glue.double.rows(f'SELECT * FROM "covid19_staging"."{table}"')
        assert rows
        assert [row for row in rows for secret in secrets if secret in str(row)] == []
    assert [sql for sql in glue.double.statements for secret in secrets if secret in sql] == []
