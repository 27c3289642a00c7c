"""Which engine runs the transforms on this machine, and how it starts."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from covid_lake.errors import SettingsError
from covid_lake.runtime import interrupts

if TYPE_CHECKING:
    from covid_lake.engines.protocol import Engine

ENGINE_VARIABLE: Final = "COVID_LAKE_ENGINE"
SAIL: Final = "sail"
SPARK: Final = "spark"
ENGINES: Final = (SAIL, SPARK)
# The package that each one needs.
_PACKAGES: Final = {SAIL: "pysail", SPARK: "py4j"}
_ADVICE: Final = {
    SAIL: "run 'make setup', or choose the other engine with --engine spark",
    SPARK: "run 'make setup ENGINE=spark' and use its environment, or choose the other engine with --engine sail",
}


def chosen_engine(name: str | None = None) -> str:
    """The engine of that name, or the one that `COVID_LAKE_ENGINE` names, or Sail where it is installed.

    Raises `SettingsError` for a name that is no engine's, and for an engine that is not installed here.
    """
    wanted = (name or os.environ.get(ENGINE_VARIABLE, "")).strip().lower()
    if not wanted:
        return SAIL if find_spec(_PACKAGES[SAIL]) else SPARK
    if wanted not in ENGINES:
        raise SettingsError(f"{ENGINE_VARIABLE} is {wanted!r}; the engines are {' and '.join(ENGINES)}")
    if find_spec(_PACKAGES[wanted]) is None:
        raise SettingsError(f"the engine {wanted} is not installed here: {_ADVICE[wanted]}")
    return wanted


def start_engine(name: str, *, on_s3: bool = False) -> Engine:
    """Start an engine on this machine. `on_s3` says that the lake is in S3. Raises `LakeError` if it does not start."""
    if name == SAIL:
        from covid_lake.engines.sail import SailEngine

        engine = SailEngine.start()
        interrupts.at_stop(engine.kill)
        return engine
    from covid_lake.engines.spark import SparkEngine
    from covid_lake.runtime.session import local_session

    return SparkEngine(local_session(s3=on_s3))
