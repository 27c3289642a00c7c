"""GlueContext over an ordinary Spark; connections are those of the Glue that boto3 finds, with their secrets.

As with the real one, a connection is a Java map whose values are text, and one that is missing is Java's exception.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from pyspark import SparkContext
from pyspark.sql import SparkSession


class GlueContext:
    """What the jobs use of `awsglue.context.GlueContext`."""

    def __init__(self, spark_context: SparkContext) -> None:
        self._jvm: Any = spark_context._jvm
        self.spark_session = SparkSession.builder.getOrCreate()

    def extract_jdbc_conf(self, connection_name: str) -> Any:
        """The connection's URL, user and password, by the names that Glue gives them."""
        glue = boto3.client("glue")
        try:
            properties = glue.get_connection(Name=connection_name)["Connection"]["ConnectionProperties"]
        except glue.exceptions.EntityNotFoundException:
            message = f"Connection {connection_name} not found. (Service: AWSGlue; Error Code: EntityNotFoundException)"
            self._jvm.java.util.Objects.requireNonNull(None, message)
            raise
        user, password = _login(properties)
        url = properties["JDBC_CONNECTION_URL"]
        found = self._jvm.java.util.HashMap()
        for name, value in {
            "user": user,
            "password": password,
            "vendor": url.split(":")[1],
            "url": url.partition("?")[0],
            "fullUrl": url,
            "enforceSSL": properties.get("JDBC_ENFORCE_SSL", "false"),
        }.items():
            found.put(name, value)
        return found


def _login(properties: dict[str, str]) -> tuple[str, str]:
    if "SECRET_ID" not in properties:
        return properties.get("USERNAME", ""), properties.get("PASSWORD", "")
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=properties["SECRET_ID"])["SecretString"]
    login = json.loads(secret)
    return login["username"], login["password"]
