"""Landing to `fact_cases` with DuckDB: `duckdb_fact_cases.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from naming import NAMED, name_places, resolve

from landing import (
    BLANKS,
    COUNTS,
    DOUBLES,
    FEED,
    PLACE,
    SPELLINGS,
    SURPLUS,
    TRUSTED,
    ReportFile,
    check_files,
    generations,
)

PARQUET = "FORMAT parquet, COMPRESSION zstd"
TIMES = (
    ("____-__-__T__:__%", "%Y-%m-%dT%H:%M:%S"),
    ("____-__-__ __:__%", "%Y-%m-%d %H:%M:%S"),
    ("%/%/____ %:__", "%m/%d/%Y %H:%M"),
    ("%/%/__ %:__", "%m/%d/%y %H:%M"),
)


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    files = check_files(landing)
    db = duckdb.connect()
    db.execute("SET threads = 2; SET preserve_insertion_order = false; SET enable_progress_bar = false")
    scans = " UNION ALL ".join(_scan(columns, group) for columns, group in generations(files).items())
    db.execute(f"CREATE TABLE records AS {scans}")
    _name_places(db)
    _type(db)
    _promote(db, sum(file.records for file in files), out)
    _bridge(db, out)
    _facts(db, out)
    print("finished", flush=True)


def _scan(columns: tuple[str, ...], files: list[ReportFile]) -> str:
    """The files of one header generation as text; short rows are filled up, a field too many is kept."""
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in (*columns, SURPLUS))
    paths = ", ".join(_quoted(str(file.path)) for file in files)
    chosen = ", ".join(name if name in columns else f"NULL::VARCHAR AS {name}" for name in SPELLINGS)
    fields = ", ".join(columns)
    place = ", chr(31), ".join(name for name in PLACE if name in columns)
    return (
        f"SELECT {chosen}, {SURPLUS}, concat({place}) AS place, (hash({fields}) >> 1)::BIGINT AS source_row_hash, "
        "filename "
        f"FROM read_csv([{paths}], columns = {{{names}}}, auto_detect = false, header = false, skip = 1, "
        "null_padding = true, strict_mode = false, delim = ',', quote = '\"', escape = '\"', filename = true)"
    )


def _name_places(db: duckdb.DuckDBPyConnection) -> None:
    """The distinct places named once; `place` is all that a record says of its place, in one text to join on."""
    given = db.execute(
        f"SELECT place, {', '.join(f'any_value({n})' for n in PLACE)} FROM records GROUP BY place"
    ).fetchall()
    named = name_places(row[1:] for row in given)
    columns = {"place": pa.array([row[0] for row in given], pa.string())}
    for i, name in enumerate(NAMED):
        type_ = pa.bool_() if name in ("country_is_known", "fips_is_bad") else pa.string()
        columns[name] = pa.array([row[i] for row in named], type_)
    db.register("named_places", pa.table(columns))
    db.execute("CREATE TABLE places AS FROM named_places")


def _type(db: duckdb.DuckDBPyConnection) -> None:
    """Types, and the rules that each record breaks."""
    blanks = " || ".join(f"chr({ord(blank)})" for blank in BLANKS)
    shapes = " ".join(f"WHEN text LIKE '{shape}' THEN try_strptime(text, '{format_}')" for shape, format_ in TIMES)
    db.execute(f"""
        CREATE TABLE times AS
        SELECT raw_time, text, CASE {shapes} END AS last_update
        FROM (SELECT DISTINCT last_update AS raw_time, nullif(trim(last_update, {blanks}), '') AS text FROM records)
    """)
    db.execute(f"""
        CREATE TABLE files AS
        SELECT filename, '{FEED}/' || parse_filename(filename) AS source_file,
          try_strptime(parse_filename(filename, true), '%m-%d-%Y')::DATE AS report_date
        FROM (SELECT DISTINCT filename FROM records)
    """)
    numbers = []
    for name in COUNTS:
        # A cast to a whole number would round 12.5.
        value = f"try_cast(r.{name} AS DOUBLE)"
        numbers.append(f"r.{name} AS raw_{name}, CASE WHEN {value} % 1 = 0 THEN {value}::BIGINT END AS {name}")
    for name in DOUBLES:
        value = f"try_cast(r.{name} AS DOUBLE)"
        numbers.append(f"r.{name} AS raw_{name}, CASE WHEN isfinite({value}) THEN {value} END AS {name}")
    db.execute(f"""
        CREATE VIEW typed AS
        SELECT p.* EXCLUDE (place), t.text AS raw_last_update, t.last_update,
          {", ".join(numbers)}, nullif(trim(r.combined_key, {blanks}), '') AS combined_key,
          f.source_file, f.report_date, 'peer' AS run_id, r.source_row_hash, r.{SURPLUS}
        FROM records r JOIN places p USING (place) JOIN files f USING (filename)
          LEFT JOIN times t ON r.last_update = t.raw_time
    """)
    today = datetime.now(UTC).date()
    rules = {
        **{
            f"{name}_unreadable": f"{name} IS NULL AND trim(raw_{name}, {blanks}) <> ''" for name in (*COUNTS, *DOUBLES)
        },
        "last_update_unreadable": "raw_last_update IS NOT NULL AND last_update IS NULL",
        "surplus_field": f"{SURPLUS} IS NOT NULL",
        "country_region_missing": "country_region IS NULL",
        "report_date_missing": "report_date IS NULL",
        "report_date_too_early": "report_date < DATE '2019-12-01'",
        "report_date_in_future": f"report_date > DATE '{today}'",
        "confirmed_negative": "confirmed < 0",
        "deaths_negative": "deaths < 0",
        "latitude_out_of_range": "abs(latitude) > 90",
        "longitude_out_of_range": "abs(longitude) > 180",
        "fips_not_a_code": "fips_is_bad",
    }
    broken = " OR ".join(f"coalesce({rule}, false)" for rule in rules.values())
    reasons = ", ".join(f"CASE WHEN {rule} THEN '{name}' END" for name, rule in rules.items())
    kept = ", ".join(TRUSTED)
    db.execute(f"CREATE TABLE checked AS SELECT {kept}, {broken} AS rejected FROM typed")
    refused = f"SELECT *, list_filter([{reasons}], r -> r IS NOT NULL) AS reasons FROM typed WHERE {broken}"
    db.execute(f"CREATE VIEW quarantine AS {refused}")


def _promote(db: duckdb.DuckDBPyConnection, expected: int, out: Path) -> None:
    """Keep the newest of a grain, and account for every record."""
    # Few grains have more than one record: only those are put in order.
    db.execute("""
        CREATE TABLE older AS
        WITH twice AS (
          SELECT region_id, report_date FROM checked WHERE NOT rejected GROUP BY ALL HAVING count(*) > 1)
        SELECT c.rowid AS id FROM checked c JOIN twice USING (region_id, report_date) WHERE NOT rejected
        QUALIFY row_number() OVER (
          PARTITION BY region_id, report_date
          ORDER BY last_update DESC NULLS LAST, confirmed DESC NULLS LAST, deaths DESC NULLS LAST, source_file DESC,
            source_row_hash) > 1
    """)
    columns = ", ".join(TRUSTED)
    for table, where in (("trusted", "NOT rejected AND rowid NOT IN"), ("superseded", "rowid IN")):
        db.execute(f"CREATE VIEW {table} AS SELECT {columns} FROM checked WHERE {where} (FROM older)")
        db.execute(f"COPY {table} TO '{out}/{table}.parquet' ({PARQUET})")
    counts = "(SELECT count(*) FROM trusted), (SELECT count(*) FROM older)"
    kept, older, rejected = db.execute(f"SELECT {counts}, (SELECT count(*) FROM checked WHERE rejected)").fetchone()
    if kept + older + rejected != expected:
        raise SystemExit(f"{expected} records in the files, but {kept} kept, {older} superseded, {rejected} rejected")
    if rejected:
        db.execute(f"COPY quarantine TO '{out}/quarantine.parquet' ({PARQUET})")


def _bridge(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    """A region with the name and the coordinates reported last, and the region that it is over all names."""
    names = ("region_level AS level", "country_region", "province_state", "county", "fips")
    latest = ", ".join(f"arg_max_null({n.split(' ')[0]}, report_date) AS {n.split(' ')[-1]}" for n in names)
    is_placed = "coalesce(latitude, 0) <> 0 OR coalesce(longitude, 0) <> 0"
    db.execute(f"""
        CREATE TABLE regions AS SELECT 'jhu_daily_reports' AS source, region_id AS reported_id, {latest},
          max(report_date) AS last_report_date,
          arg_max_null(latitude, report_date) FILTER ({is_placed}) AS latitude,
          arg_max_null(longitude, report_date) FILTER ({is_placed}) AS longitude
        FROM trusted GROUP BY region_id
    """)
    shape = "reported_id, level, country_region, province_state, county"
    given = db.execute(f"SELECT {shape} FROM regions").fetchall()
    resolved = pa.table({"reported_id": [row[0] for row in given], "region_id": resolve(given)})
    db.register("resolved", resolved)
    db.execute("""
        CREATE TABLE bridge AS
        SELECT *, (hash(region_id) >> 1)::BIGINT AS region_key FROM regions JOIN resolved USING (reported_id)
    """)
    db.execute(f"COPY bridge TO '{out}/bridge_region.parquet' ({PARQUET})")


def _facts(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in COUNTS)
    new = ", ".join(
        f"{name} - last_value({name} IGNORE NULLS) OVER (region ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) "
        f"AS new_{name}"
        for name in ("confirmed", "deaths")
    )
    db.execute(f"""
        CREATE TABLE facts AS
        WITH daily AS (
          SELECT b.region_key, t.report_date, {sums} FROM trusted t JOIN bridge b ON t.region_id = b.reported_id
          GROUP BY ALL)
        SELECT region_key, (year(report_date) * 10000 + month(report_date) * 100 + day(report_date))::INT AS date_key,
          'jhu_daily_reports' AS source, {", ".join(COUNTS)}, {new},
          (report_date - lag(report_date) OVER region)::INT AS days_since_previous,
          strftime(report_date, '%Y-%m') AS month
        FROM daily WINDOW region AS (PARTITION BY region_key ORDER BY report_date)
    """)
    checks = {
        "key_is_unique": "SELECT 1 FROM facts GROUP BY region_key, date_key HAVING count(*) > 1",
        "confirmed_sums_to_trusted": """
            SELECT 1 FROM (SELECT date_key, sum(confirmed) AS n FROM facts GROUP BY ALL) f
            FULL JOIN (SELECT strftime(report_date, '%Y%m%d')::INT AS date_key, sum(confirmed) AS n
                       FROM trusted GROUP BY ALL) t USING (date_key) WHERE f.n IS DISTINCT FROM t.n""",
        "new_confirmed_telescopes": """
            SELECT 1 FROM facts WHERE confirmed IS NOT NULL GROUP BY region_key
            HAVING min_by(confirmed, date_key) + coalesce(sum(new_confirmed), 0) <> max_by(confirmed, date_key)""",
    }
    for name, query in checks.items():
        if db.execute(f"{query} LIMIT 1").fetchone():
            raise SystemExit(f"{name} does not hold")
    db.execute(f"COPY facts TO '{out}/fact_cases' ({PARQUET}, PARTITION_BY (month))")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
