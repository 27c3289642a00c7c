#!/usr/bin/env bash
# Write requirements/*.txt anew, with a hash for every file that pip may take: scripts/lock.sh [pip-compile's options].
# Pinned versions stay as they are as long as setup.py and requirements/*.in allow them. To renew one: scripts/lock.sh
# --upgrade-package NAME; to renew all: scripts/lock.sh --upgrade. Needs Python 3.11, the oldest that the library
# supports, and a package index.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3.11 -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2

compile() { # the file to write, then what is asked for
  local file=requirements/$1.txt
  shift
  CUSTOM_COMPILE_COMMAND=scripts/lock.sh "$tools/bin/pip-compile" --quiet --generate-hashes --strip-extras \
    --allow-unsafe --no-emit-options --no-emit-find-links --output-file "$file" "$@"
}

# What one file has, the next ones have in the same version, for they are installed together.
compile run "$@" --extra command --extra catalog --all-build-deps setup.py
compile dev "$@" --constraint requirements/run.txt requirements/dev.in
compile sail "$@" --constraint requirements/run.txt --constraint requirements/dev.txt requirements/sail.in
compile glue "$@" --constraint requirements/run.txt requirements/glue.in
compile emulator "$@" requirements/emulator.in
for input in requirements/spark-*.in; do
  compile "$(basename "$input" .in)" "$@" --constraint requirements/run.txt --constraint requirements/dev.txt \
    --constraint requirements/sail.txt "$input"
done
