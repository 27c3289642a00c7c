"""Datasets are found by entry points; what is wrong with one is told by the name of its distribution."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.main import main
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.datasets.queries import named_queries, named_query, tour
from covid_lake.engines.protocol import Engine
from covid_lake.errors import QueryError, SettingsError
from covid_lake.landing import sources
from covid_lake.store import storage as storage_module
from covid_lake.store.storage import Storage, open_storage
from covid_lake.warehouse.connection import WarehouseConnection
from lake_runs import run_lake
from small_lake import publish_rows
from tiny_dataset import CONTRACTS, GROUP, install_books

ROOT = Path(registry.__file__).resolve().parents[3]


OTHER_NAME = """
from covid_lake.contracts import Dataset

BOOKS = Dataset(name="other", title="Others", tables=())
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The registry looks anew before and after a test, and the test's modules are forgotten."""
    before = set(sys.modules)
    _forget()
    yield
    monkeypatch.undo()
    _forget()
    for name in set(sys.modules) - before:
        if name.startswith(("tiny_", "other_")):
            del sys.modules[name]


def _forget() -> None:
    registry._registered.cache_clear()
    registry.dataset.cache_clear()


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_dataset_of_another_distribution_is_beside_the_librarys_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install_books(tmp_path / "site"))
    assert registry.dataset_names()[:2] == ("books", "covid19")
    assert registry.dataset("books").title == "Books"
    assert str(registry.table_called("book")) == "books_trusted.book"
    assert {str(table) for table in registry.tables_of("books", Zone.LANDING)} == {"books_landing.book"}
    assert "CREATE EXTERNAL TABLE" in call("ddl", "books").stdout
    (tmp_path / "in" / "books").mkdir(parents=True)
    (tmp_path / "in" / "books" / "a.csv").write_text("id,title\n1,Emma\n")
    landed = call("land", "books", "--from", tmp_path / "in", "--lake", tmp_path / "lake")
    assert (landed.exit_code, "1 files copied" in landed.stdout) == (0, True)
    assert "books_landing.book" in call("tables", "--lake", tmp_path / "lake").stdout


def test_every_command_works_for_a_dataset_of_another_distribution(
    engine: Engine,
    empty_warehouse: WarehouseConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(with_query(tmp_path / "site", QUERY))
    (tmp_path / "in" / "books").mkdir(parents=True)
    (tmp_path / "in" / "books" / "a.csv").write_text("id,title\n1,Emma\nx,Persuasion\n2,Sanditon\n")
    lake = tmp_path / "lake"

    def done(*arguments: object) -> str:
        result = call(*arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    done("land", "books", "--from", tmp_path / "in", "--lake", lake)
    assert "curated.dim_book" in done("plan", "books", "--lake", lake)
    report = run_lake(lambda: engine, open_storage(str(lake)), flow=registry.flow("books"), warehouse=empty_warehouse)
    assert report.succeeded, report.faults
    assert "Nothing to do." in done("plan", "books", "--lake", lake)
    assert "books_curated.dim_book" in done("tables", "--lake", lake)
    assert "Emma" in done("query", "SELECT title FROM books_curated.dim_book", "--lake", lake)
    assert "Sanditon" in done("query", "--name", "curve", "--dataset", "books", "--lake", lake)
    monkeypatch.setenv("PGPASSWORD", empty_warehouse.password)
    asked = done("query", "SELECT title FROM books_curated.dim_book", "--warehouse", empty_warehouse.url)
    assert "Emma" in asked
    assert "books/a.csv:2" in done("trace", "books_trusted.book", "book_id=1", "--lake", lake)
    assert "books declares no lineage for dim_book" in done("trace", "dim_book", "book_id=1", "--lake", lake)
    assert "book_id" in done("quarantine", "show", "books_quarantine.book", "--lake", lake)
    assert "books_quarantine.book" in done("quarantine", "list", "books", "--lake", lake)
    assert "current" in done("versions", "dim_book", "--lake", lake)
    assert "0 files" in done("vacuum", "books", "--dry-run", "--lake", lake)
    assert report.run_id in done("report", "--lake", lake)


def test_listing_datasets_imports_none() -> None:
    script = (
        "import sys; from covid_lake.datasets import registry; print(*registry.dataset_names());"
        "print([name for name in sys.modules if name.startswith('covid_lake.datasets.covid19')])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert ("covid19" in said.split("\n")[0], said.split("\n")[1]) == (True, "[]")


def test_a_source_tree_without_metadata_has_the_librarys_own_datasets(tmp_path: Path) -> None:
    script = "from covid_lake.datasets import registry; print(registry.dataset('covid19').name)"
    # Without site-packages, and with them the metadata that pip has left there.
    command = [sys.executable, "-S", "-c", script]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "lib")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("covid19\n", "")


def test_a_name_means_one_table() -> None:
    for table in registry.all_tables():
        assert registry.find_table(str(table)) == table, table


def test_a_dataset_that_cannot_be_imported_names_its_distribution_and_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install_books(tmp_path, contracts="import module_that_is_missing"))
    with pytest.raises(SettingsError, match=r"'books' \(tiny_books, from tiny-books 1\.0\) can't be imported: .*miss"):
        registry.dataset("books")
    assert registry.dataset("covid19").name == "covid19"
    failed = call("run", "books", "--lake", tmp_path / "lake")
    assert (failed.exit_code, "tiny-books 1.0" in failed.stderr) == (2, True)


@pytest.mark.parametrize(
    ("contracts", "message"),
    [
        ("", "tiny_books.contracts has no Dataset called BOOKS"),
        (OTHER_NAME, "registered as 'books' calls itself 'other'"),
    ],
    ids=["no dataset", "another name"],
)
def test_a_package_that_is_no_dataset_is_an_error(
    contracts: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install_books(tmp_path, contracts=contracts))
    with pytest.raises(SettingsError, match=message):
        registry.dataset("books")


@pytest.mark.parametrize("package", ["other_books", "tiny_books"], ids=["different packages", "the same package"])
def test_a_name_that_two_distributions_register_is_an_error(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install_books(tmp_path / "a"))
    monkeypatch.syspath_prepend(install_books(tmp_path / "b", name="other", package=package))
    with pytest.raises(SettingsError) as failed:
        registry.dataset("books")
    assert "tiny-books 1.0 (tiny_books)" in str(failed.value)
    assert f"other 1.0 ({package})" in str(failed.value)
    assert registry.dataset("covid19").name == "covid19"


def test_a_name_of_the_librarys_own_cannot_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributions import install

    monkeypatch.syspath_prepend(install(tmp_path, "impostor", {GROUP: {"covid19": "impostor_covid19"}}))
    with pytest.raises(SettingsError, match=r"covid-lake \(covid_lake\.datasets\.covid19\) and impostor 1\.0"):
        registry.dataset("covid19")


def test_a_dataset_needs_no_lineage_and_no_queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install_books(tmp_path))
    assert registry.lineage("books") == ()
    assert call("query", "--name", "list", "--dataset", "books").stdout == ""


QUERY = """-- name: curve
-- question: Which books are there?
-- shows: Titles.
-- grain: A book.
-- parameters: none
SELECT title FROM books_trusted.book
"""


def with_query(folder: Path, text: str) -> Path:
    """The distribution with a query of the name that one of covid19 has, too."""
    place = install_books(folder) / "tiny_books" / "sql" / "queries"
    place.mkdir(parents=True)
    (place / "curve.sql").write_text(text)
    return folder


def test_a_trusted_row_that_does_not_name_its_landing_record_is_shown_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [line for line in CONTRACTS.splitlines() if '"source_' in line]
    contracts = CONTRACTS
    for line in named:
        contracts = contracts.replace(line, "").replace('newest_by=("source_file",),', "")
    monkeypatch.syspath_prepend(install_books(tmp_path / "site", contracts=contracts))
    storage = open_storage(str(tmp_path / "lake"))
    publish_rows(storage, "v1", {"books_trusted.book": [{"book_id": 1, "title": "Emma", "run_id": "v1"}]})
    traced = call("trace", "books_trusted.book", "book_id=1", "--lake", storage.root)
    assert (traced.exit_code, traced.stderr, "Emma" in traced.stdout) == (0, "", True)
    assert "books_trusted.book does not keep source_file and source_row_hash" in " ".join(traced.stdout.split())


def test_days_are_no_use_where_no_table_is_partitioned_by_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install_books(tmp_path / "site"))
    (tmp_path / "in" / "books").mkdir(parents=True)
    (tmp_path / "in" / "books" / "a.csv").write_text("id,title\n1,Emma\n")
    lake = tmp_path / "lake"
    call("land", "books", "--from", tmp_path / "in", "--lake", lake)
    for options in ((), ("--from", tmp_path / "in")):
        done = call("run", "books", "--from-date", "2026-11-02", "--lake", lake, *options)
        assert (done.exit_code, "days can't be done again in books" in done.stderr) == (2, True)


def test_a_query_that_two_datasets_have_must_be_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(with_query(tmp_path, QUERY))
    with pytest.raises(QueryError, match="books and covid19 have a query called 'curve'; say which with --dataset"):
        named_query(None, "curve")
    assert named_query("books", "curve").question == "Which books are there?"
    listed = call("query", "--name", "list").stdout
    assert [line.split()[1] for line in listed.splitlines() if line.startswith("curve ")] == ["books", "covid19"]
    assert "covid19" not in call("query", "--name", "list", "--dataset", "Books").stdout


def test_a_datasets_tour_is_what_its_queries_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(with_query(tmp_path, QUERY))
    assert tour("books") == ()
    storage = open_storage(str(tmp_path / "lake"))
    row = {"book_id": 1, "title": "Emma", "source_file": "a", "source_row_hash": 1, "run_id": "v1"}
    publish_rows(storage, "v1", {"books_trusted.book": [row]})
    toured = call("tour", "books", "--lake", storage.root)
    assert (toured.exit_code, "books has no questions for a tour" in toured.stdout) == (0, True)
    (tmp_path / "tiny_books/sql/queries/curve.sql").write_text(QUERY.replace("-- shows", "-- tour: 1\n-- shows"))
    toured = call("tour", "books", "--lake", storage.root)
    assert ("Which books are there?" in toured.stdout, "Emma" in toured.stdout) == (True, True)
    assert "covid19" not in toured.stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [("tour: first", "its place in the tour is 'first'; write a whole number"), ("hint: x", "an unknown key 'hint'")],
)
def test_a_header_that_is_wrong_is_an_error(
    line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(with_query(tmp_path, QUERY.replace("-- shows", f"-- {line}\n-- shows")))
    with pytest.raises(QueryError, match=message):
        named_queries("books")


def test_public_buckets_are_the_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, bool]] = []

    def open_place(root: str, *, unsigned: bool = False, endpoint: str | None = None) -> Storage:
        opened.append((root, unsigned))
        return open_storage(str(tmp_path / "empty"))

    monkeypatch.setattr(storage_module, "open_storage", open_place)
    # The module keeps the function under its own name once a test before this one has imported it.
    monkeypatch.setattr(sources, "open_storage", open_place)
    monkeypatch.syspath_prepend(install_books(tmp_path))
    call("land", "covid19", "--from", "s3://covid19-lake", "--lake", "lake")
    call("land", "books", "--from", "s3://covid19-lake", "--lake", "lake")
    assert opened[1::2] == [("s3://covid19-lake", True), ("s3://covid19-lake", False)]


def test_a_lineage_that_cannot_be_imported_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install_books(tmp_path, lineage="import module_that_is_missing"))
    with pytest.raises(SettingsError, match="No module named 'module_that_is_missing'"):
        registry.lineage("books")
