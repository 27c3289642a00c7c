"""The command that deploys workflows to AWS Glue."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.opening import display_of
from covid_lake.cli.options import aws_endpoint_option, region_option, schedule_option
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import SettingsError

if TYPE_CHECKING:
    from covid_lake.deploy.code import Code
    from covid_lake.deploy.deploying import Deploying
    from covid_lake.deploy.plan import Action
    from covid_lake.deploy.site import Site

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--stack", metavar="NAME", help="The stack of infra/lake.yaml: its outputs name bucket, roles and all else."
)
@click.option("--bucket", metavar="NAME", help="The bucket of the lake and of the jobs' code.")
@click.option("--role", metavar="NAME_OR_ARN", help="One role for all jobs, instead of the stack's four.")
@click.option("--connection", metavar="NAME", help="The Glue connection of the warehouse. Without any, none is loaded.")
@click.option(
    "--warehouse-url",
    metavar="URL",
    help="Have the deployment make the connection: jdbc:redshift://HOST:5439/DATABASE, without user and password.",
)
@click.option("--warehouse-secret", metavar="NAME", help="The secret with the warehouse's username and password.")
@click.option("--subnet", metavar="ID", help="The subnet from which the warehouse is reached.")
@click.option("--security-groups", metavar="ID,ID", help="The security groups of the loading job in that subnet.")
@click.option(
    "--copy-role",
    metavar="ARN",
    help="The role with which Redshift reads the lake.  [default: the one that is Redshift's default]",
)
@click.option("--topic", metavar="ARN", help="The SNS topic that hears of refreshes which are missing.")
@click.option("--workgroup", metavar="NAME", help="Athena's workgroup that gets the named queries.  [default: primary]")
@click.option("--pseudonym-secret", metavar="NAME", help="The secret that holds the key of pseudonyms.")
@click.option(
    "--datasets", metavar="NAME,NAME",
    help="What is deployed.  [default: the datasets whose files come from a public bucket]",
)  # fmt: skip
@schedule_option
@click.option(
    "--glue-version", type=click.Choice(["6.0", "5.1"]), default="6.0", show_default=True,
    help="6.0 has Spark 4.1 and Python 3.13, 5.1 has Spark 3.5 and Python 3.11.",
)  # fmt: skip
@click.option(
    "--orchestrator",
    type=click.Choice(["glue", "airflow"]),
    default="glue",
    show_default=True,
    help="Who starts the jobs: Glue's triggers, or a DAG of 'covid-lake workflow render'.",
)  # fmt: skip
@region_option
@aws_endpoint_option
@click.option("--code", metavar="DIR", type=FOLDER, help="Scripts and wheels, as scripts/deploy_jobs.sh builds them.")
@click.option("--wheel", "wheels", type=FILE, multiple=True, help="A further wheel, of a dataset of yours. Repeatable.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--check", is_flag=True, help="Only look at bucket, roles, connection and Lake Formation.")
@click.option("--delete", is_flag=True, help="Delete what was deployed. The lake, its catalog and the stack stay.")
def deploy(
    stack: str | None,
    bucket: str | None,
    role: str | None,
    connection: str | None,
    warehouse_url: str | None,
    warehouse_secret: str | None,
    subnet: str | None,
    security_groups: str | None,
    copy_role: str | None,
    topic: str | None,
    workgroup: str | None,
    pseudonym_secret: str | None,
    datasets: str | None,
    schedule: str | None,
    glue_version: str,
    orchestrator: str,
    region: str | None,
    endpoint_url: str | None,
    code: Path | None,
    wheels: Sequence[Path],
    *,
    dry_run: bool,
    check: bool,
    delete: bool,
) -> None:
    """Deploy the workflows of datasets to AWS Glue: code, connection, jobs, triggers, alarms, named queries, catalog.

    What there is already is compared first, and only what differs is changed; a second time, nothing is. Jobs that run
    are not disturbed. Called by scripts/deploy_jobs.sh, which builds the code:

    \b
    scripts/deploy_jobs.sh --stack covid-lake --region us-east-1 --dry-run
    scripts/deploy_jobs.sh --stack covid-lake --region us-east-1 --datasets covid19,stedi
    scripts/deploy_jobs.sh --bucket my-lake --role my-glue-role --schedule none
    scripts/deploy_jobs.sh --bucket my-lake --role my-glue-role --warehouse-secret my-login \\
        --warehouse-url jdbc:redshift://my.cluster.us-east-1.redshift.amazonaws.com:5439/dev
    """
    from covid_lake.datasets import registry
    from covid_lake.deploy.deploying import Clients, Deploying, naming_faults
    from covid_lake.deploy.schedules import chosen_schedule
    from covid_lake.deploy.workflow import NIGHTLY

    point_at(region, endpoint_url)
    given: dict[str, Any] = {
        "bucket": bucket, "role": role, "connection": connection, "copy_role": copy_role, "topic": topic,
        "workgroup": workgroup, "pseudonym_secret": pseudonym_secret,
    }  # fmt: skip
    every = [registry.dataset(name) for name in registry.dataset_names()]
    named = [registry.dataset(name.strip()) for name in (datasets or "").split(",") if name.strip()]
    families = named or [dataset for dataset in every if dataset.public_buckets]
    when = chosen_schedule(schedule, NIGHTLY)
    terminal = Terminal()
    with naming_faults(), display_of(terminal) as display:
        given |= _warehouse(warehouse_url, warehouse_secret, subnet, security_groups, connection)
        site = _site(stack, given, needs_roles=not delete)
        deploying = Deploying(
            site, families, Clients.of_environment(), when, glue_version, orchestrator, display.progress
        )
        if delete:
            _carry_out(terminal, deploying.deletion(), dry_run=dry_run)
            terminal.show(f"{site.lake_root}, its tables in the Data Catalog, and the stack stay: see docs/deploy.md")
        elif not _look(terminal, deploying, shows_all=check):
            sys.exit(EXIT_FAULT)
        elif not check:
            _carry_out(terminal, deploying.plan(_code(code, wheels)), dry_run=dry_run)


def _code(folder: Path | None, wheels: Sequence[Path]) -> Code:
    from covid_lake.deploy.code import Code

    if folder is None:
        raise SettingsError("the jobs' code is missing: run scripts/deploy_jobs.sh, or name its folder with --code")
    return Code.of(folder, wheels)


def point_at(region: str | None, endpoint_url: str | None) -> None:
    """Have all clients of this process go to a region and an endpoint."""
    for name, value in (("AWS_REGION", region), ("AWS_DEFAULT_REGION", region), ("AWS_ENDPOINT_URL", endpoint_url)):
        if value:
            os.environ[name] = value


def _site(stack: str | None, given: dict[str, Any], *, needs_roles: bool) -> Site:
    """The site of the stack, and what was named beside it."""
    from dataclasses import replace

    from covid_lake.deploy.deploying import client
    from covid_lake.deploy.site import Site, site_of_stack
    from covid_lake.deploy.workflow import Stage

    if stack is None and given["bucket"] is None:
        raise SettingsError("name the stack of infra/lake.yaml with --stack, or a bucket with --bucket")
    role = given.pop("role")
    named = {name: value for name, value in given.items() if value is not None}
    site = replace(site_of_stack(client("cloudformation"), stack), **named) if stack else Site(**named)
    if role:
        site = replace(site, roles=dict.fromkeys(Stage, role))
    if needs_roles and not site.roles:
        raise SettingsError("name the role of the jobs with --role, or a stack that has one for each with --stack")
    return site


def _warehouse(
    url: str | None, secret: str | None, subnet: str | None, security_groups: str | None, connection: str | None
) -> dict[str, Any]:
    """The warehouse that has no connection yet, and the name that its connection gets."""
    from covid_lake.deploy.deploying import client
    from covid_lake.deploy.site import DEFAULT_CONNECTION, WarehouseAddress, zone_of

    if not (url and secret):
        if url or secret or subnet or security_groups:
            raise SettingsError("a connection is made from --warehouse-url and --warehouse-secret: name both")
        return {}
    groups = tuple(name.strip() for name in (security_groups or "").split(",") if name.strip())
    zone = zone_of(client("ec2"), subnet) if subnet else None
    return {
        "connection": connection or DEFAULT_CONNECTION,
        "warehouse": WarehouseAddress(url, secret, subnet, zone, groups),
    }


def _look(terminal: Terminal, deploying: Deploying, *, shows_all: bool) -> bool:
    """Look at what the deployment stands on; whether it can go on."""
    from covid_lake.deploy.checks import findings

    stages = dict.fromkeys(job.stage for dataset in deploying.datasets for job in deploying.workflow(dataset).jobs)
    can_go_on = True
    for one in findings(deploying.site, list(stages)):
        if shows_all or one.is_fault:
            terminal.show((f"{'missing' if one.is_fault else 'looked':<9}", "bold"), f" {one.what}: {one.said}")
        can_go_on = can_go_on and not one.is_fault
    return can_go_on


def _carry_out(terminal: Terminal, actions: Sequence[Action], *, dry_run: bool) -> None:
    from covid_lake.deploy.deploying import carry_out

    def told(action: Action) -> None:
        detail = f"  {action.detail}" if action.detail else ""
        terminal.show((f"{action.verb:<9}", "bold"), f" {action.kind:<12} {action.name}{detail}")

    if not actions:
        terminal.show("nothing changes")
        return
    if dry_run:
        for action in actions:
            told(action)
        terminal.show(f"{len(actions)} steps; nothing was changed")
        return
    carry_out(actions, told)
    terminal.show(f"{len(actions)} steps done")
