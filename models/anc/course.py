"""A treatment laid out in time: windows with the effect of drugs and G-CSF in each, and where counts and days lie.

Made once a request, before any draw. Hours are counted from the first dose, so that no calendar enters.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from models.anc.exposure import BOLUS_H, Input, effect
from models.anc.library import GCSF
from models.anc.quadrature import AT, FINE_AT, basis, continued, weighted
from models.anc.values import Gcsf

Numbers = NDArray[np.float64]
ACTIVE_FOR_H = 384.0
LONGEST_H, LONGEST_LATER_H = 28.0, 48.0
"""Of a window, within 16 days of a dose and later: there the fall and the recovery are over."""
CLOSEST_H = 0.02
AFTER_DOSE_H = (1.5, 9.0, 35.0)
AFTER_GCSF = (0.2, 1.0, 4.0, 8.0)  # times the time to peak; the first alone where another injection follows
FOLLOWED_H = 30.0
CONTINUED_H = 18.0
NEGLIGIBLE = 3e-6  # E below which a window has none
HALF_EFFECT = 0.05
"""Level of G-CSF, in peaks of a usual dose, at half of its effect: it works for about a day. A choice."""


@dataclass(frozen=True, slots=True)
class Pull:
    """G-CSF at the nodes of a window: occupancy (0 to 1) and the logarithms of its folds at full occupancy."""

    occupancy: Numbers
    transit: float
    growth: float


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time. `effect`: ∫E·f to each node in hours, as a matrix, None where no drug is left.

    `ahead`: continues a function from the window before, None in the first.
    """

    start_h: float
    for_h: float
    cycle: int
    effect: Numbers | None
    pull: Pull | None
    ahead: Numbers | None


@dataclass(frozen=True, slots=True)
class Course:
    """Windows in order, the starts of the cycles in hours, and the number of cycles."""

    windows: tuple[Window, ...]
    cycles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Where times lie: per window, which of them are in it and the weights of its nodes."""

    rows: tuple[tuple[int, slice, Numbers], ...]
    size: int


def lay_out(inputs: tuple[Input, ...], gcsf: tuple[Gcsf, ...], end_h: float) -> Course:
    """Inputs in order of time; `gcsf` with its days in hours already."""
    cycles = cycle_starts([dose.start_h for dose in inputs])
    edges = _edges(inputs, gcsf, end_h)
    starts, lengths = edges[:-1], np.diff(edges)
    fine = starts[:, None] + lengths[:, None] * FINE_AT
    strength = effect(inputs, fine)
    matrices = weighted(strength) * lengths[:, None, None]
    nodes = starts[:, None] + lengths[:, None] * AT
    windows = tuple(
        Window(
            float(starts[n]),
            float(lengths[n]),
            sum(start <= starts[n] + 1e-6 for start in cycles) - 1,
            matrices[n] if strength[n].max() > NEGLIGIBLE else None,
            _pull(gcsf, nodes[n]),
            continued(lengths[n - 1], lengths[n], CONTINUED_H) if n else None,
        )
        for n in range(len(starts))
    )
    return Course(windows, cycles)


def cycle_starts(starts: list[float]) -> tuple[float, ...]:
    """A cycle begins with a dose 13 days after the last one began, at least 5 days after the dose before."""
    found = [starts[0]]
    for before, start in pairwise(starts):
        if start - found[-1] >= 13 * 24 and start - before >= 5 * 24:
            found.append(start)
    return tuple(found)


def _edges(inputs: tuple[Input, ...], gcsf: tuple[Gcsf, ...], end_h: float) -> Numbers:
    marks = {0.0, min(end_h, inputs[-1].start_h + ACTIVE_FOR_H), end_h}
    for dose in inputs:
        end = dose.start_h + max(dose.for_h, BOLUS_H)
        marks |= {dose.start_h, end, *(end + after for after in AFTER_DOSE_H)}
    for place, given in enumerate(gcsf):
        peak = float(GCSF[given.name]["time_to_peak_h"])
        followed = place + 1 < len(gcsf) and gcsf[place + 1].day - given.day <= FOLLOWED_H
        marks |= {given.day, *(given.day + times * peak for times in AFTER_GCSF[: 1 if followed else None])}
    kept = [0.0]
    for mark in sorted(mark for mark in marks if 0.0 < mark <= end_h):
        if mark - kept[-1] < CLOSEST_H / 2:
            continue
        longest = LONGEST_H if mark <= inputs[-1].start_h + ACTIVE_FOR_H else LONGEST_LATER_H
        pieces = max(1, int(np.ceil((mark - kept[-1]) / longest)))
        kept += list(kept[-1] + (mark - kept[-1]) * np.arange(1, pieces + 1) / pieces)
    return np.array(kept)


def _pull(gcsf: tuple[Gcsf, ...], at: Numbers) -> Pull | None:
    level = np.zeros_like(at)
    transit = growth = 0.0
    for given in gcsf:
        row = GCSF[given.name]
        peak, usual = float(row["time_to_peak_h"]), float(row["usual_mg"])
        since = np.maximum(at - given.day, 0.0) / peak
        level += (usual if given.mg is None else given.mg) / usual * since * np.exp(1.0 - since)
        transit, growth = log(float(row["transit_fold"])), log(float(row["growth_fold"]))
    occupancy = level / (level + HALF_EFFECT)
    return Pull(occupancy, transit, growth) if occupancy.max() > exp(-5) else None


def reading(course: Course, at: Numbers) -> Reading:
    """`at` in hours, rising, within the course."""
    ends = np.array([window.start_h + window.for_h for window in course.windows])
    places = np.minimum(np.searchsorted(ends, at - 1e-9), len(ends) - 1)
    rows = []
    for place in np.unique(places):
        chosen = np.flatnonzero(places == place)
        window = course.windows[place]
        weights = basis((at[chosen] - window.start_h) / window.for_h)
        rows.append((int(place), slice(int(chosen[0]), int(chosen[-1]) + 1), weights))
    return Reading(tuple(rows), len(at))
