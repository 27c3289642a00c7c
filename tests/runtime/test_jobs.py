"""The Glue scripts, run as Glue runs them: by their files, with its arguments, its Python and a connection of its."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import covid_lake
from covid_lake.runtime.engine_choice import SPARK, chosen_engine
from covid_lake.runtime.java import find_java, jar_directory
from covid_lake.store.reports import PublisherReport, RunReport, Status, from_json, read_report
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.load import read_loaded_versions
from lake_runs import emptied

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "glue_jobs"
GLUE = ROOT / "tests" / "glue"
STATES = "static-datasets/csv/state-abv/states_abv.csv"
# The feeds of a few kilobytes; the tables of the others are skipped, or built without them.
DELIVERED = ("static-datasets", "rearc-usa-hospital-beds")
OF_GLUE = (
    *("--job-bookmark-option", "job-bookmark-disable", "--TempDir", "s3://aws-glue-assets/temporary/"),
    *("--JOB_ID", "j_7e089a7a", "--JOB_RUN_ID", "jr_ff2410b9", "--JOB_NAME", "a job"),
    *("--enable-metrics", "--enable-continuous-cloudwatch-log", "true"),
)


@dataclass(frozen=True)
class Job:
    """How a script ended."""

    code: str
    """0, or what Python exits with after printing it: then its exit code is 1."""
    output: str


def settings_of_spark() -> dict[str, str]:
    """What Glue has set before a job's script starts."""
    return {
        "JAVA_HOME": str(find_java()),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": (
            f"--master local[2] --driver-memory 1g --jars {next(jar_directory().glob('postgresql-*.jar'))} "
            "--conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 "
            "--conf spark.sql.session.timeZone=America/New_York pyspark-shell"
        ),
    }


@dataclass(frozen=True)
class Glue:
    """A lake, and a catalog with one connection to a warehouse."""

    lake: Path
    connections: Path

    def arguments(self, *more: str) -> list[str]:
        return [*OF_GLUE, "--dataset", "covid19", "--lake_root", str(self.lake), *more]

    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
            "PYTHONPATH": os.pathsep.join([str(GLUE), str(Path(covid_lake.__file__).parents[1])]),
            "GLUE_CONNECTIONS": str(self.connections),
            **(settings_of_spark() if chosen_engine() == SPARK else {}),
        }

    def run(self, *jobs: Sequence[str]) -> list[Job]:
        """Run scripts one after another in one process; each is a script's name and what comes after `--lake_root`."""
        scripts = [[str(SCRIPTS / f"{job}.py"), *self.arguments(*more)] for job, *more in jobs]
        done = subprocess.run(
            [sys.executable, str(GLUE / "run_jobs.py")],
            input=json.dumps(scripts),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            cwd=self.lake.parent,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = re.findall(r"^=== (\d+)\n(.*?)^=== \1 ended: (.*?)(?=^=== |\Z)", done.stdout, re.MULTILINE | re.DOTALL)
        assert len(found) == len(jobs), done.stdout + done.stderr
        return [Job(code.strip(), output) for _, output, code in found]

    def run_alone(self, job: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one script as Glue does, with these arguments and no others."""
        return subprocess.run(
            [sys.executable, str(SCRIPTS / f"{job}.py"), *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            cwd=self.lake.parent,
        )

    @property
    def report(self) -> RunReport:
        return from_json(read_report(LocalStorage(self.lake)))

    @property
    def reports(self) -> list[RunReport]:
        """All reports, the oldest first."""
        files = sorted(self.lake.glob("_runs/*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [from_json(json.loads(file.read_text())) for file in files]


def connection_of(warehouse: WarehouseConnection, **others: str) -> dict[str, str]:
    place = f"jdbc:postgresql://{warehouse.host}:{warehouse.port}"
    return {
        "user": warehouse.user,
        "password": warehouse.password,
        "vendor": "postgresql",
        "url": place,
        "fullUrl": f"{place}/{warehouse.database}",
        "enforceSSL": "false",
        **others,
    }


@dataclass(frozen=True)
class Story:
    """What became of one script after another."""

    glue: Glue
    first: subprocess.CompletedProcess[str]
    jobs: dict[str, Job]
    reports: dict[str, RunReport]


@pytest.fixture(scope="module")
def story(small_sample: Path, warehouse: WarehouseConnection, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Landing to trusted as a process of its own; then, in one process, all that follows on it."""
    if chosen_engine() != SPARK:
        pytest.skip("Glue runs Spark on Java, which is not the engine of these tests")
    emptied(warehouse)
    folder = tmp_path_factory.mktemp("glue")
    glue = Glue(folder / "lake", folder / "connections.json")
    others = {"mysql": connection_of(warehouse, vendor="mysql"), "wrong": connection_of(warehouse, password="no")}
    glue.connections.write_text(json.dumps({"warehouse": connection_of(warehouse), **others}))
    for feed in DELIVERED:
        shutil.copytree(small_sample / feed, glue.lake / "landing" / "covid19" / feed)
    first = glue.run_alone("landing_to_trusted", *glue.arguments())
    scripts: dict[str, tuple[str, ...]] = {
        "curated": ("trusted_to_curated",),
        "unknown connection": ("curated_to_redshift", "--connection_name", "no_such"),
        "connection to mysql": ("curated_to_redshift", "--connection_name", "mysql"),
        "wrong password": ("curated_to_redshift", "--connection_name", "wrong"),
        "warehouse": ("curated_to_redshift", "--connection_name", "warehouse"),
        "dry run": ("curated_to_redshift", "--connection_name", "warehouse", "--load", "full", "--dry_run"),
        "dry run of another": ("trusted_to_curated", "--dry_run", "true"),
        "warehouse again": ("curated_to_redshift", "--connection_name", "warehouse"),
        "warehouse anew": ("curated_to_redshift", "--connection_name", "warehouse", "--full_refresh", "true"),
        "trusted again": ("landing_to_trusted",),
        "one table anew": (
            *("landing_to_trusted", "--only", "state_abv", "--full_refresh", "true"),
            *("--dpus", "2", "--dpu_hour_price", "0.5"),
        ),
    }
    ended = dict(zip(scripts, glue.run(*scripts.values()), strict=True))
    states = glue.lake / "landing" / "covid19" / STATES
    states.write_bytes(states.read_bytes().replace(b"\n", b"\n\xff\xfe", 1))
    (ended["a damaged file"],) = glue.run(("landing_to_trusted", "--only", "state_abv"))
    without = ("unknown connection", "connection to mysql", "dry run", "dry run of another")
    with_report = [name for name in ("landing", *ended) if name not in without]
    return Story(glue, first, ended, dict(zip(with_report, glue.reports, strict=True)))


def of_warehouse(report: RunReport) -> PublisherReport:
    """What the run says of the warehouse, which is not its only publisher."""
    (found,) = (one for one in report.publishers if one.publisher == "warehouse")
    return found


def test_landing_becomes_trusted(story: Story) -> None:
    assert story.first.returncode == 0, story.first.stderr
    statuses = {table.table: table.status for table in story.reports["landing"].tables}
    assert statuses["trusted.state_abv"] == statuses["trusted.hospital_beds"] == Status.PUBLISHED
    assert statuses["trusted.jhu_daily_reports"] == Status.SKIPPED
    assert not any(table.startswith("curated.") for table in statuses)
    lines = [json.loads(line) for line in story.first.stdout.splitlines()]
    told = [(line["event"], line.get("table")) for line in lines if "event" in line]
    assert ("table_started", "trusted.state_abv") in told
    assert ("table_finished", "trusted.state_abv") in told
    (run,) = (line for line in lines if line.get("event") == "run")
    assert (run["run_id"], run["job"]) == (story.reports["landing"].run_id, "landing_to_trusted")


def test_figures_of_each_table_and_of_the_job_are_for_cloudwatch(story: Story) -> None:
    lines = [json.loads(line) for line in story.first.stdout.splitlines()]
    figures = {line.get("table", line.get("job")): line for line in lines if "_aws" in line}
    assert figures.keys() == {*(table.table for table in story.reports["landing"].tables), "landing_to_trusted"}
    (states,) = (table for table in story.reports["landing"].tables if table.table == "trusted.state_abv")
    assert figures["trusted.state_abv"]["RowsIn"] == states.records_read
    assert 0 <= figures["trusted.state_abv"]["FreshnessSeconds"] < 3600
    assert figures["landing_to_trusted"]["JobsSucceeded"] == 1


def test_the_cost_is_in_the_report_of_a_job_that_knows_what_it_runs_on(story: Story) -> None:
    cost = story.reports["one table anew"].cost
    assert cost is not None
    assert (cost.dpus, cost.dollars_per_dpu_hour, cost.dpu_seconds >= 120) == (2, 0.5, True)
    assert cost.dollars == round(cost.dpu_seconds / 3600 * 0.5, 4)
    assert story.reports["trusted again"].cost is None


def test_trusted_becomes_curated(story: Story) -> None:
    assert story.jobs["curated"].code == "0", story.jobs["curated"].output
    statuses = {table.table: table.status for table in story.reports["curated"].tables}
    assert statuses["curated.dim_hospital"] == Status.PUBLISHED
    assert not any(table.startswith("trusted.") for table in statuses)


def test_curated_is_loaded_through_the_connection(story: Story, warehouse: WarehouseConnection) -> None:
    assert story.jobs["warehouse"].code == "0", story.jobs["warehouse"].output
    assert story.reports["warehouse"].engine.startswith("Spark")  # by JDBC, as there is no psycopg on Glue
    loaded = of_warehouse(story.reports["warehouse"])
    published = {
        table.table.removeprefix("curated."): table.written
        for table in story.reports["curated"].tables
        if table.status == Status.PUBLISHED and table.table != "curated.region_names"
    }
    assert {table.table: table.counts["inserted"] for table in loaded.tables} == published
    assert read_loaded_versions(warehouse, "covid19").keys() == published.keys()
    hospitals = published["dim_hospital"]
    assert f"warehouse: dim_hospital: {hospitals} staged, {hospitals} inserted" in story.jobs["warehouse"].output
    with warehouse.connect() as opened:
        assert opened.execute("SELECT count(*) FROM covid19.dim_hospital").fetchall() == [(hospitals,)]


def test_a_dry_run_prints_the_sql_and_does_nothing(story: Story) -> None:
    assert story.jobs["dry run"].code == "0", story.jobs["dry run"].output
    (line,) = (json.loads(one) for one in story.jobs["dry run"].output.splitlines() if '"dry_run"' in one)
    assert line["sql"].startswith("-- load ")
    assert "BEGIN;" in line["sql"]
    assert "COMMIT;" in line["sql"]
    assert "'covid-lake plan' shows what the other jobs would do" in story.jobs["dry run of another"].code


def test_a_second_load_finds_nothing_to_do_and_a_full_refresh_does_all_again(story: Story) -> None:
    assert story.jobs["warehouse again"].code == "0"
    assert of_warehouse(story.reports["warehouse again"]).tables == ()
    assert story.jobs["warehouse anew"].code == "0"
    anew = of_warehouse(story.reports["warehouse anew"])
    assert len(anew.tables) == len(of_warehouse(story.reports["warehouse"]).tables)
    assert {table.counts["inserted"] + table.counts["updated"] for table in anew.tables} == {0}


def test_a_second_promotion_starts_no_engine(story: Story) -> None:
    assert story.jobs["trusted again"].code == "0"
    assert story.reports["trusted again"].engine == "none"
    assert {table.status for table in story.reports["trusted again"].tables} == {Status.UP_TO_DATE, Status.SKIPPED}


def test_one_table_is_done_anew(story: Story) -> None:
    assert story.jobs["one table anew"].code == "0"
    (table,) = story.reports["one table anew"].tables
    assert (table.table, table.status, table.records_read > 0) == ("trusted.state_abv", Status.PUBLISHED, True)


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ("unknown connection", "error: the Glue connection no_such cannot be read: Connection no_such not found."),
        ("connection to mysql", "error: the connection mysql is of mysql; expected is postgresql or redshift"),
    ],
)
def test_a_connection_that_is_of_no_use_ends_the_job_with_a_sentence(job: str, message: str, story: Story) -> None:
    assert story.jobs[job].code.startswith(message)


def test_a_warehouse_that_refuses_the_password_fails_the_job_and_is_in_its_report(story: Story) -> None:
    report = story.reports["wrong password"]
    failed = of_warehouse(report)
    assert "password authentication failed" in failed.error
    assert not report.succeeded
    assert story.jobs["wrong password"].code == (
        f"error: run {report.run_id} did not refresh everything: warehouse: {failed.error}"
    )


@pytest.fixture
def glue(tmp_path: Path) -> Glue:
    connections = tmp_path / "connections.json"
    connections.write_text("{}")
    return Glue(tmp_path / "lake", connections)


@pytest.mark.parametrize("job", ["landing_to_trusted", "trusted_to_curated", "curated_to_redshift"])
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--lake_root", "LAKE"], "error: the argument --dataset is missing"),
        (
            ["--dataset", "covid19", "--lake_root", "LAKE", "--table", "x"],
            "error: unknown argument --table; there is",
        ),
        (["--dataset", "covid", "--lake_root", "LAKE"], "error: "),
        (["--dataset", "covid19", "--lake_root", "LAKE", "--only", "no_such"], "error: "),
        (["--dataset", "covid19", "--lake_root", "LAKE"], "error: LAKE has no "),
    ],
    ids=["missing", "unknown", "unknown dataset", "unknown table", "no lake"],
)
def test_a_job_that_cannot_run_ends_with_exit_code_1_and_a_sentence(
    job: str, more: list[str], message: str, glue: Glue
) -> None:
    def placed(text: str) -> str:
        return text.replace("LAKE", str(glue.lake))

    ended = glue.run_alone(job, *OF_GLUE, *map(placed, more))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(placed(message))
    assert len(ended.stderr.splitlines()) == 1
    assert not glue.lake.exists()


def test_a_warehouse_is_named_by_a_connection_on_glue_and_by_a_url_elsewhere(glue: Glue, story: Story) -> None:
    lake = ["--dataset", "covid19", "--lake_root", str(story.glue.lake)]
    for given, message in (
        ([*OF_GLUE, *lake], "error: name the warehouse: --connection_name on Glue, --warehouse elsewhere"),
        (
            [*lake, "--connection_name", "warehouse"],
            "error: --connection_name names a connection in Glue's catalog",
        ),
        (
            [*OF_GLUE, *lake, "--connection_name", "warehouse", "--warehouse", "postgresql://u:p@h/d"],
            "error: the warehouse is named twice",
        ),
    ):
        ended = glue.run_alone("curated_to_redshift", *given)
        assert ended.returncode == 1
        assert ended.stderr.startswith(message), ended.stderr


def test_a_table_that_is_held_back_fails_the_job(story: Story) -> None:
    report, job = story.reports["a damaged file"], story.jobs["a damaged file"]
    (table,) = report.tables
    assert (table.table, table.status, report.succeeded) == ("trusted.state_abv", Status.HELD_BACK, False)
    assert job.code.startswith(f"error: run {report.run_id} did not refresh everything: trusted.state_abv: ")
    assert "states_abv.csv is refused: the text is no UTF-8" in job.code
