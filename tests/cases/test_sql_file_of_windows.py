"""A query is read from files as Windows writes them, from pipes, and from texts that begin with a comment."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.main import main
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows

QUESTION = "-- how many?\r\nSELECT count(*) AS n\r\nFROM covid19_trusted.state_abv -- é\r\n"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    publish_rows(LocalStorage(root), "v1", {"covid19_trusted.state_abv": [{"abbreviation": "TX"}]})
    return root


def ask(lake: Path, *arguments: str | Path, piped: bytes | None = None) -> Result:
    command = ["query", "--lake", str(lake), "--format", "csv", *map(str, arguments)]
    return CliRunner().invoke(main, command, input=piped, catch_exceptions=False)


ENCODED = {
    "UTF-8": QUESTION.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + QUESTION.encode(),
    "UTF-16 little end first": codecs.BOM_UTF16_LE + QUESTION.encode("utf-16-le"),
    "UTF-16 big end first": codecs.BOM_UTF16_BE + QUESTION.encode("utf-16-be"),
    "UTF-32": codecs.BOM_UTF32_LE + QUESTION.encode("utf-32-le"),
    "old Mac": QUESTION.replace("\r\n", "\r").encode(),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_marked_file_is_read_and_a_pipe_as_well(encoding: str, lake: Path, tmp_path: Path) -> None:
    (tmp_path / "question.sql").write_bytes(ENCODED[encoding])
    assert ask(lake, "--file", tmp_path / "question.sql").output == "n\n1\n"
    assert ask(lake, "-", piped=ENCODED[encoding]).output == "n\n1\n"
    assert ask(lake, piped=ENCODED[encoding]).output == "n\n1\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("SELECT 1,\n'é'".encode("latin-1"), " is no UTF-8: byte 12, on line 2, cannot be read; save it as UTF-8"),
        ("SELECT 1".encode("utf-16-le"), "as UTF-16 without a byte order mark does; save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"S", " is no UTF-16: byte 3"),
        (codecs.BOM_UTF32_BE + b"\xff\xff\xff\xff", " is no UTF-32: "),
    ],
)
def test_another_encoding_is_refused_in_a_sentence(content: bytes, message: str, lake: Path, tmp_path: Path) -> None:
    (tmp_path / "question.sql").write_bytes(content)
    for refused, place in (
        (ask(lake, "--file", tmp_path / "question.sql"), "question.sql"),
        (ask(lake, "-", piped=content), "the standard input"),
    ):
        assert refused.exit_code == 2
        assert place in refused.stderr
        assert message in refused.stderr


@pytest.mark.parametrize(
    "text", ["-- note\nSELECT 1 AS n", "--note\nSELECT 1 AS n", "--a=b\nSELECT 1 AS n", "--\nSELECT 1 AS n",
             "-- one line", "\ufeffSELECT 1 AS n"],
)  # fmt: skip
@pytest.mark.parametrize("last", [True, False])
def test_a_text_that_begins_with_a_comment_is_a_query(text: str, last: bool, lake: Path) -> None:
    command = ["--lake", str(lake), text] if last else [text, "--lake", str(lake)]
    found = CliRunner().invoke(main, ["query", *command, "--format", "csv"], catch_exceptions=False)
    assert found.output == "n\n1\n" if "SELECT" in text else "there is no query" in found.stderr


def test_an_option_that_is_none_is_still_told(lake: Path) -> None:
    assert "No such option '--fromat'" in ask(lake, "--fromat", "csv", "SELECT 1").stderr


def test_an_empty_pipe_is_no_query(lake: Path) -> None:
    refused = ask(lake, piped=b" \n")
    assert (refused.exit_code, "the standard input is empty; ask one question" in refused.stderr) == (2, True)
