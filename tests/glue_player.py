"""Plays what is deployed to Glue on this machine: workflow, triggers and jobs are read back, and each job is run.

A job is run as Glue runs it: its script and its wheels come from S3, the wheels are installed without a package index
into an environment that has Spark and nothing else, and the script gets the definition's own arguments. What the
emulator says of a job's state is never asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from covid_lake.deploy.triggers import JobState, WorkflowRun, play
from covid_lake.runtime.java import find_java
from covid_lake.runtime.session import s3_settings

ROOT = Path(__file__).resolve().parents[1]
DOUBLE = ROOT / "tests" / "glue_double"
# The Python and the Spark of each Glue version.
IMAGES = {"6.0": ("3.13", "4.1.1"), "5.1": ("3.11", "3.5.6")}


@dataclass
class JobRun:
    """A run of a job."""

    name: str
    state: JobState
    output: str


@dataclass
class Player:
    """Runs the jobs of one Glue version."""

    version: str
    folder: Path
    runs: list[JobRun] = field(default_factory=list)
    """All runs, in their order."""
    _environments: dict[tuple[str, str], Path] = field(default_factory=dict)

    def play(self, workflow: str) -> WorkflowRun:
        """One run of the workflow, by its triggers."""
        pages = boto3.client("glue").get_paginator("get_triggers").paginate()
        triggers = [one for page in pages for one in page["Triggers"] if one.get("WorkflowName") == workflow]
        return play(triggers, lambda name: self.run(name, workflow))

    def run(self, name: str, workflow: str) -> JobState:
        """Run a job, and again as often as its definition says where it fails."""
        job = boto3.client("glue").get_job(JobName=name)["Job"]
        for _ in range(job.get("MaxRetries", 0) + 1):
            done = self._once(job, workflow)
            self.runs.append(done)
            if done.state is JobState.SUCCEEDED:
                break
        return done.state

    def _once(self, job: Mapping[str, Any], workflow: str) -> JobRun:
        place = self.folder / f"run-{len(self.runs)}"
        place.mkdir(parents=True)
        script = fetched(job["Command"]["ScriptLocation"], place)
        number = f"jr_{len(self.runs):064x}"
        of_glue = {"JOB_NAME": job["Name"], "JOB_ID": "j_1", "JOB_RUN_ID": number}
        of_workflow = {"WORKFLOW_NAME": workflow, "WORKFLOW_RUN_ID": "wr_1"}
        given = {**job["DefaultArguments"], **{f"--{key}": value for key, value in (of_glue | of_workflow).items()}}
        python = self._environment(job["DefaultArguments"])
        command = [str(python), str(script), *(part for pair in given.items() for part in pair)]
        try:
            done = subprocess.run(
                command,
                cwd=place,
                env=self._variables(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=job["Timeout"] * 60,
            )
        except subprocess.TimeoutExpired as error:
            return JobRun(job["Name"], JobState.TIMEOUT, str(error.output))
        return JobRun(job["Name"], JobState.FAILED if done.returncode else JobState.SUCCEEDED, done.stdout)

    def _environment(self, arguments: Mapping[str, str]) -> Path:
        """The Python that has Spark and the job's wheels; made once for each list of wheels."""
        wheels, options = arguments["--additional-python-modules"], arguments["--python-modules-installer-option"]
        if (wheels, options) not in self._environments:
            folder = self.folder / f"environment-{len(self._environments)}"
            files = [fetched(url, folder / "wheels") for url in wheels.split(",")]
            base = base_environment(self.version)
            subprocess.run([base, "-m", "venv", folder / "venv"], check=True)
            python = folder / "venv" / "bin" / "python"
            (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
            (of_base,) = base.parents[1].glob("lib/python*/site-packages")
            (packages / "glue.pth").write_text(f"{of_base}\n")
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
            subprocess.run([*pip, *options.split(), *files], check=True)
            shutil.rmtree(folder / "wheels")
            self._environments[wheels, options] = python
        return self._environments[wheels, options]

    def _variables(self) -> dict[str, str]:
        """What Glue's image has set, and the way to the emulator."""
        conf = {**s3_settings(), "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2"}
        settings = " ".join(f"--conf {name}={value}" for name, value in conf.items())
        jars = ",".join(map(str, sorted(jars_of(self.version).glob("*.jar"))))
        kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name == "PATH"}
        return {
            **kept,
            "HOME": str(self.folder),
            "PYTHONPATH": str(DOUBLE),
            "JAVA_HOME": str(find_java()),
            "PYSPARK_SUBMIT_ARGS": (
                f"--master local[2] --driver-memory 1g --jars {jars} {settings} "
                "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m' pyspark-shell"
            ),
        }


def fetched(url: str, folder: Path) -> Path:
    """A file of S3, in a folder of this machine."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / key.rpartition("/")[2]
    boto3.client("s3").download_file(bucket, key, str(target))
    return target


def jars_of(version: str) -> Path:
    """The jars of S3A and of the warehouses' drivers."""
    return ROOT / ".jars" / f"spark-{IMAGES[version][1]}"


def base_environment(version: str) -> Path:
    """The Python of an environment that has Glue's Spark and nothing else; made once, and kept beside the others."""
    base = ROOT / f".venv-glue-{version}"
    if not (base / ".ready").exists():
        subprocess.run([python_of(version), "-m", "venv", "--clear", base], check=True)
        pip = [base / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"pyspark=={IMAGES[version][1]}"], check=True)
        (base / ".ready").touch()
    return base / "bin" / "python"


def python_of(version: str) -> str | None:
    """The Python that this Glue version has; None where it is not installed here."""
    name = f"python{IMAGES[version][0]}"
    by_pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (name, *map(str, sorted(by_pyenv.glob(f"{IMAGES[version][0]}.*/bin/{name}")))):
        try:
            found = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            continue
        if found.returncode == 0:
            return candidate
    return None


def skip_where_not(version: str) -> None:
    """Skip the test where jobs of this Glue version can't be played here."""
    python, spark = IMAGES[version]
    if python_of(version) is None:
        pytest.skip(f"Glue {version} has Python {python}, which is not here")
    if not jars_of(version).is_dir():
        pytest.skip(f"the jars of Spark {spark} are not here; make setup SPARK={spark} fetches them")
