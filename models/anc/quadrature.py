"""Matrices of one window of time on Legendre-Lobatto nodes, made once: integration, threefold delay, interpolation."""

from math import factorial

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
NODES = 7
FINE = 6  # Gauss points between two nodes, for effects that fall within minutes


def _lobatto(count: int) -> Matrix:
    inner = np.polynomial.legendre.Legendre.basis(count - 1).deriv().roots().real
    return (np.concatenate([[-1.0], np.sort(inner), [1.0]]) + 1) / 2


AT = _lobatto(NODES)
"""The nodes, 0 to 1, both ends among them."""


_MONOMIALS = np.linalg.inv(np.vander(AT, NODES, increasing=True))


def basis(at: Matrix) -> Matrix:
    """Values of the Lagrange polynomials of the nodes: a row a time (0 to 1), a column a node."""
    return np.asarray(np.vander(np.atleast_1d(np.asarray(at, float)), NODES, increasing=True) @ _MONOMIALS)


_GAUSS, _WEIGHT = np.polynomial.legendre.leggauss(FINE)
_STEP = np.diff(AT)
FINE_AT: Matrix = (AT[:-1, None] + _STEP[:, None] * (_GAUSS + 1) / 2).ravel()
"""Times between the nodes at which a fast effect is asked for."""
_FINE_WEIGHT: Matrix = (_STEP[:, None] * _WEIGHT / 2).ravel()
_FINE_BASIS = basis(FINE_AT)
_UPTO: Matrix = np.where(np.repeat(np.arange(NODES - 1), FINE) < np.arange(NODES)[:, None], _FINE_WEIGHT, 0.0)


_TAYLOR = np.linalg.inv(np.vander(AT - 1.0, NODES, increasing=True))[:3]


def continued(spacing_h: float, next_h: float, most_h: float) -> Matrix:
    """A smooth function continued from the nodes of a window to those of the next, by a parabola, level after `most_h`.

    Lengths of the two windows in hours.
    """
    ahead = np.minimum(AT * next_h, most_h) / spacing_h
    return np.asarray(ahead[:, None] ** np.arange(3) @ _TAYLOR)


def weighted(effect: Matrix) -> Matrix:
    """∫ effect(s)·f(s) ds from 0 to each node, as a matrix on f at the nodes. `effect`: at FINE_AT, last axis."""
    return np.asarray((_UPTO * effect[..., None, :]) @ _FINE_BASIS)


ONCE: Matrix = weighted(np.ones(len(FINE_AT)))
"""∫ f ds from 0 to each node."""


def _fourfold() -> Matrix:
    kernel = np.maximum(AT[:, None] - FINE_AT, 0.0) ** 3 / factorial(3)
    return np.asarray((kernel * _FINE_WEIGHT) @ _FINE_BASIS)


DELAY: Matrix = np.hstack([_fourfold(), *(AT[:, None] ** power / factorial(power) for power in range(4))])
"""Circulating cells at the nodes from what enters (a column a node) and the pools at the start (Circ, T3, T2, T1)."""
ENDS: Matrix = np.vstack(
    [
        np.hstack(
            [
                ((1.0 - FINE_AT) ** (depth - 1) / factorial(depth - 1) * _FINE_WEIGHT) @ _FINE_BASIS,
                np.zeros(4 - depth),
                [1.0 / factorial(power) for power in range(depth)],
            ]
        )
        for depth in (3, 2, 1)
    ]
)
"""T3, T2, T1 at the end of the window, from the same columns."""
