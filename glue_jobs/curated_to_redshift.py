"""Curated to the warehouse. Arguments: --dataset covid19 --lake_root s3://bucket/prefix --connection_name NAME."""

from covid_lake.runtime.jobs import main

if __name__ == "__main__":
    main("curated_to_redshift")
