"""Figures of adherence: supply measures against a published example, one export against its counts, the lapse risk.

Needs data/pill_caps, and vectors/third_party beside the data. The lapse risk is asked dose by dose and sees only what
came before; the prior is that of the other people.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.adherence import lapse_prior
from models.adherence.cma import course, measure
from models.adherence.dosing import Opening, Prescription, dosing
from models.adherence.lapse import Dose, Due, lapse_risk
from models.adherence.supply import CarryOver, Supply, Window
from models.evaluation import lapse_people, pill_caps
from models.evaluation.figure import (
    NO_GOAL,
    Ask,
    Figure,
    Found,
    Measured,
    Picture,
    Sources,
    Told,
    absent,
    at_least,
    between,
    figure,
)
from models.evaluation.intervals import RESAMPLES, share

MODEL, VERSION, CARD = "adherence", "1", "adherence.md"
BLOCK = 14  # moments that are drawn together: neighbouring doses are alike
EXACT = Ask(MODEL, VERSION, "CMA1-9 equal to the published example (7 decimals)", at_least(1))
DAYS_TAKEN = Ask(MODEL, VERSION, "one eCAP export: days with a dose", between(58, 58), "58 (with the data)")
DAYS_CORRECT = Ask(MODEL, VERSION, "one eCAP export: correct days", between(35, 35), "35 (with the data)")
ONE_PERSON = Ask(MODEL, VERSION, "lapse AUC within one person, twice daily", NO_GOAL, "0.58 (another series)")
ONSET = Ask(MODEL, VERSION, "the same, only after a dose that was taken", NO_GOAL, "0.5")
EACH = Ask(MODEL, VERSION, "lapse AUC within one person, mean of all series", NO_GOAL, "0.58 (one series)")
ACROSS = Ask(MODEL, VERSION, "lapse AUC over the doses of all people", NO_GOAL, "0.83 to 0.87 (published)")
SKILL = Ask(MODEL, VERSION, "lapse Brier score / that of each person's rate so far", NO_GOAL, "1")
PRIOR = Ask(MODEL, VERSION, "largest difference of the shipped prior from a refit", between(0, 1e-9))
COVERED = Ask(MODEL, VERSION, "lapse: share of 95 % intervals with the true chance", between(0.92, 0.98), "0.95")
SIMULATED = 400
LAPSE = (ONE_PERSON, ONSET, EACH, ACROSS, SKILL, PRIOR)
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """One person's moments at which the risk was said and both next doses are known. Arrays of one length."""

    name: str
    risk: Numbers
    lapsed: Numbers
    onset: Numbers
    rate: Numbers


def figures(sources: Sources, told: Told) -> Found:
    """Every figure; those whose data are not here say so."""
    yield _published(sources.data.parent / "vectors" / "third_party")
    yield from _counts(sources.data / "pill_caps")
    inside = lapse_people.covered(lapse_prior.shipped(), SIMULATED, sources.seed)
    note = "people simulated from the model itself: says that the interval is computed rightly, not that people are so"
    yield figure(COVERED, share(inside, SIMULATED), of=f"{SIMULATED} simulated people", note=note)
    people = pill_caps.people(sources.data / "pill_caps")
    if people:
        yield from _lapse(people, sources.seed, told)
    else:
        yield from (absent(ask, "data/pill_caps") for ask in LAPSE)


def _published(folder: Path) -> Figure:
    events, expected = folder / "adherer_vignette_events.csv", folder / "adherer_vignette_cma.csv"
    if not expected.exists():
        return absent(EXACT, "vectors/third_party")
    supplies: dict[str, list[Supply]] = {}
    for row in _rows(events):
        day, days = date.fromisoformat(row["date"]).toordinal(), Fraction(row["duration_days"])
        supplies.setdefault(row["patient_id"], []).append(Supply(day, row["drug"], Fraction(row["per_day"]), days))
    equal = [_equal(row, supplies[row["patient_id"]]) for row in _rows(expected)]
    return figure(EXACT, share(sum(equal), len(equal)), of=f"{len(equal)} values of 2 patients")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _equal(row: dict[str, str], supplies: list[Supply]) -> bool:
    first, start = min(one.day for one in supplies), int(row["ow_start_day"])
    observed = Window(first + start, first + start + int(row["ow_duration_days"]))
    carry = CarryOver(
        "any" if row["carry_over"] == "any drug" else "same",
        "adjusted" if row["dose_change_considered"] == "yes" else "ignored",
    )
    found = course(supplies, Window(first, first + int(row["fuw_duration_days"])), observed, carry=carry)
    value = None if isinstance(found, str) else measure(row["cma"], found)
    if value is None:
        return False
    shown = (Decimal(value.numerator) / value.denominator).quantize(Decimal("1e-7"), ROUND_HALF_UP)
    return shown == Decimal(row["exp_value"])


def _counts(folder: Path) -> Found:
    path = folder / "test_ecap2.xls"
    if not path.exists():
        yield from (absent(ask, "data/pill_caps") for ask in (DAYS_TAKEN, DAYS_CORRECT))
        return
    prescribed = Prescription(Fraction(1), Fraction(24), date(2020, 3, 21), 129, Fraction(129), zone=pill_caps.ZONE.key)
    found = dosing([Opening(at, Fraction(1)) for at in pill_caps.openings(path)], prescribed)
    taken = found.doses_taken - (found.extra_doses or 0)
    yield figure(DAYS_TAKEN, Measured(float(taken)), of="129 days of one person")
    yield figure(DAYS_CORRECT, Measured(float(found.correct_days or 0)), of="129 days of one person")


def _lapse(people: Sequence[pill_caps.Person], seed: int, told: Told) -> Found:
    asked = []
    for place, person in enumerate(people):
        asked.append(_asked(person, [one for one in people if one is not person], seed))
        told("lapse risk, person by person", place + 1, len(people))
    twice_daily = next(one for one in asked if one.name in pill_caps.BY_DOSE)
    few = f"{len(twice_daily.risk)} doses, {int(twice_daily.lapsed.sum())} before a lapse, one person"
    yield figure(ONE_PERSON, _over_time([twice_daily], _auc, seed), of=few)
    fresh = _kept(twice_daily, twice_daily.onset > 0)
    fewer = f"{len(fresh.risk)} doses, {int(fresh.lapsed.sum())} before a lapse, one person"
    yield figure(ONSET, _over_time([fresh], _auc, seed), of=fewer)
    all_of = f"{sum(len(one.risk) for one in asked)} doses, {len(asked)} people"
    note = "very few people: an interval over time, not over people"
    yield figure(EACH, _over_time(asked, _mean_auc, seed), of=all_of, note=note)
    yield figure(ACROSS, _over_time(asked, _auc, seed), of=all_of, note=note)
    yield figure(SKILL, _over_time(asked, _skill, seed), of=all_of, note=note)
    yield figure(PRIOR, Measured(_difference(people)), of=f"{len(people)} people")
    yield Picture(MODEL, "adherence-lapse.svg", "said and seen", lambda canvas: _draw(canvas, asked))


def _asked(person: pill_caps.Person, others: Sequence[pill_caps.Person], seed: int) -> Asked:
    """The risk before each dose, from the doses before it and the prior of the others."""
    prior = lapse_prior.fit([one.doses for one in others], "others")
    dice = np.random.default_rng(seed)
    rows = []
    for place in range(len(person.doses) - 1):
        past, following = person.doses[:place], person.doses[place : place + 2]
        if any(dose.outcome == "unknown" for dose in following):
            continue
        found = lapse_risk(past, _due(following), prior, dice)
        if found.probability is not None:
            lapsed = all(dose.outcome == "missed" for dose in following)
            rows.append((found.probability, lapsed, past[-1].outcome == "taken", _rate(past)))
    columns = np.array(rows, float).reshape(-1, 4).T
    return Asked(person.name, *columns)


def _due(following: Sequence[Dose]) -> tuple[Due, Due]:
    first, second = following
    return Due(first.hour, first.weekday), Due(second.hour, second.weekday)


def _rate(past: Sequence[Dose]) -> float:
    """How often two doses that follow each other were both missed so far."""
    pairs = [
        (one.outcome, other.outcome) for one, other in pairwise(past) if "unknown" not in (one.outcome, other.outcome)
    ]
    return (pairs.count(("missed", "missed")) + 0.5) / (len(pairs) + 1)


def _kept(asked: Asked, rows: NDArray[np.bool_]) -> Asked:
    return Asked(asked.name, asked.risk[rows], asked.lapsed[rows], asked.onset[rows], asked.rate[rows])


def _over_time(asked: Sequence[Asked], statistic: Callable[[Sequence[Asked]], float], seed: int) -> Measured:
    """A statistic and its interval over blocks of neighbouring moments drawn again within each person."""
    dice = np.random.default_rng(seed)
    drawn = [statistic([_kept_again(one, dice) for one in asked]) for _ in range(RESAMPLES)]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Measured(statistic(asked), float(low), float(high))


def _kept_again(asked: Asked, dice: np.random.Generator) -> Asked:
    size = len(asked.risk)
    starts = dice.integers(0, max(1, size - BLOCK + 1), -(-size // BLOCK))
    rows = (starts[:, None] + np.arange(BLOCK)).ravel()[:size]
    rows = np.minimum(rows, size - 1)
    return Asked(asked.name, asked.risk[rows], asked.lapsed[rows], asked.onset[rows], asked.rate[rows])


def _auc(asked: Sequence[Asked]) -> float:
    return auc(np.concatenate([one.risk for one in asked]), np.concatenate([one.lapsed for one in asked]))


def _mean_auc(asked: Sequence[Asked]) -> float:
    found = [auc(one.risk, one.lapsed) for one in asked]
    known = [value for value in found if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _skill(asked: Sequence[Asked]) -> float:
    risk, lapsed, rate = (np.concatenate([getattr(one, name) for one in asked]) for name in ("risk", "lapsed", "rate"))
    return float(np.mean((risk - lapsed) ** 2) / np.mean((rate - lapsed) ** 2))


def auc(risk: Numbers, happened: Numbers) -> float:
    """The chance that a moment before an event has the higher risk; ties count half. NaN without both kinds."""
    yes, no = np.sort(risk[happened > 0]), np.sort(risk[happened <= 0])
    if not len(yes) or not len(no):
        return float("nan")
    below, not_above = np.searchsorted(no, yes, "left"), np.searchsorted(no, yes, "right")
    return float((below + not_above).sum() / (2 * len(yes) * len(no)))


def _difference(people: Sequence[pill_caps.Person]) -> float:
    there, now = lapse_prior.shipped(), lapse_prior.fit([one.doses for one in people], VERSION)
    pairs = [
        *zip(there.rates, now.rates, strict=True),
        (there.weight_of_others, now.weight_of_others),
        (there.weight_of_person, now.weight_of_person),
    ]
    return max(abs(one - other) for one, other in pairs)


def _draw(canvas: Any, asked: Sequence[Asked]) -> None:
    """Said against seen, in fifths of the risk that was said."""
    risk, lapsed = np.concatenate([one.risk for one in asked]), np.concatenate([one.lapsed for one in asked])
    axes, top = canvas.subplots(), 0.0
    for part in np.array_split(np.argsort(risk, kind="stable"), 5):
        seen, said = share(int(lapsed[part].sum()), len(part)), float(risk[part].mean())
        axes.plot([said, said], [seen.low, seen.high], color="#1f4e79")
        axes.plot([said], [seen.value], "o", color="#1f4e79")
        top = max(top, said, seen.high or 0.0)
    axes.plot([0, top], [0, top], linestyle=":", color="#555555")
    axes.set(xlabel="risk that both next doses are missed, as said", ylabel="as seen, 95 % interval")
