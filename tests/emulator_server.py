"""The AWS emulator MiniStack, with what it does otherwise than AWS put right; a program that `emulator.py` starts.

A table of the Glue catalog that has no description gets an empty one from MiniStack, and none from AWS. Trino takes a
description for the table's comment, and finds a view by its comment: to it, an empty one makes a view a table.
MiniStack deletes partitions one by one only, and AWS in batches of up to 25 too. It can't change a connection,
and makes another where there is one of that name.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.app import main
from ministack.services import glue

MOST_DELETES = 25

create_table, create_connection, handle_others = glue._create_table, glue._create_connection, glue.handle_request


def create_table_without_empty_description(data: dict[str, Any]) -> Any:
    answer = create_table(data)
    table = glue._tables.get(f"{data.get('DatabaseName')}/{data.get('TableInput', {}).get('Name')}")
    if table and not table.get("Description"):
        table.pop("Description", None)
    return answer


def create_new_connection(data: dict[str, Any]) -> Any:
    name = data["ConnectionInput"]["Name"]
    if name in glue._connections:
        return glue.error_response_json("AlreadyExistsException", f"Connection {name} already exists.", 400)
    return create_connection(data)


def update_connection(data: dict[str, Any]) -> Any:
    if data["Name"] not in glue._connections:
        return glue.error_response_json("EntityNotFoundException", f"Connection {data['Name']} not found.", 400)
    return create_connection(data)


async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
    if headers.get("x-amz-target", "").endswith(".UpdateConnection"):
        return update_connection(json.loads(body))
    if not headers.get("x-amz-target", "").endswith(".BatchDeletePartition"):
        return await handle_others(method, path, headers, body, query)
    data = json.loads(body)
    if len(data["PartitionsToDelete"]) > MOST_DELETES:
        return glue.error_response_json("InvalidInputException", f"at most {MOST_DELETES} partitions", 400)
    for partition in data["PartitionsToDelete"]:
        glue._delete_partition({**data, "PartitionValues": partition["Values"]})
    return glue.json_response({"Errors": []})


if __name__ == "__main__":
    glue.handle_request = handle_request
    glue._create_connection = create_new_connection
    glue._create_table = create_table_without_empty_description
    main()
