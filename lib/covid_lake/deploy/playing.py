"""Plays what is deployed to AWS Glue on this machine: workflow, triggers and jobs are read back, and each job is run.

A job is run as Glue runs it: its script and its wheels come from S3, the wheels are installed without a package index
into an environment that has the Spark of the job's Glue version and nothing else, and the script gets the definition's
own arguments. In place of `awsglue`, whose Java classes exist on Glue only, stands a double (`glue_double`).
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from covid_lake.deploy import glue_double
from covid_lake.deploy.local import run_command
from covid_lake.deploy.triggers import JobState, WorkflowRun, play
from covid_lake.errors import LakeError, SettingsError
from covid_lake.runtime.java import added_options, driver_memory, find_java, jars_of, passed_on
from covid_lake.runtime.session import s3_settings
from covid_lake.store.storage import S3Storage


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a version of Glue runs jobs with."""

    python: str
    """The version of Python."""
    spark: str
    """The version of Spark."""


RUNTIMES: Final[Mapping[str, Runtime]] = {"6.0": Runtime("3.13", "4.1.1"), "5.1": Runtime("3.11", "3.5.6")}
PIP_INSTALL: Final = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run of a job."""

    name: str
    """The job's name."""
    state: JobState
    """How it ended."""
    seconds: float
    """How long it took."""
    log: Path
    """What it printed."""

    @property
    def output(self) -> str:
        """What it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def last_line(self) -> str:
        """The last thing that it printed: of a job that failed, why."""
        lines = [line for line in self.output.splitlines() if line.strip()]
        return lines[-1] if lines else "it printed nothing"


@dataclass
class Player:
    """Plays the workflows of an account."""

    glue: Any
    """The client of Glue."""
    folder: Path
    """Where environments are kept, and what jobs print."""
    starting: Callable[[str, Path], None]
    """Is told of each run of a job before it starts: the job's name, and the file to which it will print."""
    runs: list[JobRun] = field(default_factory=list)
    """All runs, in their order."""

    def play(self, workflow: str) -> WorkflowRun:
        """One run of the workflow, by its triggers. Raises `SettingsError` where it is not deployed."""
        pages = self.glue.get_paginator("get_triggers").paginate()
        triggers = [one for page in pages for one in page["Triggers"] if one.get("WorkflowName") == workflow]
        if not triggers:
            raise SettingsError(
                f"Glue has no triggers of a workflow {workflow}; scripts/deploy_jobs.sh deploys it (docs/deploy.md)"
            )
        return play(triggers, partial(self.run, workflow=workflow))

    def run(self, name: str, workflow: str) -> JobState:
        """Run a job, and again as often as its definition says where it fails."""
        try:
            job = self.glue.get_job(JobName=name)["Job"]
        except self.glue.exceptions.EntityNotFoundException:
            return JobState.ERROR  # as on Glue: a trigger that starts a job which is gone
        for _ in range(job.get("MaxRetries", 0) + 1):
            done = self._once(job, workflow)
            self.runs.append(done)
            if done.state is JobState.SUCCEEDED:
                break
        return done.state

    def _once(self, job: Mapping[str, Any], workflow: str) -> JobRun:
        place = self.folder / "runs" / f"{len(self.runs) + 1}-{job['Name']}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        log = place / "output.txt"
        self.starting(job["Name"], log)
        began = time.monotonic()
        script = fetched(job["Command"]["ScriptLocation"], place)
        number = f"jr_{len(self.runs):064x}"
        of_glue = {"JOB_NAME": job["Name"], "JOB_ID": "j_1", "JOB_RUN_ID": number}
        of_workflow = {"WORKFLOW_NAME": workflow, "WORKFLOW_RUN_ID": "wr_1"}
        given = {**job["DefaultArguments"], **{f"--{key}": value for key, value in (of_glue | of_workflow).items()}}
        python = self._environment(job)
        command = [str(python), str(script), *(part for pair in given.items() for part in pair)]
        with log.open("wb") as output:
            environment = _variables(job["GlueVersion"], place)
            state = run_command(command, job["Timeout"], folder=place, environment=environment, output=output)
        return JobRun(job["Name"], state, time.monotonic() - began, log)

    def _environment(self, job: Mapping[str, Any]) -> Path:
        """The Python that has Spark and the job's wheels; made once for each list of wheels and kept."""
        wheels = job["DefaultArguments"].get("--additional-python-modules", "")
        options = job["DefaultArguments"].get("--python-modules-installer-option", "")
        version = job["GlueVersion"]
        digest = hashlib.sha256(f"{version} {wheels} {options}".encode()).hexdigest()[:12]
        folder = self.folder / f"glue-{version}-{digest}"
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            files = [fetched(url, folder / "wheels") for url in wheels.split(",") if url]
            base = base_environment(version, self.folder)
            _call([str(base), "-m", "venv", str(folder)], f"the environment of Glue {version} can't be made")
            (packages,) = (folder / "lib").glob("python*/site-packages")
            (of_base,) = base.parents[1].glob("lib/python*/site-packages")
            (packages / "spark.pth").write_text(f"{of_base}\n", encoding="utf-8")
            if files:
                pip = [str(folder / "bin" / "python"), *PIP_INSTALL, *options.split()]
                _call([*pip, *map(str, files)], f"the wheels of {job['Name']} can't be installed")
            shutil.rmtree(folder / "wheels", ignore_errors=True)
            (folder / "ready").touch()
        return folder / "bin" / "python"


def fetched(url: str, folder: Path) -> Path:
    """A file of S3, in a folder of this machine."""
    place, _, name = url.rpartition("/")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    target.write_bytes(S3Storage(place).read(name))
    return target


def base_environment(version: str, folder: Path) -> Path:
    """The Python of an environment that has Glue's Spark and nothing else; made once and kept in the folder."""
    runtime = RUNTIMES[version]
    base = folder / f"glue-{version}"
    if not (base / "ready").exists():
        named = require_python(version)
        shutil.rmtree(base, ignore_errors=True)
        _call([named, "-m", "venv", str(base)], f"the environment of Glue {version} can't be made")
        python = str(base / "bin" / "python")
        _call([python, *PIP_INSTALL, f"pyspark=={runtime.spark}"], f"Spark {runtime.spark} can't be installed")
        (base / "ready").touch()
    return base / "bin" / "python"


def require_python(version: str) -> str:
    """The Python that this Glue version has. Raises `SettingsError` where it is not installed here."""
    if version not in RUNTIMES:
        raise SettingsError(f"jobs of Glue {version} can't be played; those of {' and '.join(RUNTIMES)} can")
    wanted = RUNTIMES[version].python
    by_pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (f"python{wanted}", *map(str, sorted(by_pyenv.glob(f"{wanted}.*/bin/python{wanted}")))):
        try:
            found = subprocess.run([candidate, "--version"], capture_output=True, check=False)
        except FileNotFoundError:
            continue
        if found.returncode == 0:
            return candidate
    raise SettingsError(f"Glue {version} has Python {wanted}, which is not here: install it, also by pyenv")


def _variables(version: str, place: Path) -> dict[str, str]:
    """What Glue's image has set, and the way to AWS."""
    conf = {**s3_settings(), "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "4"}
    settings = " ".join(f"--conf {name}={value}" for name, value in conf.items())
    java = ["-Duser.timezone=UTC", *added_options()]
    jars = ",".join(map(str, sorted(jars_of(RUNTIMES[version].spark).glob("*.jar"))))
    return {
        **passed_on(),
        "TMPDIR": str(place),
        "PYTHONPATH": str(Path(glue_double.__file__).parent),
        "JAVA_HOME": str(find_java()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_SUBMIT_ARGS": (
            f"--master local[*] --driver-memory {driver_memory()}m --jars {jars} {settings} "
            f"--driver-java-options {shlex.quote(shlex.join(java))} pyspark-shell"
        ),
    }


def _call(command: list[str], fault: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LakeError(f"{fault}: {(done.stderr or done.stdout).strip()[-500:]}")
