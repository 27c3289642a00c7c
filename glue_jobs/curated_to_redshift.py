"""Curated to the warehouse. Arguments: --dataset covid19 --lake_root s3://bucket/prefix --connection_name NAME."""

from covid_lake.runtime.jobs import run_job

if __name__ == "__main__":
    run_job("curated_to_redshift")
