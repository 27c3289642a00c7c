"""Commands about the workflow of a dataset: show it, run it here, render it for others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from covid_lake.cli.deployment import deploy, point_at
from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.options import (
    aws_endpoint_option,
    dataset_argument,
    lake_option,
    region_option,
    schedule_option,
    source_option,
    warehouse_option,
)
from covid_lake.cli.terminal import Terminal

if TYPE_CHECKING:
    from covid_lake.deploy.workflow import Workflow


@click.group()
def workflow() -> None:
    """The jobs of a dataset and their order: on this machine, in AWS Glue, in Airflow.

    The same jobs run everywhere: files are landed, promoted to trusted tables, built into the star, and loaded.
    """


workflow.add_command(deploy)


@workflow.command()
@dataset_argument
@schedule_option
def show(dataset: str, schedule: str | None) -> None:
    """Print the workflow of DATASET as a picture in Mermaid, with what each job runs on."""
    from covid_lake.deploy.mermaid import render as render_mermaid

    Terminal().write(render_mermaid(_deployed(dataset, schedule)))


@workflow.command()
@dataset_argument
@source_option
@lake_option
@warehouse_option
def run(dataset: str, sources: tuple[str, ...], root: str, warehouse: str | None) -> None:
    """Run the jobs of DATASET on this machine, in the order of Glue's triggers, each in a process of its own.

    A job that fails is not tried again, and the jobs that need it are not started. Without --from, the files that lie
    in the landing zone already are promoted.
    """
    from covid_lake.datasets import registry
    from covid_lake.deploy.local import run_workflow
    from covid_lake.deploy.workflow import Choices, Job, workflow_of

    terminal = Terminal()
    named = {"warehouse": warehouse} if warehouse else {}
    planned = workflow_of(registry.dataset(dataset), Choices(root, sources, named, schedule=None))

    def starting(job: Job) -> None:
        terminal.show((f"{planned.jobs.index(job) + 1}/{len(planned.jobs)} {job.stage}", "bold"))

    ended = run_workflow(planned, starting)
    for job in planned.jobs:
        state = ended.run.states.get(job.name)
        took = f"{ended.seconds[job.name]:.1f} s" if state else "not started: a job that it needs did not succeed"
        terminal.show(f"{job.stage:<20} {state or '-':<10} {took}")
    if not ended.succeeded:
        sys.exit(EXIT_FAULT)


@workflow.command()
@dataset_argument
@region_option
@aws_endpoint_option
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path(".glue"), show_default=True,
    help="Where the environments of the jobs are kept, and what they print.",
)  # fmt: skip
def play(dataset: str, region: str | None, endpoint_url: str | None, folder: Path) -> None:
    """Run the workflow of DATASET as it is deployed in AWS Glue, on this machine.

    Workflow, triggers and jobs are read back from Glue. Each job runs as there: its script and its wheels come from S3,
    on the Python and the Spark of its Glue version, with the arguments of its definition, as often as its retries say.
    It reads and writes the lake, the catalog and the warehouse that it is deployed for, with your rights instead of its
    role's, and the warehouse must be reachable from here.

    Needs the Python of the Glue version (3.13 for 6.0, 3.11 for 5.1), Java 17, and the jars of 'make setup SPARK=4.1.1'
    or 3.5.6.
    """
    from covid_lake.deploy.deploying import client, naming_faults
    from covid_lake.deploy.playing import Player
    from covid_lake.deploy.triggers import JobState
    from covid_lake.deploy.workflow import PREFIX

    point_at(region, endpoint_url)
    terminal = Terminal()

    def starting(name: str, log: Path) -> None:
        terminal.show((name, "bold"), f"  prints to {log}")

    with naming_faults():
        player = Player(client("glue"), folder.absolute(), starting)
        ended = player.play(f"{PREFIX}_{dataset}")
    for run in player.runs:
        terminal.show(f"{run.name:<44} {run.state:<10} {run.seconds:.1f} s")
        if run.state is not JobState.SUCCEEDED:
            terminal.show(f"  {run.last_line}")
    for name in [name for name, state in ended.states.items() if state is JobState.ERROR]:
        terminal.show(f"{name:<44} {JobState.ERROR:<10} a trigger starts it, and Glue has no such job")
    if any(state is not JobState.SUCCEEDED for state in ended.states.values()):
        sys.exit(EXIT_FAULT)


@workflow.command()
@dataset_argument
@click.option("--to", "target", type=click.Choice(["airflow"]), required=True, help="What it is rendered for.")
@schedule_option
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; otherwise it is printed."
)
def render(dataset: str, target: str, schedule: str | None, out: Path | None) -> None:
    """Render the workflow of DATASET as a DAG of Apache Airflow, which starts the jobs that are deployed in Glue."""
    from covid_lake.deploy.airflow_dag import render as render_dag

    del target  # there is one so far
    text = render_dag(_deployed(dataset, schedule))
    if out is None:
        Terminal().write(text)
        return
    out.write_text(text, encoding="utf-8")
    Terminal().show(f"{out}: {dataset}'s workflow for Airflow")


def _deployed(name: str, schedule: str | None) -> Workflow:
    """The workflow as it is deployed to Glue, with a warehouse behind a connection."""
    from covid_lake.datasets import registry
    from covid_lake.deploy.schedules import chosen_schedule
    from covid_lake.deploy.workflow import NIGHTLY, Choices, workflow_of

    # Neither the picture nor the DAG says where the lake and the warehouse are: the deployed jobs know.
    choices = Choices(
        "s3://BUCKET", warehouse={"connection_name": "CONNECTION"}, schedule=chosen_schedule(schedule, NIGHTLY)
    )
    return workflow_of(registry.dataset(name), choices)
