"""Made-up customers: who they are, what they agreed to, and which odd things their records have."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from covid_lake.errors import SettingsError

START_MS = 1_640_995_200_000  # 2022-01-01
SESSION_MS = 3_933
READINGS = 20
CUSTOMERS = 240
FEWEST = 72
# So many customers of each kind have no oddity, whatever the options.
PLAIN = 10

FIRST_NAMES = (
    *("Aino", "Bram", "Cato", "Dunja", "Emre", "Fenna", "Goran", "Hedda", "Ivo", "Jorun", "Kaya", "Ljuba", "Maren"),
    *("Noor", "Odd", "Pavla", "Quirin", "Runa", "Sanne", "Tove", "Ulla", "Vidar", "Wanda", "Yara", "Zdenka", "Zoë"),
)
LAST_NAMES = (
    *("Abendrot", "Birkholt", "Cornelisz", "Dragov", "Eikenes", "Falkenhus", "Grauwolf", "Hjortland", "Ingebrigt"),
    *("Jansma", "Kvist", "Lindqvarn", "Moorkamp", "Nachtegaal", "Oksefjord", "Pieterse", "Quist", "Rabenau"),
    *("Sølvberg", "Tannhauer", "Uhlenbrook", "Vliegenthart", "Wolkenstein", "Ystgaard", "Zandvliet"),
)


@dataclass(slots=True)
class Person:
    """A customer. `consent` is the date of consent of the newest record; `agrees` is what all records say together."""

    name: str
    email: str | None
    phone: str
    birth_day: str
    device: str
    """The serial number of the customer's device, as the device itself sends it."""
    serial_number: str
    """The serial number that the website has of the customer."""
    times: list[int]
    """When both sensors took a reading."""
    consent: int | None = None
    agrees: bool = False
    has_phone: bool = True
    """Whether the phone sends readings."""
    role: str = ""
    """The odd thing about the customer; nothing for most."""
    oldest: list[dict[str, Any]] = field(default_factory=list)
    """Records before the newest one."""

    @property
    def registered(self) -> int:
        return self.times[0] - 60_000

    @property
    def user(self) -> str:
        """The name under which the phone sends."""
        return self.email or self.name

    def record(self, **other: Any) -> dict[str, Any]:
        """The newest record as the website delivers it, with some fields replaced; a field that is None is left out."""
        values = {
            "customerName": self.name,
            "email": self.email,
            "phone": self.phone,
            "birthDay": self.birth_day,
            "serialNumber": self.serial_number,
            "registrationDate": self.registered,
            "lastUpdateDate": max(self.registered, self.consent or 0),
            "shareWithResearchAsOfDate": self.consent,
            "shareWithPublicAsOfDate": self.consent,
            **other,
        }
        return {name: value for name, value in values.items() if value is not None}


def build_people(scale: float, withdrawn: int, rng: random.Random) -> list[Person]:
    """All customers, half of whom agree to research; odd ones in numbers that grow with `scale`.

    Raises `SettingsError` where too many are to withdraw their consent. The others are the same, however many do.
    """
    count = max(FEWEST, round(CUSTOMERS * scale))
    people = [_person(i, rng) for i in range(count)]
    agreeing, others = people[::2], people[1::2]
    for person in agreeing:
        person.agrees = True
        person.consent = person.registered
    few = max(2, count // 120)
    left_agreeing, left_others = iter(agreeing), iter(others)
    for role, number in (
        ("renewed", few),
        ("agreed_later", few),
        ("agreed_within_readings", 2 * few),
        ("agreed_after_readings", few),
        ("without_phone", few),
        ("birth_day_unreadable", few),
        ("undated_older_record", few // 2),
    ):
        _give_role(left_agreeing, role, number)
    for role, number in (
        ("consent_of_zero", few),
        ("withdrew_earlier", few),
        ("withdrew_in_other_case", few),
        ("undated_consent", few),
        ("without_email", 1),
    ):
        _give_role(left_others, role, number)
    for i in range(few):
        _share_serial_number([next(left_agreeing), next(left_agreeing), next(left_others)], rightful=0 if i % 2 else 2)
    plain = list(left_agreeing)
    for person in people:
        _apply_role(person)
    _let_meet([*plain, *left_others], rng)
    # The last ones: the first have broken readings, in whoever's company.
    most = len(plain) - PLAIN
    if withdrawn > most:
        raise SettingsError(
            f"withdrawn is {withdrawn}; at this scale up to {most} customers can withdraw their consent"
        )
    for person in plain[len(plain) - withdrawn :]:
        person.role, person.agrees = "withdrawn", False
    return people


def _person(i: int, rng: random.Random) -> Person:
    first = FIRST_NAMES[i % len(FIRST_NAMES)]
    last = LAST_NAMES[(i // len(FIRST_NAMES)) % len(LAST_NAMES)]
    again = i // (len(FIRST_NAMES) * len(LAST_NAMES))
    name = f"{first} {last}{f' {again + 1}' if again else ''}"
    # Most of the real birth days are centuries too early.
    earliest = date(950, 1, 1) if rng.random() < 0.8 else date(1930, 1, 1)
    birth_day = earliest + timedelta(days=rng.randrange(20_000))
    serial = str(UUID(int=rng.getrandbits(128), version=4))
    # A millisecond of each customer's own: who meets, meets on purpose.
    start = START_MS + rng.randrange(20_000) * 1_000_000 + i * 7
    return Person(
        name=name,
        email=f"{name.replace(' ', '.')}@example.org",
        phone=f"+1-555-01{i % 100:02}-{i:05}",
        birth_day=f"{birth_day.year:04}-{birth_day:%m-%d}",
        device=serial,
        serial_number=serial,
        times=[start + n * SESSION_MS for n in range(READINGS)],
    )


def _give_role(people: Iterator[Person], role: str, number: int) -> None:
    for _ in range(number):
        next(people).role = role


def _share_serial_number(people: list[Person], rightful: int) -> None:
    """The older edition's fault: the website gives several customers the serial number of one of them."""
    for person in people:
        person.role = "serial_number_shared"
        person.serial_number = people[rightful].device


def _apply_role(person: Person) -> None:
    before = person.registered - 86_400_000
    match person.role:
        case "renewed":
            person.oldest.append(person.record(lastUpdateDate=before, phone="+1-555-0100"))
        case "agreed_later":
            person.oldest.append(
                person.record(lastUpdateDate=before, shareWithResearchAsOfDate=None, shareWithPublicAsOfDate=None)
            )
        case "agreed_within_readings":
            # The very moment of a reading: from then on the customer agrees.
            person.consent = person.times[READINGS // 2]
        case "agreed_after_readings":
            person.consent = person.times[-1] + 1_000
        case "without_phone":
            person.has_phone = False
        case "birth_day_unreadable":
            person.birth_day = "in spring"
        case "undated_older_record":
            person.oldest.append(person.record(lastUpdateDate="some time ago"))
        case "consent_of_zero":
            person.consent = 0
        case "withdrew_earlier":
            person.oldest.append(person.record(lastUpdateDate=before, shareWithResearchAsOfDate=before))
        case "withdrew_in_other_case":
            person.oldest.append(
                person.record(lastUpdateDate=before, shareWithResearchAsOfDate=before, email=person.user.upper())
            )
        case "undated_consent" | "without_email":
            person.consent = person.registered
    if person.role == "without_email":
        person.email, person.has_phone = None, False


def _let_meet(people: list[Person], rng: random.Random) -> None:
    """Pair people off whose first readings are of the same times: both agree, one agrees, or none does."""
    rng.shuffle(people)
    for one, other in zip(people[0::2], people[1::2], strict=False):
        other.times[:3] = one.times[:3]
