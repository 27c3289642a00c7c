"""Fetch the pinned jars that Spark itself doesn't bring into .jars, with Spark's own Ivy.

`spark.jars.packages` would resolve and copy them anew at each start; these are fetched once and put on the class path.
Those in `spark-VERSION` are of every session. Those in `iceberg-spark-VERSION` are for tests that read Iceberg tables,
and those in `hive-spark-VERSION` for tests that run Athena's DDL.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

from covid_lake.runtime.java import find_java

POSTGRESQL = "org.postgresql:postgresql:42.7.7"
# By which Spark reaches Redshift; Glue has a driver of its own.
REDSHIFT = "com.amazon.redshift:redshift-jdbc42:2.1.0.33"
AWS_SDK = "2.29.52"
# hadoop-aws 3.4 drags in the whole SDK, 640 MB of it; S3A needs these four parts (18 MB).
SDK_PARTS = [
    f"software.amazon.awssdk:{part}:{AWS_SDK}" for part in ("s3", "s3-transfer-manager", "sts", "apache-client")
]
PACKAGES = {
    "3.5": [POSTGRESQL, REDSHIFT, "org.apache.hadoop:hadoop-aws:3.3.4"],
    "4.1": [POSTGRESQL, REDSHIFT, "org.apache.hadoop:hadoop-aws:3.4.2", *SDK_PARTS],
}
SQLITE = "org.xerial:sqlite-jdbc:3.50.3.0"
ICEBERG_PACKAGES = {
    "3.5": ["org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.11.0", SQLITE],
    "4.1": ["org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.11.0", SQLITE],
}
# Hive's reader of JSON. All that it needs is in Spark.
HIVE_PACKAGES = ["org.apache.hive.hcatalog:hive-hcatalog-core:2.3.10"]
EXCLUDED_OF_HIVE = [
    "org.apache.hive:*",
    "org.apache.hadoop:*",
    "com.google.guava:*",
    "com.fasterxml.jackson.core:*",
    "org.slf4j:*",
]
EXCLUDED = [
    "software.amazon.awssdk:bundle",
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
]
MARK = ".complete"


def artifact(jar_name: str) -> str:
    """The jar's name without its version: `netty-common` of `netty-common-4.1.115.Final.jar`."""
    return re.sub(r"-\d[^/]*$", "", jar_name)


def main() -> int:
    version = pyspark.__version__
    minor = version.rsplit(".", 1)[0]
    if minor not in PACKAGES:
        print(f"no jars are pinned for Spark {version}; known are {', '.join(PACKAGES)}", file=sys.stderr)
        return 1
    jars = Path(__file__).resolve().parents[1] / ".jars"
    sets = (
        (f"spark-{version}", PACKAGES[minor], EXCLUDED),
        (f"iceberg-spark-{version}", ICEBERG_PACKAGES[minor], EXCLUDED),
        (f"hive-spark-{version}", HIVE_PACKAGES, EXCLUDED_OF_HIVE),
    )
    return int(not all(fetch(jars / name, packages, excluded, version) for name, packages, excluded in sets))


def fetch(target: Path, packages: list[str], excluded: list[str], version: str) -> bool:
    """Fetch packages, with all that they need, into a folder, if they are not there yet; whether that worked."""
    mark = target / MARK
    wanted = "\n".join([*packages, *excluded])
    if mark.is_file() and mark.read_text() == wanted:
        return True
    print(f"fetching {len(packages)} packages for Spark {version} into {target}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "nothing.py")
        script.write_text("")
        command = [
            str(Path(pyspark.__file__).parent / "bin" / "spark-submit"),
            "--master", "local[1]",
            "--packages", ",".join(packages),
            "--exclude-packages", ",".join(excluded),
            "--conf", f"spark.jars.ivy={folder}/ivy",
            "--conf", "spark.ui.enabled=false",
            str(script),
        ]  # fmt: skip
        java = {
            "JAVA_HOME": str(find_java()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            # A user without a name in the system's list has no home either, and Ivy wants one.
            "SPARK_SUBMIT_OPTS": f"-Duser.home={folder}",
            "PATH": "/usr/bin:/bin",
        }
        answer = subprocess.run(command, capture_output=True, text=True, env=java, check=False)
        jars = sorted(Path(folder, "ivy", "jars").glob("*.jar"))
        if answer.returncode or not jars:
            print(answer.stdout[-3000:], answer.stderr[-3000:], file=sys.stderr, sep="\n")
            print("the jars could not be fetched from Maven Central; see above", file=sys.stderr)
            return False
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        owned = {artifact(jar.name) for jar in Path(pyspark.__file__).parent.glob("jars/*.jar")}
        for jar in jars:
            name = jar.name.split("_", 1)[1]  # Ivy names a jar organisation_name-version.jar
            # The class path puts these jars before Spark's own, and what Spark has in another version must not win.
            if artifact(name) not in owned:
                shutil.move(jar, target / name)
    mark.write_text(wanted)
    kept = list(target.glob("*.jar"))
    print(f"{len(kept)} jars, {sum(jar.stat().st_size for jar in kept) / 1e6:.0f} MB")
    return True


if __name__ == "__main__":
    raise SystemExit(main())
