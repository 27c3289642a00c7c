"""Landing to `fact_cases` with pandas: `pandas_fact_cases.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from naming import NAMED, name_places, resolve

from landing import (
    BLANKS,
    COUNTS,
    DOUBLES,
    PLACE,
    SURPLUS,
    TRUSTED,
    ReportFile,
    check_files,
    generations,
)

FIRST_DATE = pd.Timestamp("2019-12-01")
TEXTS = (*PLACE, "last_update", "combined_key", SURPLUS)
TIMES = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "%Y-%m-%dT%H:%M:%S"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "%Y-%m-%d %H:%M:%S"),
    (r"\d+/\d+/\d{4} \d+:\d\d", "%m/%d/%Y %H:%M"),
    (r"\d+/\d+/\d\d \d+:\d\d", "%m/%d/%y %H:%M"),
)
KEY = ["region_id", "report_date"]


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    files = check_files(landing)
    records = pd.concat([_read(group, columns) for columns, group in generations(files).items()], ignore_index=True)
    records = records.reindex(columns=records.columns.union([*PLACE, *COUNTS, *DOUBLES, "combined_key"], sort=False))
    expected = sum(file.records for file in files)
    if len(records) != expected:
        raise SystemExit(f"{expected} records in the files, {len(records)} read")
    reports, reasons = _typed(records)
    rejected = np.logical_or.reduce(list(reasons.values()))
    if rejected.any():
        _quarantine(records, reasons, rejected, out)
        reports = reports[~rejected]
    trusted, superseded = _newest(reports)
    if len(trusted) + len(superseded) + int(rejected.sum()) != expected:
        raise SystemExit("the accounts don't add up")
    _write_trusted(trusted, out / "trusted.parquet")
    _write_trusted(superseded, out / "superseded.parquet")
    bridge = _bridge(trusted)
    _write(pa.Table.from_pandas(bridge, preserve_index=False), out / "bridge_region.parquet")
    facts = _facts(trusted, bridge)
    _check(facts, trusted)
    _write_facts(facts, out)
    print("finished", flush=True)


def _read(files: list[ReportFile], columns: tuple[str, ...]) -> pd.DataFrame:
    """The files of one header generation: one parse of their lines put together, numbers read as numbers."""
    bodies = (file.path.read_bytes().split(b"\n", 1)[1] for file in files)
    text = b"".join(body if body.endswith(b"\n") else body + b"\n" for body in bodies)
    names = [*columns, SURPLUS]
    frame = pd.read_csv(
        io.BytesIO(text),
        names=names,
        index_col=False,
        dtype={name: str for name in names if name in TEXTS or name.startswith("unknown_")},
        keep_default_na=False,
        na_values=[""],
        low_memory=False,
    )
    counts = [file.records for file in files]
    if sum(counts) != len(frame):
        raise SystemExit(f"{sum(counts)} records in the files, {len(frame)} read")
    codes = np.repeat(np.arange(len(files)), counts)
    frame["source_file"] = pd.Categorical.from_codes(codes, [file.source_file for file in files])
    days = pd.to_datetime([file.path.stem for file in files], format="%m-%d-%Y")
    frame["report_date"] = days.to_numpy()[codes]
    frame["source_row_hash"] = pd.util.hash_pandas_object(frame[list(columns)], index=False).to_numpy().view("int64")
    frame["source_file"] = frame["source_file"].astype(str)
    return frame


def _typed(records: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Types and places, and for each rule which of the records break it."""
    typed = records[["report_date", "source_file", "source_row_hash"]].copy()
    reasons: dict[str, np.ndarray] = {"surplus_field": records[SURPLUS].notna().to_numpy()}
    for name in (*COUNTS, *DOUBLES):
        given, numbers = records[name], records[name]
        if not pd.api.types.is_numeric_dtype(given):
            numbers = pd.to_numeric(given, errors="coerce")
        readable = np.isfinite(numbers.to_numpy(dtype="float64"))
        if name in COUNTS:
            readable &= np.mod(numbers.to_numpy(dtype="float64"), 1, where=readable, out=np.ones(len(numbers))) == 0
            numbers = numbers.where(readable).astype("Int64")
        reasons[f"{name}_unreadable"] = given.notna().to_numpy() & ~readable
        typed[name] = numbers
    codes, texts = pd.factorize(records["last_update"])
    times = _times(pd.Series(texts, dtype=str))
    # One more place at the end, which code -1 (no text) picks.
    typed["last_update"] = np.append(times.to_numpy("datetime64[us]"), np.datetime64("NaT"))[codes]
    reasons["last_update_unreadable"] = (
        records["last_update"].notna().to_numpy() & typed["last_update"].isna().to_numpy()
    )
    codes, keys = pd.factorize(records["combined_key"])
    cleaned = pd.Series(keys, dtype=str).str.strip(BLANKS).replace("", None)
    typed["combined_key"] = cleaned.array.take(codes, allow_fill=True)
    typed = typed.assign(**_places(records))
    today = pd.Timestamp(datetime.now(UTC).date())
    reasons["country_region_missing"] = typed["country_region"].isna().to_numpy()
    reasons["report_date_too_early"] = (typed["report_date"] < FIRST_DATE).to_numpy()
    reasons["report_date_in_future"] = (typed["report_date"] > today).to_numpy()
    reasons["confirmed_negative"] = (typed["confirmed"] < 0).fillna(False).to_numpy(dtype=bool)
    reasons["deaths_negative"] = (typed["deaths"] < 0).fillna(False).to_numpy(dtype=bool)
    reasons["latitude_out_of_range"] = (typed["latitude"].abs() > 90).to_numpy()
    reasons["longitude_out_of_range"] = (typed["longitude"].abs() > 180).to_numpy()
    reasons["fips_not_a_code"] = typed.pop("fips_is_bad").to_numpy(dtype=bool)
    typed["run_id"] = "peer"
    return typed, reasons


def _times(texts: pd.Series) -> pd.Series:
    cleaned = texts.str.strip(BLANKS)
    times = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    for shape, format_ in TIMES:
        found = cleaned.str.fullmatch(shape).fillna(False).astype(bool)
        if found.any():
            times[found] = pd.to_datetime(cleaned[found], format=format_, errors="coerce").astype("datetime64[us]")
    return times


def _places(records: pd.DataFrame) -> dict[str, pd.api.extensions.ExtensionArray]:
    """The distinct places named once, and every row given its place's values."""
    codes = np.zeros(len(records), dtype="int64")
    for name in PLACE:
        own, values = pd.factorize(records[name], use_na_sentinel=False)
        codes = pd.factorize(codes * len(values) + own)[0]
    first = np.unique(codes, return_index=True)[1]
    given = records[list(PLACE)].iloc[first].astype(object)
    named = pd.DataFrame(name_places(given.where(given.notna(), None).itertuples(index=False)), columns=list(NAMED))
    texts = [name for name in NAMED if name not in ("country_is_known", "fips_is_bad")]
    named = named.astype(dict.fromkeys(texts, "str"))
    return {name: named[name].array.take(codes) for name in NAMED}


def _newest(reports: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest record of each grain, sorted by region and day, and the older ones.

    Few grains have more than one record: only those are put in order.
    """
    grain = pd.DataFrame({"region": pd.factorize(reports["region_id"])[0], "day": reports["report_date"].to_numpy()})
    twice = reports[grain.duplicated(keep=False).to_numpy()]
    newest_first = twice.sort_values(
        [*KEY, "last_update", "confirmed", "deaths", "source_file", "source_row_hash"],
        ascending=[True, True, False, False, False, False, True],
        na_position="last",
    )
    older = newest_first[newest_first.duplicated(KEY)]
    is_older = reports.index.isin(older.index)
    order = np.lexsort((grain["day"], grain["region"]))
    return reports.take(order[~is_older[order]]), older


def _bridge(trusted: pd.DataFrame) -> pd.DataFrame:
    """A region with the name and the coordinates reported last, and the region that it is over all names.

    `trusted` is sorted by region and day.
    """
    names = ["region_id", "region_level", "country_region", "province_state", "county", "fips", "report_date"]
    last = trusted.loc[~trusted["region_id"].duplicated(keep="last"), names].reset_index(drop=True)
    last = last.rename(columns={"region_id": "reported_id", "region_level": "level", "report_date": "last_report_date"})
    placed = trusted[(trusted["latitude"].fillna(0) != 0) | (trusted["longitude"].fillna(0) != 0)]
    spots = placed.loc[~placed["region_id"].duplicated(keep="last"), ["region_id", "latitude", "longitude"]]
    last = last.merge(spots.rename(columns={"region_id": "reported_id"}), on="reported_id", how="left")
    shape = last[["reported_id", "level", "country_region", "province_state", "county"]].astype(object)
    last["region_id"] = resolve(shape.where(shape.notna(), None).itertuples(index=False, name=None))
    last["region_key"] = pd.util.hash_array(last["region_id"].to_numpy(dtype=object)).view("int64")
    last["source"] = "jhu_daily_reports"
    return last


def _facts(trusted: pd.DataFrame, bridge: pd.DataFrame) -> pd.DataFrame:
    keys = bridge.set_index("reported_id")["region_key"]
    codes, ids = pd.factorize(trusted["region_id"])
    reports = trusted[["report_date", *COUNTS]].assign(region_key=keys.loc[ids].to_numpy()[codes])
    grain = ["region_key", "report_date"]
    twice = reports.duplicated(grain, keep=False)
    added = reports[twice].groupby(grain, as_index=False)[list(COUNTS)].sum(min_count=1)
    daily = pd.concat([reports[~twice], added]).sort_values(grain, ignore_index=True)
    region, day = daily["region_key"].to_numpy(), daily["report_date"].to_numpy()
    follows = np.append(False, region[1:] == region[:-1])
    for name in ("confirmed", "deaths"):
        known = daily.groupby("region_key")[name].ffill() if daily[name].isna().any() else daily[name]
        daily[f"new_{name}"] = daily[name] - known.shift().where(follows)
    gap = np.append(np.timedelta64(0, "D"), day[1:] - day[:-1]).astype("timedelta64[D]").astype("int32")
    daily["days_since_previous"] = pd.arrays.IntegerArray(gap, ~follows)
    dates = daily["report_date"].dt
    daily["date_key"] = (dates.year * 10000 + dates.month * 100 + dates.day).astype("int32")
    daily["source"] = "jhu_daily_reports"
    return daily


def _check(facts: pd.DataFrame, trusted: pd.DataFrame) -> None:
    if facts.duplicated(["region_key", "date_key"]).any() or facts["region_key"].isna().any():
        raise SystemExit("a key stands twice")
    sums = facts.groupby("report_date")["confirmed"].sum() - trusted.groupby("report_date")["confirmed"].sum()
    known = facts[facts["confirmed"].notna()].groupby("region_key")
    gaps = known["confirmed"].first() + known["new_confirmed"].sum() - known["confirmed"].last()
    if sums.any() or gaps.any():
        raise SystemExit("the facts don't add up")


def _write_trusted(trusted: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(trusted[list(TRUSTED)], preserve_index=False)
    at = table.schema.get_field_index
    table = table.set_column(at("report_date"), "report_date", table["report_date"].cast(pa.date32()))
    table = table.set_column(at("last_update"), "last_update", table["last_update"].cast(pa.timestamp("us", "UTC")))
    _write(table, path)


def _write_facts(facts: pd.DataFrame, out: Path) -> None:
    facts["month"] = _months(facts["report_date"])
    table = pa.Table.from_pandas(facts.drop(columns="report_date"), preserve_index=False)
    format_ = ds.ParquetFileFormat()
    ds.write_dataset(
        table,
        out / "fact_cases",
        format=format_,
        file_options=format_.make_write_options(compression="zstd"),
        partitioning=ds.partitioning(pa.schema([("month", pa.string())]), flavor="hive"),
        existing_data_behavior="delete_matching",
    )


def _months(days: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(days)
    return pd.Series(pd.Index(distinct).strftime("%Y-%m").astype(str).to_numpy()[codes], index=days.index)


def _quarantine(records: pd.DataFrame, reasons: dict[str, np.ndarray], rejected: np.ndarray, out: Path) -> None:
    broken = pd.DataFrame(reasons)[rejected]
    refused = records[rejected].astype(str)
    refused["reasons"] = [";".join(broken.columns[row]) for row in broken.to_numpy()]
    _write(pa.Table.from_pandas(refused, preserve_index=False), out / "quarantine.parquet")


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")


if __name__ == "__main__":
    main()
