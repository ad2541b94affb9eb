"""The shipped table of oral drugs: names, and what may be said to a patient. Pure; the file is clinical table 06.

A fact keeps its status (V read in its source, V2 in a secondary one, M from memory). Only V is ever said to a patient,
word for word as translated here; for anything else the sentence is "ask your team". The table has no brand names, so a
brand is no name of a drug here.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from msgspec import Struct

from domain.alerts import Said

ASK = Said("Demandez à votre équipe.", "Ask your team.")
VERIFIED = ("V",)

# The sentences of the table that are verified, as told to a patient. The key is the table's own text: when the table
# changes, the translation no longer fits and the patient is told to ask.
_TOLD: Mapping[str, Said] = {
    "no additional dose; next at usual time": Said(
        "Ne prenez pas de dose supplémentaire ; prenez la suivante à l'heure habituelle.",
        "Take no additional dose; take the next one at the usual time.",
    ),
    "within 8 h: take; more than 8 h: skip": Said(
        "Moins de 8 h de retard : prenez-la. Plus de 8 h : ne la prenez pas.",
        "Less than 8 h late: take it. More than 8 h: leave it out.",
    ),
    "less than 12 h: take; more than 12 h: skip": Said(
        "Moins de 12 h de retard : prenez-la. Plus de 12 h : ne la prenez pas.",
        "Less than 12 h late: take it. More than 12 h: leave it out.",
    ),
    "same day as soon as possible; never two on one day": Said(
        "Prenez-la le jour même dès que possible ; jamais deux le même jour.",
        "Take it on the same day as soon as possible; never two on one day.",
    ),
    "no additional dose that day": Said(
        "Ne prenez pas d'autre dose ce jour-là.", "Take no additional dose that day."
    ),
    "no other dose that day": Said("Ne prenez pas d'autre dose ce jour-là.", "Take no other dose that day."),
}  # fmt: skip

# What the table names as a risk and a patient can be asked: item and attribute of the questionnaire (status D: that
# these questions stand for that risk is a choice of this project).
_ASKABLE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "diarrhoea": (("diarrhoea", "frequency"),),
    "bleeding": (("nosebleeds", "severity"), ("bruising", "presence")),
}


class Fact(Struct, frozen=True):
    """One thing the table says of a drug; `text` empty: it says nothing."""

    text: str
    status: str

    @property
    def verified(self) -> bool:
        """Whether it was read in the source it names."""
        return self.status in VERIFIED and self.text not in ("", "-")


class Drug(Struct, frozen=True):
    """One row. `schedule` has no status in the table: it is shown to professionals, never told to a patient."""

    name: str
    schedule: str
    missed: Fact
    vomited: Fact
    half_life: Fact
    risk: Fact
    source: str

    @property
    def weekly(self) -> bool:
        """Whether the table calls it a weekly drug, of which a daily intake is the dangerous error."""
        return "weekly" in self.schedule


def key(name: str) -> str:
    """A drug's name for comparison: without accents, case, strengths and forms. `Capécitabine 500 mg` = `capecitabine`.

    A name without any Latin letter stands for itself.
    """
    return _key(name[:200])


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.findall(r"[a-z]+", plain) if word not in _FORMS]
    return "-".join(words) or name.strip().casefold()


_FORMS = frozenset(
    (
        "mg", "g", "ug", "mcg", "ml", "oral", "orale", "per", "os", "po", "cp", "cpr", "comprime", "comprimes",
        "tablet", "tablets", "capsule", "capsules", "gelule", "gelules",
    )
)  # fmt: skip


@lru_cache(maxsize=1)
def table() -> Mapping[str, Drug]:
    """The shipped rows by key."""
    text = (files("alerts") / "protocols" / "oral-drugs.csv").read_text("utf-8")
    rows = [_drug(row) for row in csv.DictReader(text.splitlines())]
    return {key(row.name): row for row in rows}


def _drug(row: dict[str, str]) -> Drug:
    return Drug(
        row["drug"],
        row["schedule"],
        Fact(row["missed_dose"], row["missed_status"]),
        Fact(row["vomited_dose"], row["vomited_status"]),
        Fact(row["half_life_h"], row["half_life_status"]),
        Fact(row["overdose_or_error_risk"], row["risk_status"]),
        row["source"],
    )


def known(name: str) -> Drug | None:
    """The row of a drug by any spelling of its name; None when the table has none."""
    return table().get(key(name))


def told(fact: Fact | None) -> Said:
    """What a patient is told of a fact: its verified text, or to ask the team."""
    return _TOLD.get(fact.text, ASK) if fact is not None and fact.verified else ASK


def missed(name: str) -> Said:
    """What a patient who missed a dose is told."""
    drug = known(name)
    return told(None if drug is None else drug.missed)


def vomited(name: str) -> Said:
    """What a patient who vomited a dose is told."""
    drug = known(name)
    return told(None if drug is None else drug.vomited)


class Watched(Struct, frozen=True, order=True):
    """A symptom to look for under a drug, and the status of the fact behind it."""

    item: str
    attribute: str
    status: str


def watched(name: str) -> tuple[Watched, ...]:
    """The symptoms that the table's risk of a drug names and that can be asked."""
    drug = known(name)
    if drug is None:
        return ()
    risk = drug.risk.text
    found = [pair for word, pairs in _ASKABLE.items() if word in risk for pair in pairs]
    return tuple(Watched(item, attribute, drug.risk.status) for item, attribute in found)
