"""The AWS emulator MiniStack as a server process of its own, for tests that need S3 and Glue to answer.

One process serves a whole run of the tests; a module asks for the fixture `emulator`, and names buckets of its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from covid_lake.engines.protocol import Engine
from covid_lake.runtime.engine_choice import SAIL, chosen_engine

SERVER = Path(__file__).with_name("emulator_server.py")
HOST = "127.0.0.1"
PYTHON_VARIABLE = "COVID_LAKE_EMULATOR_PYTHON"
NO_PYTHON = "none"
START_SECONDS = 60
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def running_emulator() -> Iterator[str]:
    """The endpoint of an emulator that nobody else uses; it holds nothing at first, and ends with the block."""
    port = _free_port()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "S3_PERSIST": "0",
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen(
        [server_python(), SERVER], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        endpoint = f"http://{HOST}:{port}"
        _wait_until_healthy(endpoint, process)
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[str]:
    """The endpoint of the emulator that all tests share."""
    if os.environ.get(PYTHON_VARIABLE) == NO_PYTHON:
        pytest.skip(f"{PYTHON_VARIABLE}={NO_PYTHON}: the AWS emulator can't be started here")
    with running_emulator() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def emulator(emulator_process: str) -> Iterator[str]:
    """The emulator for the tests of a module, with the environment that makes boto3 and Spark go to it."""
    with reaching(emulator_process):
        yield emulator_process


@contextmanager
def reaching(endpoint: str) -> Iterator[None]:
    """The environment that makes boto3 and Spark go to the emulator at `endpoint`."""
    with pytest.MonkeyPatch.context() as patch:
        addresses = {"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL_S3": endpoint}
        for name, value in {**ENVIRONMENT, **addresses}.items():
            patch.setenv(name, value)
        yield


def server_python() -> Path:
    """The Python of the emulator's own environment, beside that of the tests: the emulator pins botocore."""
    named = os.environ.get(PYTHON_VARIABLE)
    python = Path(named) if named else Path(sys.prefix).parent / ".venv-emulator" / "bin" / "python"
    if not python.exists():
        raise RuntimeError(f"the AWS emulator is not installed at {python}; run 'make setup'")
    return python


def point_at_emulator(engine: Engine) -> None:
    """Make the engine read from and write to the emulator, also where it was started before that was there."""
    if chosen_engine() == SAIL:
        return
    from covid_lake.runtime.session import s3_settings

    for name, value in s3_settings().items():
        engine.session.conf.set(name.removeprefix("spark.hadoop."), value)
    engine.session.conf.set("fs.s3a.access.key", ENVIRONMENT["AWS_ACCESS_KEY_ID"])
    engine.session.conf.set("fs.s3a.secret.key", ENVIRONMENT["AWS_SECRET_ACCESS_KEY"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the emulator ended by itself with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1):  # noqa: S310 - a fixed address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the emulator was not up after {START_SECONDS} seconds")
