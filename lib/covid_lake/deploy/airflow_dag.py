"""A workflow as a DAG of Apache Airflow, which starts the jobs that are deployed in Glue and waits for each.

The file needs Airflow 2.11 or newer with the provider `apache-airflow-providers-amazon`, and nothing of this library.
"""

from __future__ import annotations

from covid_lake.deploy.workflow import Job, Workflow

# The least time between a failed run and the next, as Glue needs some seconds until it starts the same job again.
RETRY_MINUTES = 5
# Time that Glue may take to start a run and to tell that it has ended, beside what the job itself may take.
WAITING_MINUTES = 20


def render(workflow: Workflow) -> str:
    """The text of a Python file that defines the DAG."""
    schedule = f'"{workflow.schedule.cron}"' if workflow.schedule else "None"
    header = f'''"""{workflow.name}: refreshes {workflow.dataset} by jobs of AWS Glue.

Written by `covid-lake workflow render {workflow.dataset} --to airflow`; don't edit it, render it anew. Deploy the
jobs for Airflow: otherwise Glue starts failed runs again by itself, beside Airflow.
"""

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator

with DAG(
    dag_id="{workflow.name}",
    description="Refreshes {workflow.dataset}",
    schedule={schedule},
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["covid_lake", "{workflow.dataset}"],
) as dag:
'''
    return header + "\n".join([*map(_task, workflow.jobs), *([arrows] if (arrows := _arrows(workflow)) else [])])


def _task(job: Job) -> str:
    return f"""    {job.stage} = GlueJobOperator(
        task_id="{job.stage}",
        job_name="{job.name}",
        wait_for_completion=True,
        deferrable=False,
        stop_job_run_on_kill=True,
        execution_timeout=timedelta(minutes={job.timeout_minutes + WAITING_MINUTES}),
        retries={job.retries},
        retry_delay=timedelta(minutes={RETRY_MINUTES}),
    )
"""


def _arrows(workflow: Workflow) -> str:
    stages = {job.name: job.stage for job in workflow.jobs}
    return "".join(f"    {stages[needed]} >> {job.stage}\n" for job in workflow.jobs for needed in job.needs)
