"""The AWS emulator MiniStack, with what it does otherwise than AWS put right; a program that `emulator.py` starts.

A table of the Glue catalog that has no description gets an empty one from MiniStack, and none from AWS. Trino takes a
description for the table's comment, and finds a view by its comment: to it, an empty one makes a view a table.
"""

from __future__ import annotations

from typing import Any

from ministack.app import main
from ministack.services import glue

create_table = glue._create_table


def create_table_without_empty_description(data: dict[str, Any]) -> Any:
    answer = create_table(data)
    table = glue._tables.get(f"{data.get('DatabaseName')}/{data.get('TableInput', {}).get('Name')}")
    if table and not table.get("Description"):
        table.pop("Description", None)
    return answer


if __name__ == "__main__":
    glue._create_table = create_table_without_empty_description
    main()
