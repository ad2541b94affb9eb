"""From log-odds to a risk: isotonic regression over out-of-fold log-odds, made strictly rising. Pure.

Between the centres of the steps the risk is interpolated, so that two patients on one step keep their order.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

from models.early_warning.values import Numbers


@dataclass(frozen=True, slots=True)
class Calibration:
    """Knots, both rising."""

    raw: Numbers
    risk: Numbers


def fit(raw: Numbers, happened: Numbers) -> Calibration:
    """From log-odds of people the fit did not see, and what happened (0 or 1)."""
    steps = IsotonicRegression(out_of_bounds="clip").fit(raw, happened).predict(raw)
    levels, place = np.unique(steps, return_inverse=True)
    counts = np.bincount(place)
    centres = np.bincount(place, raw) / counts
    # the outermost steps end where the data end: beyond, nothing was seen
    kept = np.concatenate([[True], np.diff(centres) > 0])
    return Calibration(centres[kept], np.clip(levels[kept], 1 / (len(raw) + 2), None))


def risk(found: Calibration, raw: Numbers) -> Numbers:
    """Calibrated probability; beyond the outermost knots that of the knot."""
    return np.interp(raw, found.raw, found.risk)
