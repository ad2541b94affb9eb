"""The risk that the next two doses are both missed, from a person's own doses and what is usual for others. Pure.

A hierarchical beta-binomial hazard of missing a dose: others' rate for the same recency is the prior of a person's
rate, and that is the prior of the rate at this time of the day and kind of day. It abstains where it cannot know and
decides nothing. The bins and the history needed are choices of this project (D): docs/models/adherence.md.
Callers: `models.evaluation.adherence`, the hub.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LOOK_BACK = 7  # doses before the next one that tell its recency
HISTORY = 28  # known doses without which nothing is said
RECENCIES = ("none missed lately", "some missed lately, the last taken", "the last missed", "the last two missed")
DRAWS = 2000
Outcome = Literal["taken", "missed", "unknown"]
Cell = tuple[int, int, int]


@dataclass(frozen=True)
class Dose:
    """One dose that was due. `hour` 0 to 23 and `weekday` 0 = Monday, both on the patient's wall clock."""

    hour: int
    weekday: int
    outcome: Outcome


@dataclass(frozen=True)
class Due:
    """One dose to come."""

    hour: int
    weekday: int


@dataclass(frozen=True)
class Prior:
    """What is usual for others: the rate of missing by recency, and how many doses it and a person's rate weigh."""

    version: str
    rates: tuple[float, ...]
    weight_of_others: float
    weight_of_person: float


@dataclass(frozen=True)
class Lapse:
    """`probability` that both next doses are missed, with its 95 % interval; None with `why` where it is not known."""

    probability: float | None
    low: float | None
    high: float | None
    recency: str | None
    known_doses: int
    why: str
    version: str


def lapse_risk(history: Sequence[Dose], following: tuple[Due, Due], prior: Prior, dice: np.random.Generator) -> Lapse:
    """The risk now. `history`: doses in the order in which they were due, all of it or its end."""
    known = sum(dose.outcome != "unknown" for dose in history)
    if known < HISTORY:
        return _unknown(f"expected at least {HISTORY} doses that are known, got {known}", known, prior)
    recency = recency_of([dose.outcome for dose in history])
    if recency is None:
        return _unknown("it is not known whether the last dose was taken", known, prior)
    counts = counted(history)
    second = min(max(recency, 1) + 1, len(RECENCIES) - 1)
    first = _drawn(counts, cell(following[0], recency), prior, dice)
    both = first * _drawn(counts, cell(following[1], second), prior, dice)
    low, high = np.quantile(both, (0.025, 0.975))
    return Lapse(float(both.mean()), float(low), float(high), RECENCIES[recency], known, "", prior.version)


def _unknown(why: str, known: int, prior: Prior) -> Lapse:
    return Lapse(None, None, None, None, known, why, prior.version)


def recency_of(outcomes: Sequence[Outcome]) -> int | None:
    """The place in `RECENCIES` after these doses; None when the last is not known. An unknown one counts as no miss."""
    last = outcomes[-1] if outcomes else "unknown"
    if last == "unknown":
        return None
    if last == "missed":
        return 3 if len(outcomes) > 1 and outcomes[-2] == "missed" else 2
    return 1 if "missed" in outcomes[-LOOK_BACK:] else 0


def cell(due: Due | Dose, recency: int) -> Cell:
    """Recency, quarter of the day (night, morning, afternoon, evening), weekend or not."""
    return recency, due.hour // 6, int(due.weekday >= 5)


@dataclass(frozen=True)
class Counts:
    """Doses missed and doses known, by cell: arrays of shape (recency, quarter of the day, weekend)."""

    missed: NDArray[np.float64]
    known: NDArray[np.float64]


def counted(history: Sequence[Dose]) -> Counts:
    """What happened at each dose whose recency was known. Only doses before the one that is asked about are in it."""
    missed, known = np.zeros((len(RECENCIES), 4, 2)), np.zeros((len(RECENCIES), 4, 2))
    outcomes = [dose.outcome for dose in history]
    for place, dose in enumerate(history):
        recency = recency_of(outcomes[max(0, place - LOOK_BACK) : place])
        if recency is not None and dose.outcome != "unknown":
            known[cell(dose, recency)] += 1
            missed[cell(dose, recency)] += dose.outcome == "missed"
    return Counts(missed, known)


def rate(counts: Counts, at: Cell, prior: Prior) -> tuple[float, float]:
    """The two parameters of the beta of the rate in one cell: others, then the person, then the cell."""
    missed_elsewhere, taken_elsewhere = _person(counts, at, prior)
    person = missed_elsewhere / (missed_elsewhere + taken_elsewhere)
    missed = prior.weight_of_person * person + counts.missed[at]
    taken = prior.weight_of_person * (1 - person) + counts.known[at] - counts.missed[at]
    return float(missed), float(taken)


def _person(counts: Counts, at: Cell, prior: Prior) -> tuple[float, float]:
    """The parameters of the beta of the person's rate at this recency, from the other cells: none counts twice.

    Doses of one cell are alike: n of them tell of the person's rate as much as n (w + 1) / (w + n) doses apart.
    """
    recency, others = at[0], prior.rates[at[0]] * prior.weight_of_others
    known = counts.known[recency].copy()
    known[at[1:]] = 0
    worth = (prior.weight_of_person + 1) / (prior.weight_of_person + known)
    missed = float((counts.missed[recency] * worth * (known > 0)).sum())
    taken = float((known * worth).sum()) - missed
    return others + missed, prior.weight_of_others - others + taken


def _drawn(counts: Counts, at: Cell, prior: Prior, dice: np.random.Generator) -> NDArray[np.float64]:
    """Draws of the rate in one cell: the person's rate is drawn too, so that its uncertainty counts."""
    person = dice.beta(*_person(counts, at, prior), DRAWS)
    here, all_here = counts.missed[at], counts.known[at]
    weight = prior.weight_of_person
    missed, taken = weight * person + here, weight * (1 - person) + all_here - here
    return np.asarray(dice.beta(np.maximum(missed, 1e-9), np.maximum(taken, 1e-9)), np.float64)
