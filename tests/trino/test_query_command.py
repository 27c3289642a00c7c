"""`covid-lake query` asks Trino: the same answer on the same display, and errors that say what to do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import command, environment, shows_trace
from server import Trino
from trino_lakes import CataloguedLake

QUESTION = "SELECT level, count(*) AS regions FROM covid19_curated.dim_region GROUP BY level ORDER BY level"
# Runs for minutes.
ENDLESS = """
SELECT count(*)
FROM UNNEST(sequence(1, 10000)) AS a (x), UNNEST(sequence(1, 10000)) AS b (y), UNNEST(sequence(1, 10000)) AS c (z)
WHERE x + y + z < 0
"""
PATIENCE_SECONDS = 60


@pytest.mark.parametrize("style", ["table", "csv", "json"])
def test_the_answer_looks_like_the_lakes(style: str, catalogued: CataloguedLake, trino: Trino) -> None:
    from_lake = command("query", QUESTION, "--format", style, "--lake", catalogued.storage.root)
    from_trino = command("query", QUESTION, "--format", style, "--trino", trino.url)
    assert (from_lake.returncode, from_trino.returncode) == (0, 0), from_lake.stdout + from_trino.stdout
    assert from_trino.stdout == from_lake.stdout


def test_a_named_query_goes_to_the_server_that_the_environment_names(catalogued: CataloguedLake, trino: Trino) -> None:
    asked = command("query", "--name", "consent_funnel", "--engine", "trino", changes={"TRINO_URL": trino.url})
    assert asked.returncode == 0, asked.stdout
    assert "consent" in asked.stdout


def test_databases_are_listed_as_in_athena(catalogued: CataloguedLake, trino: Trino) -> None:
    listed = command("query", "SHOW DATABASES", "--trino", trino.url, "--format", "csv").stdout.split()
    assert {"covid19_landing", "covid19_trusted", "covid19_curated", "covid19_quarantine"} <= set(listed)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FORM t", "Trino cannot answer the query: line 1:"),
        ("SELECT nothing FROM covid19_curated.dim_region", "Column 'nothing' cannot be resolved"),
        ("SELECT * FROM covid19_curated.dim_regio", "see which there are with SHOW TABLES FROM awsdatacatalog.DATASET"),
        ("SELECT 1 / (regions - regions) FROM (SELECT count(*) AS regions)", "Division by zero"),
        ("DROP TABLE covid19_curated.dim_region", "a query only reads"),
    ],
)
def test_what_is_not_answered_is_told_in_a_sentence(
    sql: str, message: str, catalogued: CataloguedLake, trino: Trino
) -> None:
    asked = command("query", sql, "--trino", trino.url)
    assert asked.returncode == 1
    assert message in asked.stdout
    assert not shows_trace(asked.stdout)


def test_a_query_that_is_interrupted_ends_in_trino_too(trino: Trino, tmp_path: Path) -> None:
    asking = subprocess.Popen(
        [sys.executable, "-m", "covid_lake", "query", ENDLESS, "--trino", trino.url],
        env=environment(),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    try:
        assert wait_for_state(trino, "RUNNING")
        asking.send_signal(signal.SIGINT)
        assert asking.wait(PATIENCE_SECONDS) != 0
        assert wait_for_state(trino, "FAILED")
    finally:
        asking.kill()
        asking.wait()


def wait_for_state(trino: Trino, state: str) -> bool:
    """Whether the endless query is in that state before long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        asked = "SELECT state FROM system.runtime.queries WHERE query LIKE '%z < 0' AND source = 'covid-lake'"
        if (state,) in trino.rows(asked):
            return True
        time.sleep(0.2)
    return False
