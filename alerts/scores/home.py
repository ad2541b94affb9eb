"""Go or no-go of an anticancer drug given at home, per drug. Pure.

Source and version: HL7 Belgium patient-monitoring 0.1.0 (draft), with the edges it leaves open chosen by this project
(`tables/home_limits.csv`, status D). A single criterion is enough to call the hospital; a required answer that is
missing is `incomplete`, never `administer`. The general early-warning rules go on beside it.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from msgspec import Struct

from alerts.scores.tables import rows
from alerts.scores.values import Number, exact
from domain.alerts import Said

VERSION = "0.1.0"
MEASURED = ("low_bp", "hr_high_irregular", "weight_gain")  # criteria that a measure answers


class Visit(Struct, frozen=True):
    """What was found at a visit. What is not named is negative or normal.

    `answers`: criterion -> whether it is met. `pressures`: systolic and diastolic of each reading. `rhythm_irregular`,
    `known_chronic`: of the pulse. Weights in kg: now, and the lowest of the last 21 and 42 days.
    `unanswered`: criteria (or `*`) whose answer is missing.
    """

    answers: Mapping[str, bool]
    pressures: tuple[tuple[Number, Number], ...] = ()
    heart_rate: Number | None = None
    rhythm_irregular: bool = False
    known_chronic: bool = False
    weight_now: Number | None = None
    weight_min_21d: Number | None = None
    weight_min_42d: Number | None = None
    temperature: Number | None = None
    unanswered: frozenset[str] = frozenset()


class Decision(Struct, frozen=True):
    """`outcome`: administer, call_hospital or incomplete; None for an unknown drug. `reasons`: criteria, in order."""

    outcome: str | None
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    why: Said
    version: str = VERSION


@cache
def criteria() -> dict[str, frozenset[str]]:
    """Criterion -> the drugs it is asked for, in the order of the questionnaire."""
    return {row["key"]: frozenset(row["drugs"].split()) for row in rows("home_administration")}


@cache
def drugs() -> tuple[str, ...]:
    """The drugs of the table."""
    return tuple(sorted(frozenset().union(*criteria().values())))


@cache
def _limits() -> dict[str, Decimal]:
    return {row["name"]: Decimal(row["value"]) for row in rows("home_limits")}


def home_administration(drug: str, visit: Visit) -> Decision:
    """What the questionnaire of this drug says."""
    name = drug.strip().casefold()
    asked = [key for key, names in criteria().items() if name in names]
    if not asked:
        expected = ", ".join(drugs())
        why = Said(f"médicament : {expected} attendu", f"drug: expected one of {expected}, got {drug!r}")
        return Decision(None, (), ("drug",), why)
    reasons = tuple(key for key in asked if _met(key, visit))
    missing = tuple(key for key in asked if key in visit.unanswered and key not in reasons)
    if "*" in visit.unanswered:
        missing = (*missing, "*")
    if reasons:
        return Decision("call_hospital", reasons, missing, Said("appeler l'hôpital", "call the hospital"))
    if missing:
        text = ", ".join(missing).replace("*", "an answer")
        return Decision("incomplete", (), missing, Said(f"il manque {text}", f"missing {text}"))
    exempt = visit.known_chronic and _fast(visit)
    why = Said("pouls rapide connu : à montrer", "known fast pulse: still shown") if exempt else Said("", "")
    return Decision("administer", (), (), why)


def _met(key: str, visit: Visit) -> bool:
    if visit.answers.get(key) is True:
        return True
    limits = _limits()
    if key == "fever_chills_unwell":
        warm = exact(visit.temperature)
        return warm is not None and warm >= limits["fever_from"]
    if key == "low_bp":
        return _low(visit) >= limits["low_readings"]
    if key == "hr_high_irregular":
        return not visit.known_chronic and _fast(visit)
    return key == "weight_gain" and _gained(visit)


def _low(visit: Visit) -> int:
    """Readings below 100 systolic or 60 diastolic."""
    limits, low = _limits(), 0
    for systolic, diastolic in visit.pressures:
        high, bottom = exact(systolic), exact(diastolic)
        if high is not None and bottom is not None:
            low += high < limits["systolic_below"] or bottom < limits["diastolic_below"]
    return low


def _fast(visit: Visit) -> bool:
    rate = exact(visit.heart_rate)
    return visit.rhythm_irregular or (rate is not None and rate > _limits()["heart_rate_above"])


def _gained(visit: Visit) -> bool:
    now = exact(visit.weight_now)
    pairs = ((visit.weight_min_21d, "gain_21d_from"), (visit.weight_min_42d, "gain_42d_from"))
    return any(
        now is not None and (low := exact(lowest)) is not None and now - low >= _limits()[limit]
        for lowest, limit in pairs
    )
