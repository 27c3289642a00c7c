"""Are two engines' results the same, row for row? Says what differs, with examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

MEASURES = (
    *("source", "date_key", "confirmed", "deaths", "recovered", "active"),
    *("new_confirmed", "new_deaths", "days_since_previous"),
)
TRUSTED = (
    *("report_date", "region_id", "region_level", "country_region", "country_is_known", "iso2", "iso3"),
    *("province_state", "county", "fips", "last_update", "latitude", "longitude", "confirmed", "deaths", "recovered"),
    *("active", "combined_key", "incident_rate", "case_fatality_ratio", "source_file"),
)
BRIDGE = (
    *("source", "reported_id", "region_id", "level", "country_region", "province_state", "county", "fips"),
    *("last_report_date", "latitude", "longitude"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """Where an engine left its tables: glob patterns of Parquet files. `superseded` are the records that it passed
    over for a newer one of the same grain; only the peers keep them.
    """

    engine: str
    trusted: str
    bridge: str
    facts: str
    superseded: str = ""


def peer_result(engine: str, out: Path) -> Result:
    return Result(
        engine,
        f"{out}/trusted.parquet",
        f"{out}/bridge_region.parquet",
        f"{out}/fact_cases/month=*/*.parquet",
        f"{out}/superseded.parquet",
    )


def lake_result(engine: str, lake: Path) -> Result:
    """The tables of a lake in which one run has been."""
    return Result(
        engine,
        f"{lake}/trusted/covid19/jhu_daily_reports/version=*/*.parquet",
        f"{lake}/curated/covid19/bridge_region/version=*/*.parquet",
        f"{lake}/curated/covid19/fact_cases/version=*/month=*/*.parquet",
    )


def undecided_regions(peer: Result) -> list[str]:
    """Regions of which two unlike records share file, place, `last_update`, `confirmed` and `deaths`.

    Nothing says which of the two is the newer; the library lets a hash of the record decide, and the peers' hashes are
    others. They are left out of the comparison, and named.
    """
    other = [name for name in TRUSTED if name not in ("region_id", "report_date", "last_update", "confirmed", "deaths")]
    unlike = " OR ".join(f"t.{name} IS DISTINCT FROM s.{name}" for name in other)
    query = f"""
        SELECT DISTINCT t.region_id FROM '{peer.trusted}' t JOIN '{peer.superseded}' s USING (region_id, report_date)
        WHERE t.last_update IS NOT DISTINCT FROM s.last_update AND t.confirmed IS NOT DISTINCT FROM s.confirmed
          AND t.deaths IS NOT DISTINCT FROM s.deaths AND t.source_file = s.source_file AND ({unlike}) ORDER BY 1
    """
    return [row[0] for row in duckdb.sql(query).fetchall()]


def differences(one: Result, other: Result, left_out: Sequence[str] = ()) -> list[str]:
    """What is in one result and not in the other, table by table; empty for equal results.

    `left_out` are regions, as the files name them, that are not compared.
    """
    found = []
    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")
        db.execute("CREATE TABLE left_out (region_id VARCHAR)")
        db.executemany("INSERT INTO left_out VALUES (?)", [[region] for region in ("", *left_out)])
        for table in ("trusted", "bridge", "facts"):
            queries = [_rows(table, result) for result in (one, other)]
            # A row that one side has twice and the other once is a difference: hence ALL.
            missing = [f"({a}) EXCEPT ALL ({b})" for a, b in (queries, queries[::-1])]
            for query, here, there in zip(missing, (one, other), (other, one), strict=True):
                rows = _number(db, query)
                if rows:
                    examples = db.execute(f"FROM ({query}) LIMIT 3").fetchall()
                    found.append(f"{table}: {rows:,} rows of {here.engine} are not {there.engine}'s: {examples}")
            if not _number(db, queries[0]):
                found.append(f"{table}: {one.engine} has no rows")
    return found


def _number(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(f"SELECT count(*) FROM ({query})").fetchone()
    assert row is not None
    return int(row[0])


def _rows(table: str, result: Result) -> str:
    if table == "trusted":
        columns = ", ".join(f"epoch_us({name}) AS {name}" if name == "last_update" else name for name in TRUSTED)
        return f"SELECT {columns} FROM '{result.trusted}' WHERE region_id NOT IN (FROM left_out)"
    if table == "bridge":
        return f"SELECT {', '.join(BRIDGE)} FROM '{result.bridge}' WHERE reported_id NOT IN (FROM left_out)"
    # The key of a region is a hash, and each engine hashes in its own way: compared is the region behind it.
    regions = f"SELECT DISTINCT region_key, region_id FROM '{result.bridge}'"
    facts = f"read_parquet('{result.facts}', hive_partitioning = true, hive_types = {{'month': VARCHAR}})"
    columns = ", ".join(f"f.{name}" for name in (*MEASURES, "month"))
    hidden = f"SELECT region_id FROM '{result.bridge}' WHERE reported_id IN (FROM left_out)"
    return (
        f"SELECT r.region_id, {columns} FROM {facts} f LEFT JOIN ({regions}) r USING (region_key) "
        f"WHERE coalesce(r.region_id, '?') NOT IN ({hidden})"
    )
