"""The server that the other tests ask."""

from __future__ import annotations

from server import TRINO_VERSION, Trino


def test_it_is_the_pinned_trino(trino: Trino) -> None:
    assert trino.rows("SELECT node_version, coordinator FROM system.runtime.nodes") == [(TRINO_VERSION, True)]


def test_its_sessions_are_in_utc(trino: Trino) -> None:
    assert trino.rows("SELECT current_timezone()") == [("UTC",)]
