"""What is usual for others, fitted from the doses of several people, and the fitted numbers that ship. Pure.

Method: rates are pooled by recency; the two weights are those of a grid under which the doses of all people are most
likely (beta-binomial, one dose after the other). Callers: `models.evaluation.adherence`, the hub.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import log

import numpy as np

from models.adherence.lapse import LOOK_BACK, RECENCIES, Counts, Dose, Prior, cell, counted, rate, recency_of

WEIGHTS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SMOOTHING = (0.5, 4.0)  # pseudo-doses missed and known: no rate is 0 or 1 because few doses were seen
FILE = "lapse_prior.json"


@cache
def shipped() -> Prior:
    """The prior that ships with the model; where it comes from stands in the file."""
    found = json.loads((files("models.adherence") / FILE).read_text("utf-8"))
    return Prior(found["version"], tuple(found["rates"]), found["weight_of_others"], found["weight_of_person"])


def fit(people: Sequence[Sequence[Dose]], version: str) -> Prior:
    """The prior of these people's doses. At least one dose."""
    counts = [counted(history) for history in people]
    missed = sum((one.missed.sum(axis=(1, 2)) for one in counts), np.zeros(len(RECENCIES)))
    known = sum((one.known.sum(axis=(1, 2)) for one in counts), np.zeros(len(RECENCIES)))
    rates = tuple(float(rate) for rate in (missed + SMOOTHING[0]) / (known + SMOOTHING[1]))
    grid = [Prior(version, rates, others, person) for others in WEIGHTS for person in WEIGHTS]
    return max(grid, key=lambda prior: sum(log_likelihood(history, prior) for history in people))


def log_likelihood(history: Sequence[Dose], prior: Prior) -> float:
    """Of a person's doses, each given those before it."""
    shape = (len(RECENCIES), 4, 2)
    counts = Counts(np.zeros(shape), np.zeros(shape))
    outcomes = [dose.outcome for dose in history]
    total = 0.0
    for place, dose in enumerate(history):
        recency = recency_of(outcomes[max(0, place - LOOK_BACK) : place])
        if recency is None or dose.outcome == "unknown":
            continue
        at = cell(dose, recency)
        missed, taken = rate(counts, at, prior)
        chance = missed / (missed + taken)
        total += log(chance if dose.outcome == "missed" else 1 - chance)
        counts.known[at] += 1
        counts.missed[at] += dose.outcome == "missed"
    return total
