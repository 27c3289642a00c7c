"""covid_lake_covid19: refreshes covid19 by jobs of AWS Glue.

Written by `covid-lake workflow render covid19 --to airflow`; don't edit it, render it anew. Deploy the
jobs for Airflow: otherwise Glue starts failed runs again by itself, beside Airflow.
"""

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator

with DAG(
    dag_id="covid_lake_covid19",
    description="Refreshes covid19",
    schedule="15 4 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["covid_lake", "covid19"],
) as dag:
    source_to_landing = GlueJobOperator(
        task_id="source_to_landing",
        job_name="covid_lake_covid19_source_to_landing",
        wait_for_completion=True,
        deferrable=False,
        stop_job_run_on_kill=True,
        execution_timeout=timedelta(minutes=80),
        retries=1,
        retry_delay=timedelta(minutes=5),
    )

    landing_to_trusted = GlueJobOperator(
        task_id="landing_to_trusted",
        job_name="covid_lake_covid19_landing_to_trusted",
        wait_for_completion=True,
        deferrable=False,
        stop_job_run_on_kill=True,
        execution_timeout=timedelta(minutes=80),
        retries=1,
        retry_delay=timedelta(minutes=5),
    )

    trusted_to_curated = GlueJobOperator(
        task_id="trusted_to_curated",
        job_name="covid_lake_covid19_trusted_to_curated",
        wait_for_completion=True,
        deferrable=False,
        stop_job_run_on_kill=True,
        execution_timeout=timedelta(minutes=80),
        retries=1,
        retry_delay=timedelta(minutes=5),
    )

    curated_to_redshift = GlueJobOperator(
        task_id="curated_to_redshift",
        job_name="covid_lake_covid19_curated_to_redshift",
        wait_for_completion=True,
        deferrable=False,
        stop_job_run_on_kill=True,
        execution_timeout=timedelta(minutes=80),
        retries=1,
        retry_delay=timedelta(minutes=5),
    )

    source_to_landing >> landing_to_trusted
    landing_to_trusted >> trusted_to_curated
    trusted_to_curated >> curated_to_redshift
