"""The warehouse as a data source of Power BI: a `.pbids` file, which names one source and holds no credentials. Pure.

Power BI Desktop asks whoever opens the file for user and password, and shows the schemas to choose tables from; a file
can't choose them: https://learn.microsoft.com/power-bi/connect-data/desktop-data-sources#use-pbids-files-to-get-data.
"""

from __future__ import annotations

import json
from enum import StrEnum

from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT

FORMAT = "0.1"
# Microsoft documents the protocols of some sources; that of Redshift is the name of Power BI's own connector.
PROTOCOLS = {POSTGRESQL.name: "postgresql", REDSHIFT.name: "amazon-redshift"}


class Mode(StrEnum):
    """How Power BI works with the source."""

    IMPORT = "Import"
    """It copies the tables, and the report works on the copy."""
    DIRECT_QUERY = "DirectQuery"
    """Every picture asks the warehouse."""


def data_source(connection: WarehouseConnection, mode: Mode) -> str:
    """The content of the file."""
    source = {
        "details": {
            "protocol": PROTOCOLS[connection.dialect.name],
            "address": {"server": f"{connection.host}:{connection.port}", "database": connection.database},
        },
        "options": {},
        "mode": mode.value,
    }
    return json.dumps({"version": FORMAT, "connections": [source]}, indent=2) + "\n"
