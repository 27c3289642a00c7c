"""Pseudonyms: HMAC-SHA-256 (RFC 2104) of a text under a secret key, computed by Spark's own functions.

The key is a column of a frame of one row. As a literal it would be in the query's plan, and so in messages and logs.
"""

from __future__ import annotations

import hashlib

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

BLOCK_BYTES = 64
INNER, OUTER = "_inner", "_outer"
SCHEMA = T.StructType([T.StructField(INNER, T.BinaryType()), T.StructField(OUTER, T.BinaryType())])


def pads(key: bytes) -> tuple[bytes, bytes]:
    """The inner and the outer pad: the key's block XOR 0x36 and XOR 0x5c."""
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def key_frame(spark: SparkSession, key: bytes) -> DataFrame:
    """The key as a step's function gets it: one row with the pads."""
    return spark.createDataFrame([tuple(map(bytearray, pads(key)))], SCHEMA)


def with_pseudonyms(frame: DataFrame, key: DataFrame, **columns: str) -> DataFrame:
    """The frame with pseudonyms: `owner="email"` adds a column `owner`, 64 hexadecimal digits; null for a null."""
    keyed = frame.crossJoin(F.broadcast(key))
    return keyed.withColumns({name: _hmac(F.col(column)) for name, column in columns.items()}).drop(INNER, OUTER)


def _hmac(text: Column) -> Column:
    inner = F.sha2(F.concat(F.col(INNER), F.encode(text, "UTF-8")), 256)
    return F.sha2(F.concat(F.col(OUTER), F.unhex(inner)), 256)
