"""Made-up examples for tests that ask Spark: few, with many rows in each, and none made smaller after a failure."""

from __future__ import annotations

from hypothesis import Phase, settings


def spark_examples(count: int) -> settings:
    """For a property: making an example smaller asks hundreds of times, and Spark takes a second for each."""
    return settings(max_examples=count, phases=(Phase.explicit, Phase.generate))
