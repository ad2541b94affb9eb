"""How counts wander about any curve for reasons no model here knows: infection, steroids, another laboratory. Pure.

Only where the kinetics of a treatment are not known: there the curve is coarse, and counts of neighbouring days are off
it together. The deviation of log(ANC) and the error of a single count are a Student process (Matérn 3/2; Shah 2014):
one scale a person, of which his counts tell. Its numbers are those of 53 other people of the MIMIC-III demo, the
lymphoma patient left out: `models.evaluation.anc_wander` fits them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
SD, LENGTH_H, COUNT_SD, FREEDOM = 0.32, 58.6, 0.212, 5.9
"""Of the deviation, its range, what a single count adds, and how alike the scales of people are."""
KNOTS_H = 24.0
LEAST_VARIANCE = 1e-8


@dataclass(frozen=True, slots=True)
class Paths:
    """Deviations on some hours, given counts: the mean per gap (hours, counts), and the rest at knots, interpolated."""

    mean: Numbers
    inverse: Numbers
    root: Numbers
    left: NDArray[np.intp]
    share: Numbers

    def around(self, gaps: NDArray[np.floating], seed: int) -> NDArray[np.floating]:
        """(hours, draws) from how far counts lie above each draw's curve (counts, draws)."""
        dice, (counts, draws) = np.random.default_rng((seed, 3, len(self.root))), gaps.shape
        at_knots = self.root @ dice.standard_normal((len(self.root), draws))
        far = (gaps * (self.inverse @ gaps)).sum(0)
        at_knots *= np.sqrt((FREEDOM + far) / dice.chisquare(FREEDOM + counts, draws))
        share = self.share[:, None]
        rest = at_knots[self.left] * (1 - share) + at_knots[self.left + 1] * share
        return np.asarray(self.mean @ gaps + rest)


def covariance(one: Numbers, other: Numbers) -> Numbers:
    """Between deviations at hours."""
    return SD**2 * matern(one[:, None] - other, LENGTH_H)


def matern(apart: Numbers, length: float) -> Numbers:
    """Correlation of deviations some hours apart (Matérn 3/2)."""
    steps = np.sqrt(3.0) * np.abs(apart) / length
    return np.asarray((1 + steps) * np.exp(-steps))


def whitening(hours: Numbers, sd: float) -> Numbers:
    """Makes gaps between counts and a curve independent, each against the counts before it. `sd`: of a single count."""
    both = covariance(hours, hours) + sd**2 * np.eye(len(hours))
    return np.asarray(np.linalg.inv(np.linalg.cholesky(both)))


def rooted(white: NDArray[np.floating]) -> NDArray[np.floating]:
    """Signed roots of -2 log likelihood of whitened gaps (counts, people): squared, a column adds up to it."""
    far = (white * white).sum(0)
    logs = (FREEDOM + len(white)) * np.log1p(far / FREEDOM)
    return np.asarray(white * np.sqrt(logs / np.maximum(far, 1e-12)), white.dtype)


def scale(white: Numbers) -> float:
    """Of a person's deviations against the usual, from whitened gaps of counts."""
    return float(np.sqrt((FREEDOM + (white * white).sum()) / (FREEDOM + len(white))))


def paths(hours: Numbers, counted: Numbers, sd: float) -> Paths:
    """`hours` of the answer, rising; `counted` those of the counts."""
    knots = np.arange(hours[0], hours[-1] + 2 * KNOTS_H, KNOTS_H)
    inverse = np.asarray(np.linalg.inv(covariance(counted, counted) + sd**2 * np.eye(len(counted))), float)
    known = covariance(knots, counted)
    rest = covariance(knots, knots) - known @ inverse @ known.T
    root = np.asarray(np.linalg.cholesky(rest + LEAST_VARIANCE * np.eye(len(knots))), float)
    place = (hours - knots[0]) / KNOTS_H
    left = place.astype(np.intp)
    return Paths(covariance(hours, counted) @ inverse, inverse, root, left, place - left)
