"""covid-lake workflow: what it prints and writes."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from covid_lake.cli.main import main


def call(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, ["workflow", *map(str, arguments)])


def test_show_prints_a_picture_of_the_jobs() -> None:
    picture = call("show", "covid19").stdout
    assert picture.startswith("flowchart TD\n")
    assert "covid_lake_covid19_trusted_to_curated -- SUCCEEDED --> covid_lake_covid19_curated_to_redshift" in picture
    assert "cron 15 4 * * *" in picture


def test_a_schedule_is_taken_or_left_out() -> None:
    assert "cron 0 3 * * 1-5" in call("show", "covid19", "--schedule", "0 3 * * 1-5").stdout
    assert "started by hand" in call("show", "covid19", "--schedule", "none").stdout
    refused = call("show", "covid19", "--schedule", "nightly")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "'nightly' has 1 fields; cron has 5" in refused.stderr


def test_render_prints_a_dag_or_writes_it(tmp_path: Path) -> None:
    printed = call("render", "covid19", "--to", "airflow").stdout
    written = call("render", "covid19", "--to", "airflow", "--out", tmp_path / "dag.py")
    assert written.exit_code == 0
    assert (tmp_path / "dag.py").read_text(encoding="utf-8") == printed
    assert 'schedule="15 4 * * *"' in printed
    assert "schedule=None" in call("render", "covid19", "--to", "airflow", "--schedule", "none").stdout


def test_a_dataset_that_is_not_there_is_named() -> None:
    refused = call("show", "nothing")
    assert refused.exit_code == 2
    assert "no dataset is called 'nothing'" in refused.stderr
