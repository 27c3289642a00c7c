"""`covid-lake`: land files, run the zones, ask questions, load the warehouse; each command's `--help` teaches it."""

from __future__ import annotations

import click

from covid_lake import __version__
from covid_lake.cli import (
    asking,
    bi,
    catalog,
    ddl,
    dictionary,
    history,
    privacy,
    quarantine,
    running,
    samples,
    warehouse,
    workflow,
)
from covid_lake.cli.group import Group

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=Group, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="covid-lake")
def main() -> None:
    """A lake of public data: landing files become typed trusted tables, a curated star and a warehouse.

    \b
    A first walk:
      covid-lake sample covid19 --out .sample              make up a small landing zone
      covid-lake run covid19 --from .sample --warehouse embedded
      covid-lake query "SELECT * FROM covid19_curated.dim_region LIMIT 5"
      covid-lake tour covid19                               some questions answered

    Exit codes: 0 all is well; 1 something was refused, failed or is unreachable; 2 the command was not understood.
    """


for command in (
    running.land, running.run, running.plan, asking.query, samples.sample, ddl.ddl, running.report, asking.tables,
    asking.tour, history.versions, history.restore, history.vacuum, quarantine.quarantine, warehouse.warehouse,
    asking.trace, privacy.forget, workflow.workflow, catalog.catalog, bi.bi, dictionary.dictionary,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    main()
