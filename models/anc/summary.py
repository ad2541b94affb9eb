"""What an ensemble of curves says of the cycle: nadir, grades, recovery, days below, best day of the next count. Pure.

Curves are log counts on a grid of hours; between grid points they are taken as straight, the nadir as a parabola.
"""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from models.anc.curves import Floats
from models.anc.values import Quantiles

Numbers = NDArray[np.float64]
GRADE3, GRADE4 = log(1.0), log(0.5)
LEVELS = (0.05, 0.5, 0.95)
LEVEL = 1e-6  # a rise of log counts below which a line is level
LEAST_FALLING = 0.02
"""Share of the draws that must fall below 1.0 before a day of recovery is told: the day of those few means nothing."""


@dataclass(frozen=True, slots=True)
class Nadirs:
    """Lowest log count of each draw and its hour."""

    logs: Numbers
    hours: Numbers


def nadirs(hours: Numbers, curves: Floats) -> Nadirs:
    """The lowest grid point, refined by the parabola through its neighbours."""
    place = np.argmin(curves, axis=0)
    inner = np.clip(place, 1, len(hours) - 2)
    column = np.arange(curves.shape[1])
    before, at, after = (curves[inner + shift, column].astype(float) for shift in (-1, 0, 1))
    bend = before - 2 * at + after
    usable = (place == inner) & (bend > 1e-9)
    shift = np.where(usable, 0.5 * (before - after) / np.where(usable, bend, 1.0), 0.0)
    lowest = np.where(usable, at - 0.25 * (before - after) * shift, curves[place, column])
    return Nadirs(lowest, hours[place] + np.clip(shift, -1, 1) * (hours[1] - hours[0]))


def crossings(hours: Numbers, curves: Floats, limit: float) -> tuple[Numbers, Numbers]:
    """First hour below the limit, first hour back above it after that; infinite where it does not happen."""
    below = curves < limit
    falls = _first(below)
    rises = _first((np.arange(len(hours))[:, None] > falls) & ~below)
    return _between(hours, curves, falls, limit), _between(hours, curves, rises, limit)


def _first(happens: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Row of the first True in each column; the number of rows where there is none."""
    return np.where(happens.any(axis=0), happens.argmax(axis=0), len(happens))


def _between(hours: Numbers, curves: Floats, row: NDArray[np.intp], limit: float) -> Numbers:
    """The hour at which a straight line from the row before crosses the limit."""
    inside = np.clip(row, 1, len(hours) - 1)
    column = np.arange(curves.shape[1])
    start, end = curves[inside - 1, column].astype(float), curves[inside, column].astype(float)
    gap = np.where(end == start, 1.0, end - start)
    at = hours[inside - 1] + np.clip((limit - start) / gap, 0, 1) * (hours[inside] - hours[inside - 1])
    return np.where(row == 0, hours[0], np.where(row >= len(hours), np.inf, at))


def hours_below(hours: Numbers, curves: Floats, limit: float) -> Numbers:
    """Time below the limit of each draw, in hours.

    The share of a straight line from a to b that is below 0 is (min(b, 0) - min(a, 0)) / (b - a).
    """
    over = curves - curves.dtype.type(limit)
    rise = over[1:] - over[:-1]
    np.minimum(over, 0, out=over)
    share = (over[:-1] < 0).astype(over.dtype)
    np.divide(over[1:] - over[:-1], rise, out=share, where=np.abs(rise) > LEVEL)
    return np.asarray(np.diff(hours).astype(share.dtype) @ share, float)


def recovered(curves: Floats) -> Numbers:
    """Share of the draws that are not below 1.0 from each row on."""
    ever = np.logical_or.accumulate((curves < GRADE3)[::-1], axis=0)[::-1]
    return np.asarray(1.0 - ever.mean(axis=1))


def quantiles(values: Numbers) -> Quantiles:
    """Of equally weighted draws; an infinite one is None."""
    ordered = np.sort(values)
    found = []
    for level in LEVELS:
        place = level * (len(ordered) - 1)
        low, high = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
        value = low + (high - low) * (place - int(place)) if np.isfinite(high) else (low if low == high else high)
        found.append(float(value) if np.isfinite(value) else None)
    return Quantiles(*found)


def best_day(hours: Numbers, curves: Floats, targets: tuple[Numbers, ...], sd: float) -> int | None:
    """Row at which a new count would explain most of the targets; None when nothing varies.

    Share of the variance of each target that a count with residual `sd` explains, in a linear view; their sum counts.
    """
    centred = curves - curves.mean(axis=1, keepdims=True)
    spread = (centred * centred).mean(axis=1) + sd**2
    worth = np.zeros(len(hours))
    for target in targets:
        off = target - target.mean()
        variance = (off * off).mean()
        if variance > 1e-9:
            worth += (centred @ off.astype(curves.dtype) / len(off)) ** 2 / (spread * variance)
    return int(np.argmax(worth)) if worth.max() > 0 else None
