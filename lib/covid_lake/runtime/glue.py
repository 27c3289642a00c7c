"""AWS Glue. No other module imports `awsglue`: its JVM classes exist on Glue and in its Docker image only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from covid_lake.errors import SettingsError
from covid_lake.pipeline.engine_faults import innermost_cause
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
    """The warehouse of a Glue connection. Raises `SettingsError` if the connection can't be read or used.

    User and password are the connection's, which Glue reads from AWS Secrets Manager where the connection names a
    secret. A connection whose URL begins with `jdbc:redshift:iam://` logs in with the rights of the job's role; its
    user, if it has one, is the database user, and its password is passed over.

    A connection with "Require SSL connection" checks the server's certificate. Any other is encrypted as well, unless
    its URL ends in `?sslmode=disable`.
    """
    from awsglue.context import GlueContext
    from py4j.protocol import Py4JJavaError
    from pyspark import SparkContext

    try:
        found = GlueContext(SparkContext.getOrCreate()).extract_jdbc_conf(name)
    except Py4JJavaError as error:
        raise SettingsError(
            f"the Glue connection {name} cannot be read: {innermost_cause(error)}\n"
            "Is that its name, and may the job's role call glue:GetConnection and read the connection's secret?"
        ) from error
    dialect = DIALECTS.get(str(found["vendor"]).partition(":")[0])
    if dialect is None:
        raise SettingsError(f"the connection {name} is of {found['vendor']}; expected is {' or '.join(DIALECTS)}")
    if not found.get("fullUrl"):
        raise SettingsError(
            f"the connection {name} has no JDBC URL; expected is jdbc:{dialect.name}://host:port/database"
        )
    try:
        connection = WarehouseConnection.from_url(
            found["fullUrl"], user=found["user"] or None, password=found["password"] or None
        )
    except SettingsError as error:
        raise SettingsError(f"the connection {name}: {error}") from error
    is_enforced = str(found.get("enforceSSL")).lower() == "true"
    if not is_enforced or connection.properties.get("sslmode") in ("verify-ca", "verify-full"):
        return connection
    # What ssl=true means for each driver.
    mode = "verify-full" if dialect is POSTGRESQL else "verify-ca"
    return replace(connection, properties={**connection.properties, "sslmode": mode})
