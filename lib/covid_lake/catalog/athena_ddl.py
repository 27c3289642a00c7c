"""What the catalog holds as Athena's DDL. Pure: the same contract gives the same text on every machine.

Every name is in backticks in Hive's statements and in double quotes in views, because `date`, `timestamp`, `user`,
`values` and `start` are reserved. The only placeholder is the lake's root, `${lake}`. A statement ends without a
semicolon, after which Athena's API may expect a second one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from covid_lake import paths
from covid_lake.catalog.casts import quoted
from covid_lake.catalog.column_types import hive_type
from covid_lake.catalog.descriptions import Database, Field, HiveTable, View
from covid_lake.catalog.tables import PARQUET_LAYOUT
from covid_lake.contracts import Table
from covid_lake.datasets.registry import database_name

ROOT_PLACEHOLDER = "${lake}"
WIDTH = 118
ESCAPES = {"\\": "\\\\", "'": "\\'", "\x01": "\\u0001", "\t": "\\t", "\n": "\\n"}


def render_database(database: Database) -> str:
    """The statement that creates a database."""
    lines = (
        f"CREATE DATABASE IF NOT EXISTS {_name(database.name)}",
        f"COMMENT {_text(database.comment)}",
        f"LOCATION {_text(_location(database.location))}",
    )
    return "\n".join(lines) + "\n"


def render_hive_table(table: HiveTable) -> str:
    """The statement that makes a table known over the files that are there."""
    partitioned = ["PARTITIONED BY (", _column_lines(table.partitions), ")"] if table.partitions else []
    clauses = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS {_name(table.database)}.{_name(table.name)} (",
        _column_lines(table.columns),
        ")",
        f"COMMENT {_text(table.comment)}",
        *partitioned,
        *_layout_lines(table),
        f"LOCATION {_text(_location(table.location))}",
        *_property_lines("TBLPROPERTIES", table.parameters),
    ]
    return "\n".join(clauses) + "\n"


def render_view(view: View) -> str:
    """The statement that makes a view. Athena's views have no comment, so it stands above."""
    name = f"{quoted(view.database)}.{quoted(view.name)}"
    return f"{render_remark(view.comment)}CREATE OR REPLACE VIEW {name} AS\n{view.sql}\n"


def render_iceberg(table: Table) -> str:
    """How an Iceberg table over the lake's files is registered, and what it looks like. It holds no statement.

    Athena can create an Iceberg table of its own, and has no statement for one whose metadata is there already.
    """
    name = f"{database_name(table.dataset, table.zone)}.{table.name}"
    metadata = f"{ROOT_PLACEHOLDER}/{paths.metadata(table)}"
    register = (
        f"{name} is an Apache Iceberg table over the lake's Parquet files. Athena has no statement that registers "
        "metadata that is there already. This command does, and so does a run with a catalog after each publication: "
        f"covid-lake catalog sync {table.dataset} --lake {ROOT_PLACEHOLDER}. It calls CreateTable or UpdateTable of "
        "AWS Glue with the parameters table_type = ICEBERG and metadata_location = the newest .metadata.json in "
        f"{metadata}/. The table then is as if it had been created so:"
    )
    columns = [f"  `{one.name}` {hive_type(one)} COMMENT {_text(one.comment)}" for one in table.columns]
    shape = [
        f"CREATE TABLE {_name(database_name(table.dataset, table.zone))}.{_name(table.name)} (",
        *",\n".join(columns).split("\n"),
        ")",
        *([f"PARTITIONED BY ({', '.join(map(_name, table.partition_by))})"] if table.partition_by else []),
        f"LOCATION {_text(_location(paths.iceberg(table)))}",
        "TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet')",
    ]
    return render_remark(table.grain) + render_remark(register) + "--\n" + "".join(f"--   {line}\n" for line in shape)


def _layout_lines(table: HiveTable) -> list[str]:
    if table.layout == PARQUET_LAYOUT:
        return ["STORED AS PARQUET"]
    layout = table.layout
    return [
        f"ROW FORMAT SERDE {_text(layout.serde)}",
        *_property_lines("WITH SERDEPROPERTIES", layout.parameters),
        f"STORED AS INPUTFORMAT {_text(layout.input_format)}",
        f"OUTPUTFORMAT {_text(layout.output_format)}",
    ]


def _property_lines(clause: str, properties: Mapping[str, str]) -> list[str]:
    if not properties:
        return []
    return [
        f"{clause} (",
        ",\n".join(f"  {_text(name)} = {_text(value)}" for name, value in properties.items()),
        ")",
    ]


def _column_lines(columns: Iterable[Field]) -> str:
    return ",\n".join(f"  {_name(one.name)} {one.type} COMMENT {_text(one.comment)}" for one in columns)


def _location(path: str) -> str:
    """With the slash at its end, a folder `cases` does not cover `cases_old`, too."""
    return f"{ROOT_PLACEHOLDER}/{path}/"


def _name(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"


def _text(value: str) -> str:
    """A literal of Hive's DDL: a backslash escapes a quote, and a doubled quote would be dropped."""
    return f"'{''.join(ESCAPES.get(sign, sign) for sign in value)}'"


def render_remark(text: str) -> str:
    """A text for people as lines of comment."""
    lines, line = [], "--"
    for word in text.split():
        if len(line) + len(word) >= WIDTH:
            lines.append(line)
            line = "--"
        line += f" {word}"
    return "\n".join([*lines, line]) + "\n"
