"""The STEDI sample: the same arguments write the same bytes, and SQL on its files finds the manifest's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from covid_lake.errors import SettingsError
from covid_lake_samples.manifest import MANIFEST_NAME, SampleManifest
from covid_lake_samples.stedi import generate_sample

WITHDRAWN = 3
# What each table's columns are in the files: broken values make texts of them.
VIEWS = """
CREATE VIEW record AS
SELECT *, lower(email) AS customer, try_cast("lastUpdateDate" AS BIGINT) AS updated,
    coalesce("shareWithResearchAsOfDate", 0) > 0 AS has_consent
FROM read_json('{root}/customer/landing/*.json', format = 'newline_delimited', columns = {{
    email: 'VARCHAR', "birthDay": 'VARCHAR', "serialNumber": 'VARCHAR', "lastUpdateDate": 'VARCHAR',
    "shareWithResearchAsOfDate": 'BIGINT'
}});
CREATE VIEW newest AS
SELECT * FROM record WHERE email IS NOT NULL AND updated IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY customer ORDER BY updated DESC, has_consent) = 1;
CREATE VIEW agreed AS SELECT * FROM newest WHERE has_consent;
CREATE VIEW phone AS
SELECT *, try_cast("timestamp" AS BIGINT) AS taken, try_cast(x AS DOUBLE) AS x_read
FROM read_json('{root}/accelerometer/landing/*.json', format = 'newline_delimited', columns = {{
    "user": 'VARCHAR', "timestamp": 'VARCHAR', x: 'VARCHAR', y: 'DOUBLE', z: 'DOUBLE'
}});
CREATE VIEW trusted_phone AS
SELECT DISTINCT "user", taken, x_read, y, z FROM phone
WHERE "user" IN (SELECT email FROM agreed) AND taken IS NOT NULL AND x_read IS NOT NULL;
CREATE VIEW curated AS SELECT * FROM agreed WHERE email IN (SELECT "user" FROM trusted_phone);
CREATE VIEW device AS
SELECT *, try_cast("distanceFromObject" AS INT) AS distance
FROM read_json('{root}/step_trainer/landing/*.json', format = 'newline_delimited', columns = {{
    "sensorReadingTime": 'BIGINT', "serialNumber": 'VARCHAR', "distanceFromObject": 'VARCHAR'
}});
CREATE VIEW trusted_device AS
SELECT DISTINCT "serialNumber", "sensorReadingTime" AS taken FROM device
WHERE "serialNumber" IN (SELECT "serialNumber" FROM curated) AND distance >= 0;
CREATE VIEW owner AS
SELECT * FROM curated WHERE "serialNumber" IN (
    SELECT "serialNumber" FROM record GROUP BY ALL HAVING count(DISTINCT coalesce(customer, '')) = 1
);
CREATE VIEW pair AS
SELECT
    taken,
    coalesce(device_owner.email = phone_owner.email, FALSE) AS is_same_customer,
    coalesce(
        taken >= device_owner."shareWithResearchAsOfDate" AND taken >= phone_owner."shareWithResearchAsOfDate", FALSE
    ) AS is_after_consent
FROM trusted_device
JOIN trusted_phone USING (taken)
LEFT JOIN owner AS device_owner USING ("serialNumber")
JOIN agreed AS phone_owner ON phone_owner.email = trusted_phone."user";
"""


class Files:
    """A sample's files, as SQL sees them."""

    def __init__(self, root: Path, manifest: SampleManifest) -> None:
        self.root, self.manifest = root, manifest
        self._database = duckdb.connect()
        self._database.execute(VIEWS.format(root=root))

    def one(self, sql: str) -> Any:
        (row,) = self._database.execute(sql).fetchall()
        return row[0]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = tmp_path_factory.mktemp("stedi") / "sample"
    return Files(root, generate_sample(root, withdrawn=WITHDRAWN))


def bytes_of(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != MANIFEST_NAME
    }


def test_the_same_arguments_write_the_same_bytes(files: Files, tmp_path: Path) -> None:
    generate_sample(tmp_path / "again", withdrawn=WITHDRAWN)
    assert bytes_of(tmp_path / "again") == bytes_of(files.root)
    generate_sample(tmp_path / "again", withdrawn=WITHDRAWN, seed=1)
    assert bytes_of(tmp_path / "again") != bytes_of(files.root)


def test_a_withdrawal_is_a_later_delivery_and_nothing_else(files: Files, tmp_path: Path) -> None:
    before = generate_sample(tmp_path / "before")
    later = set(bytes_of(files.root)) - set(bytes_of(tmp_path / "before"))
    assert bytes_of(tmp_path / "before") == {p: b for p, b in bytes_of(files.root).items() if p not in later}
    assert [files.manifest.files[path].records for path in later] == [WITHDRAWN]
    assert before.tables["customer"].trusted == files.manifest.tables["customer"].trusted + WITHDRAWN


def test_the_manifest_is_read_as_it_was_returned(files: Files) -> None:
    assert SampleManifest.read(files.root) == files.manifest


@pytest.mark.parametrize(
    ("table", "view"), [("customer", "agreed"), ("accelerometer", "trusted_phone"), ("step_trainer", "trusted_device")]
)
def test_trusted_rows_are_as_many_as_the_manifest_says(files: Files, table: str, view: str) -> None:
    counts = files.manifest.tables[table]
    assert files.one(f"SELECT count(*) FROM {view}") == counts.trusted
    assert min(counts.trusted, counts.superseded, counts.rejected, counts.withheld) > 0
    assert counts.records == counts.trusted + counts.superseded + counts.rejected + counts.withheld


@pytest.mark.parametrize(
    ("expected", "sql"),
    [
        ("customer", "SELECT count(*) FROM curated"),
        ("machine_learning", "SELECT count(*) FROM pair"),
        ("is_same_customer", "SELECT count(*) FROM pair WHERE is_same_customer"),
        ("is_after_consent", "SELECT count(*) FROM pair WHERE is_after_consent"),
        ("machine_learning_strict", "SELECT count(*) FROM pair WHERE is_same_customer AND is_after_consent"),
        ("rows_of_the_usual_mistake", "SELECT count(*) FROM trusted_device JOIN phone USING (taken)"),
    ],
)
def test_curated_rows_are_as_many_as_the_manifest_says(files: Files, expected: str, sql: str) -> None:
    assert files.one(sql) == files.manifest.settings["expected"][expected]


def test_every_fault_of_the_source_is_planted(files: Files) -> None:
    counts = files.manifest.settings["expected"]
    assert counts["machine_learning"] > counts["is_device_owner_known"] > counts["is_same_customer"]
    assert counts["is_same_customer"] > counts["machine_learning_strict"] > 0
    assert counts["rows_of_the_usual_mistake"] > counts["machine_learning"]
    shared = 'SELECT max(n) FROM (SELECT count(DISTINCT email) AS n FROM record GROUP BY "serialNumber")'
    assert files.one(shared) == 3
    old = "SELECT count(*) FROM agreed WHERE \"birthDay\" < '1900'"
    assert 0 < files.one(old) <= files.manifest.tables["customer"].planted["birth_day_before_1900"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0.0}, "a number above 0"),
        ({"withdrawn": -1}, "0 or more"),
        ({"withdrawn": 100_000}, "can withdraw their consent"),
    ],
)
def test_a_value_out_of_range_is_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        generate_sample(tmp_path / "sample", **options)
    assert not (tmp_path / "sample").exists()


def test_the_smallest_sample_has_everything(tmp_path: Path) -> None:
    manifest = generate_sample(tmp_path, scale=0.01, withdrawn=1)
    assert all(min(table.trusted, table.withheld, table.rejected) > 0 for table in manifest.tables.values())
