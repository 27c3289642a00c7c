"""A made-up COVID-19 landing zone in the layout of the public lake, with the real files' defects in known numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from covid_lake.datasets.samples import SampleGenerator, SampleOption
from covid_lake.errors import SettingsError
from covid_lake_samples.covid19 import jhu_files, static_files, us_files
from covid_lake_samples.covid19.report_days import Calendar
from covid_lake_samples.covid19.world import build_world
from covid_lake_samples.files import SampleFiles
from covid_lake_samples.manifest import SampleManifest, Tally

__all__ = ["GENERATOR", "MAX_DAYS", "MIN_DAYS", "generate_sample"]

MIN_DAYS = 14
MAX_DAYS = 1000
DEFAULT_DAYS = 45
DEFAULT_SEED = 20200122

_TABLES = (
    *("enigma_jhu", "jhu_daily_reports", "nytimes_us_county", "nytimes_us_states", "testing_states_daily"),
    *("testing_us_daily", "testing_us_total_latest", "hospital_beds", "country_code", "county_population", "state_abv"),
)


def generate_sample(
    out: Path,
    *,
    days: int = DEFAULT_DAYS,
    scale: float = 1.0,
    seed: int = DEFAULT_SEED,
    truncated: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> SampleManifest:
    """Write a landing zone of all eleven tables below `out` and say what is in it.

    `days` reports from 22 January 2020 on tell the story of the 161 days to 30 June, squeezed where `days` is less;
    each has the places of `scale` times 200 US counties, and there are 300 hospitals times `scale`. The same arguments
    write the same bytes. With `truncated`, a daily report and a gzip that break off lie beside the whole files.
    `progress` hears a label, how much is done and how much there is. An earlier sample in `out` is replaced.

    Raises `SettingsError` for a value out of range, and where `out` holds anything but an earlier sample.
    """
    if not MIN_DAYS <= days <= MAX_DAYS:
        raise SettingsError(f"days is {days}; a sample has {MIN_DAYS} to {MAX_DAYS}")
    if not 0 < scale < float("inf"):
        raise SettingsError(f"scale is {scale}; it is a number above 0")
    rng = random.Random(seed)  # noqa: S311 - the figures are to be repeatable, not secret
    calendar = Calendar(days)
    world = build_world(calendar, scale, rng)
    tallies = {table: Tally(table) for table in _TABLES}
    files = SampleFiles(out)
    files.start(_planned(calendar, truncated))

    def report(label: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(label, done, total) if progress else None

    writer = jhu_files.JhuWriter(world, files, tallies["jhu_daily_reports"], tallies["enigma_jhu"])
    writer.write(truncated, report("daily reports"))
    nytimes = (tallies["nytimes_us_county"], tallies["nytimes_us_states"])
    us_files.write_nytimes(world, files, *nytimes, report("newspaper days"))
    testing = us_files.TestingTallies(
        tallies["testing_states_daily"], tallies["testing_us_daily"], tallies["testing_us_total_latest"]
    )
    steps: tuple[Callable[[], None], ...] = (
        lambda: us_files.write_testing(world, files, testing, rng),
        lambda: static_files.write_hospitals(world, files, tallies["hospital_beds"], scale, rng),
        lambda: static_files.write_countries(files, tallies["country_code"]),
        lambda: static_files.write_populations(world, files, tallies["county_population"]),
        lambda: static_files.write_states(files, tallies["state_abv"]),
    )
    for done, step in enumerate(steps, start=1):
        step()
        report("other tables")(done, len(steps))
    manifest = SampleManifest(
        dataset="covid19",
        seed=seed,
        scale=scale,
        settings={
            "days": days,
            "truncated": truncated,
            "first_day": calendar.date(0).isoformat(),
            "last_day": calendar.date(days - 1).isoformat(),
        },
        files=files.written,
        tables={name: tally.result() for name, tally in tallies.items()},
        truncated_files=files.truncated,
    )
    files.write_manifest(manifest.to_json())
    return manifest


GENERATOR = SampleGenerator(
    generate=generate_sample,
    seed=DEFAULT_SEED,
    help="The daily reports, newspaper days, tests, hospitals and codes of the public COVID-19 lake.",
    options=(
        SampleOption("days", DEFAULT_DAYS, "Daily reports from 22 January 2020 on."),
        SampleOption("truncated", False, "Add files that an interrupted transfer cut short."),
    ),
)


def _planned(calendar: Calendar, truncated: bool) -> list[str]:
    """The paths of a sample, known before it is written."""
    reports = calendar.days + (1 if truncated else 0)
    return [
        *(jhu_files.report_path(calendar, day) for day in range(reports)),
        *([jhu_files.ENIGMA_TRUNCATED_PATH] if truncated else []),
        jhu_files.ENIGMA_PATH,
        *(us_files.NYT_COUNTY_PATH, us_files.NYT_STATES_PATH, us_files.NYT_STATES_JSON_PATH),
        *(us_files.STATES_DAILY_PATH, us_files.US_DAILY_PATH, us_files.US_DAILY_JSON_PATH),
        *(us_files.US_TOTAL_PATH, us_files.US_TOTAL_JSON_PATH),
        *(static_files.HOSPITALS_PATH, static_files.HOSPITALS_JSON_PATH),
        *(static_files.COUNTRY_PATH, static_files.COUNTRY_JSON_PATH, static_files.POPULATION_PATH),
        *(static_files.STATE_PATH, static_files.STATE_JSON_PATH),
    ]
