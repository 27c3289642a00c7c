"""The command line: what each command says of itself, prints, and answers to its caller."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from covid_lake import __version__
from covid_lake.cli.group import EXIT_FAULT, EXIT_USAGE
from covid_lake.cli.main import main
from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.runtime import engine_choice
from covid_lake.store.storage import LocalStorage
from lake_runs import BuiltLake
from small_lake import publish_rows

COMMANDS = sorted(main.commands)
WAREHOUSE_COMMANDS = ["start", "stop", "status", "psql"]
QUARANTINE_COMMANDS = ["list", "show", "retry"]
STATES = "static-datasets/csv/state-abv/states_abv.csv"


def call(*arguments: str | Path) -> Result:
    """Run a command in this process; an exception that is none of the library's faults fails the test."""
    runner = CliRunner(env={"COLUMNS": "400"})
    return runner.invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def answer(*arguments: str | Path) -> str:
    """What a command that succeeds prints."""
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def lake(built_lake: BuiltLake) -> str:
    return built_lake.storage.root


@pytest.fixture
def states(tmp_path: Path) -> Path:
    """A place from which there is little to land."""
    file = tmp_path / "source" / STATES
    file.parent.mkdir(parents=True)
    file.write_text("State,Abbreviation\nTexas,TX\nUtah,UT\n")
    return tmp_path / "source"


@pytest.fixture
def shared_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands use the tests' engine, which stays when they end."""
    monkeypatch.setattr(engine_choice, "start_engine", lambda *_, **__: engine)
    monkeypatch.setattr(type(engine), "stop", lambda _: None)


# --- help and usage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        [],
        *([name] for name in COMMANDS),
        *(["warehouse", name] for name in WAREHOUSE_COMMANDS),
        *(["quarantine", name] for name in QUARANTINE_COMMANDS),
    ],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    text = answer(*command, "--help")
    assert text.startswith(f"Usage: {' '.join(['main', *command])}")
    assert len(text.splitlines()) > 5
    assert text == answer(*command, "-h")


def test_the_first_help_lists_every_command() -> None:
    text = answer("--help")
    assert {"land", "run", "plan", "query", "sample", "ddl", "report", "tables", "tour", "warehouse"} <= set(COMMANDS)
    assert all(f"\n  {name} " in text for name in COMMANDS)


def test_the_version() -> None:
    assert answer("--version") == f"covid-lake, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lnad"], "No such command 'lnad'"),
        (["run"], "Missing argument 'DATASET'"),
        (["run", "covid19", "--fast"], "No such option '--fast'"),
        (["run", "covid91"], "no dataset is called 'covid91'; there is: covid19"),
        (["plan", "covid19", "--only", "fact_case"], "covid19 has no table fact_case; it has"),
        (["land", "covid19"], "name at least one place to land files from, with --from DIR_OR_S3"),
        (["land", "covid19", "--from", "gs://bucket"], "not at gs://"),
        (["query"], "ask one question"),
        (["query", "SELECT 1", "--name", "curve"], "ask one question"),
        (["query", "SELECT 1", "--format", "xml"], "Invalid value for '--format'"),
        (["query", "SELECT 1", "--warehouse", "mysql://somewhere"], "the warehouse's URL has an unknown scheme"),
        (["sample", "covid19", "--out", "x", "--days", "3"], "days is 3; a sample has 14 to 1000"),
        (["sample", "books", "--out", "x"], "no generator of samples is installed for 'books'; there are samples of: "),
        (["ddl", "covid19", "--dialect", "oracle"], "Invalid value for '--dialect'"),
        (["trace", "covid19_curated.dim_date", "2020-02-05"], "is not KEY=VALUE; write it as in date=2020-03-01"),
        (["trace", "covid19_curated.dim_date", "date=2020-02-05", "date=2020-02-06"], "date is given more than once"),
        (["trace", "covid19_landing.state_abv"], "a trace starts from a trusted or curated table"),
        (["quarantine", "list", "books"], "no dataset is called 'books'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_understood_ends_with_2_and_a_sentence(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code == EXIT_USAGE
    assert message in result.stderr
    assert "Traceback" not in result.output


# --- landing and running -------------------------------------------------------------------------------------------


def test_land_tells_what_it_did(states: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    assert "1 files copied (0.0 MB), 0 unchanged, 0 refused" in answer(
        "land", "covid19", "--from", states, "--lake", lake
    )
    assert "0 files copied (0.0 MB), 1 unchanged, 0 refused" in answer(
        "land", "covid19", "--from", states, "--lake", lake
    )


def test_land_with_a_refused_file_ends_with_1(states: Path, tmp_path: Path) -> None:
    (states / STATES).write_text("State,Abbreviation\nTexas,TX\nUt")
    result = call("land", "covid19", "--from", states, "--lake", tmp_path / "lake")
    assert result.exit_code == EXIT_FAULT
    assert "1 refused" in result.stdout
    assert f"refused {STATES}: the last line (3) has 1 of 2 fields and no line end" in result.stdout


def test_a_dry_landing_writes_nothing(states: Path, tmp_path: Path) -> None:
    text = answer("land", "covid19", "--from", states, "--lake", tmp_path / "lake", "--dry-run")
    assert "1 files to copy" in text
    assert not (tmp_path / "lake").exists()


def test_a_run_from_files_to_answers(states: Path, tmp_path: Path, shared_engine: None) -> None:
    lake = tmp_path / "lake"
    text = answer("run", "covid19", "--from", states, "--lake", lake, "--only", "state_abv")
    assert "trusted.state_abv" in text
    assert "every record is accounted for" in text
    assert f"trusted     {lake}/trusted/covid19" in text
    rows = answer(
        "query", "SELECT * FROM covid19_trusted.state_abv ORDER BY abbreviation", "--lake", lake, "--format", "csv"
    )
    assert [row["abbreviation"] for row in csv.DictReader(io.StringIO(rows))] == ["TX", "UT"]
    again = answer("run", "covid19", "--from", states, "--lake", lake, "--only", "state_abv")
    assert "Nothing to do: all 1 tables are up to date." in again
    assert "engine none" in again


def test_an_engine_that_is_not_installed_is_told_before_files_are_landed(
    states: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_choice, "find_spec", lambda _: None)
    arguments = ["run", "covid19", "--from", str(states), "--lake", str(tmp_path / "lake"), "--engine", "spark"]
    result = CliRunner(env={"COLUMNS": "400"}).invoke(main, arguments)
    assert result.exit_code == EXIT_USAGE
    assert "the engine spark is not installed here: run 'make setup ENGINE=spark'" in result.output
    assert not (tmp_path / "lake").exists()


def test_a_run_with_a_refused_file_ends_with_1(states: Path, tmp_path: Path, shared_engine: None) -> None:
    damaged = states / "static-datasets/csv/state-abv/more.csv"
    damaged.write_bytes(b"State,Abbreviation\nTexas,T\0\n")
    result = call("run", "covid19", "--from", states, "--lake", tmp_path / "lake", "--only", "state_abv")
    assert result.exit_code == EXIT_FAULT
    assert "refused static-datasets/csv/state-abv/more.csv: a NUL byte stands at byte 26" in result.stdout
    assert "trusted.state_abv" in result.stdout


@pytest.mark.parametrize("command", [["run"], ["run", "--dry-run"], ["plan"]], ids=" ".join)
def test_a_folder_that_is_no_lake_is_told_so_and_left_alone(command: list[str], tmp_path: Path) -> None:
    mistyped = tmp_path / "lkae"
    result = call(*command, "covid19", "--lake", mistyped)
    assert result.exit_code == 1
    assert "lkae has no landing files and no tables of covid19; bring files with --from" in result.output
    assert not mistyped.exists()


def test_a_dry_run_shows_the_plan_and_starts_nothing(states: Path, tmp_path: Path) -> None:
    text = answer("run", "covid19", "--from", states, "--lake", tmp_path / "lake", "--dry-run")
    assert "1 files to copy" in text
    assert "trusted.state_abv" in text
    assert "skip" in text


def test_a_plan_of_a_built_lake_has_nothing_to_do(lake: str) -> None:
    text = answer("plan", "covid19", "--lake", lake)
    assert "Nothing to do." in text
    assert "up to date" in text
    assert "full refresh" in answer("plan", "covid19", "--lake", lake, "--only", "dim_date", "--full-refresh")


# --- asking --------------------------------------------------------------------------------------------------------

QUESTION = "SELECT province_state, fips FROM covid19_curated.dim_region WHERE region_id = 'state:US/Texas'"


def test_a_query_is_answered_in_each_format(lake: str) -> None:
    assert answer("query", QUESTION, "--lake", lake, "--format", "csv") == "province_state,fips\nTexas,48\n"
    found = answer("query", QUESTION, "--lake", lake, "--format", "json")
    assert json.loads(found) == [{"province_state": "Texas", "fips": "48"}]
    table = answer("query", QUESTION, "--lake", lake)
    assert "province_state" in table
    assert "Texas" in table


def test_a_query_comes_from_a_file_too(lake: str, tmp_path: Path) -> None:
    (tmp_path / "question.sql").write_text(QUESTION)
    found = answer("query", "--file", tmp_path / "question.sql", "--lake", lake, "--format", "csv")
    assert found.endswith("Texas,48\n")


def test_the_questions_that_ship_are_listed_and_answered(lake: str) -> None:
    names = [line.split()[0] for line in answer("query", "--name", "list", "--dataset", "covid19").splitlines()]
    assert {"curve", "fastest_counties", "first_100_cases", "jhu_vs_nyt"} <= set(names)
    for name in names:
        assert answer("query", "--name", name, "--lake", lake, "--format", "csv").count("\n") >= 1


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM covid19_curated.dim_regio", "did you mean covid19_curated.dim_region or "),
        ("SELEC 1", "error:"),
        ("DROP TABLE covid19_curated.dim_region", "error:"),
    ],
)
def test_a_query_that_cannot_be_answered_ends_with_1(sql: str, message: str, lake: str) -> None:
    result = call("query", sql, "--lake", lake)
    assert result.exit_code == EXIT_FAULT
    assert message in result.stderr
    assert result.stdout == ""


def test_tables_are_listed_with_their_rows(lake: str, built_lake: BuiltLake) -> None:
    text = answer("tables", "--lake", lake)
    assert "covid19_curated" in text
    assert "covid19_quarantine" in text
    assert built_lake.report.run_id[:8] in text


def test_the_tour_answers_three_questions(lake: str) -> None:
    text = answer("tour", "covid19", "--lake", lake)
    assert text.count("(covid-lake query --name ") == 3
    assert f"covid-lake report --lake {lake}" in text


def test_the_report_of_a_run(lake: str, built_lake: BuiltLake) -> None:
    stored = json.loads(answer("report", "--lake", lake, built_lake.report.run_id, "--format", "json"))
    assert (stored["run_id"], stored["succeeded"]) == (built_lake.report.run_id, True)
    text = answer("report", "--lake", lake)
    assert f"Run {built_lake.report.run_id}" in text
    assert "every record is accounted for" in text
    assert "rejected trusted.jhu_daily_reports: " in text
    missing = call("report", "--lake", lake, "20200101T000000Z-0000")
    assert (missing.exit_code, "there is no report of a run" in missing.stderr) == (EXIT_USAGE, True)


# --- records -------------------------------------------------------------------------------------------------------

KING = ("covid19_curated.fact_cases", "region_id=county:53033", "date=2020-02-05", "source=jhu_daily_reports")


def test_a_fact_is_traced_to_its_line(lake: str) -> None:
    text = answer("trace", *KING, "--lake", lake)
    assert "covid19_trusted.jhu_daily_reports  reports that add up to it (1 row)" in text
    assert "jhu-daily-reports/02-05-2020.csv:84" in text
    assert "53033,King,Washington,US," in text


def test_a_trace_as_json_has_every_column_and_the_record(lake: str) -> None:
    traced = json.loads(answer("trace", *KING, "--lake", lake, "--format", "json"))
    (fact,), (report,) = traced["rows"], traced["behind"][0]["rows"]
    assert fact["row"]["confirmed"] == report["row"]["confirmed"] == int(report["landing"]["record"]["Confirmed"])
    assert (report["landing"]["lines"], report["landing"]["fault"]) == ([84], None)
    assert report["row"]["report_date"] == "2020-02-05"


def test_a_trace_says_how_many_rows_it_does_not_show(lake: str) -> None:
    text = answer(
        "trace", "covid19_curated.fact_covid", "region_id=state:US/Texas", "date=2020-02-05", "--limit", "2",
        "--lake", lake,
    )  # fmt: skip
    assert "cases of the state's regions, which add up to its own (3 rows, the first 2 shown)" in text


def test_a_trace_that_finds_another_file_ends_with_1(built_lake: BuiltLake, tmp_path: Path) -> None:
    changed = built_lake.copy(tmp_path / "lake")
    place = "landing/covid19/jhu-daily-reports/02-05-2020.csv"
    changed.write(place, changed.read(place).replace(b",King,", b",Queen,"))
    result = call("trace", *KING, "--lake", changed.root)
    assert result.exit_code == EXIT_FAULT
    assert f"error: {place} has changed since covid19_trusted.jhu_daily_reports was built from it" in result.stderr
    assert "new_confirmed" in result.stdout


def test_refused_records_are_listed_and_shown(lake: str, built_lake: BuiltLake) -> None:
    text = answer("quarantine", "list", "--lake", lake)
    assert "covid19_quarantine.jhu_daily_reports" in text
    assert "confirmed_negative" in text
    listed = json.loads(answer("quarantine", "list", "covid19", "--lake", lake, "--format", "json"))
    counts = {one["table"]: one["records"] for one in listed["records"]}
    rejected = {one.table: one.rejected for one in built_lake.report.tables if one.rejected}
    assert counts == {f"covid19_quarantine.{name.removeprefix('trusted.')}": n for name, n in rejected.items()}
    shown = call("quarantine", "show", "jhu_daily_reports", "--lake", lake, "--limit", "1")
    assert f"1 of {rejected['trusted.jhu_daily_reports']} records; --limit 0 shows all" in shown.stderr
    assert "jhu-daily-reports/" in shown.stdout
    rows = answer("quarantine", "show", "jhu_daily_reports", "--lake", lake, "--format", "csv", "--limit", "0")
    assert len(list(csv.DictReader(io.StringIO(rows)))) == rejected["trusted.jhu_daily_reports"]


def test_refused_files_are_listed(states: Path, tmp_path: Path) -> None:
    (states / STATES).write_text("State,Abbreviation\nTexas,TX\nUt")
    call("land", "covid19", "--from", states, "--lake", tmp_path / "lake")
    text = answer("quarantine", "list", "--lake", tmp_path / "lake")
    assert f"{STATES} (refused by " in text
    assert "the last line (3) has 1 of 2 fields and no line end" in text
    (tmp_path / "empty").mkdir()
    assert "Nothing was refused" in answer("quarantine", "list", "--lake", tmp_path / "empty")


# --- versions ------------------------------------------------------------------------------------------------------


def test_versions_are_listed_restored_and_removed(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    for version, state in (("v1", "TX"), ("v2", "UT")):
        publish_rows(storage, version, {"covid19_trusted.state_abv": [{"abbreviation": state}]})
    table, question = "covid19_trusted.state_abv", "SELECT abbreviation FROM covid19_trusted.state_abv"
    listed = answer("versions", table, "--lake", tmp_path)
    assert listed.index("v2") < listed.index("current") < listed.index("v1")
    assert "since snapshot 3 readers see trusted.state_abv" in answer("restore", table, "v1", "--lake", tmp_path)
    assert "TX" in answer("query", question, "--lake", tmp_path)
    assert "would be removed" in answer("vacuum", "covid19", "--keep", "1", "--dry-run", "--lake", tmp_path)
    assert "2 snapshots removed" in answer("vacuum", "covid19", "--keep", "1", "--lake", tmp_path)
    assert "v2" not in answer("versions", table, "--lake", tmp_path)
    gone = call("restore", table, "v2", "--lake", tmp_path)
    assert (gone.exit_code, "has no version 'v2' that is kept; it has: v1" in gone.stderr) == (1, True)


def test_a_table_that_was_never_built_has_no_versions(tmp_path: Path) -> None:
    result = call("versions", "covid19_curated.fact_cases", "--lake", tmp_path)
    assert (result.exit_code, "was not built in this lake yet" in result.stderr) == (1, True)


def test_landing_has_no_versions(tmp_path: Path) -> None:
    result = call("versions", "covid19_landing.state_abv", "--lake", tmp_path)
    assert (result.exit_code, "has no versions; only trusted and curated tables have" in result.stderr) == (2, True)


def test_a_plan_for_days_names_the_months_that_it_rewrites(lake: str) -> None:
    planned = answer("plan", "covid19", "--from-date", "2020-01-25", "--to-date", "2020-01-26", "--lake", lake)
    assert "2 files again: rewrites 2020-01" in planned
    assert call("plan", "covid19", "--from-date", "25.1.2020", "--lake", lake).exit_code == 2
    turned = call("plan", "covid19", "--from-date", "2020-01-26", "--to-date", "2020-01-25", "--lake", lake)
    assert (turned.exit_code, "--from-date 2020-01-26 is later than --to-date 2020-01-25" in turned.stderr) == (2, True)


# --- the rest ------------------------------------------------------------------------------------------------------


def test_a_sample_is_made(tmp_path: Path) -> None:
    text = answer("sample", "covid19", "--out", tmp_path / "s", "--days", "14", "--scale", "0.05", "--truncated")
    assert "records in" in text
    assert "are made to be rejected" in text
    manifest = json.loads((tmp_path / "s" / "sample_manifest.json").read_text())
    assert (manifest["settings"]["days"], len(manifest["truncated_files"])) == (14, 2)


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from covid_lake.cli.main import main; main(['--help'], standalone_mode=False);"
        "heavy = {'rich', 'pyspark', 'pyarrow', 'duckdb', 'boto3', 'sqlglot', 'psycopg', 'covid_lake_samples'};"
        "print('imported:', sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.endswith("imported: []\n")


def test_ddl_is_printed_written_and_checked(tmp_path: Path) -> None:
    assert "covid-lake catalog sync covid19" in answer("ddl", "covid19", "--table", "dim_date")
    assert "CREATE EXTERNAL TABLE" in answer("ddl", "covid19", "--table", "dim_date", "--table-format", "hive")
    assert "CREATE OR REPLACE VIEW" in answer("ddl", "covid19", "--table", "state_abv_typed")
    assert "DISTSTYLE" in answer("ddl", "covid19", "--dialect", "redshift", "--table", "dim_date")
    written = answer("ddl", "covid19", "--write", tmp_path)
    assert "files written below" in written
    assert "files agree with the contracts" in answer("ddl", "covid19", "--check", tmp_path)
    stale = next(tmp_path.rglob("dim_date.sql"))
    stale.write_text("-- by hand\n")
    result = call("ddl", "covid19", "--check", tmp_path)
    assert result.exit_code == EXIT_FAULT
    assert f"{stale} differs from the contract" in result.stderr
    assert f"run 'covid-lake ddl covid19 --write {tmp_path}' and commit the result" in result.stderr
    answer("ddl", "covid19", "--write", tmp_path)
    stray = stale.with_name("gone.sql")
    stray.write_text("SELECT 1;\n")
    assert f"{stray} is of no table; delete it" in call("ddl", "covid19", "--check", tmp_path).stderr


def test_ddl_is_of_all_datasets_unless_one_is_named(tmp_path: Path) -> None:
    answer("ddl", "--write", tmp_path)
    assert {path.name for path in (tmp_path / "athena").iterdir()} == set(registry.dataset_names())
    assert "files agree with the contracts" in answer("ddl", "--check", tmp_path)
    assert "CREATE EXTERNAL TABLE" in answer("ddl")
    next(tmp_path.rglob("dim_date.sql")).unlink()
    assert f"run 'covid-lake ddl --write {tmp_path}'" in call("ddl", "--check", tmp_path).stderr
    unnamed = call("ddl", "--table", "dim_date")
    assert (unnamed.exit_code, "--table needs a DATASET" in unnamed.stderr) == (EXIT_USAGE, True)


def test_the_committed_ddl_is_what_the_contracts_say() -> None:
    answer("ddl", "--check", Path(__file__).parents[2] / "ddl")


def test_a_warehouse_that_does_not_run_ends_with_1(tmp_path: Path) -> None:
    result = call("warehouse", "status", "--dir", tmp_path / "none")
    assert result.exit_code == EXIT_FAULT
    assert "start it with 'covid-lake warehouse start'" in result.stdout
    assert answer("warehouse", "stop", "--dir", tmp_path / "none") == "it was not running\n"


def test_an_unreachable_warehouse_ends_with_1_and_without_the_password() -> None:
    url = "postgresql://someone:secret@127.0.0.1:1/lake"
    result = call("query", "SELECT 1", "--warehouse", url)
    assert result.exit_code == EXIT_FAULT
    assert "cannot connect to the warehouse postgresql://someone@127.0.0.1:1/lake" in result.stderr
    assert "secret" not in result.output


def options(command: click.Command, names: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Option]]:
    """The options of the command and of all below it, with the words that lead to them."""
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield " ".join([*names, parameter.opts[0]]), parameter
    for name, below in command.commands.items() if isinstance(command, click.Group) else ():
        yield from options(below, (*names, name))


def test_every_option_has_a_help_text() -> None:
    found = dict(options(main))
    assert {"query --format", "warehouse start --dir", "quarantine show --rule"} <= found.keys()
    assert [name for name, option in found.items() if not option.help] == []
