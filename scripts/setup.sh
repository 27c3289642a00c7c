#!/usr/bin/env bash
# Make a virtual environment that can do what it is for: setup.sh VENV ENGINE PURPOSE. ENGINE is a file in requirements/
# (sail, spark-4.1.1, spark-3.5.6), PURPOSE is run, or dev, which adds what tests, checks and benchmarks need. Installs
# what is missing where it may (as root on Debian), and otherwise says exactly what to do.
set -euo pipefail
venv=$1 engine=$2 purpose=$3
cd "$(dirname "$0")/.."

fail() { printf '\nsetup: %s\n' "$*" >&2; exit 1; }

install_debian() { # what it is for, then the packages of which the first that exists will do
  local purpose=$1 package
  shift
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "$purpose is missing. On Debian or Ubuntu run: sudo apt-get install $1; elsewhere install it your system's way."
  fi
  echo "setup: installing $purpose"
  apt-get update -qq
  for package in "$@"; do
    if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1; then return; fi
  done
  fail "$purpose could not be installed (tried: $*)."
}

python=
for candidate in python3.11 python3.12 python3.13 python3; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed. On Debian: apt-get install python3"

if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  install_debian "Python's venv module" "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" python3-venv
fi

has_java() {
  local home
  for home in "${JAVA_HOME:-}" "$(dirname "$(dirname "$(readlink -f "$(command -v java || echo /nowhere/bin/java)")")")" /usr/lib/jvm/*; do
    if [ -x "$home/bin/java" ] && "$home/bin/java" -version 2>&1 | grep -qE 'version "(17|21)'; then return 0; fi
  done
  return 1
}
case $engine in
spark-*) has_java || install_debian "Java 17" openjdk-17-jre-headless openjdk-21-jre-headless ;;
esac

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }

case $engine in sail) other=pyspark ;; *) other=pyspark-client ;; esac
# Both hold a package named pyspark: of an environment that had the other engine nothing may be left.
if "$venv/bin/python" -c "import importlib.metadata as m, sys; m.version(sys.argv[1])" "$other" 2>/dev/null; then
  pip uninstall --yes "$other"
fi

echo "setup: installing pinned packages into $venv ($engine)"
# Python compiles a module when it is first imported; compiling all of them here would take longer than a run does.
# What exists as source alone, such as pyspark, is built with the setuptools that the first file pins.
packages() { pip install --no-compile --require-hashes --use-pep517 --no-build-isolation "$@"; }
more=(--requirement "requirements/$engine.txt")
[ "$purpose" = run ] || more+=(--requirement requirements/dev.txt)
packages --requirement requirements/run.txt && packages "${more[@]}" \
  || fail "pip could not install the pinned packages; is a package index reachable?"
pip install --no-deps --no-build-isolation --editable . --editable ./samples \
  || fail "the library itself could not be installed into $venv"
case $engine in
spark-*)
  "$venv/bin/python" scripts/fetch_jars.py || fail "the pinned jars could not be fetched; is Maven Central reachable?"
  "$venv/bin/python" scripts/archive_classes.py || fail "a first run of Spark failed; the message above says why."
  ;;
esac
if [ "$purpose" = dev ] && [ ! .venv-emulator/.ready -nt requirements/emulator.txt ]; then
  echo "setup: installing the AWS emulator into .venv-emulator"
  [ -x .venv-emulator/bin/python ] || "$python" -m venv .venv-emulator
  .venv-emulator/bin/python -m pip --quiet --disable-pip-version-check install --no-compile --require-hashes \
    --requirement requirements/emulator.txt || fail "pip could not install the AWS emulator; is a package index reachable?"
  touch .venv-emulator/.ready
fi
echo "setup: ready; the command is $venv/bin/covid-lake"
