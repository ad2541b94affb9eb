"""How far counts lie from a curve: a robust residual on the logarithm, and censoring below the limit of quantification.

A residual is signed and squared adds up to -2 log likelihood (but for a constant), so that least squares is the fit.
"""

from dataclasses import dataclass, replace
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from models.anc.curves import Floats
from models.anc.wander import rooted, whitening

Numbers = NDArray[np.float64]
LIMIT = 0.05
"""10⁹/L: a count below it is "less than 0.05" (a differential of 100 cells at 0.1·10⁹/L cannot say more). A choice."""
FREEDOM = 8
"""Degrees of freedom of the residual: one count in a hundred is a slip, a clot or another laboratory. A choice."""
SCALE = sqrt((FREEDOM + 1) / (FREEDOM + 3))
"""Of the published SD, so that a count says as much as under the normal residual it was estimated with."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Counts in order of time: logarithms (of the limit where censored), which are censored, and the residual scale.

    `whitening`: where counts wander together (`wander`), what makes their gaps independent; its scale is theirs.
    """

    hours: Numbers
    logs: Numbers
    censored: NDArray[np.bool_]
    sd: float
    whitening: Numbers | None = None


def observed(hours: Numbers, anc: Numbers, sd: float, *, wandering: bool = False) -> Observed:
    """Counts in 10⁹/L."""
    found = Observed(hours, np.log(np.maximum(anc, LIMIT)), anc < LIMIT, sd * SCALE)
    return replace(found, whitening=whitening(hours, sd)) if wandering and len(hours) else found


def gaps(counts: Observed, predicted: Floats) -> Floats:
    """How far curves lie above counts, on the logarithm; a curve below a censored count lies nowhere above or below."""
    found = predicted - counts.logs[:, None].astype(predicted.dtype)
    if counts.censored.any():
        found[counts.censored] = np.maximum(found[counts.censored], 0)
    return np.asarray(found)


def residuals(counts: Observed, predicted: Floats) -> Floats:
    """Signed roots of -2 log likelihood. `predicted`: log counts, (counts, people)."""
    if counts.whitening is not None:
        return rooted(counts.whitening.astype(predicted.dtype) @ gaps(counts, predicted))
    apart = (predicted - counts.logs[:, None].astype(predicted.dtype)) / predicted.dtype.type(counts.sd)
    found = np.copysign(np.sqrt((FREEDOM + 1) * np.log1p(apart * apart / FREEDOM)), apart)
    if counts.censored.any():
        below = cumulative(-apart[counts.censored])
        found[counts.censored] = np.sqrt(-2 * np.log(np.maximum(below, 1e-30)))
    return np.asarray(found)


def cumulative(at: Floats) -> Floats:
    """Distribution function of Student's t with FREEDOM (8) degrees, in closed form."""
    square = 1.0 / (1.0 + at * at / FREEDOM)  # cos² of the angle
    series = 1.0 + square * (1 / 2 + square * (3 / 8 + square * (15 / 48)))
    return np.asarray(np.maximum(0.5 + 0.5 * at / np.sqrt(FREEDOM + at * at) * series, 0.0))


def tail(apart: float) -> float:
    """Two-sided tail probability of a standard normal number."""
    return erfc(abs(apart) / sqrt(2))
