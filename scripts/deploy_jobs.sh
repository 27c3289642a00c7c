#!/usr/bin/env bash
# Deploy the jobs to AWS Glue: deploy_jobs.sh --stack covid-lake --region us-east-1 [--dry-run]. All arguments, and what
# each is for: deploy_jobs.sh --help. Builds what the jobs run (scripts, a wheel of this library, the wheels of what Glue
# lacks), then has `covid-lake workflow deploy` compare it with what is there, and change what differs.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'deploy: %s\n' "$*" >&2; exit 1; }

glue_version=6.0 builds=yes arguments=("$@")
while [ $# -gt 0 ]; do
  case $1 in
  --glue-version) glue_version=${2:-} ;;
  --glue-version=*) glue_version=${1#*=} ;;
  --help | --check | --delete) builds=no ;;
  esac
  shift
done
case $glue_version in
5.1) python_version=3.11 ;;
6.0) python_version=3.13 ;;
*) fail "there is no Glue $glue_version here; choose --glue-version 6.0 or 5.1" ;;
esac

make --silent .venv/.ready-to-run
bin=.venv/bin
if [ $builds = no ]; then exec $bin/covid-lake workflow deploy "${arguments[@]}"; fi

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/code" "$build/tree"

# A copy, so that nothing of an earlier build gets in; and one date, so that the same tree gives the same wheel.
cp -R lib setup.py pyproject.toml README.md LICENSE "$build/tree"
SOURCE_DATE_EPOCH=315532800 $bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --no-index --wheel-dir "$build/code" "$build/tree" || fail "the wheel of this library could not be built"
cp glue_jobs/*.py "$build/code"

# What Glue lacks, for its Python and its Linux; kept until the lock changes.
kept=.glue-wheels/$glue_version-$(sha256sum requirements/glue.txt | cut -c -12)
if [ ! -d "$kept" ]; then
  echo "deploy: fetching the packages of Glue $glue_version"
  mkdir -p .glue-wheels
  $bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    --implementation cp --python-version "$python_version" --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 \
    --dest "$build/wheels" --requirement requirements/glue.txt || fail "packages could not be fetched; is a package index reachable?"
  mv "$build/wheels" "$kept"
fi
cp "$kept"/*.whl "$build/code"

$bin/covid-lake workflow deploy --code "$build/code" "${arguments[@]}"
