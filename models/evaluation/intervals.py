"""95 % intervals of what was measured: Wilson for a share, bootstrap over whole people for everything else. Pure."""

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from models.evaluation.figure import Measured

Numbers = NDArray[np.float64]
Z = 1.959963984540054
RESAMPLES = 500


def share(hits: int, of: int) -> Measured:
    """A share with its Wilson interval; NaN of nothing."""
    if of == 0:
        return Measured(float("nan"))
    found, scale = hits / of, 1 + Z * Z / of
    middle = (found + Z * Z / (2 * of)) / scale
    half = Z / scale * sqrt(found * (1 - found) / of + Z * Z / (4 * of * of))
    return Measured(found, middle - half, middle + half)


def bootstrap(statistic: Callable[..., float], *columns: Numbers, seed: int) -> Measured:
    """A statistic of columns with one row a person, and its percentile interval over people drawn again."""
    rows = len(columns[0])
    if rows == 0:
        return Measured(float("nan"))
    dice = np.random.default_rng(seed)
    drawn = [statistic(*(column[take] for column in columns)) for take in dice.integers(0, rows, (RESAMPLES, rows))]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Measured(float(statistic(*columns)), float(low), float(high))


def mean(values: Numbers, *, seed: int) -> Measured:
    """The mean over people."""
    return bootstrap(lambda some: float(some.mean()), np.asarray(values, float), seed=seed)
