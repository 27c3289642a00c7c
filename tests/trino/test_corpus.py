"""What is recorded as Trino's answers to the corpus of Athena's SQL is what Trino answers."""

from __future__ import annotations

import pytest

from athena_corpus import alike, read_answers, read_cases, shown_by_trino, topics
from server import Trino


@pytest.mark.parametrize("topic", topics())
def test_recorded_answers_are_trinos(topic: str, trino: Trino) -> None:
    answers = read_answers(topic)
    different = []
    for case in read_cases(topic):
        recorded, now = answers[case.sql], shown_by_trino(trino.url, case.sql)
        if (recorded.error, recorded.names, recorded.types) != (now.error, now.names, now.types) or not alike(
            recorded.rows, now.rows, case.tolerance
        ):
            different.append(f"{case}\n  recorded: {recorded}\n  Trino: {now}")

    assert not different, "\n".join(different)
