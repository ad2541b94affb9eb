"""NEWS2 points of windows of hours, consciousness aside, with each value carried for a day. Pure; for features alone.

The score that is shown is `alerts.scores.news2`; a test holds the two against each other. Scale 1 of saturation.
"""

import numpy as np

from models.early_warning.slots import SIGNS
from models.early_warning.values import Numbers

CARRIED = 24  # hours for which a last value stands
LEAST = 3  # of the five measured signs; with fewer there is no total
BANDS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "Resp": ((8.5, 11.5, 20.5, 24.5), (3, 1, 0, 2, 3)),
    "O2Sat": ((92.0, 94.0, 96.0), (3, 2, 1, 0)),
    "SBP": ((90.5, 100.5, 110.5, 219.5), (3, 2, 1, 0, 3)),
    "HR": ((40.5, 50.5, 90.5, 110.5, 130.5), (3, 1, 0, 1, 2, 3)),
    "Temp": ((35.05, 36.05, 38.05, 39.05), (3, 1, 0, 1, 2)),
}
"""Edges at or above which the next points hold, after rounding (RCP 2017, chart 1), and the points."""
ON_OXYGEN = 2


def totals(found: Numbers, hours: int) -> Numbers:
    """Points at the last `hours` slots of windows (n, 48, 11), newest first: (n, hours); NaN with too little known."""
    there = carried(found[:, : hours + CARRIED], hours)
    known, total = np.zeros(there.shape[:2]), np.zeros(there.shape[:2])
    for sign, (edges, points) in BANDS.items():
        values = there[:, :, SIGNS.index(sign)]
        measured = ~np.isnan(values)
        known += measured
        total += np.where(measured, np.asarray(points)[np.searchsorted(edges, values, side="right")], 0)
    total += np.where(there[:, :, SIGNS.index("Oxygen")] > 0, ON_OXYGEN, 0)
    return np.where(known >= LEAST, total, np.nan)


def carried(found: Numbers, hours: int) -> Numbers:
    """The newest value at each of the last `hours` slots, at most a day old: (n, hours, 11)."""
    depth = found.shape[1]
    slot = np.arange(depth)[None, :, None]
    held = np.where(np.isnan(found), depth + CARRIED, slot)
    held = np.minimum.accumulate(held[:, ::-1], axis=1)[:, ::-1][:, :hours]
    value = np.take_along_axis(found, np.minimum(held, depth - 1), axis=1)
    return np.where(held - slot[:, :hours] < CARRIED, value, np.nan)
