"""A workflow as a picture in Mermaid, which GitHub and many editors draw."""

from __future__ import annotations

from covid_lake.deploy.workflow import Job, Workflow


def render(workflow: Workflow) -> str:
    """The jobs with what they run on, an arrow from each to those that wait for it, and when the first ones start."""
    start = f"every time of cron {workflow.schedule.cron} (UTC)" if workflow.schedule else "started by hand"
    lines = ["flowchart TD", f'    start(["{start}"])']
    lines += [f'    {job.name}["{_label(job)}"]' for job in workflow.jobs]
    lines += [f"    start --> {job.name}" for job in workflow.first]
    lines += [f"    {needed} -- SUCCEEDED --> {job.name}" for job in workflow.jobs for needed in job.needs]
    return "\n".join(lines) + "\n"


def _label(job: Job) -> str:
    capacity = f"up to {job.capacity.workers} × {job.capacity.worker_type}"
    again = {0: "no retry", 1: "1 retry"}.get(job.retries, f"{job.retries} retries")
    return f"<b>{job.name}</b><br/>{capacity}, {job.timeout_minutes} min at most, {again}"
