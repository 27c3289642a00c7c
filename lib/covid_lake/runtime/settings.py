"""Settings of a job from its arguments. Glue hands every argument over as text; unknown and missing ones fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covid_lake.errors import SettingsError

# What Glue adds to a job's own arguments: names of its runtime's, and switches written with dashes.
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
    """What a job is told. `lake_root` is a directory or `s3://bucket/prefix`.

    The warehouse is named by a Glue connection (`connection_name`) or, elsewhere, by `warehouse`, `embedded` or a URL
    without a password.
    """

    dataset: str
    lake_root: str
    only: tuple[str, ...] = ()
    full_refresh: bool = False
    connection_name: str | None = None
    warehouse: str | None = None
    is_on_glue: bool = False

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> JobSettings:
        """Settings out of `--name value` or `--name=value` pairs; `SettingsError` names what is wrong."""
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
