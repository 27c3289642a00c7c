"""Settings of a job, from its arguments. Glue passes every argument as text; unknown and missing ones are errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covid_lake.errors import SettingsError

# Arguments that Glue adds to a job's own. It also adds switches with dashes in their names.
GLUE_ARGUMENTS = frozenset(
    {"JOB_NAME", "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "TempDir", "WORKFLOW_NAME", "WORKFLOW_RUN_ID"}
    | {
        "continuous_log_logGroup",
        "continuous_log_logStreamPrefix",
        "extra_py_files",
        "RedshiftTempDir",
        "encryption_type",
    }
)
YES, NO = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class JobSettings:
    """The settings of a job."""

    dataset: str
    """The dataset to refresh."""
    lake_root: str
    """The lake: a directory, or `s3://bucket/prefix`."""
    only: tuple[str, ...] = ()
    """The tables to refresh, with what they need; empty for all."""
    full_refresh: bool = False
    """Whether tables are built again although they are up to date."""
    connection_name: str | None = None
    """The Glue connection of the warehouse; on Glue only."""
    warehouse: str | None = None
    """The warehouse elsewhere: `embedded`, or a URL without a password."""
    is_on_glue: bool = False
    """Whether Glue runs the job."""

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> JobSettings:
        """Settings from `--name value` or `--name=value` pairs; `SettingsError` names the argument that is wrong."""
        given = _pairs(arguments)
        known = {name for name in cls.__slots__ if name != "is_on_glue"}
        own = {name: value for name, value in given.items() if name not in GLUE_ARGUMENTS and "-" not in name}
        unknown = sorted(own.keys() - known)
        if unknown:
            raise SettingsError(
                f"unknown argument --{unknown[0]}; there is: {', '.join(f'--{n}' for n in sorted(known))}"
            )
        missing = [name for name in ("dataset", "lake_root") if not own.get(name)]
        if missing:
            raise SettingsError(f"the argument --{missing[0]} is missing")
        return cls(
            dataset=own["dataset"],
            lake_root=own["lake_root"],
            only=tuple(name.strip() for name in own.get("only", "").split(",") if name.strip()),
            full_refresh=_truth("full_refresh", own.get("full_refresh", "false")),
            connection_name=own.get("connection_name"),
            warehouse=own.get("warehouse"),
            is_on_glue="JOB_RUN_ID" in given,
        )


def _pairs(arguments: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name = rest.pop(0)
        if not name.startswith("--"):
            raise SettingsError(f"expected --name value, found {name!r}")
        name, has_value, value = name[2:].partition("=")
        if not has_value:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else "true"
        pairs[name] = value
    return pairs


def _truth(name: str, text: str) -> bool:
    if text.lower() not in (*YES, *NO):
        raise SettingsError(f"--{name} is true or false, not {text!r}")
    return text.lower() in YES
