"""covid_lake: PySpark jobs that promote public data from landing to a curated star schema."""

__version__ = "0.1.0"
