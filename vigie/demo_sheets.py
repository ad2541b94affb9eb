"""Sheets of the demo's patients: addresses that do not exist, and numbers that are kept for fiction (ARCEP)."""

from collections.abc import Iterable

from domain.instants import Micros
from domain.sheet import Contact, Sheet
from storage import sheets
from storage.connection import Connection
from storage.sheets import Draft

ALLERGIES = (
    ("none", None),
    ("known", "pénicilline : œdème du visage"),
    ("unknown", None),
    ("known", "latex : urticaire"),
)


def sheet_of(number: int) -> Sheet:
    """The sheet of the demo's patient of that number, from 0."""
    status, which = ALLERGIES[number % len(ALLERGIES)]
    return Sheet(
        birth_date=f"{1940 + 7 * number % 45}-0{1 + number % 9}-1{number % 9}",
        phone=f"06 39 98 {number // 100 % 100:02} {number % 100:02}",
        address=f"{1 + number} rue de l'Exemple, Villefictive",
        access=f"Digicode {1000 + 37 * number % 9000}, {1 + number % 5}e étage",
        allergy_status=status,
        allergies=which,
        emergency_unit="Urgences de l'hôpital d'exemple",
        emergency_phone="01 99 00 00 15",
        contacts=(Contact("Aidant", "conjoint", f"06 39 98 {50 + number // 100 % 50:02} {number % 100:02}"),),
    )


def fill_in(conn: Connection, patients: Iterable[str], *, by: str, at: Micros) -> None:
    """Each patient once, in order."""
    for number, patient in enumerate(dict.fromkeys(patients)):
        sheets.write(conn, Draft(patient, sheet_of(number), by, None, at, None))
