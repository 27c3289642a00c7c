"""Glue has no psycopg, whatever is installed here: its jobs load the warehouse over JDBC."""

import sys

sys.modules["psycopg"] = None  # type: ignore[assignment]
