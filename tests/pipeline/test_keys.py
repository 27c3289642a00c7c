"""Keys of pseudonyms: from the environment or from a secret, and never a weak one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import boto3
import pytest
from pyspark.sql import SparkSession

from covid_lake.errors import SettingsError
from covid_lake.flows import PseudonymKey
from covid_lake.pipeline.keys import digests_of, key_of_environment, key_of_secret
from covid_lake.transforms.pseudonyms import key_frame, with_pseudonyms

KEY = PseudonymKey("pseudonym", "TOY_KEY", "pseudonyms of toys are computed")
LONG = "0123456789abcdef" * 4


def test_the_key_is_the_text_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_KEY", f" {LONG}\n")
    assert key_of_environment(KEY) == LONG.encode()


@pytest.mark.parametrize(("text", "fault"), [(None, "is not set"), ("", "is not set"), ("short", "is shorter than 32")])
def test_without_a_key_the_message_says_how_to_make_one(
    text: str | None, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOY_KEY", raising=False)
    if text is not None:
        monkeypatch.setenv("TOY_KEY", text)
    with pytest.raises(SettingsError, match=rf"TOY_KEY {fault}.*export TOY_KEY=\$\(openssl rand -hex 32\)") as found:
        key_of_environment(KEY)
    assert text is None or not text or text not in str(found.value).replace("shorter", "")


def test_a_secret_holds_the_key(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("secretsmanager", endpoint_url=emulator).create_secret(Name="toys", SecretString=LONG)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", emulator)
    monkeypatch.setenv("TOY_KEY", "secretsmanager:toys")
    assert key_of_environment(KEY) == key_of_secret("toys", KEY) == LONG.encode()
    with pytest.raises(SettingsError, match="the secret none, which holds the key TOY_KEY, can't be read"):
        key_of_secret("none", KEY)


def test_another_key_has_another_digest_and_none_shows_the_key() -> None:
    one, other = (digests_of({"pseudonym": key})["pseudonym"] for key in (LONG.encode(), LONG[::-1].encode()))
    assert one != other
    assert LONG not in one


@pytest.mark.parametrize("key", [LONG.encode(), b"k" * 32, b"k" * 64, b"k" * 200, "schlüssel".encode() * 5])
def test_a_pseudonym_is_the_hmac_of_rfc_2104(key: bytes, spark: SparkSession) -> None:
    texts = ["ann@example.org", "Zoë", "", None]
    frame = spark.createDataFrame([(text,) for text in texts], "email string")
    named = with_pseudonyms(frame, key_frame(spark, key), owner="email")
    found = {row["email"]: row["owner"] for row in named.collect()}
    expected = {text: hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in texts if text is not None}
    assert found == {**expected, None: None}
    assert named.columns == ["email", "owner"]


def test_the_key_is_in_no_plan(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    named = with_pseudonyms(spark.range(2).selectExpr("'ann' AS email"), key_frame(spark, LONG.encode()), owner="email")
    explain: Callable[..., None] = named.explain
    explain(mode="extended")
    shown = capsys.readouterr().out
    assert "Join" in shown
    for secret in (LONG, LONG.encode().hex(), "36" * 8, *map(str, LONG.encode()[:1])):
        assert secret not in shown or len(secret) < 8
