"""Whatever keeps an S3 client from being made is told in a sentence, with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from covid_lake.cli.main import main
from covid_lake.errors import SettingsError
from covid_lake.runtime.session import s3_settings
from covid_lake.store.arrow_files import open_filesystem
from covid_lake.store.storage import S3Storage, open_storage

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
CONFIG = """
[profile process]
credential_process = /no/such/program
[profile role]
source_profile = nobody
role_arn = arn:aws:iam::123456789012:role/x
[profile sso]
sso_session = none
sso_account_id = 1
sso_role_name = x
[profile attempts]
max_attempts = abc
aws_access_key_id = a
aws_secret_access_key = b
[profile nested]
s3 = path
aws_access_key_id = a
aws_secret_access_key = b
"""


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment in which S3 could be used, and the path of its configuration."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in KEYS:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    config = tmp_path / "config"
    config.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return config


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


LAND = ("land", "covid19", "--from", "s3://bucket/x", "--lake", "none")


@pytest.mark.parametrize("command", [("tables", "--lake", "s3://bucket/x"), LAND], ids=["lake", "source"])
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("AWS_PROFILE", "nosuch", "The config profile (nosuch) could not be found"),
        ("AWS_ENDPOINT_URL", "localhost:9000", "'localhost:9000' is no URL; write it as http://host:port"),
        ("AWS_ENDPOINT_URL_S3", "http://", "'http://' is no URL"),
        ("AWS_ENDPOINT_URL", "http://host:port", "'http://host:port' is no URL"),
        ("AWS_ENDPOINT_URL", "http://host:9000\n", "is no URL"),
        ("AWS_MAX_ATTEMPTS", "abc", "'abc'; look at the AWS_ variables"),
        ("AWS_MAX_ATTEMPTS", "-1", "max_attempts"),
        ("AWS_RETRY_MODE", "abc", "abc"),
        ("AWS_DEFAULTS_MODE", "abc", "invalid defaults mode: abc"),
        ("AWS_DEFAULT_REGION", "bad region!", "bad region!"),
        ("AWS_DEFAULT_REGION", "", "the S3 client cannot be made"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "abc", "abc"),
        ("AWS_SECRET_ACCESS_KEY", "hidden\n", "the AWS credential's secret_key has a blank or a line break in it"),
        ("AWS_SESSION_TOKEN", "hidden\n", "the AWS credential's token has a blank or a line break in it"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    command: tuple[str, ...], name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    told = refused(*command)
    assert message in told
    assert "hidden" not in told


@pytest.mark.parametrize("profile", ["process", "role", "sso", "attempts", "nested"])
def test_a_profile_that_cannot_be_used_is_a_sentence(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", profile)
    assert "the S3 client cannot be made: " in refused("tables", "--lake", "s3://bucket/x")


def test_a_configuration_that_cannot_be_read_is_named(aws: Path) -> None:
    aws.write_text("[default\nregion")
    assert f"Unable to parse config file: {aws}" in refused("tables", "--lake", "s3://bucket/x")


@pytest.mark.parametrize("gone", [KEYS, KEYS[1:]])
def test_missing_credentials_say_what_to_set(gone: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in gone:
        monkeypatch.delenv(name)
    assert "AWS_SECRET_ACCESS_KEY" in refused("tables", "--lake", "s3://bucket/x")


def test_a_public_bucket_needs_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    assert isinstance(open_storage("s3://covid19-lake", unsigned=True), S3Storage)


def test_an_endpoint_of_the_command_is_looked_at_too() -> None:
    assert "'localhost:9000' is no URL" in refused(*LAND, "--endpoint", "localhost:9000")


def test_arrow_and_spark_refuse_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage("s3://bucket/x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:9000")
    with pytest.raises(SettingsError, match="no URL"):
        open_filesystem(storage)
    with pytest.raises(SettingsError, match="no URL"):
        s3_settings()
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_REGION", "bad region!")
    with pytest.raises(SettingsError, match="no region's name"):
        s3_settings()
    monkeypatch.setenv("AWS_PROFILE", "nosuch")
    with pytest.raises(SettingsError, match="nosuch"):
        open_filesystem(storage)
