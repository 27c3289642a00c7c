"""AWS Glue. No other module imports `awsglue`: its JVM classes exist on Glue and in its Docker image only."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from covid_lake.errors import SettingsError
from covid_lake.runtime.session import set_semantics
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import DIALECTS, POSTGRESQL

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def glue_session() -> SparkSession:
    """The session that Glue has started, with the settings that decide what rows mean."""
    from awsglue.context import GlueContext
    from pyspark import SparkContext

    spark: SparkSession = GlueContext(SparkContext.getOrCreate()).spark_session
    set_semantics(spark)
    return spark


def glue_connection(name: str) -> WarehouseConnection:
    """The warehouse behind a Glue connection; `SettingsError` if its database is of another kind."""
    from awsglue.context import GlueContext
    from pyspark import SparkContext

    found = GlueContext(SparkContext.getOrCreate()).extract_jdbc_conf(name)
    dialect = DIALECTS.get(found["vendor"])
    if dialect is None:
        raise SettingsError(f"the connection {name} is of {found['vendor']}; expected is {' or '.join(DIALECTS)}")
    address = urlsplit(found["fullUrl"].removeprefix("jdbc:"))
    # What ssl=true means to each driver.
    mode = "verify-full" if dialect is POSTGRESQL else "verify-ca"
    properties = {"sslmode": mode} if str(found.get("enforceSSL")).lower() == "true" else {}
    return WarehouseConnection(
        address.hostname or "",
        address.port or dialect.default_port,
        address.path.strip("/"),
        found["user"],
        found["password"],
        properties,
        dialect,
    )
