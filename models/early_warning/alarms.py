"""When a risk becomes an alarm: the refractory rule, and the threshold that keeps a budget of false alarms. Pure.

Conformal risk control (Angelopoulos et al. 2022), the loss of a person being false alarms - budget x days: the smallest
threshold whose (sum of losses + the largest loss that one more person could add) / (people + 1) is not above 0.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.instants import DAY, Micros
from models.early_warning.values import Numbers, Times

REFRACTORY_H = 24
BUDGET = 0.25  # false alarms per patient-day


@dataclass(frozen=True, slots=True)
class Curve:
    """Thresholds on the log-odds, falling, and the false alarms per patient-day to expect at most at each, rising."""

    thresholds: Numbers
    rates: Numbers


@dataclass(frozen=True, slots=True)
class Followed:
    """Rows in order of person and time: log-odds (NaN: not scored), moment, person; `quiet`: no onset ever."""

    raw: Numbers
    at: Times
    person: NDArray[np.int64]
    quiet: NDArray[np.bool_]


def rings(at: Micros, previous: Sequence[Micros], refractory: Micros) -> bool:
    """Whether an alarm may ring at `at`: none before it within the refractory time."""
    earlier = bisect_left(ordered := sorted(previous), at)
    return earlier == 0 or at - ordered[earlier - 1] >= refractory


def alarms(rows: Followed, threshold: float, refractory: Micros) -> NDArray[np.intp]:
    """Rows that alarm, person by person."""
    found: list[int] = []
    person, rang = -1, 0
    for row in np.flatnonzero(rows.raw >= threshold).tolist():
        if rows.person[row] != person or rows.at[row] - rang >= refractory:
            found.append(row)
            person, rang = rows.person[row], rows.at[row]
    return np.array(found, np.intp)


def curve(rows: Followed, refractory: Micros, thresholds: Numbers) -> Curve:
    """False alarms per patient-day of the people without an onset, with what one more person could add."""
    people = np.unique(rows.person[rows.quiet])
    days = rows.quiet.sum() / 24  # a row is an hour
    longest = np.ptp(rows.at[rows.quiet]) if days else 0
    most = 1 + longest // refractory
    falling = np.sort(thresholds)[::-1]
    false = np.array([rows.quiet[alarms(rows, limit, refractory)].sum() for limit in falling])
    rates = (false + most) / days if len(people) else np.full(len(falling), np.inf)
    return Curve(falling, np.maximum.accumulate(rates))


def threshold(found: Curve, budget: float) -> float:
    """The threshold of a budget. ValueError for a budget outside what the curve was made for."""
    if not found.rates[0] <= budget <= found.rates[-1]:
        raise ValueError(f"budget: expected {found.rates[0]:.3f} to {found.rates[-1]:.3f} false alarms per patient-day")
    return float(found.thresholds[np.searchsorted(found.rates, budget, side="right") - 1])


def per_day(count: int, span: Micros) -> float:
    """A count over a time as a rate per day; NaN over no time."""
    return count * DAY / span if span else float("nan")
