#!/usr/bin/env bash
# Run the tests marked "surroundings" where a suite is seldom run: surroundings.sh VENV, each time under a minute: under
# LC_ALL=C; in a folder whose name has a blank, an accent and a bracket; as a user without a name in the system's list;
# with another Spark's and Java's variables set; and, where the engine needs no Java, on a machine that has none.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD
bin=$(cd "$1/bin" && pwd)
jars=${COVID_LAKE_JARS:-$here/.jars}
nameless=12345
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
failed=()

leg() { # its name, then the command
  local name=$1 began=$SECONDS
  shift
  echo "surroundings: $name"
  "$@" || failed+=("$name")
  echo "surroundings: $name took $((SECONDS - began)) s"
}

tests() { # where the checkout lies, then how Python is run
  local checkout=$1
  shift
  # Only files that have such a test: others need packages and folders which are not everywhere.
  # shellcheck disable=SC2046
  (cd "$checkout" && PYTHONPATH="${packages:+$packages:}$checkout/lib:$checkout/samples" COVID_LAKE_JARS="$jars" COVID_LAKE_DRIVER_MEMORY=1g \
    PYTHONDONTWRITEBYTECODE=1 "$@" -m pytest -q -p no:cacheprovider -m surroundings -k "not s3" $(grep -rl "mark.surroundings" tests --include='test_*.py'))
}

checkout_at() { mkdir -p "$1" && cp -R lib samples tests docs README.md pyproject.toml setup.py "$1"; }

readable_copy() { # a folder of ours for another user: as it is where that user can read it, else a copy
  if as_nameless test -r "$1" -a -x "$1"; then echo "$1"; return; fi
  cp -RlL "$1" "$scratch/$2" 2>/dev/null || { rm -rf "${scratch:?}/$2"; cp -RL "$1" "$scratch/$2"; }
  echo "$scratch/$2"
}

as_nameless() { setpriv --reuid=$nameless --regid=$nameless --clear-groups env -u HOME TMPDIR="$scratch/free" "$@"; }

nameless_leg() {
  local python version found='' packages=''
  if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
    echo "surroundings: skipped, for only root may become another user, with setpriv"
    return
  fi
  mkdir -m 777 "$scratch/free"
  version=$("$bin/python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  # The virtual environment's Python may be a link to one in root's home.
  for python in "$bin/python" "/usr/bin/$version" "/usr/local/bin/$version"; do
    if as_nameless "$python" -c 'import subprocess, sys; subprocess.run([sys.executable, "-c", ""], check=True)' 2>/dev/null; then
      found=$python
      break
    fi
  done
  if [ -z "$found" ]; then
    echo "surroundings: skipped, for there is no $version that another user may run"
    return
  fi
  packages=$(readable_copy "$("$bin/python" -c 'import pyspark, pathlib; print(pathlib.Path(pyspark.__file__).parents[1])')" packages)
  if [ -d "$jars" ]; then jars=$(readable_copy "$jars" jars); fi
  checkout_at "$scratch/checkout"
  packages=$packages tests "$scratch/checkout" as_nameless env COVID_LAKE_EMULATOR_PYTHON=none "$found"
}

javaless_leg() {
  # An empty folder over the one with every Java, which only these tests see.
  local hide='if [ -d /usr/lib/jvm ]; then mount -t tmpfs none /usr/lib/jvm; fi
    unset JAVA_HOME
    if command -v java; then echo "surroundings: this Java lies where it can not be hidden" >&2; exit 1; fi
    exec "$@"'
  if ! unshare --mount true 2>/dev/null; then
    echo "surroundings: skipped, for only root may hide folders, with unshare"
    return
  fi
  tests "$here" unshare --mount sh -ec "$hide" sh "$bin/python"
}

packages=
leg "LC_ALL=C" tests "$here" env -u LANG LC_ALL=C "$bin/python"

odd="$scratch/ä [b] c"
checkout_at "$odd/checkout"
mkdir "$odd/tmp"
leg "a folder with a blank, an accent and a bracket" tests "$odd/checkout" env TMPDIR="$odd/tmp" "$bin/python"

leg "a user without a name" nameless_leg

mkdir -p "$scratch/conf" "$scratch/java/bin"
printf '%s\n' 'spark.sql.legacy.timeParserPolicy LEGACY' 'spark.sql.session.timeZone Asia/Tokyo' 'spark.sql.ansi.enabled false' \
  'spark.eventLog.enabled true' 'spark.eventLog.dir file:/nonexistent' > "$scratch/conf/spark-defaults.conf"
printf 'no program' > "$scratch/java/bin/java"
chmod +x "$scratch/java/bin/java"
leg "another Spark and another Java" tests "$here" env SPARK_HOME=/opt/spark-3.3.2 SPARK_CONF_DIR="$scratch/conf" \
  PYSPARK_SUBMIT_ARGS="--master local[2]" JAVA_HOME="$scratch/java" JAVA_TOOL_OPTIONS="-Duser.language=tr -Xmx16m" \
  SPARK_LOCAL_DIRS=/nonexistent HADOOP_CONF_DIR="$scratch/conf" TZ=Asia/Tokyo "$bin/python"

if [ "${COVID_LAKE_ENGINE:-sail}" = sail ]; then leg "no Java" javaless_leg; fi

[ ${#failed[@]} = 0 ] || { printf 'surroundings: failed: %s\n' "${failed[@]}" >&2; exit 1; }
