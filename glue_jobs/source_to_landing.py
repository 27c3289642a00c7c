"""Files to the landing zone, for any dataset. Arguments: --dataset covid19 --lake_root s3://bucket/prefix."""

from covid_lake.runtime.jobs import main

if __name__ == "__main__":
    main("source_to_landing")
