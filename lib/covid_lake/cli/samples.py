"""The command that makes up a landing zone, with a subcommand for each dataset that has a generator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from covid_lake.cli.opening import display_of
from covid_lake.cli.terminal import Terminal

if TYPE_CHECKING:
    from covid_lake.datasets.samples import SampleGenerator


class _Samples(click.Group):
    """A command for each dataset that a generator of samples is installed for, with the generator's own options."""

    def list_commands(self, _context: click.Context) -> list[str]:
        from covid_lake.datasets.samples import sample_names

        return list(sample_names())

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        from covid_lake.datasets.samples import sample_generator

        dataset = name.strip().casefold()
        return _sample_command(dataset, sample_generator(dataset))


@click.group(cls=_Samples, subcommand_metavar="DATASET [OPTIONS]")
def sample() -> None:
    """Make up a landing zone of DATASET, with the real files' defects in known numbers (sample_manifest.json).

    Each dataset has options of its own: see 'covid-lake sample DATASET --help'.
    """


def _sample_command(dataset: str, generator: SampleGenerator) -> click.Command:
    def generate(out: Path, **options: Any) -> None:
        terminal = Terminal()
        with display_of(terminal) as display:
            made = generator.generate(out, progress=display.progress, **options)
        terminal.show(f"{out}: {made.summary}")

    common = [
        click.Option(
            ["--out"], type=click.Path(file_okay=False, path_type=Path), required=True, help="Where to write it."
        ),
        click.Option(["--scale"], default=1.0, show_default=True, help="Multiplies the number of records."),
        click.Option(["--seed"], default=generator.seed, show_default=True, help="The same seed gives the same bytes."),
    ]
    own = [
        click.Option(
            [f"--{option.name.replace('_', '-')}", option.name],
            default=option.default,
            is_flag=isinstance(option.default, bool),
            show_default=not isinstance(option.default, bool),
            help=option.help,
        )
        for option in generator.options
    ]
    return click.Command(dataset, params=[*common, *own], callback=generate, help=generator.help)
