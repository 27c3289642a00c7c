"""Options and arguments that several commands have."""

from __future__ import annotations

import click

DEFAULT_LAKE = ".lake"

lake_option = click.option(
    "--lake", "root", default=DEFAULT_LAKE, show_default=True, envvar="COVID_LAKE_ROOT", metavar="ROOT",
    help="The lake: a directory, or s3://bucket/prefix.",
)  # fmt: skip
warehouse_option = click.option(
    "--warehouse", metavar="embedded|URL",
    help="'embedded' starts a PostgreSQL of the library's own; otherwise postgresql://user@host:port/database"
    "[?property=value], with the password in PGPASSWORD.",
)  # fmt: skip
copy_role_option = click.option(
    "--copy-role", default="default", show_default=True, metavar="ARN", envvar="COVID_LAKE_COPY_ROLE",
    help="Redshift only: the IAM role with which it reads the lake.",
)  # fmt: skip
catalog_option = click.option(
    "--catalog", type=click.Choice(["local", "glue", "none"]), envvar="COVID_LAKE_CATALOG",
    help="Where tables are found by name: 'local' is a file in a lake on disk, and the default there; 'glue' is the "
    "Glue Data Catalog.",
)  # fmt: skip
table_format_option = click.option(
    "--table-format", type=click.Choice(["iceberg", "hive"]), envvar="COVID_LAKE_TABLE_FORMAT",
    help="What trusted and curated tables are in the catalog: Iceberg tables, which is the default, or plain Parquet.",
)  # fmt: skip
engine_option = click.option(
    "--engine", type=click.Choice(["sail", "spark"]), envvar="COVID_LAKE_ENGINE",
    help="What computes the tables: Sail, which needs no Java, or Spark. Without it, Sail where it is installed.",
)  # fmt: skip
trino_option = click.option(
    "--trino", metavar="URL",
    help="A Trino server: http[s]://[user@]host[:port][/catalog], otherwise TRINO_URL, or port 8080 of this machine; "
    "with the password, if it asks for one, in TRINO_PASSWORD.",
)  # fmt: skip
schedule_option = click.option(
    "--schedule", metavar="CRON",
    help="When it starts, in UTC: five fields of cron, or 'none' for by hand.  [default: every day at 04:15]",
)  # fmt: skip
source_option = click.option(
    "--from", "sources", multiple=True, metavar="DIR_OR_S3",
    help="Where files come from: a directory, or s3://bucket/prefix. Repeatable.",
)  # fmt: skip
region_option = click.option(
    "--region", metavar="NAME", help="The region; otherwise the one of AWS_REGION or of the profile."
)
aws_endpoint_option = click.option(
    "--endpoint-url", metavar="URL", help="An emulator of AWS; otherwise AWS_ENDPOINT_URL, or AWS itself."
)
endpoint_option = click.option(
    "--endpoint", metavar="URL", help="Endpoint of the S3 that has the sources; otherwise AWS_ENDPOINT_URL_S3."
)


def folded(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """A name in any case, as the registry has it."""
    return name.strip().casefold() if name else name


answer_format_option = click.option(
    "--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
    help="Print the rows as a table for a person, or as CSV or JSON for a program.",
)  # fmt: skip
table_or_json_option = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="Print it for a person, or as JSON for a program.",
)  # fmt: skip
dataset_argument = click.argument("dataset", callback=folded)
only_option = click.option(
    "--only", multiple=True, metavar="TABLE",
    help="Only this table and what it needs: fact_cases, or covid19_curated.fact_cases. Repeatable.",
)  # fmt: skip
from_date_option = click.option(
    "--from-date", "first_day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Build the days from this one on again, even if they are up to date.",
)  # fmt: skip
to_date_option = click.option(
    "--to-date", "last_day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Build the days up to this one again, even if they are up to date.",
)  # fmt: skip
unsigned_option = click.option(
    "--unsigned", is_flag=True,
    help="Read S3 sources without credentials; the dataset's public buckets always are.",
)  # fmt: skip
