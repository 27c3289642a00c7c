"""Landing to `fact_cases` with Polars: `polars_fact_cases.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import polars as pl
from naming import NAMED, name_places, resolve

from landing import (
    BLANKS,
    COUNTS,
    DOUBLES,
    FEED,
    PLACE,
    SPELLINGS,
    TRUSTED,
    ReportFile,
    check_files,
    generations,
)

TIMES = (
    (r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$", "%Y-%m-%dT%H:%M:%S"),
    (r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", "%Y-%m-%d %H:%M:%S"),
    (r"^\d+/\d+/\d{4} \d+:\d\d$", "%m/%d/%Y %H:%M"),
    (r"^\d+/\d+/\d\d \d+:\d\d$", "%m/%d/%y %H:%M"),
)
KEY = ("region_id", "report_date")


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    files = check_files(landing)
    scans = [_scan(columns, group) for columns, group in generations(files).items()]
    records = pl.concat(scans, how="diagonal").collect()
    expected = sum(file.records for file in files)
    if len(records) != expected:
        raise SystemExit(f"{expected} records in the files, {len(records)} read")
    trusted = _promote(records, out)
    bridge = _bridge(trusted)
    bridge.write_parquet(out / "bridge_region.parquet", compression="zstd")
    facts = _facts(trusted, bridge)
    _check(facts, trusted)
    _write_facts(facts, out)
    print("finished", flush=True)


def _scan(columns: tuple[str, ...], files: list[ReportFile]) -> pl.LazyFrame:
    """The files of one header generation as text; short rows are filled up.

    Polars has no place for a field too many: it stops at the first, where the others refuse that record alone.
    """
    lines = pl.scan_csv(
        [file.path for file in files],
        has_header=False,
        skip_rows=1,
        schema=dict.fromkeys(columns, pl.String),
        include_file_paths="source_file",
    )
    missing = [pl.lit(None, pl.String).alias(name) for name in SPELLINGS if name not in columns]
    return lines.with_columns(
        pl.struct(columns).hash().reinterpret(signed=True).alias("source_row_hash"),
        pl.concat_str([pl.col(name).fill_null("") for name in PLACE if name in columns], separator="\x1f").alias(
            "place"
        ),
        *missing,
    )


def _promote(records: pl.DataFrame, out: Path) -> pl.DataFrame:
    """Types, rules, the newest of a grain; every record accounted for. The result is sorted by region and day."""
    name = pl.col("source_file").str.split("/").list.last() if os.sep == "/" else pl.col("source_file")
    days = records.select(pl.col("source_file").unique()).with_columns(name.alias("_name"))
    days = days.with_columns(
        pl.col("_name").str.slice(0, 10).str.to_date("%m-%d-%Y", strict=False).alias("report_date"),
        (pl.lit(f"{FEED}/") + pl.col("_name")).alias("_source_file"),
    )
    typed = (
        records.lazy()
        .join(_places(records).lazy(), on="place", how="left")
        .join(_times(records).lazy(), on="last_update", how="left")
        .join(days.lazy().drop("_name"), on="source_file", how="left")
        .with_columns(
            *(_count(name).alias(f"{name}_typed") for name in COUNTS),
            *(_double(name).alias(f"{name}_typed") for name in DOUBLES),
            pl.col("combined_key").str.strip_chars(BLANKS).replace("", None),
            run_id=pl.lit("peer"),
        )
    )
    rules = _rules()
    checked = typed.with_columns(rejected=pl.any_horizontal(*(rule.fill_null(False) for rule in rules.values())))
    checked = checked.collect()
    rejected = checked.filter("rejected")
    if len(rejected):
        reasons = [pl.when(rule).then(pl.lit(reason)) for reason, rule in rules.items()]
        refused = rejected.with_columns(reasons=pl.concat_list(reasons).list.drop_nulls())
        refused.write_parquet(out / "quarantine.parquet", compression="zstd")
    renamed = {f"{name}_named": name for name in ("country_region", "province_state", "county", "fips")}
    renamed |= {f"{name}_typed": name for name in (*COUNTS, *DOUBLES, "last_update")} | {"_source_file": "source_file"}
    origin = {new: old for old, new in renamed.items()}
    named = (
        checked.lazy()
        .filter(~pl.col("rejected"))
        .select("region", *(pl.col(origin.get(name, name)).alias(name) for name in TRUSTED))
        .sort("region", "report_date")
        .with_row_index("_row")
        .collect()
    )
    # Few grains have more than one record: only those are put in order.
    grain = pl.struct("region", "report_date")
    newest_first = named.filter(grain.is_duplicated()).sort(
        [*KEY, "last_update", "confirmed", "deaths", "source_file", "source_row_hash"],
        descending=[False, False, True, True, True, True, False],
        nulls_last=True,
    )
    older = newest_first.filter(~grain.is_first_distinct()).select("_row")
    trusted = named.join(older, on="_row", how="anti", maintain_order="left").select(TRUSTED)
    superseded = named.join(older, on="_row", how="semi").select(TRUSTED)
    if len(trusted) + len(superseded) + len(rejected) != len(records):
        raise SystemExit("the accounts don't add up")
    trusted.write_parquet(out / "trusted.parquet", compression="zstd")
    superseded.write_parquet(out / "superseded.parquet", compression="zstd")
    return trusted


def _places(records: pl.DataFrame) -> pl.DataFrame:
    """The distinct places named once; `place` is all that a record says of its place, in one text to join on."""
    given = records.lazy().group_by("place").agg(pl.col(name).first() for name in PLACE).collect()
    named = name_places(given.select(PLACE).iter_rows())
    types = {name: pl.Boolean if name in ("country_is_known", "fips_is_bad") else pl.String for name in NAMED}
    frame = pl.DataFrame(named, schema=types, orient="row").rename({name: f"{name}_named" for name in PLACE})
    numbered = frame.with_columns(region=pl.col("region_id").rank("dense"))
    return pl.concat([given.select("place"), numbered], how="horizontal")


def _times(records: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("last_update").str.strip_chars(BLANKS)
    readings = (
        pl.when(text.str.contains(shape)).then(text).str.to_datetime(format_, time_unit="us", strict=False)
        for shape, format_ in TIMES
    )
    distinct = records.select(pl.col("last_update").unique().drop_nulls())
    return distinct.with_columns(last_update_typed=pl.coalesce(*readings).dt.replace_time_zone("UTC"))


def _count(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars(BLANKS)
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number % 1 == 0).then(number).cast(pl.Int64, strict=False)


def _double(name: str) -> pl.Expr:
    number = pl.col(name).str.strip_chars(BLANKS).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _rules() -> dict[str, pl.Expr]:
    unreadable = {
        f"{name}_unreadable": pl.col(f"{name}_typed").is_null() & (pl.col(name).str.strip_chars(BLANKS) != "")
        for name in (*COUNTS, *DOUBLES, "last_update")
    }
    return {
        **unreadable,
        "country_region_missing": pl.col("country_region_named").is_null(),
        "report_date_missing": pl.col("report_date").is_null(),
        "report_date_too_early": pl.col("report_date") < date(2019, 12, 1),
        "report_date_in_future": pl.col("report_date") > datetime.now(UTC).date(),
        "confirmed_negative": pl.col("confirmed_typed") < 0,
        "deaths_negative": pl.col("deaths_typed") < 0,
        "latitude_out_of_range": pl.col("latitude_typed").abs() > 90,
        "longitude_out_of_range": pl.col("longitude_typed").abs() > 180,
        "fips_not_a_code": pl.col("fips_is_bad"),
    }


def _bridge(trusted: pl.DataFrame) -> pl.DataFrame:
    """A region with the name and the coordinates reported last, and the region that it is over all names."""
    is_placed = (pl.col("latitude").fill_null(0) != 0) | (pl.col("longitude").fill_null(0) != 0)
    regions = (
        trusted.lazy()
        .group_by(pl.col("region_id").alias("reported_id"))
        .agg(
            pl.col("region_level").last().alias("level"),
            *(pl.col(name).last() for name in PLACE),
            pl.col("report_date").last().alias("last_report_date"),
            *(pl.col(name).filter(is_placed).last() for name in ("latitude", "longitude")),
            source=pl.lit("jhu_daily_reports").first(),
        )
        .collect()
    )
    shape = regions.select("reported_id", "level", "country_region", "province_state", "county")
    return regions.with_columns(region_id=pl.Series(resolve(shape.iter_rows()), dtype=pl.String)).with_columns(
        region_key=pl.col("region_id").hash().reinterpret(signed=True)
    )


def _facts(trusted: pl.DataFrame, bridge: pl.DataFrame) -> pl.DataFrame:
    def new(measure: str) -> pl.Expr:
        before = pl.col(measure).forward_fill().shift().over("region_key")
        return (pl.col(measure) - before).alias(f"new_{measure}")

    def total(measure: str) -> pl.Expr:
        return pl.when(pl.col(measure).count() > 0).then(pl.col(measure).sum()).alias(measure)

    keys = bridge.lazy().select(pl.col("reported_id").alias("region_id"), "region_key")
    reports = trusted.lazy().select(*KEY, *COUNTS).join(keys, on="region_id", how="inner").drop("region_id")
    day = pl.col("report_date")
    return (
        reports.group_by("region_key", "report_date")
        .agg(*(total(name) for name in COUNTS))
        .sort("region_key", "report_date")
        .with_columns(
            (day.dt.year() * 10000 + day.dt.month().cast(pl.Int32) * 100 + day.dt.day()).alias("date_key"),
            new("confirmed"),
            new("deaths"),
            (day - day.shift().over("region_key")).dt.total_days().cast(pl.Int32).alias("days_since_previous"),
            day.dt.strftime("%Y-%m").alias("month"),
            source=pl.lit("jhu_daily_reports"),
        )
        .collect()
    )


def _check(facts: pl.DataFrame, trusted: pl.DataFrame) -> None:
    if facts.select(pl.struct("region_key", "date_key").is_duplicated().any()).item():
        raise SystemExit("a key stands twice")
    sums = [
        frame.group_by("report_date").agg(pl.col("confirmed").sum()).sort("report_date") for frame in (facts, trusted)
    ]
    known = pl.col("confirmed").drop_nulls()
    ends = facts.group_by("region_key").agg(gap=known.first() + pl.col("new_confirmed").sum() - known.last())
    if not sums[0].equals(sums[1]) or ends.select((pl.col("gap") != 0).any()).item():
        raise SystemExit("the facts don't add up")


def _write_facts(facts: pl.DataFrame, out: Path) -> None:
    for (month,), part in facts.partition_by("month", as_dict=True, include_key=False).items():
        folder = out / "fact_cases" / f"month={month}"
        folder.mkdir(parents=True, exist_ok=True)
        part.drop("report_date").write_parquet(folder / "part-0.parquet", compression="zstd")


if __name__ == "__main__":
    main()
