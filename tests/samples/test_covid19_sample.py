"""The sample: the same arguments write the same bytes, and its manifest's figures can be counted out again."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from covid_lake.contracts import Table, Zone, column_for_header
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import SettingsError
from covid_lake_samples.covid19 import generate_sample
from covid_lake_samples.manifest import MANIFEST_NAME, SampleManifest, SampleTable

DAYS = 45
TRUSTED = COVID19.zone(Zone.TRUSTED)

RULES = {
    "confirmed_negative": lambda row: row.get("confirmed", "").startswith("-"),
    "cases_negative": lambda row: row.get("cases", "").startswith("-"),
    "deaths_negative": lambda row: row.get("deaths", "").startswith("-"),
    "licensed_beds_negative": lambda row: row.get("licensed_beds", "").startswith("-"),
    "confirmed_unreadable": lambda row: is_unreadable(row.get("confirmed")),
    "cases_unreadable": lambda row: is_unreadable(row.get("cases")),
    "staffed_beds_unreadable": lambda row: is_unreadable(row.get("staffed_beds")),
    "latitude_out_of_range": lambda row: abs(float(row.get("latitude") or 0)) > 90,
    "longitude_out_of_range": lambda row: abs(float(row.get("longitude") or 0)) > 180,
    "fips_not_a_code": lambda row: bool(re.search(r"[^0-9]", row.get("fips") or "")),
    "report_date_in_future": lambda row: row.get("report_date", "") > "2021-12-31",
    "report_date_too_early": lambda row: row.get("report_date", "9999") < "2019-12-01",
}


def is_unreadable(text: str | None) -> bool:
    return bool(text) and text not in {"NA"} and not re.fullmatch(r"-?\d+", text)


@dataclass(frozen=True)
class Sample:
    """A generated sample and the manifest that came back."""

    root: Path
    manifest: SampleManifest

    def csv_paths(self, table: str) -> list[Path]:
        return [
            self.root / path
            for path, entry in self.manifest.files.items()
            if entry.table == table and not entry.is_twin and path not in self.manifest.truncated_files
        ]

    def rows(self, table: str) -> Iterable[tuple[Path, list[str], list[str]]]:
        """File, header and fields of each record."""
        for path in self.csv_paths(table):
            header, *rows = csv.reader(io.StringIO(text_of(path), newline=""))
            for row in rows:
                yield path, header, row

    def records(self, table: str) -> list[dict[str, str]]:
        """The records by the contract's column names; a daily report's date is its file's."""
        contract = COVID19.table(Zone.TRUSTED, table)
        records = []
        for path, header, row in self.rows(table):
            columns = [column_for_header(contract.columns, name) for name in header]
            record = {c.name: value for c, value in zip(columns, row, strict=False) if c}
            if table == "jhu_daily_reports":
                record["report_date"] = f"{path.stem[6:]}-{path.stem[:5]}"
            records.append(record)
        return records

    def planted(self, table: str) -> dict[str, int]:
        return dict(self.manifest.tables[table].planted)


def text_of(path: Path) -> str:
    body = path.read_bytes()
    return (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8-sig")


def is_rejected(record: dict[str, str]) -> bool:
    return any(rule(record) for rule in RULES.values())


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("sample")
    return Sample(root, generate_sample(root, days=DAYS))


@pytest.fixture(scope="module")
def jhu(sample: Sample) -> list[dict[str, str]]:
    return sample.records("jhu_daily_reports")


@pytest.fixture(scope="module")
def enigma(sample: Sample) -> list[dict[str, str]]:
    return sample.records("enigma_jhu")


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    generate_sample(tmp_path / "a", days=20, scale=0.5, seed=7, truncated=True)
    generate_sample(tmp_path / "b", days=20, scale=0.5, seed=7, truncated=True)
    generate_sample(tmp_path / "c", days=20, scale=0.5, seed=8, truncated=True)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert tree(tmp_path / "a") != tree(tmp_path / "c")


def test_manifest_is_read_back_and_names_every_file(sample: Sample) -> None:
    assert SampleManifest.read(sample.root) == sample.manifest
    assert set(tree(sample.root)) == {*sample.manifest.files, MANIFEST_NAME}
    for path, entry in sample.manifest.files.items():
        assert (sample.root / path).stat().st_size == entry.bytes


@pytest.mark.parametrize("table", TRUSTED, ids=lambda table: table.name)
def test_headers_have_every_required_column(sample: Sample, table: Table) -> None:
    for path in sample.csv_paths(table.name):
        header = next(csv.reader(io.StringIO(text_of(path), newline="")))
        found = [column_for_header(table.columns, name) for name in header]
        assert None not in found, (path, header)
        assert {c.name for c in table.columns if c.required} <= {c.name for c in found if c}


@pytest.mark.parametrize("table", TRUSTED, ids=lambda table: table.name)
def test_files_lie_where_the_contract_looks(sample: Sample, table: Table) -> None:
    assert table.landing is not None
    found = {path for folder in table.landing.csv for path in sample.root.glob(f"{folder}/*")}
    assert found == set(sample.csv_paths(table.name))
    assert len(found) == sample.manifest.tables[table.name].files
    twins = {sample.root / path for path, e in sample.manifest.files.items() if e.table == table.name and e.is_twin}
    assert twins == {path for folder in table.landing.json for path in sample.root.glob(f"{folder}/*")}


@pytest.mark.parametrize("table", TRUSTED, ids=lambda table: table.name)
def test_records_are_counted(sample: Sample, table: Table) -> None:
    counts: SampleTable = sample.manifest.tables[table.name]
    assert sum(1 for _ in sample.rows(table.name)) == counts.records
    assert counts.trusted + counts.superseded + counts.rejected == counts.records


@pytest.mark.parametrize("table", TRUSTED, ids=lambda table: table.name)
def test_broken_records_are_counted_by_rule(sample: Sample, table: Table) -> None:
    counts = sample.manifest.tables[table.name]
    broken: Counter[str] = Counter()
    rejected = 0
    for record in sample.records(table.name):
        reasons = [name for name, rule in RULES.items() if rule(record)]
        broken.update(reasons)
        rejected += bool(reasons)
    assert broken == counts.rejected_by_rule
    assert rejected == counts.rejected
    assert all(is_a_rule(table, name) for name in counts.rejected_by_rule)


def is_a_rule(table: Table, name: str) -> bool:
    names = {rule.name for rule in table.rules} | {f"{column.name}_unreadable" for column in table.columns}
    return name in names


CANONICAL = {
    "Mainland China": "China",
    "South Korea": "Korea, South",
    "Republic of Korea": "Korea, South",
    "UK": "United Kingdom",
    "Taiwan": "Taiwan*",
    "Iran (Islamic Republic of)": "Iran",
    "Russian Federation": "Russia",
    "Viet Nam": "Vietnam",
    "Czech Republic": "Czechia",
    "Ivory Coast": "Cote d'Ivoire",
    "Bahamas, The": "Bahamas",
    "Others": "Diamond Princess",
    "Cruise Ship": "Diamond Princess",
}


def place_of(record: dict[str, str]) -> tuple[str, ...]:
    """The country by one name, the state, the county and, for a county, its code; blanks around them don't matter."""
    country = record["country_region"].strip()
    names = [CANONICAL.get(country, country), record["province_state"].strip(), record.get("county", "").strip()]
    return (*names, record.get("fips", "") if names[2] else "")


def enigma_date(record: dict[str, str]) -> str:
    return (dt.datetime.fromisoformat(record["last_update"]) - dt.timedelta(hours=8)).date().isoformat()


def test_superseded_daily_report_records_are_counted(sample: Sample, jhu: list[dict[str, str]]) -> None:
    grains = Counter((place_of(record), record["report_date"]) for record in jhu if not is_rejected(record))
    assert grains.total() - len(grains) == sample.manifest.tables["jhu_daily_reports"].superseded
    assert len(grains) == sample.manifest.tables["jhu_daily_reports"].trusted


def test_superseded_enigma_records_are_counted(sample: Sample, enigma: list[dict[str, str]]) -> None:
    counts = sample.manifest.tables["enigma_jhu"]
    grains: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for record in enigma:
        grains[place_of(record), enigma_date(record)].append(record["last_update"])
    assert len(grains) == counts.trusted
    repeated = [updates for updates in grains.values() if len(updates) > 1]
    assert sum(len(updates) - 1 for updates in repeated) == counts.superseded
    assert counts.superseded == counts.planted["stale_entries"] + counts.planted["exact_duplicates"]
    assert all(len(set(updates)) == 1 for updates in repeated)


@pytest.mark.parametrize(
    ("table", "grain"),
    [
        ("nytimes_us_county", ("report_date", "county", "province_state", "fips")),
        ("nytimes_us_states", ("report_date", "province_state")),
        ("testing_states_daily", ("report_date", "state")),
        ("testing_us_daily", ("report_date",)),
        ("hospital_beds", ("hospital_id",)),
        ("country_code", ("iso2",)),
        ("county_population", ("fips",)),
        ("state_abv", ("abbreviation",)),
    ],
)
def test_superseded_records_are_counted(sample: Sample, table: str, grain: tuple[str, ...]) -> None:
    kept = [record for record in sample.records(table) if not is_rejected(record)]
    assert len({tuple(record[name] for name in grain) for record in kept}) == sample.manifest.tables[table].trusted


def test_looks_of_the_daily_reports_are_counted(sample: Sample) -> None:
    counted: Counter[str] = Counter()
    spellings = {
        r"\d+/\d+/\d{4} \d+:\d\d": "m_d_yyyy",
        r"\d+/\d+/\d\d \d+:\d\d": "m_d_yy",
        r"\d{4}-\d\d-\d\dT[\d:]{8}": "iso_t",
        r"\d{4}-\d\d-\d\d [\d:]{8}": "iso_blank",
    }
    for path in sample.csv_paths("jhu_daily_reports"):
        body = path.read_bytes()
        header, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
        renamed = "_renamed" if "Incident_Rate" in header else ""
        counted[f"files_of_generation_{len(header)}{renamed}"] += 1
        counted["files_with_bom"] += body.startswith(b"\xef\xbb\xbf")
        counted["files_with_crlf"] += b"\r\n" in body
        counted["files_without_final_newline"] += not body.endswith(b"\n")
        counted["ragged_rows"] += sum(len(row) < len(header) for row in rows)
        assert {len(row) for row in rows} <= {len(header), 12}
        update = 4 if len(header) >= 12 else 2
        shapes = {name for row in rows for shape, name in spellings.items() if re.fullmatch(shape, row[update])}
        (spelling,) = shapes
        counted[f"files_with_time_{spelling}"] += 1
        if spelling == "iso_blank":
            counted["files_written_next_day"] += rows[0][update][:10] > f"{path.stem[6:]}-{path.stem[:5]}"
    planted = sample.planted("jhu_daily_reports")
    assert counted == {name: planted[name] for name in counted}
    assert {name for name in planted if name.startswith("files_")} <= counted.keys()


@pytest.mark.parametrize("table", ["jhu_daily_reports", "enigma_jhu"])
def test_odd_places_are_counted(sample: Sample, table: str) -> None:
    records = sample.records(table)
    planted = sample.planted(table)
    counted: Counter[str] = Counter()
    for record in records:
        province, county, fips = record["province_state"], record.get("county", ""), record.get("fips", "")
        is_us = record["country_region"] == "US"
        counted["from_diamond_princess_rows"] += "From Diamond Princess" in province
        counted["early_county_rows"] += is_us and bool(re.fullmatch(r".*, [A-Z]{2}", province))
        counted["unassigned_rows"] += county == "Unassigned"
        counted["out_of_state_rows"] += county.startswith("Out of ")
        counted["recovered_rows"] += province == "Recovered"
        counted["negative_active"] += record.get("active", "").startswith("-")
        counted["short_fips"] += len(fips) == 4
        counted["counties_without_fips"] += bool(county) and not fips
        counted["unknown_country"] += "Atlantis" in record["country_region"]
        spelling = f"country_spelling/{record['country_region']}"
        counted[spelling] += spelling in planted
    assert +counted == {name: planted[name] for name in +counted}
    assert {name for name in planted if name.startswith("country_spelling/")} <= counted.keys()
    for name in ("Mainland China", "Korea, South", "UK", " Azerbaijan", "Others", "Cruise Ship", "Taiwan*"):
        assert counted[f"country_spelling/{name}"] > 0


@pytest.mark.parametrize(
    ("table", "count", "oddity"),
    [
        ("jhu_daily_reports", "confirmed", "confirmed_decreases"),
        ("enigma_jhu", "confirmed", "confirmed_decreases"),
        ("nytimes_us_county", "cases", "cases_decreases"),
        ("nytimes_us_states", "cases", "cases_decreases"),
        ("testing_states_daily", "positive", "positive_decreases"),
        ("testing_us_daily", "positive", "positive_decreases"),
    ],
)
def test_shrinking_counts_are_counted(sample: Sample, table: str, count: str, oddity: str) -> None:
    series: defaultdict[object, dict[str, int]] = defaultdict(dict)
    for record in sample.records(table):
        if is_rejected(record):
            continue
        if "country_region" in record:
            place, date = place_of(record), record.get("report_date") or enigma_date(record)
        else:
            place = tuple(record.get(name, "") for name in ("county", "province_state", "state"))
            date = record["report_date"]
        series[place][date] = int(record[count])
    decreases = 0
    for by_date in series.values():
        counts = [by_date[date] for date in sorted(by_date)]
        decreases += sum(after < before for before, after in pairwise(counts))
    assert decreases == sample.planted(table).get(oddity, 0)
    assert decreases < 10


def test_other_oddities_are_counted(sample: Sample) -> None:
    county = sample.records("nytimes_us_county")
    for name in ("New York City", "Kansas City", "Unknown"):
        found = sum(record["county"] == name and not record["fips"] for record in county)
        assert found == sample.planted("nytimes_us_county")[f"without_fips/{name}"] > 0
    fields = [field for _, _, row in sample.rows("testing_states_daily") for field in row]
    assert fields.count("NA") == sample.planted("testing_states_daily")["na_fields"] > 0
    daily = sample.records("testing_us_daily")
    assert (
        sum("T24:" in record["date_checked"] for record in daily) == sample.planted("testing_us_daily")["hour_24_rows"]
    )
    hospitals = sample.records("hospital_beds")
    assert sum(len(r["zip_code"]) < 5 for r in hospitals) == sample.planted("hospital_beds")["short_zip_codes"] > 0
    assert sum(not r["fips"] for r in hospitals) == sample.planted("hospital_beds")["hospitals_without_county"] > 0
    quoted = sum(any("," in field for field in row) for _, _, row in sample.rows("hospital_beds"))
    assert quoted == sample.planted("hospital_beds")["rows_with_quoted_comma"] > 0
    people = sample.records("county_population")
    assert sum(len(r["fips"]) == 4 for r in people) == sample.planted("county_population")["short_fips"] > 0
    namibia = [record["country"] for record in sample.records("country_code") if record["iso2"] == "NA"]
    assert namibia == ["Namibia"]
    (us_total,) = sample.csv_paths("testing_us_total_latest")
    assert not us_total.read_bytes().endswith(b"\n")
    (countries,) = sample.csv_paths("country_code")
    assert countries.read_bytes().startswith(b"\xef\xbb\xbf")


def test_json_forms_hold_the_same_tables(sample: Sample) -> None:
    for path, entry in sample.manifest.files.items():
        if not entry.is_twin:
            continue
        table = COVID19.table(Zone.TRUSTED, entry.table)
        lines = [json.loads(line) for line in (sample.root / path).read_text(encoding="utf-8").splitlines()]
        records = sample.records(entry.table)
        assert len(lines) == len(records) == entry.records
        for line, record in zip(lines, records, strict=True):
            for name, value in line.items():
                column = column_for_header(table.columns, name)
                assert column is not None
                text = "" if value is None else str(value)
                expected = record[column.name]
                assert text == expected or float(text) == float(expected or 0), (path, name)


def test_every_county_of_the_feeds_has_a_population(sample: Sample, jhu: list[dict[str, str]]) -> None:
    known = {record["fips"].zfill(5) for record in sample.records("county_population")}
    no_county = re.compile(r"(88|99|80|90)\d{3}")
    reported = {
        r["fips"].zfill(5)
        for r in jhu
        if r.get("county") and r["fips"] and not is_rejected(r) and not no_county.fullmatch(r["fips"])
    }
    assert reported <= known
    assert {r["fips"] for r in sample.records("nytimes_us_county") if r["fips"]} <= known
    assert {r["fips"] for r in sample.records("hospital_beds") if r["fips"]} <= known


def test_every_state_is_there(sample: Sample, jhu: list[dict[str, str]]) -> None:
    states = {record["province_state"] for record in sample.records("state_abv")}
    assert len(states) == 51
    with_counties = {r["province_state"] for r in jhu if r["country_region"] == "US" and r.get("county")}
    assert states <= with_counties
    assert {"Guam", "Puerto Rico"} <= {r["province_state"] for r in jhu}
    assert len({r["state"] for r in sample.records("testing_states_daily")}) == 56


def test_curves_look_like_an_epidemic(sample: Sample, jhu: list[dict[str, str]]) -> None:
    def by_date(records: Iterable[dict[str, str]], count: str) -> list[int]:
        totals: Counter[str] = Counter()
        for record in records:
            totals[record["report_date"]] += int(record[count])
        return [totals[date] for date in sorted(totals)]

    states = [record for record in sample.records("nytimes_us_states") if not is_rejected(record)]
    cases, deaths = by_date(states, "cases"), by_date(states, "deaths")
    new = [after - before for before, after in pairwise(cases)]
    assert cases == sorted(cases)
    assert new.index(max(new)) in range(DAYS // 3, DAYS - 3)
    assert max(new) > 1.5 * max(new[-3:]) > 0
    half_of_cases = next(day for day, count in enumerate(cases) if count > cases[-1] / 2)
    half_of_deaths = next(day for day, count in enumerate(deaths) if count > deaths[-1] / 2)
    assert 0 < half_of_deaths - half_of_cases < DAYS // 4

    # The feeds tell of the same epidemic, up to what the newspaper finds besides and the reports miss.
    us = [r for r in jhu if r["country_region"] == "US" and r.get("county") and not is_rejected(r)]
    assert by_date(us, "confirmed")[-1] == pytest.approx(cases[-1], rel=0.05)


def test_scale_multiplies_the_counties(tmp_path: Path) -> None:
    manifest = generate_sample(tmp_path, days=14, scale=3)
    sample = Sample(tmp_path, manifest)
    people = sample.records("county_population")
    assert len({record["fips"] for record in people}) == len(people) > 600
    assert len({(record["province_state"], record["county"]) for record in people}) == len(people)


def test_truncated_files_end_within_a_record(tmp_path: Path) -> None:
    manifest = generate_sample(tmp_path, days=16, truncated=True)
    assert SampleManifest.read(tmp_path) == manifest
    report, archive = sorted(manifest.truncated_files, reverse=True)
    header, *rows = csv.reader(io.StringIO((tmp_path / report).read_text(), newline=""))
    assert len(rows) - 1 == manifest.truncated_files[report].complete_records < manifest.truncated_files[report].records
    assert len(rows[-1]) < 12 < len(header)
    with pytest.raises(EOFError):
        gzip.decompress((tmp_path / archive).read_bytes())
    assert not {report, archive} & manifest.files.keys()


def test_an_earlier_sample_gives_way(tmp_path: Path) -> None:
    generate_sample(tmp_path, days=30, truncated=True)
    (tmp_path / "notes.txt").write_text("mine")
    manifest = generate_sample(tmp_path, days=20)
    assert set(tree(tmp_path)) == {*manifest.files, MANIFEST_NAME, "notes.txt"}


def test_a_sample_that_was_cut_off_is_known_and_replaced(tmp_path: Path) -> None:
    def stop(label: str, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_sample(tmp_path, days=30, progress=stop)
    with pytest.raises(SettingsError, match="not written to its end"):
        SampleManifest.read(tmp_path)
    manifest = generate_sample(tmp_path, days=14)
    assert set(tree(tmp_path)) == {*manifest.files, MANIFEST_NAME}


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(SettingsError, match="no earlier sample"):
        generate_sample(tmp_path, days=14)
    with pytest.raises(SettingsError, match="is not a folder"):
        generate_sample(tmp_path / "thesis.txt", days=14)
    with pytest.raises(SettingsError, match="holds no sample"):
        SampleManifest.read(tmp_path)
    assert tree(tmp_path) == {"thesis.txt": b"ten years of work"}


def test_a_manifest_cannot_name_files_outside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious").write_text("kept")
    (out / MANIFEST_NAME).write_text(json.dumps({"files": {"../precious": None}}))
    with pytest.raises(SettingsError, match="outside"):
        generate_sample(out, days=14)
    assert (tmp_path / "precious").exists()


@pytest.mark.parametrize("settings", [{"days": 3}, {"days": 5000}, {"scale": 0.0}, {"scale": 1e6}])
def test_settings_out_of_range_are_refused(tmp_path: Path, settings: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        generate_sample(tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_progress_is_told(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    generate_sample(tmp_path, days=14, progress=lambda *step: heard.append(step))
    assert ("daily reports", 14, 14) in heard
    assert {label for label, done, total in heard if done == total} == {label for label, _, _ in heard}
