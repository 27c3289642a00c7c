"""A lake read from a directory and from S3: the same tables, rows and refusals from both."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from covid_lake import paths
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.errors import QueryError, SettingsError, StorageError, UnknownTable
from covid_lake.reading.answers import Answer, answer_of_rows, format_answer
from covid_lake.reading.lake import Lake
from covid_lake.store.snapshots import read_manifest
from covid_lake.store.storage import S3Storage, Storage, open_storage
from small_lake import cases, publish_rows

FACTS = [
    cases(1, date(2020, 3, 31), 10),
    cases(1, date(2020, 4, 1), 12),
    cases(2, date(2020, 4, 1), None, "nytimes"),
]
REPORT = {
    "report_date": date(2020, 3, 31),
    "region_id": "county:53033",
    "region_level": "county",
    "country_is_known": True,
    "last_update": datetime(2020, 3, 31, 23, 45, tzinfo=UTC),
    "latitude": 47.5,
    "confirmed": 10,
}
REFUSED = {
    "run_id": "v1",
    "table_name": "enigma_jhu",
    "source_file": "enigma-jhu/csv/a.csv",
    "line": 3,
    "reasons": ["confirmed is negative", "latitude lies beyond ±90 degrees"],
    "record": '{"confirmed": "-1"}',
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OLD_REPORT = (
    BYTE_ORDER_MARK
    + b'Province/State,Country/Region,Last Update,Confirmed\n"King, ""WA""",US,1/22/2020 17:00,1\nHubei,China,,'
)
NEW_REPORT = b'FIPS,Province_State,Country_Region,Confirmed\n01001,"Two\nlines",US,5\n,Texas,US\n'
COUNTRIES = [{"Country": "Chad", "Numeric code": "148", "Latitude": 15.4}, {"Country": "Namibia", "Alpha-2 code": "NA"}]


def fill(storage: Storage) -> None:
    """A lake with two curated tables, a trusted one with quarantine, and landing files of both header generations."""
    publish_rows(
        storage,
        "v1",
        {
            "covid19_curated.fact_cases": FACTS,
            "covid19_curated.dim_hospital": [],
            "covid19_trusted.enigma_jhu": [REPORT],
        },
        refused={"covid19_trusted.enigma_jhu": [REFUSED]},
    )
    landing = paths.landing("covid19")
    storage.write(f"{landing}/jhu-daily-reports/01-22-2020.csv", OLD_REPORT)
    storage.write(f"{landing}/jhu-daily-reports/03-31-2020.csv", NEW_REPORT)
    storage.write(f"{landing}/jhu-daily-reports/.01-22-2020.csv.tmp", b"half")
    storage.write(f"{landing}/enigma-jhu/csv/Enigma-JHU.csv.gz", gzip.compress(b"fips,confirmed\n,7\nNA,8\n"))
    storage.write(f"{landing}/enigma-jhu/json/part-0.json", b'{"fips": "99"}\n')
    lines = "\n".join(json.dumps(country) for country in COUNTRIES)
    storage.write(f"{landing}/static-datasets/json/countrycode/part-0.json", lines.encode())


@pytest.fixture(scope="module")
def bucket(emulator: str) -> str:
    boto3.client("s3").create_bucket(Bucket="lake")
    return "s3://lake/some/prefix"


@pytest.fixture(scope="module", params=["directory", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = str(tmp_path_factory.mktemp("lake")) if request.param == "directory" else request.getfixturevalue("bucket")
    fill(open_storage(root))
    return Lake(root)


def test_tables_are_listed_with_version_rows_and_place(lake: Lake) -> None:
    entries = {entry.name: entry for entry in lake.tables()}

    facts = entries["covid19_curated.fact_cases"]
    place = f"{lake.storage.root}/curated/covid19/fact_cases/version=v1"
    assert (facts.version, facts.rows, facts.location) == ("v1", 3, place)
    assert entries["covid19_curated.dim_region"].version is None
    assert entries["covid19_quarantine.enigma_jhu"].rows == 1
    assert "covid19_quarantine.jhu_daily_reports" not in entries
    assert entries["covid19_landing.jhu_daily_reports"].location == f"{lake.storage.root}/landing/covid19"
    assert "covid19_landing.state_abv" not in entries


def test_tables_of_a_zone(lake: Lake) -> None:
    assert {entry.table.zone for entry in lake.tables("curated")} == {Zone.CURATED}
    assert [entry.name for entry in lake.tables(Zone.QUARANTINE)] == ["covid19_quarantine.enigma_jhu"]


def test_location_names_the_files_one_by_one(lake: Lake) -> None:
    location = lake.location("covid19_curated.fact_cases")

    months = [file.removeprefix(f"{location.folder}/") for file in location.files]
    assert months == ["month=2020-03/part-0.parquet", "month=2020-04/part-0.parquet"]
    assert len(lake.location("covid19_landing.jhu_daily_reports").files) == 2


def test_sql_reads_partitions_and_filters_by_them(lake: Lake) -> None:
    answer = lake.sql(
        'SELECT region_key, confirmed, month FROM "covid19_curated"."fact_cases" WHERE month = \'2020-04\''
    )

    assert answer.columns == ("region_key", "confirmed", "month")
    assert sorted(answer.rows) == [(1, 12, "2020-04"), (2, None, "2020-04")]


def test_dataset_has_the_contracts_columns_and_prunes_partitions(lake: Lake) -> None:
    dataset = lake.dataset("covid19_curated.fact_cases")

    contract = registry.find_table("covid19_curated.fact_cases").contract
    assert tuple(dataset.schema.names) == contract.column_names
    assert dataset.schema.field("month").type == pa.string()
    assert len(list(dataset.get_fragments(filter=ds.field("month") == "2020-03"))) == 1


def test_trusted_types_survive(lake: Lake) -> None:
    row = lake.arrow("COVID19_trusted.enigma_jhu").to_pylist()[0]

    assert {name: row[name] for name in REPORT} == REPORT
    asked = "SELECT last_update, date(last_update) AS day FROM awsdatacatalog.covid19_trusted.enigma_jhu"
    # In SQL times bear no zone, as the Athena DDL says.
    assert lake.sql(asked).rows == [(datetime(2020, 3, 31, 23, 45), date(2020, 3, 31))]


def test_an_empty_table_is_a_table(lake: Lake) -> None:
    assert lake.arrow("covid19_curated.dim_hospital").num_rows == 0
    assert lake.sql("SELECT count(*) AS n FROM covid19_curated.dim_hospital").rows == [(0,)]
    assert lake.sql("SELECT icu_beds FROM covid19_curated.dim_hospital").rows == []


def test_quarantine_is_asked_like_any_table(lake: Lake) -> None:
    asked = "SELECT line, reason FROM covid19_quarantine.enigma_jhu CROSS JOIN UNNEST(reasons) AS r (reason)"

    assert sorted(lake.sql(asked).rows) == [(3, reason) for reason in REFUSED["reasons"]]
    assert lake.arrow("covid19_quarantine.enigma_jhu").to_pylist() == [REFUSED]


def test_landing_is_asked_as_delivered(lake: Lake) -> None:
    asked = 'SELECT source_file, "Province/State" AS old, province_state AS new, fips, confirmed, "Last Update" AS at '
    rows = lake.sql(asked + "FROM covid19_landing.jhu_daily_reports ORDER BY source_file, old, new").rows

    before, after = "jhu-daily-reports/01-22-2020.csv", "jhu-daily-reports/03-31-2020.csv"
    assert rows == [
        (before, "Hubei", None, None, "", ""),
        (before, 'King, "WA"', None, None, "1", "1/22/2020 17:00"),
        (after, None, "Texas", "", None, None),
        (after, None, "Two\nlines", "01001", "5", None),
    ]


def test_landing_reads_gzip_and_takes_json_only_without_csv(lake: Lake) -> None:
    enigma = lake.sql("SELECT * FROM covid19_landing.enigma_jhu")
    countries = lake.sql('SELECT source_file, country, "Alpha-2 code", latitude FROM covid19_landing.country_code')

    assert enigma.rows == [
        ("enigma-jhu/csv/Enigma-JHU.csv.gz", "", "7"),
        ("enigma-jhu/csv/Enigma-JHU.csv.gz", "NA", "8"),
    ]
    file = "static-datasets/json/countrycode/part-0.json"
    assert countries.rows == [(file, "Chad", None, "15.4"), (file, "Namibia", "NA", None)]
    assert lake.arrow("covid19_landing.enigma_jhu").num_rows == 2
    with pytest.raises(QueryError, match="files as delivered"):
        lake.dataset("covid19_landing.enigma_jhu")


def test_relation_is_composed_in_python(lake: Lake) -> None:
    facts = lake.relation("covid19_curated.fact_cases")

    assert facts.filter("confirmed > 10").project("confirmed").fetchall() == [(12,)]
    assert lake.relation("covid19_landing.enigma_jhu").fetchall()[1][2] == "8"


def test_tables_are_listed_in_sql(lake: Lake) -> None:
    assert ("covid19_curated.fact_cases",) in lake.sql("SHOW TABLES").rows
    assert lake.sql("SHOW TABLES IN covid19_quarantine;").rows == [("covid19_quarantine.enigma_jhu",)]
    assert ("covid19_landing",) in lake.sql("-- what is there?\nshow databases").rows
    assert lake.sql("DESCRIBE covid19_curated.dim_date").rows[1] == ("date", "date", "The day")


def test_a_query_sees_one_state_though_a_run_publishes_meanwhile(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    fill(storage)
    lake = Lake(tmp_path)
    opened = lake.dataset("covid19_curated.fact_cases")

    publish_rows(storage, "v2", {"covid19_curated.fact_cases": FACTS[:1]})

    assert opened.count_rows() == 3
    assert lake.sql("SELECT count(*) FROM covid19_curated.fact_cases").rows == [(1,)]


def test_a_file_that_no_manifest_names_is_not_read(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    fill(storage)
    contract = registry.find_table("covid19_curated.fact_cases").contract
    manifest = read_manifest(storage, contract, "v1")
    folder = paths.version(contract, "v1")
    storage.write(
        f"{folder}/month=2020-04/stray.parquet", storage.read(f"{paths.table(contract)}/{manifest.files[0].path}")
    )

    assert Lake(tmp_path).arrow("covid19_curated.fact_cases").num_rows == 3


def test_a_lost_file_is_named(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    fill(storage)
    lake = Lake(tmp_path)
    Path(lake.location("covid19_curated.fact_cases").files[0]).unlink()

    with pytest.raises(StorageError, match="month=2020-03/part-0"):
        lake.arrow("covid19_curated.fact_cases")
    with pytest.raises((StorageError, QueryError), match="month=2020-03/part-0"):
        lake.sql("SELECT sum(confirmed) FROM covid19_curated.fact_cases")


def test_values_and_unions_are_queries(lake: Lake) -> None:
    assert lake.sql("VALUES (1, 'a'), (2, NULL)").rows == [(1, "a"), (2, None)]
    assert lake.sql("(SELECT 1 AS n) UNION ALL (SELECT 2 AS n) ORDER BY n DESC").rows == [(2,), (1,)]


def test_times_that_spark_wrote_as_int96_are_utc(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    fill(storage)
    contract = registry.find_table("covid19_trusted.enigma_jhu").contract
    file = f"{paths.table(contract)}/{read_manifest(storage, contract, 'v1').files[0].path}"
    rewritten = io.BytesIO()
    pq.write_table(pq.read_table(tmp_path / file), rewritten, use_deprecated_int96_timestamps=True)
    storage.write(file, rewritten.getvalue())

    assert Lake(tmp_path).arrow("covid19_trusted.enigma_jhu").to_pylist()[0]["last_update"] == REPORT["last_update"]


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ("SELECT * FROM covid19_curated.fact_case", UnknownTable, "did you mean covid19_curated.fact_cases"),
        ("SELECT * FROM fact_cases", UnknownTable, "did you mean covid19_curated.fact_cases"),
        (
            "SELECT * FROM covid19_curated.enigma_jhu",
            UnknownTable,
            "did you mean covid19_trusted.enigma_jhu or covid19_l",
        ),
        ("SELECT * FROM covid19_curated.dim_region", UnknownTable, "covid-lake run covid19"),
        ("SELECT * FROM covid19_landing.state_abv", UnknownTable, "has no files in this lake"),
        ("SELECT * FROM covid19_quarantine.state_abv", UnknownTable, "was not built"),
        ("SELECT * FROM other.covid19_curated.fact_cases", UnknownTable, "AwsDataCatalog"),
        ("SELECT confirmd FROM covid19_curated.fact_cases", QueryError, '"confirmed"'),
        ("SELECT FROM WHERE", QueryError, "line 1, column"),
        ("SELECT CAST('x' AS BIGINT)", QueryError, "Could not convert"),
        ("", QueryError, "there is no query"),
        ("DROP TABLE covid19_curated.fact_cases", QueryError, "only reads"),
        ("CREATE TABLE x AS SELECT 1", QueryError, "only reads"),
        ("WITH gone AS (DELETE FROM covid19_curated.fact_cases) SELECT 1", QueryError, "read"),
        ("EXPLAIN DELETE FROM covid19_curated.fact_cases", QueryError, "only reads"),
        ("SET x = 1", QueryError, "only reads"),
        ("SELECT 1; SELECT 2", QueryError, "one query at a time"),
        ("SELECT * FROM read_csv('/etc/hostname')", QueryError, "nothing else"),
        ("SELECT * FROM '/etc/hostname'", UnknownTable, "no table is called"),
    ],
)
def test_what_cannot_be_answered_says_why(lake: Lake, asked: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lake.sql(asked)


def test_the_engine_reads_no_other_file_of_the_machine(lake: Lake) -> None:
    with pytest.raises(QueryError):
        lake.sql("SELECT content FROM covid19_curated.fact_cases, LATERAL read_text('/etc/hostname')")


def test_a_cut_landing_file_is_not_shown_as_if_it_were_whole(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    whole = gzip.compress(b"fips,confirmed\n" + b"".join(b"%05d,%d\n" % (n, n * 7919 % 1000) for n in range(50_000)))
    storage.write(f"{paths.landing('covid19')}/enigma-jhu/csv/a.csv.gz", whole[: len(whole) // 2])

    with pytest.raises(StorageError, match="no whole gzip file"):
        Lake(tmp_path).sql("SELECT count(*) FROM covid19_landing.enigma_jhu")


def test_s3_reads_only_what_the_filter_leaves(bucket: str) -> None:
    storage = open_storage(bucket)
    assert isinstance(storage, S3Storage)
    fill(storage)
    location = Lake(bucket).location("covid19_curated.fact_cases")
    storage.delete_folder(
        f"{paths.version(registry.find_table('covid19_curated.fact_cases').contract, 'v1')}/month=2020-03"
    )

    assert len(location.files) == 2
    assert Lake(bucket).sql("SELECT sum(confirmed) FROM covid19_curated.fact_cases WHERE month = '2020-04'").rows == [
        (12,)
    ]


def test_answers_are_written_for_programs_and_for_people() -> None:
    answer = answer_of_rows(
        ["day", "at", "n", "reasons", "ok"],
        [
            [date(2020, 3, 31), datetime(2020, 3, 31, 23, 45, tzinfo=UTC), 1.5, ["a,b"], True],
            [None, None, None, None, None],
        ],
    )

    assert list(csv.reader(io.StringIO(format_answer(answer, "csv")))) == [
        ["day", "at", "n", "reasons", "ok"],
        ["2020-03-31", "2020-03-31 23:45:00.000 UTC", "1.5", '["a,b"]', "true"],
        ["", "", "", "", ""],
    ]
    written = json.loads(format_answer(answer, "json"))
    assert written[0] == {
        "day": "2020-03-31",
        "at": "2020-03-31 23:45:00.000 UTC",
        "n": 1.5,
        "reasons": ["a,b"],
        "ok": True,
    }
    assert set(written[1].values()) == {None}
    assert "2020-03-31" in format_answer(answer, "table")
    with pytest.raises(SettingsError, match="table, csv, json"):
        format_answer(answer, "xml")


def test_json_refuses_two_columns_of_one_name(lake: Lake) -> None:
    answer = lake.sql("SELECT 1 AS x, 2 AS x")

    assert answer.rows == [(1, 2)]
    with pytest.raises(QueryError, match="name them apart"):
        format_answer(answer, "json")


def test_an_answer_without_rows_keeps_its_columns() -> None:
    answer = answer_of_rows(["a", "b"], [])

    assert isinstance(answer, Answer)
    assert (len(answer), answer.rows, format_answer(answer, "csv")) == (0, [], "a,b\n")
    assert format_answer(answer, "json") == "[]\n"


def test_datasets_are_found_by_name(lake: Lake) -> None:
    assert "covid19" in [dataset.name for dataset in lake.datasets()]
    with pytest.raises(SettingsError, match="there is:"):
        registry.dataset("covid")
