"""What the tests of Trino share: one server, which finds tables in the emulator's catalog and files in its S3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import ENVIRONMENT
from server import Trino, running_trino, why_not


@pytest.fixture(scope="session")
def trino(emulator_process: str) -> Iterator[Trino]:
    """The server; tests that need it are skipped where it can't run, which 'make test-trino' finds out beforehand."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with running_trino(emulator_process, ENVIRONMENT) as started:
        yield started
