"""Draws of the individual given the counts: multivariate t around the mode, weighed; else tempered. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from numpy.typing import NDArray

from models.anc.curves import Floats
from models.anc.dice import FREEDOM, normals, stretches
from models.anc.fit import Fit
from models.anc.values import Sampling
from models.anc.weights import drawn_again, weighed

Numbers = NDArray[np.float64]
DRAWS = 1000
SHARE = 0.85  # of the draws around the mode, the others from the population
WIDER = 1.1  # than the curvature at the mode says
TURNS = 3
LEAST_VARIANCE = 1e-6
WIDTHS = (2.4, 1.2, 0.6)  # of the Metropolis moves at each heat
MOST_STEPS = 25
HALF = 0.5  # of the draws stay effective from one heat to the next


@dataclass(frozen=True, slots=True)
class Target:
    """Of each z (a column a draw): -2 log likelihood alone (as far as counts go), and with the curves that gave it."""

    gaps: Callable[[Numbers], Numbers]
    whole: Callable[[Numbers], tuple[Numbers, Floats]]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Equally weighted draws: log counts on the days of the answer (days, draws), and how they came about."""

    curves: Floats
    sampling: Sampling


def from_prior(target: Target, size: int, seed: int) -> Ensemble:
    """No count: the population itself."""
    _, curves = target.whole(normals(size, DRAWS, seed))
    return Ensemble(curves, Sampling("prior", DRAWS, float(DRAWS), None))


def around(found: Fit, target: Target, seed: int) -> Ensemble:
    """Importance sampling around a mode, then around the draws themselves; a tempered run where both are bad."""
    size = len(found.z)
    centre, spread = found.z, np.asarray(np.linalg.inv(np.linalg.cholesky(found.precision())).T * WIDER)
    for turn in range(TURNS):
        z, proposal = _proposed(centre, spread, seed + turn)
        gaps, curves = target.whole(z)
        weights = weighed(-0.5 * (gaps + (z * z).sum(0)) - proposal)
        if not weights.bad():
            chosen = drawn_again(weights.share)
            said = Sampling("importance", DRAWS, round(weights.effective, 1), round(weights.shape, 3))
            return Ensemble(np.ascontiguousarray(curves[:, chosen]), said)
        centre = z @ weights.share
        off = (z - centre[:, None]) * np.sqrt(weights.share)
        spread = np.asarray(np.linalg.cholesky(off @ off.T + LEAST_VARIANCE * np.eye(size)) * WIDER)
    return tempered(target, size, seed)


def _proposed(centre: Numbers, spread: Numbers, seed: int) -> tuple[Numbers, Numbers]:
    """Draws of a mixture of Student's t and, so that no weight is large, the population; log density but a constant."""
    size, own = len(centre), int(DRAWS * SHARE)
    base = np.array(normals(size, DRAWS, seed))
    base[:, :own] *= stretches(DRAWS, seed)[:own]
    z = base
    z[:, :own] = centre[:, None] + spread @ base[:, :own]
    apart = np.linalg.solve(spread, z - centre[:, None])
    constant = lgamma((FREEDOM + size) / 2) - lgamma(FREEDOM / 2) - 0.5 * size * log(FREEDOM / 2)
    student = constant - float(np.log(np.abs(np.linalg.det(spread))))
    student = student - 0.5 * (FREEDOM + size) * np.log1p((apart * apart).sum(0) / FREEDOM)
    return z, np.logaddexp(log(SHARE) + student, log(1 - SHARE) - 0.5 * (z * z).sum(0))


def tempered(target: Target, size: int, seed: int) -> Ensemble:
    """Sequential Monte Carlo from the population to the posterior: the counts are let in by degrees."""
    dice = np.random.default_rng((seed, 2, size))
    z = np.array(normals(size, DRAWS, seed))
    gaps, heat, steps = target.gaps(z), 0.0, 0
    while heat < 1.0 and steps < MOST_STEPS:
        steps += 1
        rise = 1.0 - heat if steps == MOST_STEPS else _rise(-0.5 * gaps, 1.0 - heat)
        chosen = drawn_again(_normal(-0.5 * rise * gaps), at=float(dice.random()))
        heat = min(1.0, heat + rise)
        z, gaps = _moved((z[:, chosen], gaps[chosen]), target, heat, dice)
    alive = len(np.unique(z[0]))
    return Ensemble(target.whole(z)[1], Sampling("tempered", DRAWS, float(alive), None))


_Cloud = tuple[Numbers, Numbers]


def _moved(cloud: _Cloud, target: Target, heat: float, dice: np.random.Generator) -> _Cloud:
    """Metropolis moves that leave prior times likelihood^heat as it is; steps as wide as the cloud allows."""
    z, gaps = cloud
    size = len(z)
    root = np.linalg.cholesky(np.atleast_2d(np.cov(z)) + 1e-9 * np.eye(size))
    for width in WIDTHS:
        tried = z + width / np.sqrt(size) * (root @ dice.standard_normal(z.shape))
        new_gaps = target.gaps(tried)
        gain = -0.5 * (heat * (new_gaps - gaps) + (tried * tried).sum(0) - (z * z).sum(0))
        taken = np.log(dice.random(z.shape[1])) < gain
        z, gaps = np.where(taken, tried, z), np.where(taken, new_gaps, gaps)
    return z, gaps


def _normal(logs: Numbers) -> Numbers:
    raw = np.exp(logs - logs.max())
    return np.asarray(raw / raw.sum())


def _rise(logs: Numbers, most: float) -> float:
    """The largest rise of the heat that leaves half of the draws effective."""
    if _effective(logs * most) >= HALF * len(logs):
        return most
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _effective(logs * middle) >= HALF * len(logs) else (low, middle)
    return max(low, 1e-6)


def _effective(logs: Numbers) -> float:
    share = _normal(logs)
    return float(1.0 / (share @ share))
