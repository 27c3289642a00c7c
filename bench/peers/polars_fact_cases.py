"""Landing to `fact_cases` with Polars: `polars_fact_cases.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from feeds import (
    BLANKS,
    CASES,
    ENIGMA_JHU,
    JHU_DAILY_REPORTS,
    NYTIMES_US_COUNTY,
    NYTIMES_US_STATES,
    Feed,
    Field,
    Places,
)
from naming import US, is_county_of_fips, resolve

from landing import LandingFile, check_files, generations

ISO_TIME = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?$"
US_TIMES = ((r"^\d+/\d+/\d{4} \d+:\d\d$", "%m/%d/%Y %H:%M"), (r"^\d+/\d+/\d\d \d+:\d\d$", "%m/%d/%y %H:%M"))
DATES = ((r"^\d{8}$", "%Y%m%d"), (r"^\d{4}-\d\d-\d\d$", "%Y-%m-%d"))
NAMES = ("region_level", "country_region", "province_state", "county", "fips")
Tables = Mapping[str, pl.DataFrame]


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    make_folders(out)
    trusted = {JHU_DAILY_REPORTS.name: promote(JHU_DAILY_REPORTS, landing, out)}
    bridge = bridge_region(trusted, (JHU_DAILY_REPORTS,), out)
    fact_cases(trusted, bridge, (JHU_DAILY_REPORTS,), out)
    print("finished", flush=True)


def make_folders(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    for folder in ("trusted", "superseded", "quarantine", "curated"):
        (out / folder).mkdir(parents=True)


# --- landing to trusted --------------------------------------------------------------------------------------------


def promote(feed: Feed, landing: Path, out: Path) -> pl.DataFrame:
    """Landing to trusted, one feed: types, rules, the newest of a grain; the rows come sorted by the feed's key."""
    files = check_files(landing, feed)
    scans = [_scan(feed, columns, group) for columns, group in generations(files).items()]
    records = pl.concat(scans, how="diagonal").collect()
    expected = sum(file.records for file in files)
    if len(records) != expected:
        raise SystemExit(f"{feed.name}: {expected} records in the files, {len(records)} read")
    rules = _rules(feed)
    checked = (
        _typed(feed, records, files)
        .with_columns(rejected=pl.any_horizontal(*(rule.fill_null(False) for rule in rules.values())))
        .collect()
    )
    rejected = checked.filter("rejected")
    if len(rejected):
        reasons = [pl.when(rule).then(pl.lit(reason)) for reason, rule in rules.items()]
        refused = rejected.with_columns(reasons=pl.concat_list(reasons).list.drop_nulls())
        refused.write_parquet(out / "quarantine" / f"{feed.name}.parquet", compression="zstd")
    trusted, superseded = _newest(feed, checked.lazy().filter(~pl.col("rejected")))
    if len(trusted) + len(superseded) + len(rejected) != expected:
        raise SystemExit(f"{feed.name}: the accounts don't add up")
    if feed.by_month:
        write_by_month(trusted.with_columns(month=_month()), out / "trusted" / feed.name)
    else:
        trusted.write_parquet(out / "trusted" / f"{feed.name}.parquet", compression="zstd")
    superseded.write_parquet(out / "superseded" / f"{feed.name}.parquet", compression="zstd")
    return trusted


def _scan(feed: Feed, columns: tuple[str, ...], files: list[LandingFile]) -> pl.LazyFrame:
    """The files of one header generation as text; short rows are filled up.

    Polars has no place for a field too many: it stops at the first, where the others refuse that record alone.
    """
    lines = pl.scan_csv(
        [file.path for file in files],
        has_header=False,
        skip_rows=1,
        schema=dict.fromkeys(columns, pl.String),
        include_file_paths="file",
    )
    missing = [pl.lit(None, pl.String).alias(field.name) for field in feed.fields if field.name not in columns]
    place = [pl.col(name).fill_null("") for name in (feed.places.fields if feed.places else ()) if name in columns]
    return lines.with_columns(
        pl.struct(columns).hash().reinterpret(signed=True).alias("source_row_hash"),
        pl.concat_str(place or [pl.lit("")], separator="\x1f").alias("place"),
        *missing,
    )


def _typed(feed: Feed, records: pl.DataFrame, files: list[LandingFile]) -> pl.LazyFrame:
    """The columns of the trusted table, what the rules need beside them, and `grain`, a number to sort regions by."""
    days = {
        "file": [str(file.path) for file in files],
        "source_file": [file.source_file for file in files],
        "file_day": [file.day for file in files],
    }
    typed = records.lazy().join(pl.LazyFrame(days, schema_overrides={"file_day": pl.Date}), on="file", how="left")
    values = [pl.col("source_file"), pl.col("source_row_hash"), pl.lit("peer").alias("run_id")]
    if feed.places:
        typed = typed.join(_places(feed, feed.places, records).lazy(), on="place", how="left")
        values += [pl.col(f"{name}_named").alias(name) for name in feed.places.values]
    for field in feed.of_kind("text"):
        values.append(_padded(_clean(field.name, feed), field.pad).alias(field.name))
    values += [_count(field.name).alias(field.name) for field in feed.of_kind("count")]
    values += [_double(field.name).alias(field.name) for field in feed.of_kind("double")]
    for field in feed.of_kind("date"):
        values.append(_by_shape(_clean(field.name, feed), DATES).dt.date().alias(field.name))
    for field in feed.of_kind("time"):
        typed = typed.join(_times(feed, field, records).lazy(), on=field.name, how="left")
        values.append(pl.col(f"{field.name}_read").alias(field.name))
    if feed.day == "file":
        values.append(pl.col("file_day").alias("report_date"))
    elif feed.day == "last_update":
        values.append((pl.col("last_update_read") - pl.duration(hours=8)).dt.date().alias("report_date"))
    values += [pl.col(field.name).alias(f"raw_{field.name}") for field in _parsed(feed)]
    return typed.select(*values, _grain(feed))


def _parsed(feed: Feed) -> tuple[Field, ...]:
    return feed.of_kind("count", "double", "date", "time")


def _grain(feed: Feed) -> pl.Expr:
    return (pl.col("region") if "region_id" in feed.key else pl.lit(0)).alias("grain")


def _places(feed: Feed, places: Places, records: pl.DataFrame) -> pl.DataFrame:
    """The distinct places named once; `place` is all that a record says of its place, in one text to join on."""
    given = records.lazy().group_by("place").agg(pl.col(name).first() for name in places.fields).collect()
    found = places.find(given.select(places.fields).iter_rows(), feed.nulls)
    types = {name: pl.Boolean if places.is_flag(name) else pl.String for name in places.values}
    frame = pl.DataFrame(found, schema=types, orient="row")
    if "region_id" in places.columns:
        frame = frame.with_columns(region=pl.col("region_id").rank("dense"))
    named = frame.rename({name: f"{name}_named" for name in places.values})
    return pl.concat([given.select("place"), named], how="horizontal")


def _times(feed: Feed, field: Field, records: pl.DataFrame) -> pl.DataFrame:
    """The distinct times read once."""
    text = _clean(field.name, feed)
    readings = [_by_shape(text, US_TIMES)] if "us" in field.times else []
    if "iso" in field.times:
        plain = pl.when(text.str.contains(ISO_TIME)).then(text).str.strip_suffix("Z").str.replace(" ", "T")
        ends_day = plain.str.slice(11, 5) == "24:00"
        read = plain.str.replace("T24:00", "T00:00").str.to_datetime("%FT%T%.f", time_unit="us", strict=False)
        readings.append(pl.when(ends_day).then(read + pl.duration(days=1)).otherwise(read))
    time = pl.coalesce(*readings).dt.replace_time_zone(field.zone, ambiguous="earliest", non_existent="null")
    distinct = records.select(pl.col(field.name).unique().drop_nulls())
    return distinct.with_columns(time.dt.convert_time_zone("UTC").alias(f"{field.name}_read"))


def _by_shape(text: pl.Expr, shapes: Iterable[tuple[str, str]]) -> pl.Expr:
    return pl.coalesce(
        pl.when(text.str.contains(shape)).then(text).str.to_datetime(format_, time_unit="us", strict=False)
        if "%H" in format_
        else pl.when(text.str.contains(shape)).then(text).str.to_date(format_, strict=False).cast(pl.Datetime("us"))
        for shape, format_ in shapes
    )


def _clean(name: str, feed: Feed) -> pl.Expr:
    text = pl.col(name).str.strip_chars(BLANKS)
    return pl.when(~text.is_in(feed.nulls)).then(text)


def _padded(text: pl.Expr, width: int | None) -> pl.Expr:
    if width is None:
        return text
    code = pl.when(text.str.ends_with(".0")).then(text.str.split(".").list.first()).otherwise(text)
    return code.str.pad_start(width, "0")


def _count(name: str) -> pl.Expr:
    number = pl.col(name).str.strip_chars(BLANKS).cast(pl.Float64, strict=False)
    return pl.when(number % 1 == 0).then(number).cast(pl.Int64, strict=False)


def _double(name: str) -> pl.Expr:
    number = pl.col(name).str.strip_chars(BLANKS).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _rules(feed: Feed) -> dict[str, pl.Expr]:
    rules = {
        f"{field.name}_unreadable": pl.col(field.name).is_null() & _clean(f"raw_{field.name}", feed).is_not_null()
        for field in _parsed(feed)
    }
    rules |= {f"{name}_missing": pl.col(name).is_null() for name in feed.never_missing}
    rules |= {f"{name}_negative": pl.col(name) < 0 for name in feed.not_negative}
    rules |= {name: pl.col(name) for name in (feed.places.faults if feed.places else ())}
    if feed.is_dated:
        rules["report_date_too_early"] = pl.col("report_date") < date(2019, 12, 1)
        rules["report_date_in_future"] = pl.col("report_date") > datetime.now(UTC).date()
    if feed.has_coordinates:
        rules["latitude_out_of_range"] = pl.col("latitude").abs() > 90
        rules["longitude_out_of_range"] = pl.col("longitude").abs() > 180
    return rules or {"none": pl.lit(False)}


def _newest(feed: Feed, rows: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The newest record of each grain, sorted by it, and the older ones.

    Few grains have more than one record: only those are put in order.
    """
    key = ["grain", *(name for name in feed.key if name != "region_id")]
    named = rows.select("grain", *feed.columns).sort(key).with_row_index("row").collect()
    grain = pl.struct(key)
    newest_first = named.filter(grain.is_duplicated()).sort(
        [*key, *feed.newest_by, "source_file", "source_row_hash"],
        descending=[False] * len(key) + [True] * (len(feed.newest_by) + 1) + [False],
        nulls_last=True,
    )
    older = newest_first.filter(~grain.is_first_distinct()).select("row")
    trusted = named.join(older, on="row", how="anti", maintain_order="left").select(feed.columns)
    return trusted, named.join(older, on="row", how="semi").select(feed.columns)


# --- trusted to curated --------------------------------------------------------------------------------------------


def bridge_region(trusted: Tables, sources: Iterable[Feed], out: Path) -> pl.DataFrame:
    """A region with the name and the coordinates reported last, and the region that it is over all names."""
    regions = pl.concat(_regions(feed, trusted[feed.name]) for feed in sources)
    shape = regions.select("reported_id", "level", "country_region", "province_state", "county")
    resolved = pl.Series(resolve(shape.iter_rows()), dtype=pl.String)
    bridge = regions.with_columns(region_id=resolved).with_columns(region_key=region_key("region_id"))
    write_curated(bridge, "bridge_region", out)
    return bridge


def _regions(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """The regions that a feed names, each with the name that it gave last; without days, with the first by name."""
    if feed.name == "hospital_beds":
        places = rows.select("province_state", "county", "fips").iter_rows()
        rows = rows.filter(pl.Series([is_county_of_fips(*place) for place in places]))
        rows = rows.with_columns(region_id="county:" + pl.col("fips"), region_level=pl.lit("county"))
    if "country_region" not in rows.columns:
        rows = rows.with_columns(country_region=pl.lit(US))
    if feed.name == "testing_states_daily":
        rows = rows.with_columns(county=pl.lit(None, pl.String))
    rows = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in NAMES if name not in rows.columns)
    if not feed.is_dated:
        rows = rows.with_columns(report_date=pl.lit(None, pl.Date))
    if not (feed.is_dated and feed.has_coordinates):
        rows = rows.with_columns(latitude=pl.lit(None, pl.Float64), longitude=pl.lit(None, pl.Float64))
    is_placed = (pl.col("latitude").fill_null(0) != 0) | (pl.col("longitude").fill_null(0) != 0)
    spots = [pl.col(name).filter(is_placed).last().round(10) for name in ("latitude", "longitude")]
    named = rows if feed.is_dated else rows.sort("county", "province_state", "fips", descending=True, nulls_last=True)
    return (
        named.lazy()
        .group_by(pl.col("region_id").alias("reported_id"))
        .agg(
            *(pl.col(name).last() for name in NAMES),
            *spots,
            source=pl.lit(feed.name).first(),
        )
        .rename({"region_level": "level"})
        .collect()
    )


def fact_cases(trusted: Tables, bridge: pl.DataFrame, feeds: Iterable[Feed], out: Path) -> pl.DataFrame:
    """A region, a day and a source: figures summed over the names of a region, and their differences."""
    reports: dict[str, list[pl.LazyFrame]] = {}
    for feed in feeds:
        source = feed.name if feed in (JHU_DAILY_REPORTS, ENIGMA_JHU) else "nytimes"
        reports.setdefault(source, []).append(_reports(feed, trusted, bridge))
    facts = []
    for source, parts in reports.items():
        together = pl.concat(parts).collect()
        daily = _daily(together).with_columns(source=pl.lit(source))
        _check(daily, together)
        facts.append(daily)
    cases = pl.concat(facts)
    write_by_month(cases.with_columns(month=_month()).drop("report_date"), out / "curated" / "fact_cases")
    return cases


def _reports(feed: Feed, trusted: Tables, bridge: pl.DataFrame) -> pl.LazyFrame:
    rows = trusted[feed.name].lazy()
    if feed is NYTIMES_US_STATES:
        # The newspaper's states count on the days on which it tells no county of theirs.
        rows = rows.join(trusted[NYTIMES_US_COUNTY.name].lazy(), on=["province_state", "report_date"], how="anti")
    if feed in (NYTIMES_US_COUNTY, NYTIMES_US_STATES):
        unknown = pl.lit(None, pl.Int64)
        rows = rows.rename({"cases": "confirmed"}).with_columns(recovered=unknown, active=unknown)
    own = bridge.lazy().filter(pl.col("source") == feed.name)
    keys = own.select(pl.col("reported_id").alias("region_id"), "region_key")
    joined = rows.select("region_id", "report_date", *CASES).join(keys, on="region_id", how="inner")
    return joined.select("region_key", "report_date", *CASES)


def _daily(reports: pl.DataFrame) -> pl.DataFrame:
    def new(measure: str) -> pl.Expr:
        before = pl.col(measure).forward_fill().shift().over("region_key")
        return (pl.col(measure) - before).alias(f"new_{measure}")

    def total(measure: str) -> pl.Expr:
        return pl.when(pl.col(measure).count() > 0).then(pl.col(measure).sum()).alias(measure)

    day = pl.col("report_date")
    return (
        reports.lazy()
        .group_by("region_key", "report_date")
        .agg(*(total(name) for name in CASES))
        .sort("region_key", "report_date")
        .with_columns(
            date_key("report_date"),
            new("confirmed"),
            new("deaths"),
            (day - day.shift().over("region_key")).dt.total_days().cast(pl.Int32).alias("days_since_previous"),
        )
        .collect()
    )


def _check(facts: pl.DataFrame, reports: pl.DataFrame) -> None:
    if facts.select(pl.struct("region_key", "date_key").is_duplicated().any()).item():
        raise SystemExit("a key stands twice")
    sums = [
        frame.group_by("report_date").agg(pl.col("confirmed").sum()).sort("report_date") for frame in (facts, reports)
    ]
    known = pl.col("confirmed").drop_nulls()
    ends = facts.group_by("region_key").agg(gap=known.first() + pl.col("new_confirmed").sum() - known.last())
    if not sums[0].equals(sums[1]) or ends.select((pl.col("gap") != 0).any()).item():
        raise SystemExit("the facts don't add up")


# --- for all of them -----------------------------------------------------------------------------------------------


def region_key(region_id: str | pl.Expr) -> pl.Expr:
    return (pl.col(region_id) if isinstance(region_id, str) else region_id).hash().reinterpret(signed=True)


def date_key(day: str) -> pl.Expr:
    date_ = pl.col(day).dt
    return (date_.year() * 10000 + date_.month().cast(pl.Int32) * 100 + date_.day()).cast(pl.Int32).alias("date_key")


def write_curated(frame: pl.DataFrame, table: str, out: Path) -> None:
    frame.write_parquet(out / "curated" / f"{table}.parquet", compression="zstd")


def _month() -> pl.Expr:
    return pl.col("report_date").dt.strftime("%Y-%m")


def write_by_month(frame: pl.DataFrame, folder: Path) -> None:
    for (month,), part in frame.partition_by("month", as_dict=True, include_key=False).items():
        place = folder / f"month={month}"
        place.mkdir(parents=True, exist_ok=True)
        part.write_parquet(place / "part-0.parquet", compression="zstd")


if __name__ == "__main__":
    main()
