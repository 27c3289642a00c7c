"""Landing to `fact_cases` with pandas: `pandas_fact_cases.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
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
from naming import US, is_county_of_fips, padded, resolve

from landing import SURPLUS, LandingFile, check_files, generations

FIRST_DATE = pd.Timestamp("2019-12-01")
ISO_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?"
US_TIMES = ((r"\d+/\d+/\d{4} \d+:\d\d", "%m/%d/%Y %H:%M"), (r"\d+/\d+/\d\d \d+:\d\d", "%m/%d/%y %H:%M"))
DATES = ((r"\d{8}", "%Y%m%d"), (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"))
Tables = Mapping[str, pd.DataFrame]


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


def promote(feed: Feed, landing: Path, out: Path) -> pd.DataFrame:
    """Landing to trusted, one feed; the rows come sorted by the feed's key."""
    files = check_files(landing, feed)
    records = pd.concat(
        [_read(feed, group, columns) for columns, group in generations(files).items()], ignore_index=True
    )
    records = records.reindex(columns=records.columns.union([field.name for field in feed.fields], sort=False))
    expected = sum(file.records for file in files)
    if len(records) != expected:
        raise SystemExit(f"{feed.name}: {expected} records in the files, {len(records)} read")
    rows, reasons = _typed(feed, records)
    rejected = np.logical_or.reduce(list(reasons.values()))
    if rejected.any():
        _quarantine(records, reasons, rejected, out / "quarantine" / f"{feed.name}.parquet")
        rows = rows[~rejected]
    trusted, superseded = _newest(feed, rows)
    if len(trusted) + len(superseded) + int(rejected.sum()) != expected:
        raise SystemExit(f"{feed.name}: the accounts don't add up")
    if feed.by_month:
        write_by_month(_arrow(feed, trusted), trusted["report_date"], out / "trusted" / feed.name)
    else:
        _write(_arrow(feed, trusted), out / "trusted" / f"{feed.name}.parquet")
    _write(_arrow(feed, superseded), out / "superseded" / f"{feed.name}.parquet")
    return trusted


def _read(feed: Feed, files: list[LandingFile], columns: tuple[str, ...]) -> pd.DataFrame:
    """The files of one header generation: one parse of their lines put together, numbers read as numbers."""
    names = [*columns, SURPLUS]
    numbers = {field.name for field in feed.of_kind("count", "double")}
    frame = pd.read_csv(
        io.BytesIO(b"".join(file.body() for file in files)),
        names=names,
        index_col=False,
        dtype={name: str for name in names if name not in numbers},
        keep_default_na=False,
        na_values=list(feed.nulls),
        low_memory=False,
    )
    counts = [file.records for file in files]
    if sum(counts) != len(frame):
        raise SystemExit(f"{feed.name}: {sum(counts)} records in the files, {len(frame)} read")
    codes = np.repeat(np.arange(len(files)), counts)
    frame["source_file"] = pd.Categorical.from_codes(codes, [file.source_file for file in files])
    frame["source_row_hash"] = pd.util.hash_pandas_object(frame[list(columns)], index=False).to_numpy().view("int64")
    frame["source_file"] = frame["source_file"].astype(str)
    if feed.day == "file":
        frame["report_date"] = pd.to_datetime([file.day for file in files]).to_numpy("datetime64[us]")[codes]
    return frame


def _typed(feed: Feed, records: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Types and places, and for each rule which of the records break it."""
    typed = {name: records[name] for name in ("source_file", "source_row_hash")}
    reasons: dict[str, np.ndarray] = {"surplus_field": records[SURPLUS].notna().to_numpy()}
    for field in feed.of_kind("count", "double"):
        typed[field.name], reasons[f"{field.name}_unreadable"] = _numbers(feed, field, records[field.name])
    for field in feed.of_kind("text"):
        codes, texts = _distinct(feed, records[field.name])
        if field.pad:
            texts = texts.map(lambda text, width=field.pad: padded(text, width), na_action="ignore")
        typed[field.name] = texts.array.take(codes, allow_fill=True)
    for field in feed.of_kind("date", "time"):
        codes, texts = _distinct(feed, records[field.name])
        read = (_dates(texts) if field.kind == "date" else _times(texts, field)).to_numpy("datetime64[us]")
        # One more place at the end, which code -1 (no text) picks.
        typed[field.name] = np.append(read, np.datetime64("NaT"))[codes]
        bad = texts.notna().to_numpy() & np.isnat(read)
        reasons[f"{field.name}_unreadable"] = np.append(bad, False)[codes]
    if feed.places:
        named = _places(feed, feed.places, records)
        reasons |= {name: named.pop(name).to_numpy(dtype=bool) for name in feed.places.faults}
        typed |= named
    if feed.day == "file":
        typed["report_date"] = records["report_date"]
    elif feed.day == "last_update":
        typed["report_date"] = pd.Series(typed["last_update"] - np.timedelta64(8, "h")).dt.floor("D")
    rows = pd.DataFrame(typed, index=records.index)
    for name in feed.never_missing:
        reasons[f"{name}_missing"] = rows[name].isna().to_numpy()
    for name in feed.not_negative:
        reasons[f"{name}_negative"] = (rows[name] < 0).fillna(False).to_numpy(dtype=bool)
    if feed.is_dated:
        reasons["report_date_too_early"] = (rows["report_date"] < FIRST_DATE).to_numpy()
        reasons["report_date_in_future"] = (rows["report_date"] > pd.Timestamp(datetime.now(UTC).date())).to_numpy()
    if feed.has_coordinates:
        reasons["latitude_out_of_range"] = (rows["latitude"].abs() > 90).to_numpy()
        reasons["longitude_out_of_range"] = (rows["longitude"].abs() > 180).to_numpy()
    rows["run_id"] = "peer"
    return rows, reasons


def _numbers(feed: Feed, field: Field, given: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """The field's numbers, and which of them can't be read."""
    numbers = given
    if not pd.api.types.is_numeric_dtype(given):
        text = given.astype("str").str.strip(BLANKS)
        given = text.where(~text.isin(feed.nulls))
        numbers = pd.to_numeric(given, errors="coerce")
    values = numbers.to_numpy(dtype="float64")
    readable = np.isfinite(values)
    if field.kind == "count":
        readable &= np.mod(values, 1, where=readable, out=np.ones(len(values))) == 0
        numbers = numbers.where(readable).astype("Int64")
    else:
        numbers = numbers.where(readable).astype("float64")
    return numbers, given.notna().to_numpy() & ~readable


def _distinct(feed: Feed, texts: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """For each record the number of its text, and the distinct texts, without blanks around."""
    codes, distinct = pd.factorize(texts)
    cleaned = pd.Series(distinct, dtype=str).str.strip(BLANKS)
    return codes, cleaned.where(~cleaned.isin(feed.nulls))


def _dates(texts: pd.Series) -> pd.Series:
    return _by_shape(texts, DATES)


def _times(texts: pd.Series, field: Field) -> pd.Series:
    times = _by_shape(texts, US_TIMES if "us" in field.times else ())
    if "iso" in field.times:
        iso = texts.str.fullmatch(ISO_TIME).fillna(False).astype(bool)
        plain = texts[iso].str.removesuffix("Z").str.replace(" ", "T")
        ends_day = plain.str[11:16] == "24:00"
        read = pd.to_datetime(plain.str.replace("T24:00", "T00:00"), format="ISO8601", errors="coerce")
        times[iso] = (read + pd.to_timedelta(ends_day.astype("int64"), unit="D")).astype("datetime64[us]")
    if field.zone != "UTC":
        return times.dt.tz_localize(field.zone, ambiguous=True, nonexistent="shift_forward").dt.tz_convert(None)
    return times


def _by_shape(texts: pd.Series, shapes: Iterable[tuple[str, str]]) -> pd.Series:
    times = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    for shape, format_ in shapes:
        found = texts.str.fullmatch(shape).fillna(False).astype(bool)
        if found.any():
            times[found] = pd.to_datetime(texts[found], format=format_, errors="coerce").astype("datetime64[us]")
    return times


def _places(feed: Feed, places: Places, records: pd.DataFrame) -> dict[str, pd.api.extensions.ExtensionArray]:
    """The distinct places named once, and every row given its place's values."""
    codes = np.zeros(len(records), dtype="int64")
    for name in places.fields:
        own, values = pd.factorize(records[name], use_na_sentinel=False)
        codes = pd.factorize(codes * len(values) + own)[0]
    first = np.unique(codes, return_index=True)[1]
    given = records[list(places.fields)].iloc[first].astype(object)
    found = places.find(given.where(given.notna(), None).itertuples(index=False), feed.nulls)
    named = pd.DataFrame(found, columns=list(places.values))
    named = named.astype({name: "str" for name in places.values if not places.is_flag(name)})
    return {name: named[name].array.take(codes) for name in places.values}


def _newest(feed: Feed, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest record of each grain, sorted by it, and the older ones.

    Few grains have more than one record: only those are put in order.
    """
    key = list(feed.key)
    grain = pd.DataFrame({name: pd.factorize(rows[name])[0] for name in key if name != "report_date"})
    if "report_date" in key:
        grain["report_date"] = rows["report_date"].to_numpy()
    if not key:
        grain["all"] = np.zeros(len(rows), dtype="int64")
    twice = rows[grain.duplicated(keep=False).to_numpy()]
    newest_first = twice.sort_values(
        [*key, *feed.newest_by, "source_file", "source_row_hash"],
        ascending=[True] * len(key) + [False] * (len(feed.newest_by) + 1) + [True],
        na_position="last",
    )
    older = newest_first[newest_first.duplicated(key) if key else np.arange(len(twice)) > 0]
    is_older = rows.index.isin(older.index)
    order = np.lexsort([grain[name] for name in reversed(grain.columns)])
    return rows.take(order[~is_older[order]]), older


def _arrow(feed: Feed, rows: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(rows[list(feed.columns)], preserve_index=False)
    types = {field.name: pa.timestamp("us", "UTC") for field in feed.of_kind("time")}
    if feed.is_dated:
        types["report_date"] = pa.date32()
    for name, type_ in types.items():
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(type_))
    return table


def _quarantine(records: pd.DataFrame, reasons: dict[str, np.ndarray], rejected: np.ndarray, path: Path) -> None:
    broken = pd.DataFrame(reasons)[rejected]
    refused = records[rejected].astype(str)
    refused["reasons"] = [";".join(broken.columns[row]) for row in broken.to_numpy()]
    _write(pa.Table.from_pandas(refused, preserve_index=False), path)


# --- trusted to curated --------------------------------------------------------------------------------------------


def bridge_region(trusted: Tables, sources: Iterable[Feed], out: Path) -> pd.DataFrame:
    """A region with the name and the coordinates reported last, and the region that it is over all names."""
    bridge = pd.concat([_regions(feed, trusted[feed.name]) for feed in sources], ignore_index=True)
    shape = bridge[["reported_id", "level", "country_region", "province_state", "county"]].astype(object)
    bridge["region_id"] = resolve(shape.where(shape.notna(), None).itertuples(index=False, name=None))
    bridge["region_key"] = region_key(bridge["region_id"])
    write_curated(bridge, "bridge_region", out)
    return bridge


def _regions(feed: Feed, rows: pd.DataFrame) -> pd.DataFrame:
    """The regions that a feed names, each with the name that it gave last; without days, with the first by name."""
    if feed.name == "hospital_beds":
        places = rows[["province_state", "county", "fips"]].astype(object).itertuples(index=False, name=None)
        rows = rows[[is_county_of_fips(*(None if pd.isna(text) else text for text in place)) for place in places]]
        rows = rows.assign(region_id="county:" + rows["fips"], region_level="county")
    names = ["region_id", "region_level", "country_region", "province_state", "county", "fips"]
    if feed.is_dated:
        last = rows.loc[~rows["region_id"].duplicated(keep="last")]
    else:
        ranked = rows.sort_values(
            [name for name in ("county", "province_state", "fips") if name in rows], na_position="first"
        )
        last = ranked[~ranked["region_id"].duplicated()]
    last = last.reindex(columns=names).reset_index(drop=True)
    last = last.rename(columns={"region_id": "reported_id", "region_level": "level"})
    if "country_region" not in rows:
        last["country_region"] = US
    if feed.name == "testing_states_daily":
        last["county"] = None
    last = last.astype(dict.fromkeys(("country_region", "county", "fips"), "str"))
    last["source"] = feed.name
    if not (feed.is_dated and feed.has_coordinates):
        return last.assign(latitude=np.nan, longitude=np.nan)
    placed = rows[(rows["latitude"].fillna(0) != 0) | (rows["longitude"].fillna(0) != 0)]
    spots = placed.loc[~placed["region_id"].duplicated(keep="last"), ["region_id", "latitude", "longitude"]].round(10)
    return last.merge(spots.rename(columns={"region_id": "reported_id"}), on="reported_id", how="left")


def fact_cases(trusted: Tables, bridge: pd.DataFrame, feeds: Iterable[Feed], out: Path) -> pd.DataFrame:
    """A region, a day and a source: figures summed over the names of a region, and their differences."""
    reports: dict[str, list[pd.DataFrame]] = {}
    for feed in feeds:
        keys = bridge[bridge["source"] == feed.name].set_index("reported_id")["region_key"]
        source = feed.name if feed in (JHU_DAILY_REPORTS, ENIGMA_JHU) else "nytimes"
        reports.setdefault(source, []).append(_reports(feed, trusted, keys))
    facts = []
    for source, parts in reports.items():
        together = pd.concat(parts) if len(parts) > 1 else parts[0]
        daily = _daily(together).assign(source=source)
        _check(daily, together)
        facts.append(daily)
    cases = pd.concat(facts, ignore_index=True) if len(facts) > 1 else facts[0]
    table = pa.Table.from_pandas(cases.drop(columns="report_date"), preserve_index=False)
    write_by_month(table, cases["report_date"], out / "curated" / "fact_cases")
    return cases


def _reports(feed: Feed, trusted: Tables, keys: pd.Series) -> pd.DataFrame:
    rows = trusted[feed.name]
    if feed is NYTIMES_US_STATES:
        # The newspaper's states count on the days on which it tells no county of theirs.
        state_day = ["province_state", "report_date"]
        told = pd.MultiIndex.from_frame(trusted[NYTIMES_US_COUNTY.name][state_day].drop_duplicates())
        rows = rows[~pd.MultiIndex.from_frame(rows[state_day]).isin(told)]
    if "cases" in rows:
        unknown = pd.Series(pd.NA, index=rows.index, dtype="Int64")
        rows = rows.rename(columns={"cases": "confirmed"}).assign(recovered=unknown, active=unknown)
    codes, ids = pd.factorize(rows["region_id"])
    return rows[["report_date", *CASES]].assign(region_key=keys.loc[ids].to_numpy()[codes])


def _daily(reports: pd.DataFrame) -> pd.DataFrame:
    grain = ["region_key", "report_date"]
    twice = reports.duplicated(grain, keep=False)
    added = reports[twice].groupby(grain, as_index=False)[list(CASES)].sum(min_count=1)
    daily = pd.concat([reports[~twice], added]).sort_values(grain, ignore_index=True)
    region, day = daily["region_key"].to_numpy(), daily["report_date"].to_numpy()
    follows = np.append(False, region[1:] == region[:-1])
    for name in ("confirmed", "deaths"):
        known = daily.groupby("region_key")[name].ffill() if daily[name].isna().any() else daily[name]
        daily[f"new_{name}"] = daily[name] - known.shift().where(follows)
    gap = np.append(np.timedelta64(0, "D"), day[1:] - day[:-1]).astype("timedelta64[D]").astype("int32")
    daily["days_since_previous"] = pd.arrays.IntegerArray(gap, ~follows)
    daily["date_key"] = date_key(daily["report_date"])
    return daily


def _check(facts: pd.DataFrame, reports: pd.DataFrame) -> None:
    if facts.duplicated(["region_key", "date_key"]).any() or facts["region_key"].isna().any():
        raise SystemExit("a key stands twice")
    sums = facts.groupby("report_date")["confirmed"].sum() - reports.groupby("report_date")["confirmed"].sum()
    known = facts[facts["confirmed"].notna()].groupby("region_key")
    gaps = known["confirmed"].first() + known["new_confirmed"].sum() - known["confirmed"].last()
    if sums.any() or gaps.any():
        raise SystemExit("the facts don't add up")


# --- for all of them -----------------------------------------------------------------------------------------------


def region_key(region_ids: pd.Series) -> np.ndarray:
    return pd.util.hash_array(region_ids.to_numpy(dtype=object)).view("int64")


def date_key(days: pd.Series) -> pd.Series:
    return (days.dt.year * 10000 + days.dt.month * 100 + days.dt.day).astype("int32")


def write_curated(frame: pd.DataFrame, table: str, out: Path) -> None:
    """Write a table of the star; its only times are days."""
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    for i, field in enumerate(arrow.schema):
        if pa.types.is_timestamp(field.type):
            arrow = arrow.set_column(i, field.name, arrow[field.name].cast(pa.date32()))
    _write(arrow, out / "curated" / f"{table}.parquet")


def write_by_month(table: pa.Table, days: pd.Series, folder: Path) -> None:
    """Write the table into a folder a month; `days` are those of its rows."""
    codes, distinct = pd.factorize(days)
    months = pd.Index(distinct).strftime("%Y-%m").to_numpy(dtype=object)[codes]
    format_ = ds.ParquetFileFormat()
    ds.write_dataset(
        table.append_column("month", pa.array(months)),
        folder,
        format=format_,
        file_options=format_.make_write_options(compression="zstd"),
        partitioning=ds.partitioning(pa.schema([("month", pa.string())]), flavor="hive"),
    )


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


if __name__ == "__main__":
    main()
