"""The exports of data/pill_caps as doses that were due, one series a person. Read for evaluation only.

AdhereTech says of each dose what became of it. The others say when the cap was opened: their doses are days, taken when
the cap was opened on that day, from the first such day to the last. All are of North America.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.instants import Micros, moment
from ingest.pill_caps.export import Export
from ingest.pill_caps.reading import read
from models.adherence.lapse import HISTORY, Dose, Outcome

ZONE = ZoneInfo("America/New_York")
BY_DAY = ("test_ecap2.xls", "test_ecap3.csv", "test_mems2.csv")
BY_DOSE = ("test_adheretech_2.csv",)
NOON = 12  # a day has no hour of its own
_BECAME: dict[str, Outcome] = {"ONTIME": "taken", "LATE": "taken", "EARLY": "taken", "MISSED": "missed"}


@dataclass(frozen=True)
class Person:
    """One series of doses."""

    name: str
    doses: tuple[Dose, ...]


def people(folder: Path) -> list[Person]:
    """Every series of a folder with more than the history that the model needs; none without the folder."""
    found = [Person(name, _by_dose(folder / name)) for name in BY_DOSE if (folder / name).exists()]
    found += [Person(name, _by_day(openings(folder / name))) for name in BY_DAY if (folder / name).exists()]
    return [one for one in found if len(one.doses) > HISTORY]


def openings(path: Path) -> list[Micros]:
    """The moments of a file's openings, in order."""
    found = read(path.read_bytes(), ZONE)
    if not isinstance(found, Export):
        raise ValueError(f"{path}: {found}")
    return [opening.at for opening in found.openings]


def _by_dose(path: Path) -> tuple[Dose, ...]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        rows = [(_due(row), _BECAME.get(row["Status"], "unknown")) for row in csv.DictReader(source)]
    return tuple(Dose(due.hour, due.weekday(), outcome) for due, outcome in sorted(rows))


def _due(row: dict[str, str]) -> datetime:
    text = f"{row['Dose_Date_Patient_Timezone']} {row['Deadline_Patient_Timezone']}"
    return datetime.strptime(text, "%m/%d/%Y %H:%M").replace(tzinfo=ZONE)


def _by_day(moments: list[Micros]) -> tuple[Dose, ...]:
    """From the first day with an opening to the last: what a cap did after its last opening nobody knows."""
    days = {moment(at).astimezone(ZONE).date() for at in moments}
    first, last = min(days), max(days)
    return tuple(_day(first + timedelta(days=n), days) for n in range((last - first).days + 1))


def _day(day: date, taken: set[date]) -> Dose:
    return Dose(NOON, day.weekday(), "taken" if day in taken else "missed")
