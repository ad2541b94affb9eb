"""Importance weights: how good they are (effective number, Pareto shape), smoothed, and drawn again by them. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
WORST_SHAPE = 0.7
"""Pareto shape above which importance sampling cannot be trusted (Vehtari, Simpson, Gelman, Yao, Gabry 2024)."""
LEAST_SHARE = 0.1
"""Effective share of the draws below which it is not good enough: a choice of this project."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Normalised weights, their effective number, and the Pareto shape of the largest (0 where they are all alike)."""

    share: Numbers
    effective: float
    shape: float

    def bad(self) -> bool:
        """Whether other draws are needed."""
        return self.shape > WORST_SHAPE or self.effective < LEAST_SHARE * len(self.share)


def weighed(logs: Numbers) -> Weights:
    """Weights of logarithms, the largest smoothed by a Pareto tail (PSIS)."""
    raw = np.exp(logs - logs.max())
    raw, shape = _smoothed(raw)
    share = raw / raw.sum()
    return Weights(share, float(1.0 / (share @ share)), shape)


def _smoothed(raw: Numbers) -> tuple[Numbers, float]:
    count = len(raw)
    many = int(min(count // 5, 3 * np.sqrt(count)))
    order = np.argsort(raw)
    tail, cut = order[-many:], raw[order[-many - 1]]
    over = raw[tail] - cut
    if over[-1] <= 1e-12 or over[many // 4] <= 0:
        return raw, 0.0
    shape, scale = pareto(over)
    levels = (np.arange(1, many + 1) - 0.5) / many
    fitted = scale * (np.expm1(-shape * np.log1p(-levels)) / shape if abs(shape) > 1e-9 else -np.log1p(-levels))
    smooth = raw.copy()
    smooth[tail] = np.minimum(cut + fitted, raw[order[-1]])
    return smooth, shape


def pareto(over: Numbers) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution, from rising excesses (Zhang and Stephens 2009)."""
    count = len(over)
    tries = 30 + int(np.sqrt(count))
    candidates = 1.0 - np.sqrt(tries / (np.arange(1, tries + 1) - 0.5))
    candidates = candidates / (3.0 * over[int(count / 4 + 0.5) - 1]) + 1.0 / over[-1]
    shapes = np.log1p(-candidates[:, None] * over).mean(axis=1)
    profile = count * (np.log(-candidates / shapes) - shapes - 1.0)
    chance = np.exp(profile - profile.max())
    best = float((candidates * chance).sum() / chance.sum())
    shape = float(np.log1p(-best * over).mean())
    scale = -shape / best
    return (shape * count + 0.5 * 10) / (count + 10), scale


def drawn_again(share: Numbers, *, at: float = 0.5) -> NDArray[np.intp]:
    """Systematic resampling: an index for each draw, rising."""
    count = len(share)
    total = np.cumsum(share)
    return np.minimum(np.searchsorted(total / total[-1], (np.arange(count) + at) / count), count - 1)
