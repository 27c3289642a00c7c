#!/usr/bin/env bash
# Write requirements/*.txt anew, with a hash for every file that pip may take: scripts/lock.sh [pip-compile's options].
# Pinned versions stay as they are as long as setup.py allows them. To renew one: scripts/lock.sh --upgrade-package NAME;
# to renew all: scripts/lock.sh --upgrade. Needs Python 3.11, the oldest that the library supports, and a package index.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3.11 -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2

compile() { # the file to write, then what is asked for
  local file=$1
  shift
  CUSTOM_COMPILE_COMMAND=scripts/lock.sh "$tools/bin/pip-compile" --quiet --generate-hashes --strip-extras \
    --no-emit-options --no-emit-find-links --output-file "$file" "$@"
}

# The engine is in a file of its own: there are two of them, and one lock for everything else.
compile requirements/lock.txt --extra local --extra dev --extra bench --all-build-deps \
  --unsafe-package pyspark --unsafe-package py4j "$@" setup.py
sed -i '/^# WARNING: The following packages were not pinned/,$d' requirements/lock.txt
for engine in requirements/spark-*.txt; do
  version=$(basename "$engine" .txt)
  echo "pyspark==${version#spark-}" > "$tools/engine.in"
  compile "$engine" "$@" "$tools/engine.in"
done
