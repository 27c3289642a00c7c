"""Landing: what is copied, what is left alone, and what is refused without harm to what was there."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import boto3
import pytest

from covid_lake import paths
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import SettingsError
from covid_lake.landing.arrivals import LandingResult, land
from covid_lake.landing.inventory import Refusal, Strays, read_inventory, refresh_inventory
from covid_lake.store.storage import LocalStorage, Storage, open_storage

STATES = "static-datasets/csv/state-abv/states_abv.csv"
COUNTRIES = "static-datasets/csv/countrycode/CountryCodeQS.csv"
COUNTIES = "enigma-nytimes-data-in-usa/csv/us_county/us_county.csv"
GOOD_STATES = b"State,Abbreviation\nTexas,TX\n"
GOOD_COUNTRIES = b"Country,Alpha-2 code\nChad,TD\n"
README = "static-datasets/csv/state-abv/README.md"
LEFT = Strays(leavings=(Refusal(README, "another tool left it"),))


@pytest.fixture
def source(tmp_path: Path) -> LocalStorage:
    """A place with two files of the dataset and one of nobody's."""
    storage = LocalStorage(tmp_path / "source")
    storage.write(STATES, GOOD_STATES)
    storage.write(COUNTRIES, GOOD_COUNTRIES)
    storage.write(README, b"# states")
    return storage


def bring(source: Storage, lake: Storage, run_id: str = "r1", *, dry_run: bool = False) -> LandingResult:
    return land(COVID19, [source], lake, run_id, dry_run=dry_run)


def landed(lake: Storage) -> dict[str, bytes]:
    folder = paths.landing("covid19")
    return {file.path.removeprefix(f"{folder}/"): lake.read(file.path) for file in lake.list_files(folder)}


def test_new_files_are_copied_and_looked_at(source: LocalStorage, storage: Storage) -> None:
    calls = []
    result = land(COVID19, [source], storage, "r1", progress=lambda *call: calls.append(call))
    assert result == LandingResult((COUNTRIES, STATES), 0, (), len(GOOD_STATES) + len(GOOD_COUNTRIES), LEFT)
    assert landed(storage) == {STATES: GOOD_STATES, COUNTRIES: GOOD_COUNTRIES}
    assert calls == [("land", 1, 2), ("land", 2, 2)]
    known = read_inventory(storage, "covid19")
    assert known[STATES].inspection.header == ("State", "Abbreviation")
    assert refresh_inventory(storage, COVID19) == known


def test_a_second_landing_copies_nothing(source: LocalStorage, storage: Storage) -> None:
    bring(source, storage)
    before = storage.list_files(paths.landing("covid19"))
    assert bring(source, storage, "r2") == LandingResult((), 2, (), 0, LEFT)
    assert storage.list_files(paths.landing("covid19")) == before


def test_a_file_written_anew_with_the_same_content_is_unchanged(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    bring(source, lake)
    before = lake.list_files(paths.landing("covid19"))
    source.write(STATES, GOOD_STATES)
    assert bring(source, lake, "r2") == LandingResult((), 2, (), 0, LEFT)
    assert lake.list_files(paths.landing("covid19")) == before


def test_a_changed_file_replaces_the_landed_one(source: LocalStorage, storage: Storage) -> None:
    bring(source, storage)
    changed = GOOD_STATES + b"Utah,UT\n"
    source.write(STATES, changed)
    assert bring(source, storage, "r2") == LandingResult((STATES,), 1, (), len(changed), LEFT)
    assert landed(storage)[STATES] == changed
    assert read_inventory(storage, "covid19")[STATES].inspection.records == 2


def test_a_file_that_was_lost_from_the_landing_zone_is_copied_again(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    bring(source, lake)
    (lake.directory / paths.landing("covid19") / STATES).unlink()
    assert bring(source, lake, "r2").copied == (STATES,)
    assert landed(lake)[STATES] == GOOD_STATES


def test_a_damaged_file_never_replaces_a_good_one(source: LocalStorage, storage: Storage) -> None:
    bring(source, storage)
    damaged = b"State,Abbreviation\nTexas,TX\nUt"
    source.write(STATES, damaged)
    result = bring(source, storage, "r2")
    reason = "the last line (3) has 1 of 2 fields and no line end: the file was cut short; fetch it again"
    assert [(refusal.path, refusal.reason) for refusal in result.refused] == [(STATES, reason)]
    assert (result.copied, result.unchanged) == ((), 1)
    assert landed(storage)[STATES] == GOOD_STATES
    kept = f"quarantine/covid19/_files/r2/{STATES}"
    assert storage.read(kept) == damaged
    assert json.loads(storage.read(f"{kept}.reason.json")) == {"path": STATES, "reason": reason}


def test_a_refused_file_is_refused_again_until_it_is_mended(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    source.write(STATES, b"<html>Service unavailable</html>")
    assert [refusal.path for refusal in bring(source, lake).refused] == [STATES]
    assert [refusal.path for refusal in bring(source, lake, "r2").refused] == [STATES]
    assert STATES not in landed(lake)
    source.write(STATES, GOOD_STATES)
    assert bring(source, lake, "r3").copied == (STATES,)


def test_a_file_without_a_required_column_is_refused(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    source.write(COUNTIES, b"date,county,state,fips,cases\n2020-03-01,King,Washington,53033,5\n")
    result = bring(source, lake)
    reasons = {refusal.path: refusal.reason for refusal in result.refused}
    assert reasons == {COUNTIES: "the header has no column deaths (date, county, state, fips, cases)"}
    assert set(result.copied) == {COUNTRIES, STATES}


def test_a_cut_gzip_is_refused(source: LocalStorage, tmp_path: Path) -> None:
    path = "enigma-jhu/csv/Enigma-JHU.csv.gz"
    source.write(path, gzip.compress(b"fips,confirmed\n" * 1000)[:-20])
    refused = bring(source, LocalStorage(tmp_path / "lake")).refused
    assert [refusal.path for refusal in refused] == [path]
    assert "breaks off before its end" in refused[0].reason


def test_the_same_path_in_two_sources_is_refused_before_anything_is_copied(
    source: LocalStorage, tmp_path: Path
) -> None:
    other, lake = LocalStorage(tmp_path / "other"), LocalStorage(tmp_path / "lake")
    other.write(STATES, GOOD_STATES)
    with pytest.raises(SettingsError, match=r"both .*source and .*other have a file .*states_abv\.csv; name only one"):
        land(COVID19, [source, other], lake, "r1")
    assert landed(lake) == {}


def test_two_sources_with_different_files_are_landed_together(source: LocalStorage, tmp_path: Path) -> None:
    other, lake = LocalStorage(tmp_path / "other"), LocalStorage(tmp_path / "lake")
    report = "jhu-daily-reports/01-22-2020.csv"
    other.write(report, b"Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered\n,Japan,,2,,\n")
    assert set(land(COVID19, [source, other], lake, "r1").copied) == {STATES, COUNTRIES, report}


def test_a_source_without_any_file_of_the_dataset_is_an_error(tmp_path: Path) -> None:
    empty, lake = LocalStorage(tmp_path / "empty"), LocalStorage(tmp_path / "lake")
    empty.write("jhu-daily-reports/notes.txt", b"nothing to land")
    with pytest.raises(SettingsError, match="no file of covid19 there; expected are folders such as"):
        bring(empty, lake)


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    source.write(COUNTRIES, b"")
    result = bring(source, lake, dry_run=True)
    assert result.copied == (STATES,)
    assert [(refusal.path, refusal.reason) for refusal in result.refused] == [(COUNTRIES, "the file is empty")]
    assert lake.list_files("") == []


@pytest.mark.parametrize(
    "name", ["two words.csv", "100%.csv", "#1.csv", "date=2020-01-22.csv", "a+b.csv", "50%25.csv", "[ü].csv"]
)
def test_odd_file_names_are_landed_as_they_are(name: str, storage: Storage, tmp_path: Path) -> None:
    source = LocalStorage(tmp_path / "source")
    path = f"jhu-daily-reports/{name}"
    content = b"Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered\n,Japan,,2,,\n"
    source.write(path, content)
    assert bring(source, storage).copied == (path,)
    assert landed(storage) == {path: content}
    assert bring(source, storage, "r2").unchanged == 1


def test_files_come_from_a_bucket_too(emulator: str, tmp_path: Path) -> None:
    boto3.client("s3").create_bucket(Bucket="public-arrivals")
    source, lake = open_storage("s3://public-arrivals/copy"), LocalStorage(tmp_path / "lake")
    source.write(STATES, GOOD_STATES)
    source.write("jhu-daily-reports/01 22=2020.csv", b"")
    result = bring(source, lake)
    assert (result.copied, [refusal.path for refusal in result.refused]) == (
        (STATES,),
        ["jhu-daily-reports/01 22=2020.csv"],
    )
    source.write(STATES, GOOD_STATES + b"Utah,UT\n")
    assert bring(source, lake, "r2").copied == (STATES,)
    assert landed(lake) == {STATES: GOOD_STATES + b"Utah,UT\n"}


class _ChangingStorage(LocalStorage):
    """A place whose file of states changes, or goes away, before its n-th reading."""

    def __init__(self, root: Path, before: int, content: bytes | None) -> None:
        super().__init__(root)
        self._before, self._content, self._readings = before, content, 0

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        if path.endswith(STATES):
            self._readings += 1
            if self._readings == self._before:
                (self.directory / path).unlink()
                if self._content is not None:
                    self.write(path, self._content)
        with super().open(path) as stream:
            yield stream


LONGER, OTHER = GOOD_STATES + b"Utah,UT\n", GOOD_STATES.replace(b"Texas,TX", b"Idaho,ID")


@pytest.mark.parametrize(
    ("before", "content", "reason"),
    [
        (1, LONGER, "the file changed while it was read: 28 bytes were listed, and 36 read"),
        (2, LONGER, "the file changed or went away while it was copied; land it again"),
        (2, OTHER, "the file changed or went away while it was copied; land it again"),
        (1, None, "cannot read .*states_abv.csv: No such file or directory"),
        (2, None, "the file changed or went away while it was copied; land it again"),
    ],
)
def test_a_file_that_changes_while_it_is_landed_is_refused_and_the_others_are_landed(
    before: int, content: bytes | None, reason: str, source: LocalStorage, tmp_path: Path
) -> None:
    lake = LocalStorage(tmp_path / "lake")
    older = b"State,Abbreviation\nOhio,OH\n"
    lake.write(f"{paths.landing('covid19')}/{STATES}", older)
    result = bring(_ChangingStorage(source.directory, before, content), lake)
    assert result.copied == (COUNTRIES,)
    assert [refusal.path for refusal in result.refused] == [STATES]
    assert re.fullmatch(reason, result.refused[0].reason)
    assert landed(lake) == {COUNTRIES: GOOD_COUNTRIES, STATES: older}
    assert not [file for file in lake.list_files("landing") if file.path.endswith(".tmp")]
    if content is not None:
        assert bring(source, lake, "r2").copied == (STATES,)
        assert landed(lake)[STATES] == content


def test_a_file_that_changes_while_it_goes_to_a_bucket_does_not_replace_the_one_there(
    emulator: str, source: LocalStorage
) -> None:
    boto3.client("s3").create_bucket(Bucket="changing-arrivals")
    lake = open_storage("s3://changing-arrivals/lake")
    bring(source, lake)
    source.write(STATES, LONGER)
    assert bring(_ChangingStorage(source.directory, 2, OTHER), lake, "r2").copied == ()
    assert landed(lake)[STATES] == GOOD_STATES


def test_a_file_that_cannot_be_opened_is_refused_each_time_until_it_can(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    states = source.directory / STATES
    states.unlink()
    states.symlink_to(states)
    for run_id in ("r1", "r2"):
        refused = bring(source, lake, run_id).refused
        assert [refusal.path for refusal in refused] == [STATES]
        assert refused[0].reason.endswith("Too many levels of symbolic links")
    states.unlink()
    states.symlink_to(tmp_path / "not there yet")
    assert bring(source, lake).refused[0].reason.endswith("No such file or directory")
    (tmp_path / "not there yet").write_bytes(GOOD_STATES)
    assert bring(source, lake).copied == (STATES,)


def test_what_cannot_be_opened_in_the_landing_zone_is_looked_at_each_time(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    pipe = tmp_path / paths.landing("covid19") / STATES
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    assert (refresh_inventory(lake, COVID19)[STATES].inspection.fault or "").endswith("no regular file")
    assert read_inventory(lake, "covid19") == {}


def test_the_marker_of_a_finished_folder_is_no_file(source: LocalStorage, tmp_path: Path) -> None:
    source.write("static-datasets/json/state-abv/_SUCCESS", b"")
    assert bring(source, LocalStorage(tmp_path / "lake")).refused == ()


def test_a_name_that_is_no_utf8_is_refused_by_a_name_that_can_be_printed(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    source.write(f"{STATES.removesuffix('.csv')}\udce9.csv", GOOD_STATES)
    refusal = bring(source, lake).refused[0]
    assert refusal.path == f"{STATES.removesuffix('.csv')}\\udce9.csv"
    assert lake.read(f"quarantine/covid19/_files/r1/{refusal.path}") == GOOD_STATES


def test_what_an_older_inspection_found_is_not_relied_on(source: LocalStorage, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path / "lake")
    bring(source, lake)
    stored = json.loads(lake.read(paths.inventory("covid19")))
    stored["files"][STATES]["inspection"]["records"] = 99
    lake.write(paths.inventory("covid19"), json.dumps(stored | {"format": stored["format"] - 1}).encode())
    assert refresh_inventory(lake, COVID19)[STATES].inspection.records == 1
