from __future__ import annotations

import pytest

from covid_lake.errors import SettingsError
from covid_lake.runtime.settings import JobSettings

NEEDED = ["--dataset", "covid19", "--lake_root", "s3://lake/prefix"]
# What Glue puts before, between and behind a job's own arguments.
OF_GLUE = [
    *("--job-bookmark-option", "job-bookmark-disable", "--TempDir", "s3://aws-glue-assets/temporary/"),
    *("--JOB_ID", "j_7e08", "--JOB_RUN_ID", "jr_ff24", "--JOB_NAME", "landing to trusted"),
    *("--enable-metrics", "--enable-continuous-cloudwatch-log", "true", "--job-language", "python"),
    *("--conf", "spark.a=b --conf spark.c=d", "--class", "GlueApp"),
    *("--extra-py-files", "s3://code/covid_lake.whl", "--SECURITY_CONFIGURATION", "encrypted"),
    *("--WORKFLOW_NAME", "daily", "--WORKFLOW_RUN_ID", "wr_1", "--enable-glue-datacatalog", ""),
]


def test_all_settings_are_read() -> None:
    settings = JobSettings.from_arguments(
        [*NEEDED, "--only", "fact_cases, dim_date", "--full_refresh", "true", "--warehouse=postgresql://u@h/d?a=b"]
    )
    assert settings == JobSettings(
        dataset="covid19",
        lake_root="s3://lake/prefix",
        only=("fact_cases", "dim_date"),
        full_refresh=True,
        warehouse="postgresql://u@h/d?a=b",
    )


def test_what_is_loaded_and_how_is_read() -> None:
    role = "arn:aws:iam::123456789012:role/reads"
    given = ["--load", "FULL", "--tables", "dim_date, fact_cases", "--copy_role", role, "--load_minutes", "7.5"]
    settings = JobSettings.from_arguments([*NEEDED, *given, "--dry_run"])
    assert (settings.load, settings.tables, settings.copy_role) == ("full", ("dim_date", "fact_cases"), role)
    assert (settings.load_minutes, settings.dry_run) == (7.5, True)
    usual = JobSettings.from_arguments(NEEDED)
    assert (usual.load, usual.tables, usual.copy_role) == ("incremental", (), "default")
    assert (usual.load_minutes, usual.dry_run) == (60, False)


def test_what_is_not_given_has_a_default() -> None:
    assert JobSettings.from_arguments(NEEDED) == JobSettings(dataset="covid19", lake_root="s3://lake/prefix")


def test_glues_own_arguments_are_passed_over_and_show_where_the_job_runs() -> None:
    settings = JobSettings.from_arguments([*OF_GLUE, *NEEDED, "--connection_name", "warehouse"])
    assert (settings.is_on_glue, settings.connection_name, settings.only) == (True, "warehouse", ())


def test_a_name_with_spaces_and_an_equals_sign_stay_whole() -> None:
    settings = JobSettings.from_arguments(["--dataset=covid19", "--lake_root", "/data/my lake=x"])
    assert settings.lake_root == "/data/my lake=x"


@pytest.mark.parametrize("text", ["true", "TRUE", "yes", "1", None])
def test_a_full_refresh_is_asked_for(text: str | None) -> None:
    given = ["--full_refresh"] if text is None else ["--full_refresh", text]
    assert JobSettings.from_arguments([*NEEDED, *given]).full_refresh


@pytest.mark.parametrize("text", ["false", "No", "0"])
def test_a_full_refresh_is_not_asked_for(text: str) -> None:
    assert not JobSettings.from_arguments([*NEEDED, "--full_refresh", text]).full_refresh


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*NEEDED, "--full_refresh", "perhaps"], "--full_refresh is true or false, not 'perhaps'"),
        ([*NEEDED, "--fullrefresh", "true"], "unknown argument --fullrefresh; there is: --catalog, --connection_name"),
        ([*NEEDED, "--is_on_glue", "true"], "unknown argument --is_on_glue"),
        ([*NEEDED, "--lake-root", "/x"], "unknown argument --lake-root; it is written --lake_root"),
        (["--dataset", "covid19", "--lake-root", "/x"], "unknown argument --lake-root; it is written --lake_root"),
        ([*NEEDED, "--full-refresh"], "it is written --full_refresh"),
        (["--lake_root", "/x"], "the argument --dataset is missing"),
        (["--dataset", "covid19"], "the argument --lake_root is missing"),
        (["--dataset", "covid19", "--lake_root", ""], "the argument --lake_root is missing"),
        (["--dataset", "covid19", "--lake_root"], "the argument --lake_root has no value"),
        (["--dataset", "--lake_root", "/x"], "the argument --dataset has no value"),
        ([*NEEDED, "--only", ""], "the argument --only has no value"),
        ([*NEEDED, "--only", " ,"], "the argument --only has no value"),
        ([*NEEDED, "--connection_name"], "the argument --connection_name has no value"),
        ([*NEEDED, "--dataset", "stedi"], "the argument --dataset is given twice"),
        ([*NEEDED, "--load", "some"], "--load is incremental or full, not 'some'"),
        ([*NEEDED, "--load_minutes", "soon"], "--load_minutes is a number"),
        (["covid19"], "expected --name value, found 'covid19'"),
        ([], "the argument --dataset is missing"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        JobSettings.from_arguments(arguments)
    assert message in str(refused.value)
