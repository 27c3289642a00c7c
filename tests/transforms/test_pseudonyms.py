"""Pseudonyms are HMAC-SHA-256 as Python computes it, and the key stands in no plan."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from pyspark.sql import SparkSession

from covid_lake.transforms.pseudonyms import key_frame, pads, with_pseudonyms

TEXTS = ("ann@example.com", "", "Zoë Ångström 数", "x" * 200)


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 64, b"k" * 65, bytes(range(256))])
def test_pseudonyms_are_those_of_hmac(spark: SparkSession, key: bytes) -> None:
    texts = spark.createDataFrame([(text,) for text in TEXTS], "text string")
    found = with_pseudonyms(texts, key_frame(spark, key), name="text").collect()
    expected = [(text, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()) for text in TEXTS]
    assert sorted(map(tuple, found)) == sorted(expected)


def test_a_null_has_no_pseudonym(spark: SparkSession) -> None:
    texts = spark.createDataFrame([(None,)], "text string")
    assert [tuple(row) for row in with_pseudonyms(texts, key_frame(spark, b"key"), name="text").collect()] == [
        (None, None)
    ]


def test_the_key_stands_in_no_plan(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    key = b"a key that nobody may read"
    texts = spark.createDataFrame([("ann",)], "text string")
    named = with_pseudonyms(texts, key_frame(spark, key), name="text")
    named.collect()
    named.explain(extended=True)
    plan = capsys.readouterr().out
    assert "sha2" in plan
    inner, outer = pads(key)
    for secret in (key, inner, outer):
        assert secret.hex() not in plan.lower()
        assert secret.decode("latin-1") not in plan
        assert str(list(secret))[1:-1] not in plan
