"""A made-up STEDI landing zone: customers with and without consent, and readings of phones and step trainers."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

from covid_lake.datasets.samples import SampleGenerator, SampleOption
from covid_lake.errors import SettingsError
from covid_lake_samples.files import SampleFiles
from covid_lake_samples.manifest import SampleManifest, Tally
from covid_lake_samples.stedi.people import PLAIN, START_MS, Person, build_people

__all__ = ["GENERATOR", "generate_sample"]

DEFAULT_SEED = 20220618
LINES_A_FILE = 10_000
MOVEMENTS = tuple(product((-1.0, 0.0, 1.0), repeat=3))
PHONE_READINGS = 3
# Of a later delivery, after everything else.
LATER_MS = START_MS + 400 * 86_400_000

Record = dict[str, Any]


def generate_sample(
    out: Path,
    *,
    seed: int = DEFAULT_SEED,
    scale: float = 1.0,
    withdrawn: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> SampleManifest:
    """Write a landing zone of all three tables below `out` and say what becomes of its records.

    There are `scale` times 240 customers, of whom half agree to research. `withdrawn` of those take their consent back
    in a later delivery, a file of its own; all other files are the same with and without it. The same arguments write
    the same bytes. `progress` hears a label, how much is done and how much there is. An earlier sample in `out` is
    replaced. The counts of the curated tables are in the manifest's settings.

    Raises `SettingsError` for a value out of range, and where `out` holds anything but an earlier sample.
    """
    if not 0 < scale < float("inf"):
        raise SettingsError(f"scale is {scale}; it is a number above 0")
    if withdrawn < 0:
        raise SettingsError(f"withdrawn is {withdrawn}; it is 0 or more")
    rng = random.Random(seed)  # noqa: S311 - the figures are to be repeatable, not secret
    people = build_people(scale, withdrawn, rng)
    customers, later = _customers(people)
    phones = _phone_readings(people, rng)
    devices = _device_readings(people, rng)
    written = {
        **_in_files("customer", customers.records),
        **({f"customer/landing/customer-{LATER_MS}.json": later} if later else {}),
        **_in_files("accelerometer", phones.records),
        **_in_files("step_trainer", devices.records),
    }
    tallies = {one.tally.table: one.tally for one in (customers, phones, devices)}
    files = SampleFiles(out)
    files.start(list(written))
    for done, (path, records) in enumerate(written.items(), start=1):
        lines = [json.dumps(record, ensure_ascii=False) for record in records]
        files.write(path, lines, tallies[path.split("/")[0]], header_lines=0)
        if progress:
            progress("files", done, len(written))
    manifest = SampleManifest(
        dataset="stedi",
        seed=seed,
        scale=scale,
        settings={
            "customers": len(people),
            "withdrawn": withdrawn,
            "expected": _curated_counts(people, phones, devices),
        },
        files=files.written,
        tables={name: tally.result() for name, tally in tallies.items()},
        truncated_files={},
    )
    files.write_manifest(manifest.to_json())
    return manifest


GENERATOR = SampleGenerator(
    generate=generate_sample,
    seed=DEFAULT_SEED,
    help="Customers with and without consent to research, and the readings of their phones and step trainers.",
    options=(SampleOption("withdrawn", 0, "Customers who take their consent back in a later delivery."),),
)


class _Table:
    """The records of a landing table, and what becomes of them."""

    def __init__(self, name: str) -> None:
        self.tally = Tally(name)
        self.records: list[Record] = []
        self.trusted: list[Record] = []

    def trust(self, record: Record) -> None:
        """A record that gets into the trusted table."""
        self.records.append(record)
        self.trusted.append(record)

    def withhold(self, record: Record, rule: str) -> None:
        """A record that may not leave the landing zone."""
        self.records.append(record)
        self.tally.withhold(rule)

    def reject(self, record: Record, *rules: str) -> None:
        """A broken record."""
        self.records.append(record)
        self.tally.reject(*rules)

    def supersede(self, record: Record, oddity: str) -> None:
        """A record that another of its grain replaces."""
        self.records.append(record)
        self.tally.supersede(oddity)

    def plant(self, oddity: str) -> None:
        self.tally.planted[oddity] += 1


NO_CONSENT, WITHDRAWN = "no_research_consent", "research_consent_withdrawn"


def _customers(people: list[Person]) -> tuple[_Table, list[Record]]:
    """The customers' records, of which those of the later delivery are named once more."""
    table = _Table("customer")
    for person in people:
        if person.role:
            table.plant(f"customers_{person.role}")
        for record in person.oldest:
            has_consent = bool(record.get("shareWithResearchAsOfDate"))
            if not (has_consent and person.agrees):
                table.withhold(record, WITHDRAWN if has_consent else NO_CONSENT)
                continue
            _plant_warnings(table, person)
            if person.role == "undated_older_record":
                table.reject(record, "updated_at_unreadable", "last_update_date_missing")
            else:
                table.supersede(record, "older_records")
        newest = person.record()
        if person.role == "undated_consent":
            del newest["lastUpdateDate"]
        if person.agrees:
            table.trust(newest)
            _plant_warnings(table, person)
        else:
            table.withhold(newest, WITHDRAWN if newest.get("shareWithResearchAsOfDate") else NO_CONSENT)
    first = len(table.records)
    for person in people:
        if person.role == "withdrawn":
            table.withhold(person.record(lastUpdateDate=LATER_MS, shareWithResearchAsOfDate=None), NO_CONSENT)
    later, table.records = table.records[first:], table.records[:first]
    return table, later


def _plant_warnings(table: _Table, person: Person) -> None:
    """Count what a record that may leave the landing zone is warned of."""
    for oddity, is_there in (
        ("birth_day_before_1900", person.birth_day < "1900"),
        ("birth_day_unreadable", person.role == "birth_day_unreadable"),
        ("serial_number_shared", person.role == "serial_number_shared"),
    ):
        if is_there:
            table.plant(oddity)


def _phone_readings(people: list[Person], rng: random.Random) -> _Table:
    table = _Table("accelerometer")
    rule = "not_of_trusted_customer"
    for person in (one for one in people if one.has_phone):
        for time in person.times:
            for x, y, z in rng.sample(MOVEMENTS, PHONE_READINGS):
                reading = {"user": person.user, "timestamp": time, "x": x, "y": y, "z": z}
                if person.agrees:
                    table.trust(reading)
                    if time < (person.consent or 0):
                        table.plant("trusted_readings_before_consent")
                else:
                    table.withhold(reading, rule)
    for person in _plain(people, agrees=True):
        (reading,) = islice((one for one in table.trusted if one["user"] == person.user), 1)
        table.supersede(dict(reading), "duplicate_rows")
        table.reject({**reading, "x": "left"}, "x_unreadable", "x_missing")
        table.reject({**reading, "timestamp": "now"}, "read_at_unreadable", "timestamp_missing")
        table.withhold({**reading, "user": person.user.upper()}, rule)
        table.plant("user_in_other_case")
    for person in _plain(people, agrees=False):
        reading = {"user": person.user, "timestamp": person.times[0], "x": "left", "y": 0.0, "z": 0.0}
        table.withhold(reading, rule)
        table.withhold(dict(reading), rule)
        table.plant("broken_readings_without_consent")
    table.withhold({"user": "nobody@example.org", "timestamp": START_MS, "x": 0.0, "y": 0.0, "z": 0.0}, rule)
    table.withhold({"timestamp": START_MS, "x": 0.0, "y": 0.0, "z": 0.0}, rule)
    return table


def _device_readings(people: list[Person], rng: random.Random) -> _Table:
    table = _Table("step_trainer")
    rule = "not_of_curated_customer"
    allowed = {person.serial_number for person in people if person.agrees and person.has_phone}
    for person in people:
        for time in person.times:
            reading = {
                "sensorReadingTime": time,
                "serialNumber": person.device,
                "distanceFromObject": rng.randrange(201, 300),
            }
            if person.device in allowed:
                table.trust(reading)
            else:
                table.withhold(reading, rule)
    for person in _plain(people, agrees=True):
        (reading,) = islice((one for one in table.trusted if one["serialNumber"] == person.device), 1)
        table.supersede(dict(reading), "duplicate_readings")
        table.reject(
            {**reading, "sensorReadingTime": person.times[-1] + 1, "distanceFromObject": -5}, "distance_negative"
        )
        table.reject(
            {**reading, "sensorReadingTime": person.times[-1] + 2, "distanceFromObject": "far"},
            "distance_from_object_unreadable",
            "distance_from_object_missing",
        )
    for person in _plain(people, agrees=False):
        table.withhold(
            {"sensorReadingTime": person.times[-1] + 1, "serialNumber": person.device, "distanceFromObject": -5}, rule
        )
        table.plant("broken_readings_without_consent")
    return table


def _plain(people: list[Person], *, agrees: bool) -> list[Person]:
    """The first customers without any oddity."""
    return [person for person in people if not person.role and person.agrees is agrees][:PLAIN]


def _in_files(table: str, records: list[Record]) -> dict[str, list[Record]]:
    """The records by path, in files of some thousand lines that are named for a time, as the source names them."""
    parts = [records[i : i + LINES_A_FILE] for i in range(0, len(records), LINES_A_FILE)]
    return {f"{table}/landing/{table}-{LATER_MS - 86_400_000 + i}.json": part for i, part in enumerate(parts)}


def _curated_counts(people: list[Person], phones: _Table, devices: _Table) -> dict[str, int]:
    """The rows of the curated tables, found by going through all readings of each time."""
    agreeing = [person for person in people if person.agrees]
    curated = [person for person in agreeing if person.has_phone]
    by_email = {person.user: person for person in agreeing}
    recorded = Counter(person.serial_number for person in people)
    owners = {person.serial_number: person for person in curated if recorded[person.serial_number] == 1}
    by_time: dict[int, list[Record]] = defaultdict(list)
    for reading in phones.trusted:
        by_time[reading["timestamp"]].append(reading)
    landed = Counter(reading["timestamp"] for reading in phones.records)
    counts: Counter[str] = Counter(customer=len(curated))
    users_by_time: dict[int, set[str]] = defaultdict(set)
    for reading, other in _pairs(devices.trusted, by_time):
        time = reading["sensorReadingTime"]
        owner, phone = owners.get(reading["serialNumber"]), by_email[other["user"]]
        users_by_time[time].add(phone.user)
        is_after = owner is not None and time >= (owner.consent or 0) and time >= (phone.consent or 0)
        counts["machine_learning"] += 1
        counts["is_device_owner_known"] += owner is not None
        counts["is_same_customer"] += owner is phone
        counts["is_after_consent"] += is_after
        counts["machine_learning_strict"] += owner is phone and is_after
    counts["times_of_several_customers"] = sum(len(users) > 1 for users in users_by_time.values())
    counts["rows_of_the_usual_mistake"] = sum(landed[reading["sensorReadingTime"]] for reading in devices.trusted)
    return dict(counts)


def _pairs(devices: list[Record], phones: dict[int, list[Record]]) -> Iterator[tuple[Record, Record]]:
    for reading in devices:
        for other in phones.get(reading["sensorReadingTime"], ()):
            yield reading, other
