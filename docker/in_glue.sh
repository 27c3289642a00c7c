#!/usr/bin/env bash
# What `make docker-test` does in Glue's image: some tests on Glue's own Spark, then the four jobs from a sample to a
# loaded warehouse. Needs spark-submit with awsglue, AWS_ENDPOINT_URL, WAREHOUSE and PGPASSWORD (docker/compose.yaml).
set -euo pipefail
sources=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$sources"/{lib,samples,tests,glue_jobs,requirements,setup.py,pyproject.toml,README.md,LICENSE} "$work"
cd "$work"

# Packages lie beside Glue's and are found after them, so that its Spark and its awsglue are the ones that run.
python3 -m venv --system-site-packages packages
packages/bin/pip install --quiet --require-hashes --no-compile --requirement requirements/run.txt --requirement requirements/dev.txt
packages/bin/pip install --quiet --no-deps --no-build-isolation ./ ./samples
export PYSPARK_PYTHON=$work/packages/bin/python COVID_LAKE_ENGINE=spark

echo "glue: tests"
COVID_LAKE_TEST_SESSION=glue COVID_LAKE_EMULATOR_PYTHON=none packages/bin/python -m pytest -q tests/transforms \
  tests/datasets/covid19 tests/datasets/stedi/test_stedi_trusted.py tests/datasets/stedi/test_stedi_curated.py

echo "glue: the jobs"
aws() { packages/bin/python -c "import boto3, sys; getattr(boto3.client(sys.argv[1]), sys.argv[2])(Bucket=sys.argv[3])" "$@"; }
aws s3 create_bucket covid-lake
packages/bin/covid-lake sample covid19 --out sample
mapfile -t conf < <(packages/bin/python -c "
from covid_lake.runtime.session import s3_settings
print(*(f'--conf\n{name}={value}' for name, value in s3_settings().items()), sep='\n')")
job() {
  local script=$1
  shift
  # By the run's id, which Glue gives, a job knows that awsglue starts its Spark.
  spark-submit "${conf[@]}" "glue_jobs/$script.py" --JOB_NAME "$script" --JOB_RUN_ID "jr_$script" --dataset covid19 \
    --lake_root s3://covid-lake/lake "$@"
}
job source_to_landing --sources "$work/sample"
job landing_to_trusted
job trusted_to_curated
conf+=(--jars "$(echo "$sources"/.jars/spark-3.5.6/postgresql-*.jar)")
job curated_to_redshift --warehouse "$WAREHOUSE"
packages/bin/covid-lake report --lake s3://covid-lake/lake
