"""Landing to `fact_cases` with DuckDB: `duckdb_fact_cases.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from feeds import BLANKS, CASES, ENIGMA_JHU, JHU_DAILY_REPORTS, NYTIMES_US_COUNTY, NYTIMES_US_STATES, Feed, Field
from naming import COMPOSITES, US, resolve

from landing import SURPLUS, LandingFile, check_files, generations

PARQUET = "FORMAT parquet, COMPRESSION zstd"
US_TIMES = (("%/%/____ %:__", "%m/%d/%Y %H:%M"), ("%/%/__ %:__", "%m/%d/%y %H:%M"))
COUNTY_CODE = "regexp_full_match(fips, '[0-7][0-9]{4}') AND NOT starts_with(fips, '000')"


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    db = connect(out)
    promote(db, JHU_DAILY_REPORTS, landing, out)
    bridge_region(db, (JHU_DAILY_REPORTS,), out)
    fact_cases(db, (JHU_DAILY_REPORTS,), out)
    print("finished", flush=True)


def connect(out: Path) -> duckdb.DuckDBPyConnection:
    """A session whose tables are named `trusted_<feed>` and as in the star; the folder `out` is emptied for it."""
    shutil.rmtree(out, ignore_errors=True)
    for folder in ("trusted", "superseded", "quarantine", "curated"):
        (out / folder).mkdir(parents=True)
    db = duckdb.connect()
    db.execute("SET threads = 2; SET preserve_insertion_order = false; SET enable_progress_bar = false")
    return db


# --- landing to trusted --------------------------------------------------------------------------------------------


def promote(db: duckdb.DuckDBPyConnection, feed: Feed, landing: Path, out: Path) -> None:
    """Landing to trusted, one feed: read, typed, checked, the newest of a grain kept, every record accounted for."""
    files = check_files(landing, feed)
    scans = " UNION ALL ".join(_scan(feed, columns, group) for columns, group in generations(files).items())
    db.execute(f"CREATE OR REPLACE TABLE records AS {scans}")
    names = {
        "filename": [str(file.path) for file in files],
        "source_file": [file.source_file for file in files],
        "file_day": pa.array([file.day for file in files], pa.date32()),
    }
    _keep(db, "files", pa.table(names))
    if feed.places:
        _find_places(db, feed)
    for field in feed.of_kind("time"):
        _read_times(db, feed, field)
    _check(db, feed)
    _keep_newest(db, feed, sum(file.records for file in files), out)


def _scan(feed: Feed, columns: tuple[str, ...], files: list[LandingFile]) -> str:
    """The files of one header generation as text; short rows are filled up, a field too many is kept."""
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in (*columns, SURPLUS))
    paths = ", ".join(_quoted(str(file.path)) for file in files)
    chosen = ", ".join(
        field.name if field.name in columns else f"NULL::VARCHAR AS {field.name}" for field in feed.fields
    )
    inputs = feed.places.fields if feed.places else ()
    place = ", chr(31), ".join(name for name in inputs if name in columns) or "''"
    return (
        f"SELECT {chosen}, {SURPLUS}, concat({place}) AS place, "
        f"(hash({', '.join(columns)}) >> 1)::BIGINT AS source_row_hash, filename "
        f"FROM read_csv([{paths}], columns = {{{names}}}, auto_detect = false, header = false, skip = 1, "
        "null_padding = true, strict_mode = false, delim = ',', quote = '\"', escape = '\"', filename = true)"
    )


def _find_places(db: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """The distinct places named once; `place` is all that a record says of its place, in one text to join on."""
    places = feed.places
    assert places is not None
    given = ", ".join(f"any_value({name})" for name in places.fields)
    rows = db.execute(f"SELECT place, {given} FROM records GROUP BY place").fetchall()
    found = places.find((row[1:] for row in rows), feed.nulls)
    columns = {"place": pa.array([row[0] for row in rows], pa.string())}
    for i, name in enumerate(places.values):
        columns[name] = pa.array([row[i] for row in found], pa.bool_() if places.is_flag(name) else pa.string())
    _keep(db, "places", pa.table(columns))


def _read_times(db: duckdb.DuckDBPyConnection, feed: Feed, field: Field) -> None:
    """The distinct times read once."""
    midnight = "replace(replace(text, 'T24:00', 'T00:00'), ' 24:00', ' 00:00')"
    cases = []
    if "iso" in field.times:
        a_day_later = "CASE WHEN substr(text, 12, 5) = '24:00' THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END"
        cases += [
            f"WHEN text LIKE '____-__-__{mark}__:__%' THEN try_cast({midnight} AS TIMESTAMP) + {a_day_later}"
            for mark in ("T", " ")
        ]
    if "us" in field.times:
        cases += [f"WHEN text LIKE '{shape}' THEN try_strptime(text, '{format_}')" for shape, format_ in US_TIMES]
    time = f"CASE {' '.join(cases)} END"
    if field.zone != "UTC":
        time = f"({time}) AT TIME ZONE '{field.zone}' AT TIME ZONE 'UTC'"
    db.execute(f"""
        CREATE OR REPLACE TABLE times_{field.name} AS SELECT raw, text, {time} AS {field.name}
        FROM (SELECT DISTINCT {field.name} AS raw, {_clean(field.name, feed)} AS text FROM records)
    """)


def _check(db: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """`checked`: the records typed, and whether one breaks a rule; `refused`: those that do, as they came."""
    typed = [f"r.{SURPLUS}", "r.source_row_hash", "f.source_file", "'peer' AS run_id"]
    joins = ["JOIN files f USING (filename)"]
    if feed.places:
        typed += [f"p.{name}" for name in feed.places.values]
        joins.append("JOIN places p USING (place)")
    for field in feed.of_kind("text"):
        typed.append(f"{_padded(_clean(f'r.{field.name}', feed), field.pad)} AS {field.name}")
    for field in feed.of_kind("count", "double"):
        value = f"try_cast(r.{field.name} AS DOUBLE)"
        # A cast to a whole number would round 12.5.
        is_good = f"{value} % 1 = 0" if field.kind == "count" else f"isfinite({value})"
        typed.append(
            f"CASE WHEN {is_good} THEN {value}::{'BIGINT' if field.kind == 'count' else 'DOUBLE'} END AS {field.name}"
        )
    for field in feed.of_kind("date"):
        text = _clean(f"r.{field.name}", feed)
        shapes = (("________", "%Y%m%d"), ("____-__-__", "%Y-%m-%d"))
        cases = " ".join(
            f"WHEN {text} LIKE '{shape}' THEN try_strptime({text}, '{format_}')" for shape, format_ in shapes
        )
        typed.append(f"(CASE {cases} END)::DATE AS {field.name}")
    for field in feed.of_kind("time"):
        typed.append(f"t_{field.name}.{field.name} AS {field.name}")
        joins.append(f"LEFT JOIN times_{field.name} t_{field.name} ON r.{field.name} = t_{field.name}.raw")
    if feed.day == "file":
        typed.append("f.file_day AS report_date")
    elif feed.day == "last_update":
        typed.append("(t_last_update.last_update - INTERVAL 8 HOURS)::DATE AS report_date")
    given = [field.name for field in feed.of_kind("count", "double", "date", "time")]
    raw = ", ".join(f"r.{name} AS raw_{name}" for name in given)
    db.execute(f"CREATE OR REPLACE VIEW typed AS SELECT {', '.join(typed)}, {raw} FROM records r {' '.join(joins)}")
    tokens = ", ".join(_quoted(token) for token in feed.nulls)
    rules = {
        **{f"{name}_unreadable": f"{name} IS NULL AND {_trim(f'raw_{name}')} NOT IN ({tokens})" for name in given},
        "surplus_field": f"{SURPLUS} IS NOT NULL",
        **{f"{name}_missing": f"{name} IS NULL" for name in feed.never_missing},
        **{f"{name}_negative": f"{name} < 0" for name in feed.not_negative},
        **{fault: fault for fault in (feed.places.faults if feed.places else ())},
    }
    if feed.is_dated:
        rules["report_date_too_early"] = "report_date < DATE '2019-12-01'"
        rules["report_date_in_future"] = f"report_date > DATE '{datetime.now(UTC).date()}'"
    if feed.has_coordinates:
        rules |= {"latitude_out_of_range": "abs(latitude) > 90", "longitude_out_of_range": "abs(longitude) > 180"}
    broken = " OR ".join(f"coalesce({rule}, false)" for rule in rules.values())
    kept = ", ".join(feed.columns)
    db.execute(f"CREATE TABLE checked_{feed.name} AS SELECT {kept}, {broken} AS rejected FROM typed")
    reasons = ", ".join(f"CASE WHEN {rule} THEN '{name}' END" for name, rule in rules.items())
    db.execute(
        f"CREATE OR REPLACE VIEW refused AS "
        f"SELECT *, list_filter([{reasons}], r -> r IS NOT NULL) AS reasons FROM typed WHERE {broken}"
    )


def _keep_newest(db: duckdb.DuckDBPyConnection, feed: Feed, expected: int, out: Path) -> None:
    checked = f"checked_{feed.name}"
    key = ", ".join(feed.key) or "1"
    newest = ", ".join(f"{name} DESC NULLS LAST" for name in feed.newest_by) or "1"
    join = f"JOIN twice USING ({key})" if feed.key else ", twice"
    # Few grains have more than one record: only those are put in order.
    db.execute(f"""
        CREATE TABLE older_{feed.name} AS
        WITH counted AS (SELECT {key}, count(*) AS records FROM {checked} WHERE NOT rejected GROUP BY {key}),
          twice AS (SELECT * EXCLUDE (records) FROM counted WHERE records > 1)
        SELECT c.rowid AS id FROM {checked} c {join} WHERE NOT rejected
        QUALIFY row_number() OVER (
          PARTITION BY {key} ORDER BY {newest}, source_file DESC, source_row_hash) > 1
    """)
    columns = ", ".join(feed.columns)
    for zone, where in (("trusted", "NOT rejected AND rowid NOT IN"), ("superseded", "rowid IN")):
        db.execute(
            f"CREATE VIEW {zone}_{feed.name} AS SELECT {columns} FROM {checked} WHERE {where} (FROM older_{feed.name})"
        )
        if zone == "trusted" and feed.by_month:
            by_month = f"SELECT *, strftime(report_date, '%Y-%m') AS month FROM trusted_{feed.name}"
            db.execute(f"COPY ({by_month}) TO '{out}/trusted/{feed.name}' ({PARQUET}, PARTITION_BY (month))")
        else:
            db.execute(f"COPY {zone}_{feed.name} TO '{out}/{zone}/{feed.name}.parquet' ({PARQUET})")
    kept, older, rejected = (
        _number(db, query)
        for query in (f"FROM trusted_{feed.name}", f"FROM older_{feed.name}", f"FROM {checked} WHERE rejected")
    )
    if kept + older + rejected != expected:
        raise SystemExit(
            f"{feed.name}: {expected} records in the files, but {kept} kept, {older} superseded, {rejected} rejected"
        )
    if rejected:
        db.execute(f"COPY refused TO '{out}/quarantine/{feed.name}.parquet' ({PARQUET})")


# --- trusted to curated --------------------------------------------------------------------------------------------


def bridge_region(db: duckdb.DuckDBPyConnection, sources: Iterable[Feed], out: Path) -> None:
    """A region with the name and the coordinates reported last, and the region that it is over all names."""
    db.execute(f"CREATE TABLE regions AS {' UNION ALL '.join(_regions(feed) for feed in sources)}")
    shape = "source, reported_id, level, country_region, province_state, county"
    given = db.execute(f"SELECT {shape} FROM regions").fetchall()
    resolved = {
        "source": [row[0] for row in given],
        "reported_id": [row[1] for row in given],
        "region_id": resolve(row[1:] for row in given),
    }
    db.register("resolved", pa.table(resolved))
    db.execute(f"""
        CREATE TABLE bridge_region AS
        SELECT *, {region_key("region_id")} AS region_key FROM regions JOIN resolved USING (source, reported_id)
    """)
    write(db, "bridge_region", out)


def _regions(feed: Feed) -> str:
    """The regions that a feed names, each with the name that it gave last; without days, with the first by name."""
    county = "county" if "county" in feed.columns and feed.name != "testing_states_daily" else "NULL::VARCHAR"
    country = "country_region" if "country_region" in feed.columns else f"'{US}'"
    names = {
        **{"level": "region_level", "country_region": country, "province_state": "province_state", "county": county},
        "fips": "fips" if "fips" in feed.columns else "NULL::VARCHAR",
    }
    if feed.is_dated:
        latest = ", ".join(f"arg_max_null({value}, report_date) AS {name}" for name, value in names.items())
        is_placed = "coalesce(latitude, 0) <> 0 OR coalesce(longitude, 0) <> 0"
        latitude, longitude = (
            f"round(arg_max_null({name}, report_date) FILTER ({is_placed}), 10)"
            if feed.has_coordinates
            else "NULL::DOUBLE"
            for name in ("latitude", "longitude")
        )
        return f"""
            SELECT '{feed.name}' AS source, region_id AS reported_id, {latest},
              {latitude} AS latitude, {longitude} AS longitude FROM trusted_{feed.name} GROUP BY region_id"""
    rows = f"FROM trusted_{feed.name}"
    if feed.name == "hospital_beds":
        composites = ", ".join(_quoted(name) for name in COMPOSITES)
        rows = f"""
            FROM (SELECT *, 'county:' || fips AS region_id, 'county' AS region_level FROM trusted_hospital_beds
                  WHERE {COUNTY_CODE} AND concat_ws('/', province_state, county) NOT IN ({composites}))"""
    chosen = ", ".join(f"{value} AS {name}" for name, value in names.items())
    return f"""
        SELECT '{feed.name}' AS source, region_id AS reported_id, {chosen},
          NULL::DOUBLE AS latitude, NULL::DOUBLE AS longitude {rows}
        QUALIFY row_number() OVER (PARTITION BY region_id ORDER BY {county} NULLS FIRST, province_state NULLS FIRST,
          {names["fips"]} NULLS FIRST) = 1"""


def fact_cases(db: duckdb.DuckDBPyConnection, feeds: Iterable[Feed], out: Path) -> None:
    """A region, a day and a source: figures summed over the names of a region, and their differences."""
    reports = {feed: _reports(feed) for feed in feeds}
    if NYTIMES_US_COUNTY in reports and NYTIMES_US_STATES in reports:
        reports[NYTIMES_US_STATES] += " ANTI JOIN trusted_nytimes_us_county USING (province_state, report_date)"
    db.execute(f"CREATE VIEW case_reports AS {' UNION ALL '.join(reports.values())}")
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in CASES)
    new = ", ".join(
        f"{name} - last_value({name} IGNORE NULLS) OVER (region ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) "
        f"AS new_{name}"
        for name in ("confirmed", "deaths")
    )
    db.execute(f"""
        CREATE TABLE fact_cases AS
        WITH daily AS (
          SELECT b.region_key, r.source, r.report_date, {sums}
          FROM case_reports r JOIN bridge_region b ON r.region_id = b.reported_id AND r.feed = b.source GROUP BY ALL)
        SELECT region_key, {date_key("report_date")} AS date_key, source, {", ".join(CASES)}, {new},
          (report_date - lag(report_date) OVER region)::INT AS days_since_previous,
          strftime(report_date, '%Y-%m') AS month
        FROM daily WINDOW region AS (PARTITION BY region_key, source ORDER BY report_date)
    """)
    expect_none(
        db,
        {
            "key_is_unique": "FROM fact_cases GROUP BY region_key, date_key, source HAVING count(*) > 1",
            "confirmed_sums_to_trusted": f"""
                FROM (SELECT source, date_key, sum(confirmed) AS n FROM fact_cases GROUP BY ALL) f
                FULL JOIN (SELECT source, {date_key("report_date")} AS date_key, sum(confirmed) AS n
                           FROM case_reports GROUP BY ALL) t USING (source, date_key) WHERE f.n IS DISTINCT FROM t.n""",
            "new_confirmed_telescopes": """
                FROM fact_cases WHERE confirmed IS NOT NULL GROUP BY region_key, source
                HAVING min_by(confirmed, date_key) + coalesce(sum(new_confirmed), 0) <> max_by(confirmed, date_key)""",
        },
    )
    write_by_month(db, "fact_cases", out)


def _reports(feed: Feed) -> str:
    """A feed's reports in the shape that all share; the newspaper's two feeds are one source."""
    if feed in (JHU_DAILY_REPORTS, ENIGMA_JHU):
        source, measures = feed.name, CASES
    else:
        source, measures = "nytimes", ("cases AS confirmed", "deaths", "NULL::BIGINT", "NULL::BIGINT")
    return (
        f"SELECT '{feed.name}' AS feed, '{source}' AS source, region_id, report_date, {', '.join(measures)} "
        f"FROM trusted_{feed.name}"
    )


# --- for all of them -----------------------------------------------------------------------------------------------


def region_key(region_id: str) -> str:
    return f"(hash({region_id}) >> 1)::BIGINT"


def date_key(day: str) -> str:
    return f"(year({day}) * 10000 + month({day}) * 100 + day({day}))::INT"


def expect_none(db: duckdb.DuckDBPyConnection, checks: dict[str, str]) -> None:
    for name, violations in checks.items():
        if db.execute(f"SELECT 1 {violations} LIMIT 1").fetchone():
            raise SystemExit(f"{name} does not hold")


def write(db: duckdb.DuckDBPyConnection, table: str, out: Path) -> None:
    db.execute(f"COPY {table} TO '{out}/curated/{table}.parquet' ({PARQUET})")


def write_by_month(db: duckdb.DuckDBPyConnection, table: str, out: Path) -> None:
    db.execute(f"COPY {table} TO '{out}/curated/{table}' ({PARQUET}, PARTITION_BY (month))")


def _keep(db: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    db.register("given", table)
    db.execute(f"CREATE OR REPLACE TABLE {name} AS FROM given")
    db.unregister("given")


def _number(db: duckdb.DuckDBPyConnection, source: str) -> int:
    row = db.execute(f"SELECT count(*) {source}").fetchone()
    assert row is not None
    return int(row[0])


def _trim(text: str) -> str:
    return f"trim({text}, {' || '.join(f'chr({ord(blank)})' for blank in BLANKS)})"


def _clean(text: str, feed: Feed) -> str:
    tokens = ", ".join(_quoted(token) for token in feed.nulls)
    return f"CASE WHEN {_trim(text)} NOT IN ({tokens}) THEN {_trim(text)} END"


def _padded(text: str, width: int | None) -> str:
    if width is None:
        return text
    code = f"CASE WHEN suffix({text}, '.0') THEN split_part({text}, '.', 1) ELSE {text} END"
    return f"CASE WHEN length({code}) < {width} THEN lpad({code}, {width}, '0') ELSE ({code}) END"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
