"""The Glue API for tests: MiniStack, which knows versions of entries, and moto, which knows partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import boto3
import pytest

from emulator import ENVIRONMENT

BUCKET = "lake-of-tables"


@contextmanager
def moto_server() -> Iterator[None]:
    """An empty AWS in this process, without an address of its own, and a bucket in it."""
    from moto import mock_aws

    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            patch.delenv(name, raising=False)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        with mock_aws():
            boto3.client("s3").create_bucket(Bucket=BUCKET)
            yield


def count_calls(client: Any) -> Counter[str]:
    """The calls that the client makes from now on, by operation."""
    calls: Counter[str] = Counter()
    counting = Lock()

    def count(model: Any, **_: Any) -> None:
        with counting:  # tables are brought up a few at a time
            calls[model.name] += 1

    client.meta.events.register("before-call", count)
    return calls
