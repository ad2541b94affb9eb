"""The most probable individual given the counts (MAP) and the curvature there: Levenberg-Marquardt on whitened z. Pure.

Derivatives are differences: all columns, and the steps with several dampings, are solved as one crowd of people.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.anc.course import Course, Reading
from models.anc.curves import Floats, Solve, read, solve
from models.anc.prior import Prior, people
from models.anc.residual import Observed, residuals

Numbers = NDArray[np.float64]
STEP = 1e-4
ROUNDS = 12
GAIN = 1e-2  # of -2 log posterior, expected or had: what is left is corrected by the weights of the draws
DAMPINGS = (0.0, 0.3, 3.0)
STARTS = (-1.5, 0.0, 1.5)  # of the slope of every cycle, in z


@dataclass(frozen=True, slots=True)
class Problem:
    """What is fitted: a course, a prior, counts, and where the counts lie."""

    course: Course
    prior: Prior
    counts: Observed
    where: Reading
    windows: int
    solve: Solve = solve


@dataclass(frozen=True, slots=True)
class Fit:
    """`z` at the mode, the misfit there (-2 log posterior), log counts predicted, and residuals with derivatives."""

    z: Numbers
    misfit: float
    predicted: Numbers
    jacobian: Numbers
    slopes: Numbers

    def precision(self) -> Numbers:
        """Inverse covariance of z (Laplace)."""
        return np.asarray(self.jacobian.T @ self.jacobian + np.eye(len(self.z)))


def predict(problem: Problem, z: Numbers, kind: type[np.floating]) -> Floats:
    """Log counts at the times of the counts, (counts, people)."""
    crowd, circ0 = people(problem.prior, z, kind)
    return read(problem.where, problem.solve(problem.course, crowd, windows=problem.windows)) + circ0


def fit(problem: Problem, start: Numbers | None = None) -> Fit:
    """The mode, from z = 0 and two other slopes, or from a warm start alone."""
    size = problem.prior.size
    if start is None:
        tries = np.zeros((size, len(STARTS)))
        tries[-problem.prior.cycles :] = STARTS
    else:
        tries = start[:, None]
    best = _best(problem, tries)
    for _ in range(ROUNDS):
        normal, right = best.precision(), -(best.jacobian.T @ _own(problem, best) + best.z)
        if right @ np.linalg.solve(normal, right) < GAIN:
            break
        steps = [np.linalg.solve(normal + damping * np.diag(np.diag(normal)), right) for damping in DAMPINGS]
        better = _best(problem, best.z[:, None] + np.stack(steps, axis=1))
        if better.misfit >= best.misfit - GAIN:
            return better if better.misfit < best.misfit else best
        best = better
    return best


def _own(problem: Problem, found: Fit) -> Numbers:
    return np.asarray(residuals(problem.counts, found.predicted[:, None])[:, 0])


def _best(problem: Problem, tries: Numbers) -> Fit:
    """The best of some candidates, with derivatives there: one crowd of (1 + size) people each."""
    size, count = tries.shape
    shifts = np.hstack([np.zeros((size, 1)), STEP * np.eye(size)])
    crowd = (tries[:, :, None] + shifts[:, None, :]).reshape(size, -1)
    logs = predict(problem, crowd, np.float64).astype(float)
    gaps = residuals(problem.counts, logs).astype(float)
    logs, gaps = logs.reshape(-1, count, size + 1), gaps.reshape(-1, count, size + 1)
    misfits = (gaps[:, :, 0] ** 2).sum(0) + (tries**2).sum(0)
    place = int(np.argmin(misfits))
    logs, gaps = logs[:, place], gaps[:, place]
    return Fit(
        tries[:, place], float(misfits[place]), logs[:, 0],
        (gaps[:, 1:] - gaps[:, :1]) / STEP, (logs[:, 1:] - logs[:, :1]) / STEP,
    )  # fmt: skip
