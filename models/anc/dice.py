"""Numbers that look random and are the same each time: Latin hypercubes of normal and chi-square numbers by seed."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
FREEDOM = 7
"""Degrees of freedom of the proposal: its tails are heavier than those of any posterior here."""


@cache
def normals(size: int, draws: int, seed: int) -> Numbers:
    """Standard normal, (size, draws), each row spread evenly."""
    dice = np.random.default_rng((seed, size, draws))
    places = np.argsort(dice.random((size, draws)), axis=1)
    found = quantile((places + dice.random((size, draws))) / draws)
    found.flags.writeable = False
    return found


@cache
def stretches(draws: int, seed: int) -> Numbers:
    """√(ν/χ²), which makes normal numbers Student's t."""
    dice = np.random.default_rng((seed, 1, draws))
    found = np.sqrt(FREEDOM / dice.chisquare(FREEDOM, draws))
    found.flags.writeable = False
    return np.asarray(found)


_CENTRE = (
    (2.50662823884, -18.61500062529, 41.39119773534, -25.44106049637),
    (-8.47351093090, 23.08336743743, -21.06224101826, 3.13082909833),
)
_TAIL = (
    0.3374754822726147, 0.9761690190917186, 0.1607979714918209, 0.0276438810333863, 0.0038405729373609,
    0.0003951896511919, 0.0000321767881768, 0.0000002888167364, 0.0000003960315187,
)  # fmt: skip


def quantile(share: Numbers) -> Numbers:
    """Of the standard normal distribution; absolute error below 3e-9 (Moro 1995)."""
    off = share - 0.5
    square = off * off
    top = np.polynomial.polynomial.polyval(square, _CENTRE[0])
    bottom = 1.0 + square * np.polynomial.polynomial.polyval(square, _CENTRE[1])
    far = np.where(off > 0, 1.0 - share, share)
    outer = np.polynomial.polynomial.polyval(np.log(-np.log(np.clip(far, 1e-300, 0.5))), _TAIL)
    return np.asarray(np.where(np.abs(off) < 0.42, off * top / bottom, np.copysign(outer, off)))
