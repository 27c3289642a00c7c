"""A name means the same wherever it is asked about: to landing, a run, a query and a trace."""

from __future__ import annotations

import gzip

import pytest
from click.testing import CliRunner

from covid_lake.cli.main import main
from covid_lake.contracts import Csv, JsonLines, Zone
from covid_lake.datasets.covid19.contracts import ENIGMA_JHU
from covid_lake.engines.protocol import Engine
from covid_lake.landing.names import format_of, is_gzip
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files, run_lake

CSV = (
    b"FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_,Confirmed,Deaths,Recovered\n"
    b",,North,Germany,2020-03-02 12:00:00,54,9,10,1,2\n"
)
JSON = b'{"date": 20200301, "state": "NY", "positive": 10, "death": 1}\n'
FILES = {
    "Enigma-JHU/CSV/Enigma-JHU.CSV.GZ": gzip.compress(CSV),
    "rearc-covid-19-testing-data/JSON/states_daily/Part-0.JSON.Gz": gzip.compress(JSON),
    "rearc-covid-19-testing-data/Json/us_daily/part-0": JSON,
}
ROWS = {
    "enigma_jhu": ("region_id=state:Germany/North", "report_date=2020-03-02"),
    "testing_states_daily": ("report_date=2020-03-01",),
    "testing_us_daily": ("report_date=2020-03-01",),
}


@pytest.fixture(scope="module")
def lake(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("capitals")
    for path, content in FILES.items():
        LocalStorage(folder / "in").write(path, content)
    storage = LocalStorage(folder / "lake")
    assert set(land_files(storage, folder / "in").copied) == FILES.keys()
    report = run_lake(lambda: engine, storage, Request(tuple(ROWS), zones=frozenset({Zone.TRUSTED})))
    if engine.session.version.startswith("3."):
        packed = [fault for fault in report.faults if "does not unpack a gzip whose ending has capitals" in fault]
        assert len(packed) == len(report.faults) == 2
        pytest.skip("Spark 3.5 does not unpack such files, and the run says so")
    assert report.succeeded, report.faults
    return storage.root


@pytest.mark.parametrize(("table", "file"), list(zip(ROWS, FILES, strict=True)))
def test_a_trace_finds_the_record(table: str, file: str, lake: str) -> None:
    command = ["trace", "--lake", lake, f"covid19_trusted.{table}", *ROWS[table]]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert f"{file}:{1 if 'json' in file.lower() else 2}\n" in result.output


@pytest.mark.parametrize(("table", "file"), list(zip(ROWS, FILES, strict=True)))
def test_a_query_sees_the_file(table: str, file: str, lake: str) -> None:
    found = Lake(lake).sql(f"SELECT source_file FROM covid19_landing.{table}").arrow.to_pylist()
    assert found == [{"source_file": file}]


def test_case_makes_no_difference() -> None:
    assert all(map(is_gzip, ("x/a.gz", "x/a.CSV.GZ", "x/a.Gz")))
    assert all(
        format_of(ENIGMA_JHU, f"{folder}/a.GZ") == JsonLines() for folder in ("enigma-jhu/json", "ENIGMA-jhu/JSON")
    )
    assert format_of(ENIGMA_JHU, "Enigma-JHU/CSV/json.csv.gz") == Csv()
