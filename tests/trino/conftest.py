"""What the tests of Trino share: one server, and one lake that its catalog shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from covid_lake.datasets import registry
from covid_lake.datasets.samples import sample_generator
from covid_lake.engines.protocol import Engine
from emulator import ENVIRONMENT, point_at_emulator, reaching
from server import Trino, running_trino, why_not
from stedi_frames import KEY
from trino_lakes import PSEUDONYM_KEY, CataloguedLake, empty_lake
from trino_tally import Tally

TALLY = pytest.StashKey[Tally]()
SCALE = 0.25
DAYS = 20
# Fixtures that make the catalog show the samples' lake otherwise, or another lake.
CHANGING = {"as_hive_tables", "real"}
# What the first of two runs does not have yet.
LATE_FILES = ("02-09-2020.csv", "02-10-2020.csv")


@pytest.fixture(scope="session")
def trino(emulator_process: str) -> Iterator[Trino]:
    """The server; tests that need it are skipped where it can't run, which 'make test-trino' finds out beforehand."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with running_trino(emulator_process, ENVIRONMENT) as started:
        yield started


@pytest.fixture(scope="session")
def catalogued(
    trino: Trino, engine: Engine, emulator_process: str, tmp_path_factory: pytest.TempPathFactory
) -> CataloguedLake:
    """The samples of all datasets after a run, and of covid19 after two; read only."""
    samples = tmp_path_factory.mktemp("samples")
    with reaching(emulator_process), pytest.MonkeyPatch.context() as patch:
        patch.setenv(PSEUDONYM_KEY, KEY.decode())
        point_at_emulator(engine)
        built = empty_lake("trino-samples")
        for name in registry.dataset_names():
            source = samples / name
            generator = sample_generator(name)
            options = {"days": DAYS} if name == "covid19" else {}
            generator.generate(source, seed=generator.seed, scale=SCALE, progress=None, **options)
            if name == "covid19":
                earlier = _without(source, LATE_FILES, samples / "earlier")
                built.run(engine, name, earlier)
            built.run(engine, name, source)
    return built


@pytest.fixture(scope="module", autouse=True)
def _reaching_emulator(emulator: str) -> None:
    """boto3 and the engine go to the emulator."""


def _without(source: Path, names: tuple[str, ...], copy: Path) -> Path:
    """A copy of the files without some of them."""
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*names))
    return copy


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = Tally()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests last that change what the catalog shows: earlier versions can't be asked for after that."""
    items.sort(key=lambda item: bool(CHANGING.intersection(getattr(item, "fixturenames", ()))))


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Counts what was compared, for the summary at the end."""
    return pytestconfig.stash[TALLY]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(config.stash[TALLY].lines())
    if lines:
        terminalreporter.section("what Trino read")
        for line in lines:
            terminalreporter.write_line(line)
