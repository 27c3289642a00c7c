"""Trusted to curated, for any dataset. Arguments: --dataset covid19 --lake_root s3://bucket/prefix."""

from covid_lake.runtime.jobs import run_job

if __name__ == "__main__":
    run_job("trusted_to_curated")
