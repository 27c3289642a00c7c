"""The settings of a job, read from its arguments. Every argument is text; an unknown or a missing one is an error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from covid_lake.errors import SettingsError
from covid_lake.runtime.costs import DPU_HOUR_PRICE
from covid_lake.warehouse.copying import DEFAULT_ROLE
from covid_lake.warehouse.retries import DEFAULT_MINUTES

# Arguments that Glue adds to a job's own. Its other ones have dashes in their names, such as --job-bookmark-option.
GLUE_ARGUMENTS = frozenset(
    {
        "JOB_ID",
        "JOB_NAME",
        "JOB_RUN_ID",
        "RedshiftTempDir",
        "SECURITY_CONFIGURATION",
        "TempDir",
        "WORKFLOW_NAME",
        "WORKFLOW_RUN_ID",
        "airflow_task_uuid",  # Airflow's, by which it finds a run again
        "class",
        "conf",
        "continuous_log_logGroup",
        "continuous_log_logStreamPrefix",
        "encryption_type",
        "extra_py_files",
        "scriptLocation",
    }
)
YES, NO = ("true", "yes", "1"), ("false", "no", "0")
# Settings that mean true where they stand alone.
SWITCHES = ("full_refresh", "dry_run")
INCREMENTAL, FULL = "incremental", "full"


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What a job is asked to do."""

    dataset: str
    """The dataset to refresh."""
    lake_root: str
    """A directory, or `s3://bucket/prefix`."""
    sources: tuple[str, ...] = ()
    """Where files are copied from: `s3://bucket/prefix` or directories. Without any, the dataset's public buckets."""
    only: tuple[str, ...] = ()
    """Names of tables; the job refreshes these and whatever they need. Without any, all tables."""
    full_refresh: bool = False
    """Whether to build again what is up to date."""
    connection_name: str | None = None
    """The Glue connection of the warehouse."""
    warehouse: str | None = None
    """The warehouse where there is no Glue: `embedded`, or a URL."""
    load: str = INCREMENTAL
    """What is loaded into the warehouse: `incremental` for what differs, `full` for every table, whole."""
    tables: tuple[str, ...] = ()
    """Names of the tables that are loaded into the warehouse. Without any, all that it gets."""
    copy_role: str = DEFAULT_ROLE
    """The ARN of the IAM role with which Redshift reads the lake; `default` is the one that it has as its default."""
    load_minutes: float = DEFAULT_MINUTES
    """How long the load may take; what still runs then is cancelled."""
    dry_run: bool = False
    """Whether the SQL of the load is printed, and nothing done."""
    catalog: str | None = None
    """Where tables are found by name: `glue`, `local` or `none`; None leaves it to where the job runs."""
    table_format: str | None = None
    """What trusted and curated tables are in the catalog: `iceberg` or `hive`; None means `iceberg`."""
    pseudonym_secret: str | None = None
    """The secret in AWS Secrets Manager that holds the key of pseudonyms; None takes it from the environment."""
    dpus: float | None = None
    """The most DPUs that the job may have on Glue, for its cost; None where it costs nothing."""
    dpu_hour_price: float = DPU_HOUR_PRICE
    """What a DPU costs for an hour, in dollars."""
    is_on_glue: bool = False
    """Whether Glue has started the job, which it shows by an argument of its own."""

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> JobSettings:
        """Read `--name value` or `--name=value` pairs; raises `SettingsError`, which names the wrong argument."""
        given = _pairs(arguments)
        known = {name for name in cls.__slots__ if name != "is_on_glue"}
        for name in given:
            if (meant := name.replace("-", "_")) != name and meant in known:
                raise SettingsError(f"unknown argument --{name}; it is written --{meant}")
        own = {name: value for name, value in given.items() if name not in GLUE_ARGUMENTS and "-" not in name}
        unknown = sorted(own.keys() - known)
        if unknown:
            raise SettingsError(
                f"unknown argument --{unknown[0]}; there is: {', '.join(f'--{n}' for n in sorted(known))}"
            )
        missing = [name for name in ("dataset", "lake_root") if name not in own or own[name] == ""]
        if missing:
            raise SettingsError(f"the argument --{missing[0]} is missing")
        for name, value in own.items():
            if not (value or "").strip(" ,") and name not in SWITCHES:
                raise SettingsError(f"the argument --{name} has no value")
        values = {name: value or "" for name, value in own.items()}
        load = values.get("load", INCREMENTAL).lower()
        if load not in (INCREMENTAL, FULL):
            raise SettingsError(f"--load is {INCREMENTAL} or {FULL}, not {values['load']!r}")
        return cls(
            dataset=values["dataset"],
            lake_root=values["lake_root"],
            sources=_several(values.get("sources", "")),
            only=_several(values.get("only", "")),
            full_refresh=_switch("full_refresh", values),
            connection_name=values.get("connection_name"),
            warehouse=values.get("warehouse"),
            load=load,
            tables=_several(values.get("tables", "")),
            copy_role=values.get("copy_role", DEFAULT_ROLE),
            load_minutes=_amount("load_minutes", values.get("load_minutes", str(DEFAULT_MINUTES))),
            dry_run=_switch("dry_run", values),
            catalog=values.get("catalog"),
            table_format=values.get("table_format"),
            pseudonym_secret=values.get("pseudonym_secret"),
            dpus=_amount("dpus", values["dpus"]) if "dpus" in values else None,
            dpu_hour_price=_amount("dpu_hour_price", values.get("dpu_hour_price", str(DPU_HOUR_PRICE))),
            is_on_glue="JOB_RUN_ID" in given,
        )


def _pairs(arguments: Sequence[str]) -> dict[str, str | None]:
    """Names and values; None for a name without a value."""
    pairs: dict[str, str | None] = {}
    rest = list(arguments)
    while rest:
        name = rest.pop(0)
        if not name.startswith("--"):
            raise SettingsError(f"expected --name value, found {name!r}")
        name, has_value, value = name[2:].partition("=")
        if name in pairs and name not in GLUE_ARGUMENTS and "-" not in name:
            raise SettingsError(f"the argument --{name} is given twice")
        if has_value:
            pairs[name] = value
        else:
            pairs[name] = rest.pop(0) if rest and not rest[0].startswith("--") else None
    return pairs


def _several(text: str) -> tuple[str, ...]:
    """The names in a text that has commas between them."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _amount(name: str, text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < math.inf:
        raise SettingsError(f"--{name} is a number such as 0.44, not {text!r}")
    return amount


def _switch(name: str, values: Mapping[str, str]) -> bool:
    """Whether the switch stands there, alone or with a text that means true."""
    if name not in values:
        return False
    text = values[name] or YES[0]
    if text.lower() not in (*YES, *NO):
        raise SettingsError(f"--{name} is true or false, not {text!r}")
    return text.lower() in YES
