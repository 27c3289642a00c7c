"""Spark's Java process: which Java runs it, with which options, and how it ends.

The process is started here, not by Spark's shell scripts, and gets an environment of its own: the home, defaults and
options of another Spark, Java's option variables, the caller's language and time zone don't reach it. It gets the
variables that name the S3 store and its credentials.
"""

from __future__ import annotations

import atexit
import os
import pwd
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from covid_lake.engines.protocol import CONNECT_MODE
from covid_lake.errors import LakeError, SettingsError

JAVA_VERSIONS = (17, 21)
JAVA_HOMES = Path("/usr/lib/jvm")
JARS_VARIABLE = "COVID_LAKE_JARS"
MEMORY_VARIABLE = "COVID_LAKE_DRIVER_MEMORY"
OPTIONS_VARIABLE = "COVID_LAKE_JAVA_OPTIONS"
DEFAULT_MEMORY = "4g"
# Spark refuses to start with less than 450 MiB of heap, of which Java counts a little less than it is given.
LEAST_MEMORY_MB = 512
MEMORY_UNITS_MB = {"k": 1 / 1024, "m": 1, "g": 1024, "t": 1024 * 1024}
START_SECONDS = 300
POLL_SECONDS = 0.02
LINES_KEPT = 200
ADDRESS_VARIABLE = "_PYSPARK_DRIVER_CONN_INFO_PATH"
GATEWAY = "org.apache.spark.api.python.PythonGatewayServer"

# The only variables of the caller's environment that the Java process gets.
PASSED_ON = ("PATH", "HOME", "LD_LIBRARY_PATH")
PASSED_ON_PREFIX = "AWS_"
# Variables by which pyspark would connect this process to another Spark.
FOREIGN_PREFIXES = ("SPARK_", "PYSPARK_")
FOREIGN = ("MASTER",)

# The options that Spark's own launcher passes to Java.
MODULE_OPTIONS = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    *(
        f"--add-opens={package}=ALL-UNNAMED"
        for package in (
            "java.base/java.lang",
            "java.base/java.lang.invoke",
            "java.base/java.lang.reflect",
            "java.base/java.io",
            "java.base/java.net",
            "java.base/java.nio",
            "java.base/java.util",
            "java.base/java.util.concurrent",
            "java.base/java.util.concurrent.atomic",
            "java.base/jdk.internal.ref",
            "java.base/sun.nio.ch",
            "java.base/sun.nio.cs",
            "java.base/sun.security.action",
            "java.base/sun.util.calendar",
            "java.security.jgss/sun.security.krb5",
        )
    ),
    "-Djdk.reflect.useDirectMethodHandle=false",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dio.netty.allocator.type=pooled",
    "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
    "--enable-native-access=ALL-UNNAMED",
)
# Java's settings that decide what rows mean: upper and lower case, texts of times, bytes of texts.
MEANING_OPTIONS = ("-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8")


def find_java() -> Path:
    """The home of a Java that Spark runs on; see `java_home` for where it is looked for."""
    home = java_home(lambda version: version in JAVA_VERSIONS)
    if home is None:
        raise SettingsError(
            "Spark needs Java 17, and none was found. On Debian: apt-get install openjdk-17-jre-headless; "
            "elsewhere install one and set JAVA_HOME to it"
        )
    return home


def java_home(fits: Callable[[int], bool]) -> Path | None:
    """The home of a Java whose version fits: `JAVA_HOME`, the one on the path, or one below /usr/lib/jvm."""
    on_path = shutil.which("java")
    candidates = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    candidates += [Path(on_path).resolve().parents[1]] if on_path else []
    candidates += sorted(JAVA_HOMES.glob("*")) if JAVA_HOMES.is_dir() else []
    for home in candidates:
        version = _java_version(home)
        if version is not None and fits(version):
            return home.absolute()
    return None


def jar_directory() -> Path:
    """Where `make setup` keeps the pinned jars of this Spark: the PostgreSQL driver and S3A."""
    import pyspark

    try:
        return jars_of(pyspark.__version__)
    except SettingsError as error:
        raise SettingsError(
            f"{error}. Where another Spark is meant than the one in {Path(pyspark.__file__).parent}, take this one out "
            "of PYTHONPATH"
        ) from error


def jars_of(spark: str) -> Path:
    """The folder with the pinned jars of a version of Spark. Raises `SettingsError` where they were not fetched."""
    named = os.environ.get(JARS_VARIABLE)
    root = Path(named).absolute() if named else Path(__file__).resolve().parents[3] / ".jars"
    directory = root / f"spark-{spark}"
    if not any(directory.glob("postgresql-*.jar")):
        raise SettingsError(
            f"no PostgreSQL driver in {directory}; run 'make setup SPARK={spark}', or set {JARS_VARIABLE} to a folder "
            f"that holds spark-{spark}/*.jar"
        )
    return directory


def class_archive() -> Path:
    """Where `make setup` keeps the classes that Spark loads, ready for use; the file may be missing."""
    return jar_directory() / "classes.jsa"


def driver_memory() -> int:
    """The heap in MiB, 4 GiB unless `COVID_LAKE_DRIVER_MEMORY` says otherwise; `SettingsError` if it can't be."""
    given = os.environ.get(MEMORY_VARIABLE, "").strip()
    size = re.fullmatch(r"([0-9]+)([kmgt])(i?b)?", (given or DEFAULT_MEMORY).lower())
    if size is None:
        raise SettingsError(f"{MEMORY_VARIABLE} is {given!r}; write a size with its unit, such as 4g or 3500m")
    megabytes = int(int(size[1]) * MEMORY_UNITS_MB[size[2]])
    if megabytes < LEAST_MEMORY_MB:
        raise SettingsError(f"{MEMORY_VARIABLE} is {given}; Spark needs {LEAST_MEMORY_MB}m or more")
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    if given and megabytes > there:
        raise SettingsError(f"{MEMORY_VARIABLE} is {given}, and this machine has {there}m; set it to less than that")
    return megabytes


def java_options(*, new_archive: Path | None = None) -> list[str]:
    """What decides how Java runs and what rows mean to it; the class path is not among them.

    Options from `COVID_LAKE_JAVA_OPTIONS` come before the library's own, which win where both set the same thing.
    Raises `SettingsError` where these cannot be split into words.
    """
    options = [*added_options(), f"-Xmx{driver_memory()}m", "-XX:+UseParallelGC", "-XX:-UsePerfData"]
    # What is wrong with the options themselves; Java would write it to its standard output, which nobody reads.
    options.append("-XX:+DisplayVMOutputToStderr")
    options += [f"-Dlog4j2.configurationFile={_log_settings()}", *MEANING_OPTIONS]
    # An archive of another Java or of other jars is passed over, which needs no warning.
    quiet = ["-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    if new_archive:
        options += [f"-XX:ArchiveClassesAtExit={new_archive}", *quiet]
    elif class_archive().is_file():
        options += [f"-XX:SharedArchiveFile={class_archive()}", *quiet]
    return [*options, *MODULE_OPTIONS]


def added_options() -> list[str]:
    """The options of `COVID_LAKE_JAVA_OPTIONS`. Raises `SettingsError` where they can't be split into words."""
    given = os.environ.get(OPTIONS_VARIABLE, "")
    try:
        return shlex.split(given)
    except ValueError as error:
        raise SettingsError(
            f"{OPTIONS_VARIABLE} is {given!r}, which cannot be split into options ({error}); close the quotation marks"
        ) from error


def class_path() -> str:
    """The library's own jars, then Spark's; no folder of settings is among them."""
    of_spark = _pyspark() / "jars"
    return os.pathsep.join(map(str, (jar_directory() / "*", *sorted(of_spark.glob("slf4j-api-*.jar")), of_spark / "*")))


def leave_foreign_spark() -> None:
    """Remove the variables of another Spark from this process: pyspark reads them in many places."""
    for name in [one for one in os.environ if one.startswith(FOREIGN_PREFIXES) or one in FOREIGN]:
        if (name, os.environ[name]) != CONNECT_MODE:
            del os.environ[name]


@dataclass(slots=True)
class JavaProcess:
    """A Java process that serves pyspark."""

    home: Path
    """The home of the Java that runs."""
    process: subprocess.Popen[bytes]
    """The process. It ends by itself when its standard input is closed."""
    scratch: Path
    """Its working directory, which holds its temporary files and is removed when it ends."""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    """The last lines that it wrote to its standard error."""
    _is_ready: threading.Event = field(default_factory=threading.Event)
    _listener: threading.Thread | None = None

    def listen(self) -> None:
        """Keep what Java writes to its standard error while it starts; pass it on afterwards."""
        self._listener = threading.Thread(target=self._listen, name="Java's standard error", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self.process.stderr or ():
            self.said.append(line.decode(errors="replace").rstrip())
            if self._is_ready.is_set():
                with suppress(OSError):  # the reader of our own standard error is gone
                    os.write(2, line)

    @property
    def address_file(self) -> Path:
        return self.scratch / "address"

    def address(self) -> tuple[int, str]:
        """The port and the secret by which pyspark reaches Java; waits until there are any."""
        deadline = time.monotonic() + START_SECONDS
        while not self.address_file.exists():
            if self.process.poll() is not None:
                raise self.fault()
            if time.monotonic() > deadline:
                raise LakeError(f"Java ({self.home}) was not ready after {START_SECONDS} s; is the machine overloaded?")
            time.sleep(POLL_SECONDS)
        content = self.address_file.read_bytes()
        port, length = struct.unpack_from("!ii", content)
        self._is_ready.set()
        return port, content[8 : 8 + length].decode()

    def fault(self) -> LakeError:
        """Why Java ended before it was ready, in its own words, and what to do about it."""
        if self._listener:
            self._listener.join(1)
        words = "; ".join([line for line in self.said if line.strip()][:3]) or f"exit code {self.process.returncode}"
        if re.search(r"heap|memory|reserve|allocate", words, re.IGNORECASE):
            advice = f"set {MEMORY_VARIABLE} to less, such as 1g (now {driver_memory()}m)"
        elif options := os.environ.get(OPTIONS_VARIABLE):
            advice = f"Look at {OPTIONS_VARIABLE}, which is {options!r}, and at JAVA_HOME: Java is {self.home}"
        else:
            advice = f"Java is {self.home}; set JAVA_HOME to a Java 17 that works here"
        return LakeError(f"Java ended while Spark started: {words}. {advice}")

    def end_by_itself(self) -> int:
        """Let it end by itself, so that it writes its class archive; returns its exit code."""
        if self.process.stdin:
            self.process.stdin.close()
        return self.process.wait(START_SECONDS)

    def kill(self) -> None:
        """Kill it and remove its folder. Nothing is lost: whatever was published is on disk."""
        self.process.kill()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def end(self) -> None:
        """Kill it, and wait until the process and its folder are gone."""
        self.process.kill()
        self.process.wait()
        if self._listener:
            self._listener.join(1)
        self.kill()


class _Current:
    """The Java process of this Python process, if there is one.

    Its start and its end take the lock, so that a process that is just being started is ended as well. The lock is
    reentrant: a second signal may interrupt the main thread while it holds the lock.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.java: JavaProcess | None = None
        self.is_closed = False


_current = _Current()


def start_java(*, new_archive: Path | None = None) -> JavaProcess:
    """Start Java. If `new_archive` is named, Java writes the classes that it has loaded to it when it ends.

    Don't call this from the main thread: a signal may arrive between the start of the process and its recording. Raises
    `LakeError`, which says why, if Java does not start.
    """
    home = find_java()
    options, jars = java_options(new_archive=new_archive), class_path()
    with _current.lock:
        if _current.is_closed:
            raise LakeError("Spark is not started: the command is ending")
        scratch = _make_scratch()
        command = [str(home / "bin" / "java"), "-cp", jars, *options, *_scratch_options(scratch), GATEWAY]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=scratch,
                env=_environment(scratch),
                preexec_fn=_ignore_signals,
            )
        except OSError as error:
            shutil.rmtree(scratch, ignore_errors=True)
            raise LakeError(f"Java cannot be run: {error}; set JAVA_HOME to a Java 17 that works here") from error
        java = _current.java = JavaProcess(home, process, scratch)
    java.listen()
    return java


def running_java() -> JavaProcess | None:
    """The Java process that this process has started, unless it has ended."""
    java = _current.java
    return java if java is not None and java.process.poll() is None else None


def end_java(*, for_good: bool = False) -> None:
    """Kill the Java process and remove its files. With `for_good`, no new one can be started until `allow_java`."""
    with _current.lock:
        _current.is_closed = _current.is_closed or for_good
        if java := _current.java:
            java.end()
        _current.java = None


def kill_java() -> None:
    """Kill the Java process without waiting, not even for an `end_java` that a signal has interrupted."""
    if java := _current.java:
        java.kill()


def allow_java() -> None:
    """Allow a start of Java after `end_java(for_good=True)`."""
    _current.is_closed = False


atexit.register(end_java)


def _java_version(home: Path) -> int | None:
    java = home / "bin" / "java"
    if not java.is_file():
        return None
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    try:
        asked = subprocess.run(
            [java, "-version"], capture_output=True, text=True, errors="replace", check=False, env=environment, cwd="/",
            timeout=START_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):  # no program, not for this machine, or not for us
        return None
    version = re.search(r'version "(?:1\.)?(\d+)', asked.stderr)
    return int(version[1]) if version and asked.returncode == 0 else None


def _pyspark() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent


def _make_scratch() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="covid-lake-spark-"))
    except OSError as error:
        raise LakeError(
            f"Spark has no place for its temporary files: {error}; set TMPDIR to a folder with room"
        ) from error


def _scratch_options(scratch: Path) -> list[str]:
    home = Path("~").expanduser() if os.environ.get("HOME") else scratch
    return [
        f"-Djava.io.tmpdir={scratch}",
        # Without a name in the system's list of users, Java takes "?" for the home, and Hadoop wants a name.
        f"-Duser.home={home if home.is_absolute() else scratch}",
        f"-Duser.name={user_name()}",
    ]


def passed_on() -> dict[str, str]:
    """Of this process's environment, what a Spark that it starts may know."""
    return {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith(PASSED_ON_PREFIX)}


def _environment(scratch: Path) -> dict[str, str]:
    return {
        **passed_on(),
        # Java takes the encoding of file names from the locale.
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(scratch),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_USER": user_name(),
        "HADOOP_USER_NAME": user_name(),
        # Should Spark start Python, then this one, with the same pyspark.
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(_pyspark().parent),
        ADDRESS_VARIABLE: str(scratch / "address"),
    }


def user_name() -> str:
    """The user's name; for a user without one it is made of the user id, such as `user1000`."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user{os.geteuid()}"


def _ignore_signals() -> None:
    """Ignore the signals that Ctrl-C sends to the whole process group: Python handles them, and ends Java."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _log_settings() -> Path:
    return Path(str(resources.files(__package__).joinpath("log4j2.properties")))
