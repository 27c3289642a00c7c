"""Are two engines' results the same, row for row? Says what differs, with examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb

from covid_lake.contracts import Column, Table, Type, Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.reading.lake import Lake

# What only other tables are built from is no result.
WHOLE = tuple(table.id for table in COVID19.tables if table.in_warehouse)
FACT_CASES = ("trusted.jhu_daily_reports", "curated.bridge_region", "curated.fact_cases")

# Each engine hashes in its own way, and each run has a name of its own.
NOT_COMPARED = ("source_row_hash", "run_id", "hospital_key")
# A key of a region is a hash too: compared is the region behind it.
REGION_KEYS = ("region_key", "state_region_key", "country_region_key")
# What the star calls the feeds that it makes one source of.
SOURCES = {"nytimes_us_county": "nytimes", "nytimes_us_states": "nytimes"}


@dataclass(frozen=True, slots=True)
class Result:
    """Where an engine left its tables. A peer also keeps the records that it passed over for a newer one."""

    engine: str
    folder: Path

    @property
    def is_lake(self) -> bool:
        return self.engine in ("sail", "spark")

    def parquet(self, table: str) -> str:
        """The table's files as what DuckDB reads them with."""
        if self.is_lake:
            zone, name = table.split(".")
            files = list(Lake(self.folder).location(f"covid19_{zone}.{name}").files)
        else:
            place = self.folder / table.replace(".", "/")
            found = sorted(place.rglob("*.parquet")) if place.is_dir() else [place.with_suffix(".parquet")]
            files = [str(file) for file in found]
        names = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        by_month = ", hive_partitioning = true, hive_types = {'month': VARCHAR}" if "month=" in names else ""
        return f"read_parquet([{names}]{by_month})"


@dataclass(frozen=True, slots=True)
class Undecided:
    """A grain of a feed, its key as one text; where it has them, also its region and its day."""

    feed: str
    record: str
    region_id: str | None
    report_date: str | None


def undecided_records(peer: Result, tables: Sequence[str]) -> list[Undecided]:
    """The grains of which two unlike records stand in the same file and are equally new.

    Nothing says which of the two is the newer; the library lets a hash of the record decide, and the peers' hashes are
    others. They are left out of the comparison, and named.
    """
    found = []
    for table in map(_contract, tables):
        if table.zone != Zone.TRUSTED:
            continue
        alike = (*table.key, *table.newest_by, "source_file")
        other = [name for name in table.column_names if name not in (*alike, *NOT_COMPARED, *table.partition_by)]
        region_id, report_date = (
            f"t.{name}::VARCHAR" if name in table.column_names else "NULL" for name in ("region_id", "report_date")
        )
        query = f"""
            SELECT DISTINCT {_record(table)}, {region_id}, {report_date}
            FROM {peer.parquet(table.id)} t JOIN '{peer.folder}/superseded/{table.name}.parquet' s
              ON {" AND ".join(f"t.{name} IS NOT DISTINCT FROM s.{name}" for name in alike)}
            WHERE {" OR ".join(f"t.{name} IS DISTINCT FROM s.{name}" for name in other)} ORDER BY ALL
        """
        found += [Undecided(table.name, *row) for row in duckdb.sql(query).fetchall()]
    return found


def differences(one: Result, other: Result, tables: Sequence[str], left_out: Sequence[Undecided] = ()) -> list[str]:
    """What is in one result and not in the other, table by table; empty for equal results."""
    found = []
    for table in map(_contract, tables):
        with duckdb.connect() as db:
            db.execute("SET enable_progress_bar = false")
            db.execute("CREATE TABLE left_out (feed VARCHAR, record VARCHAR, region_id VARCHAR, report_date DATE)")
            if left_out:
                db.executemany("INSERT INTO left_out VALUES (?, ?, ?, ?)", [astuple(record) for record in left_out])
            for side, result in (("one", one), ("other", other)):
                db.execute(f"CREATE VIEW {side} AS {_rows(table, result, tables)}")
            told = _difference(db, one, other)
            if table.zone == Zone.TRUSTED and left_out:
                told += _strangers(db, table, one, other)
            found += [f"{table.id}: {text}" for text in told]
    return found


def _difference(db: duckdb.DuckDBPyConnection, one: Result, other: Result) -> list[str]:
    types = [[column[:2] for column in db.execute(f"DESCRIBE {side}").fetchall()] for side in ("one", "other")]
    pairs = zip(*types, strict=True)
    unlike = [f"{a[0]} is {a[1]} with {one.engine} and {b[1]} with {other.engine}" for a, b in pairs if a != b]
    if unlike:
        return unlike
    if not db.execute("FROM one LIMIT 1").fetchone():
        return [f"{one.engine} has no rows"]
    # Counted, for a row that one side has twice and the other once is a difference.
    db.execute("""
        CREATE TABLE unequal AS
        SELECT COLUMNS(* EXCLUDE side), sum(side) AS more
        FROM (SELECT *, 1 AS side FROM one UNION ALL SELECT *, -1 FROM other) GROUP BY ALL HAVING sum(side) <> 0
    """)
    found = []
    for sign, here, there in ((1, one, other), (-1, other, one)):
        mine = f"FROM unequal WHERE sign(more) = {sign}"
        rows = _number(db, f"SELECT coalesce(sum(abs(more)), 0) {mine}")
        if rows:
            examples = db.execute(f"SELECT * EXCLUDE more {mine} ORDER BY ALL LIMIT 3").fetchall()
            found.append(f"{rows:,} rows of {here.engine} are not {there.engine}'s: {examples}")
    return found


def _strangers(db: duckdb.DuckDBPyConnection, table: Table, one: Result, other: Result) -> list[str]:
    """Of what is left out each side has one row a grain, and it is one of those that the peer chose among."""
    columns = ", ".join(_value(column) for column in table.stored_columns if column.name not in NOT_COMPARED)
    undecided = f"WHERE EXISTS ({_hidden(table, one)})"
    superseded = f"'{one.folder}/superseded/{table.name}.parquet'"
    kept, passed_over, chosen = (
        f"SELECT {columns} FROM {source} t {undecided}"
        for source in (one.parquet(table.id), superseded, other.parquet(table.id))
    )
    found = []
    strangers = db.execute(f"({chosen}) EXCEPT ({kept} UNION ALL {passed_over})").fetchall()
    if strangers:
        found.append(f"{len(strangers)} rows of {other.engine} are no records of {one.engine}'s: {strangers[:3]}")
    grains = _number(db, f"SELECT count(*) FROM left_out WHERE feed = '{table.name}'")
    rows = _number(db, f"SELECT count(*) FROM ({chosen})")
    if rows != grains:
        found.append(f"{grains} undecided grains are {rows} rows with {other.engine}")
    return found


def _number(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _value(column: Column) -> str:
    """The column as both sides can be compared in it: moments without the zone that they are shown in."""
    return f"epoch_us(t.{column.name}) AS {column.name}" if column.type == Type.TIMESTAMP else f"t.{column.name}"


def _contract(table: str) -> Table:
    zone, name = table.split(".")
    return COVID19.table(Zone(zone), name)


def _record(table: Table) -> str:
    return f"concat_ws(' ', {', '.join(f't.{name}' for name in table.key)})" if table.key else "''"


def _rows(table: Table, result: Result, tables: Sequence[str]) -> str:
    """The rows to be compared, as a query; `left_out` are the records that are not."""
    regions_of = "curated.dim_region" if "curated.dim_region" in tables else "curated.bridge_region"
    joins, columns = [], []
    for column in table.columns:
        name = column.name
        if name in REGION_KEYS:
            columns.append(f"{name}_of.region_id AS {name}")
            regions = f"(SELECT DISTINCT region_key AS key, region_id FROM {result.parquet(regions_of)})"
            joins.append(f"LEFT JOIN {regions} {name}_of ON t.{name} = {name}_of.key")
        elif name not in NOT_COMPARED:
            columns.append(_value(column))
    query = f"SELECT {', '.join(columns)} FROM {result.parquet(table.id)} t {' '.join(joins)}"
    return f"{query} WHERE NOT EXISTS ({hidden})" if (hidden := _hidden(table, result)) else query


def _hidden(table: Table, result: Result) -> str:
    """What of the table hangs on an undecided record: the record, its region's names and place, its day's figures."""
    if table.zone == Zone.TRUSTED:
        return f"FROM left_out l WHERE l.feed = '{table.name}' AND l.record = {_record(table)}"
    if table.name == "bridge_region":
        return "FROM left_out l WHERE l.feed = t.source AND l.region_id = t.reported_id"
    bridge = f"{result.parquet('curated.bridge_region')} b"
    regions = f"FROM left_out l JOIN {bridge} ON b.source = l.feed AND b.reported_id = l.region_id"
    day = "strftime(l.report_date, '%Y%m%d')::INT = t.date_key"
    sources = " ".join(f"WHEN '{feed}' THEN '{source}'" for feed, source in SOURCES.items())
    match table.name:
        case "dim_region":
            dim = f"{result.parquet(table.id)} d"
            # The people of a county are summed into its state's and its country's.
            above = "l.feed = 'county_population' AND t.region_key IN (d.state_region_key, d.country_region_key)"
            return f"{regions} JOIN {dim} USING (region_key) WHERE b.region_key = t.region_key OR {above}"
        case "fact_cases":
            source = f"CASE l.feed {sources} ELSE l.feed END"
            return f"{regions} WHERE b.region_key = t.region_key AND {day} AND {source} = t.source"
        case "fact_testing":
            return f"{regions} WHERE b.region_key = t.region_key AND {day} AND l.feed = 'testing_states_daily'"
        case "fact_covid":
            dim = f"{result.parquet('curated.dim_region')} d"
            return f"{regions} JOIN {dim} USING (region_key) WHERE d.state_region_key = t.region_key AND {day}"
    return ""
