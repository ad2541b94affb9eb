"""How well a score ranks rows of people: AUROC, average precision, AUROC among rows of the same hour. Pure.

Every row carries a weight, so that people drawn again for an interval are counted as often as they were drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.figure import Measured

Numbers = NDArray[np.float64]
RESAMPLES = 100


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows in rising order of (group, score). `tie`: first row of the row's tie; `begin`: first row of its group."""

    positive: Numbers
    person: NDArray[np.int64]
    tie: NDArray[np.intp]
    tie_end: NDArray[np.intp]
    begin: NDArray[np.intp]
    end: NDArray[np.intp]


def ranked(score: Numbers, positive: NDArray[np.bool_], person: NDArray[np.int64], *, group: Numbers) -> Ranked:
    """Rows to rank. `group`: rows are compared within one group only."""
    order = np.lexsort((score, group))
    new_group = np.diff(group[order], prepend=np.nan) != 0
    new_tie = new_group | (np.diff(score[order], prepend=np.nan) != 0)
    return Ranked(positive[order].astype(float), person[order], *_spans(new_tie), *_spans(new_group))


def _spans(new: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row and end of the run of each row."""
    starts = np.flatnonzero(new)
    run = np.cumsum(new) - 1
    return starts[run], np.append(starts[1:], len(new))[run]


def auroc(rows: Ranked, weight: Numbers) -> float:
    """Share of (positive, negative) pairs of one group in order, ties half; groups count by their positives."""
    bad, good = weight * (1 - rows.positive), weight * rows.positive
    below = np.concatenate([[0.0], np.cumsum(bad)])
    beaten = (below[rows.tie] + below[rows.tie_end]) / 2 - below[rows.begin]
    there = below[rows.end] - below[rows.begin]
    fair = there > 0
    return float((good[fair] * beaten[fair] / there[fair]).sum() / good[fair].sum())


def average_precision(rows: Ranked, weight: Numbers) -> float:
    """Mean precision over the positives, from the highest score down."""
    good = weight * rows.positive
    above = np.concatenate([[0.0], np.cumsum(weight)]), np.concatenate([[0.0], np.cumsum(good)])
    all_above, good_above = (found[-1] - found[rows.tie] for found in above)
    return float((good * good_above / np.maximum(all_above, 1e-12)).sum() / good.sum())


def measured(statistic: Callable[[Ranked, Numbers], float], rows: Ranked, seed: int) -> Measured:
    """A statistic and its 95 % interval over people drawn again."""
    people, dice = int(rows.person.max()) + 1, np.random.default_rng(seed)
    there = np.unique(rows.person)
    found = []
    for _ in range(RESAMPLES):
        drawn = np.bincount(dice.choice(there, len(there)), minlength=people).astype(float)
        found.append(statistic(rows, drawn[rows.person]))
    low, high = np.quantile(found, (0.025, 0.975))
    return Measured(statistic(rows, np.ones(len(rows.person))), float(low), float(high))
