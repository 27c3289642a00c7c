"""Record what Trino answers to the cases of the corpus: to new ones, or with --all to every one.

python tests/trino/record_corpus.py [--all]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from athena_corpus import read_answers, read_cases, shown_by_trino, topics, write_answers
from emulator import ENVIRONMENT
from server import running_trino

# The cases read no tables: no emulator needs to be there.
NOWHERE = "http://127.0.0.1:1"


def main() -> None:
    anew = "--all" in sys.argv[1:]
    with running_trino(NOWHERE, ENVIRONMENT) as trino:
        for topic in topics():
            known = {} if anew else read_answers(topic)
            cases = read_cases(topic)
            write_answers(topic, [(one.sql, known.get(one.sql) or shown_by_trino(trino.url, one.sql)) for one in cases])
            print(f"{topic}: {len(cases)} cases, {sum(one.sql not in known for one in cases)} recorded")


if __name__ == "__main__":
    main()
