"""Who may log in, which all of Redshift's drivers are told in the same way."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redshift_connector

from redshift_target import Redshift


def test_a_wrong_password_and_an_unknown_user_are_refused(redshift: Redshift) -> None:
    for wrong in (replace(redshift, password="wrong"), replace(redshift, user="nobody")):
        with pytest.raises(redshift_connector.Error, match="password authentication failed"):
            wrong.connect()


def test_the_server_calls_itself_postgresql_8(redshift: Redshift) -> None:
    """By which the drivers know Redshift's abilities from PostgreSQL's of today."""
    with redshift.connect() as opened:
        versions = dict(opened.parameter_statuses)
    assert versions[b"server_version"] == b"8.0.2"
