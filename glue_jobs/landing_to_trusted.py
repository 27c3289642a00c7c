"""Landing to trusted, for any dataset. Arguments: --dataset covid19 --lake_root s3://bucket/prefix."""

from covid_lake.runtime.jobs import run_job

if __name__ == "__main__":
    run_job("landing_to_trusted")
