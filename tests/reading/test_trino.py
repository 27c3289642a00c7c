"""Asking a Trino server: its address, what is sent there, what its values become, and what it says when it can't."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from covid_lake.errors import QueryError, SettingsError, TrinoError
from covid_lake.reading.answers import format_csv, format_json
from covid_lake.reading.trino import TrinoServer, ask_trino
from covid_lake.reading.trino_values import answer_of_values

HOST = "127.0.0.1"


class NoTrino(BaseHTTPRequestHandler):
    """A web server that answers every question with a status."""

    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"<html>nothing to be asked here</html>")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def no_trino() -> Iterator[str]:
    with HTTPServer((HOST, 0), NoTrino) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def closed_port() -> str:
    with HTTPServer((HOST, 0), NoTrino) as server:
        return f"http://{HOST}:{server.server_port}"


# --- the address ---------------------------------------------------------------------------------------------------


def test_a_url_has_user_host_port_and_catalog() -> None:
    server = TrinoServer.from_url("https://ana%40x@trino.example.org:8443/lake", {"TRINO_PASSWORD": "secret"})
    assert (server.url, server.user, server.catalog) == ("https://trino.example.org:8443", "ana@x", "lake")
    assert server.password == "secret"
    assert "secret" not in repr(server)


def test_a_url_needs_no_more_than_a_host() -> None:
    server = TrinoServer.from_url("http://trino", {})
    assert (server.url, server.catalog, server.password) == ("http://trino:8080", "awsdatacatalog", None)
    assert server.user
    assert TrinoServer.from_url("https://trino", {}).url == "https://trino:443"


def test_without_a_url_it_is_the_environments_or_this_machine() -> None:
    assert TrinoServer.from_url(None, {"TRINO_URL": "http://there:1234"}).url == "http://there:1234"
    assert TrinoServer.from_url(None, {}).url == "http://localhost:8080"


def test_an_ipv6_host_is_in_brackets() -> None:
    assert TrinoServer.from_url("http://[::1]:8081", {}).url == "http://[::1]:8081"


@pytest.mark.parametrize(
    "url", ["trino:8080", "jdbc:trino://trino", "ftp://trino", "http://trino:port", "http://", "http://trino/a/b"]
)
def test_another_url_is_refused_with_the_shape_of_one(url: str) -> None:
    with pytest.raises(SettingsError, match=r"http\[s\]://\[user@\]host\[:port\]\[/catalog\]"):
        TrinoServer.from_url(url, {})


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="TRINO_PASSWORD") as caught:
        TrinoServer.from_url("https://ana:hunter2@trino", {})
    assert "hunter2" not in str(caught.value)


def test_a_password_is_not_sent_over_http() -> None:
    with pytest.raises(SettingsError, match="https"):
        TrinoServer.from_url("http://trino", {"TRINO_PASSWORD": "secret"})


# --- what is asked, and of whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE t",
        "INSERT INTO t SELECT 1",
        "-- a comment\nDELETE FROM t",
        "EXPLAIN ANALYZE DELETE FROM t",
        "EXPLAIN ANALYZE VERBOSE (TYPE IO) INSERT INTO t SELECT 1",
        "CALL system.flush_metadata_cache()",
        "EXECUTE IMMEDIATE 'DROP TABLE t'",
    ],
)
def test_what_does_more_than_read_is_not_sent(sql: str, no_trino: str) -> None:
    with pytest.raises(QueryError, match="a query only reads"):
        ask_trino(TrinoServer.from_url(no_trino, {}), sql)


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN\n-- name: curve\nWITH a AS (SELECT 1) SELECT * FROM a",
        "EXPLAIN ANALYZE VERBOSE (SELECT 1)",
        "explain (TYPE DISTRIBUTED, FORMAT JSON) SELECT 1;",
        "(SELECT 1) UNION (SELECT 2)",
        "TABLE t",
        "SHOW TABLES FROM covid19_curated",
        "DESCRIBE covid19_curated.fact_cases",
    ],
)
def test_what_reads_is_sent(sql: str, closed_port: str) -> None:
    with pytest.raises(TrinoError, match="did not answer"):
        ask_trino(TrinoServer.from_url(closed_port, {}), sql)


def test_a_server_that_is_not_there_is_told_with_its_address(closed_port: str) -> None:
    with pytest.raises(TrinoError, match=f"{closed_port} did not answer: Connection refused. Is a Trino running"):
        ask_trino(TrinoServer.from_url(closed_port, {}), "SELECT 1")


def test_a_server_that_is_no_trino_is_told(no_trino: str) -> None:
    with pytest.raises(TrinoError, match=f"{no_trino} did not answer: .*Is a Trino running there"):
        ask_trino(TrinoServer.from_url(no_trino, {}), "SELECT 1")


def test_a_page_of_html_is_not_repeated(no_trino: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NoTrino, "status", 501)
    with pytest.raises(TrinoError, match=r"did not answer: error 501\. Is"):
        ask_trino(TrinoServer.from_url(no_trino, {}), "SELECT 1")


def test_a_user_who_is_refused_is_told_where_the_password_belongs(
    no_trino: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoTrino, "status", 401)
    url = no_trino.replace("//", "//ana@")
    with pytest.raises(TrinoError, match=r"error 401\. It wants the password of the user ana in TRINO_PASSWORD"):
        ask_trino(TrinoServer.from_url(url, {}), "SELECT 1")


# --- values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "sent", "value"),
    [
        ("bigint", 9007199254740993, 9007199254740993),
        ("double", "NaN", pytest.approx(float("nan"), nan_ok=True)),
        ("double", "-Infinity", float("-inf")),
        ("decimal(38, 2)", "12345678901234567890.10", Decimal("12345678901234567890.10")),
        ("date", "2020-02-29", date(2020, 2, 29)),
        ("date", "+10000-01-01", "+10000-01-01"),
        ("timestamp(6)", "2020-02-29 01:02:03.000004", datetime(2020, 2, 29, 1, 2, 3, 4)),
        ("timestamp(9)", "2020-02-29 01:02:03.000000004", "2020-02-29 01:02:03.000000004"),
        ("timestamp(3) with time zone", "2020-02-29 01:02:03.004 UTC", "2020-02-29 01:02:03.004 UTC"),
        ("INTERVAL DAY TO SECOND", "1 00:00:00.000", "1 00:00:00.000"),
        ("varbinary", "AP8=", b"\x00\xff"),
        ("array(decimal(2, 1))", ["1.0", None], [Decimal("1.0"), None]),
        ("map(integer, varchar(1))", {"1": "a", "2": None}, [(1, "a"), (2, None)]),
        ("map(boolean, date)", {"false": "2020-01-01"}, [(False, date(2020, 1, 1))]),
        ('row("a b" bigint, c row(d date))', [1, ["2020-01-01"]], {"a b": 1, "c": {"d": date(2020, 1, 1)}}),
        ("json", '{"a":1}', '{"a":1}'),
        ("qdigest(bigint)", "AP8=", "AP8="),
        ("unknown", None, None),
    ],
)
def test_a_value_is_what_its_type_says(type_: str, sent: Any, value: Any) -> None:
    answer = answer_of_values([("x", type_)], [[sent], [None]])
    assert answer.rows == [(value,), (None,)]


def test_answers_look_like_those_of_the_lake() -> None:
    columns = [("n", "bigint"), ("r", "real"), ("at", "timestamp(3)"), ("pair", "row(integer, varchar(1))")]
    answer = answer_of_values(columns, [[1, 0.1, "2020-01-01 00:00:00.000", [1, "x"]]])
    shown = '1,0.1,2020-01-01 00:00:00.000,"{""field0"": 1, ""field1"": ""x""}"\n'
    assert format_csv(answer) == "n,r,at,pair\n" + shown


def test_an_answer_without_rows_has_its_columns() -> None:
    answer = answer_of_values([("n", "bigint"), ("t", "varchar")], [])
    assert (answer.columns, answer.rows, format_json(answer)) == (("n", "t"), [], "[]\n")
