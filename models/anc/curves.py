"""The Friberg model solved for many people at once, in plain numpy: log counts at the nodes of every window. Pure.

dProl/dt = ktr·Prol·(1-E)·(Circ0/Circ)^gamma - ktr·Prol, three transit compartments, Circ; ktr = 4/MTT (Friberg 2002).
The state is log(Prol) and cells over Circ0. In a window the delay line is linear, so its answer to what enters is one
matrix; only the feedback is iterated, from a parabola continued from the window before (two rounds: its own cells need
a transit time to come back). The effect of the drug is integrated exactly against the feedback.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.anc.course import Course, Pull, Reading, Window
from models.anc.quadrature import AT, DELAY, ENDS, NODES, ONCE

Floats = NDArray[np.floating]
ROUNDS = 2
SHORT_H = 2.0  # a window in which no feedback comes back
FAR = 3.0  # of the logarithm of a guessed feedback
LEAST = 1e-9  # of Circ0: a logarithm is always taken of something, and feedback stays finite
MOST = 40.0  # of the logarithm of cells grown in a window: single precision holds e to the 88th
MOST_PROLIFERATING = 8.0  # of its logarithm


@dataclass(frozen=True, slots=True)
class People:
    """Individual parameters, a column a person. `ktr` (1/h) and `slope` (factor on the typical effect): a row a cycle.

    `response`: factor on the logarithms of the folds of G-CSF. The dtype of all of them is that of the work.
    """

    ktr: Floats
    slope: Floats
    gamma: Floats
    response: Floats

    @property
    def size(self) -> int:
        """How many people."""
        return int(self.gamma.shape[0])


@dataclass(slots=True)
class _State:
    """After a window: log of the proliferating cells, the pools Circ, T3, T2, T1, and log feedback at its nodes."""

    prol: Floats
    pools: Floats
    feedback: Floats


def solve(course: Course, people: People, *, windows: int | None = None) -> list[Floats]:
    """log(Circ/Circ0) at the nodes of each window (or of the first so many): arrays of (nodes, people)."""
    kind, size = people.gamma.dtype, people.size
    state = _State(np.zeros(size, kind), np.ones((4, size), kind), np.zeros((NODES, size), kind))
    found = []
    for window in course.windows[:windows]:
        step = _pass if window.pull is None else _pulled
        found.append(step(state, window, people))
    return found


def _guess(state: _State, window: Window) -> Floats:
    """The feedback continued from the window before."""
    logs = state.feedback if window.ahead is None else window.ahead.astype(state.feedback.dtype) @ state.feedback
    np.minimum(logs, FAR, out=logs)
    return np.asarray(np.exp(logs, out=logs))


def _pass(state: _State, window: Window, people: People) -> Floats:
    """One window without G-CSF; the state moves to its end."""
    kind = people.gamma.dtype
    ktr = people.ktr[window.cycle]
    length = ktr * kind.type(window.for_h)
    once, delay = ONCE.astype(kind), DELAY.astype(kind)
    drug = None if window.effect is None else window.effect.astype(kind)
    pull = None if drug is None else -(people.slope[window.cycle] * ktr)
    elapsed = AT.astype(kind)[:, None] * length
    line = np.empty((NODES + 4, people.size), kind)
    start = state.prol + 4 * np.log(length)
    power = length
    line[NODES] = state.pools[0]
    for row in (1, 2, 3):
        np.multiply(state.pools[row], power, out=line[NODES + row])
        power = power * length
    feedback = _guess(state, window)
    for _ in range(1 if window.for_h <= SHORT_H else ROUNDS):
        grown = _grown(feedback, once, length, drug, pull)
        grown += start
        np.minimum(grown, MOST, out=grown)
        np.exp(grown, out=line[:NODES])
        cells = delay @ line
        np.maximum(cells, LEAST, out=cells)
        np.log(cells, out=cells)
        cells -= elapsed
        state.feedback = np.multiply(cells, -people.gamma, out=grown)
        feedback = np.exp(state.feedback)
    state.prol = state.prol + _grown(feedback, once[-1:], length, None if drug is None else drug[-1:], pull)[0] - length
    np.minimum(state.prol, MOST_PROLIFERATING, out=state.prol)
    _move(state, ENDS.astype(kind) @ line, length, cells[-1])
    return cells


def _grown(feedback: Floats, once: Floats, length: Floats, drug: Floats | None, pull: Floats | None) -> Floats:
    """∫ ktr·(1-E)·feedback to each node, without the loss to transit."""
    grown = once @ feedback
    grown *= length
    if drug is not None and pull is not None:
        killed = drug @ feedback
        killed *= pull
        grown += killed
    return np.asarray(grown)


def _move(state: _State, ends: Floats, length: Floats, last: Floats) -> None:
    """The pools at the end of a window. `ends`: T3, T2, T1 times powers of the length; `last`: log of Circ."""
    faded = np.exp(-length)
    state.pools[0] = np.exp(last)
    for row in (1, 2, 3):
        faded = faded / length
        np.multiply(ends[row - 1], faded, out=state.pools[row])


def _pulled(state: _State, window: Window, people: People) -> Floats:
    """One window with G-CSF: proliferation gains, and cells pass the transit compartments on a faster clock.

    What enters transit and what leaves the blood keep their pace, so that the gain alone decides how much is made.
    """
    if window.pull is None:
        raise ValueError("_pulled: expected a window with G-CSF")
    kind = people.gamma.dtype
    ktr = people.ktr[window.cycle]
    length = ktr * kind.type(window.for_h)
    once = ONCE.astype(kind)
    faster, growing = _folds(window.pull, people)
    drug = None if window.effect is None else window.effect.astype(kind)
    killing = None if drug is None else -(people.slope[window.cycle] * ktr)
    elapsed = AT.astype(kind)[:, None] * length
    moved = (once @ faster) * length
    feedback, cells, stages = _guess(state, window), moved, []
    for _ in range(ROUNDS + 1):
        grown = _grown(growing * feedback, once, length, drug, killing)
        stages = [np.exp(np.minimum(state.prol + grown - elapsed + moved, MOST))]
        stages.append(state.pools[3] + length * (once @ stages[0]))
        for pool in (state.pools[2], state.pools[1]):
            stages.append(pool + length * (once @ (faster * stages[-1])))
        entering = faster * stages[3] * np.exp(elapsed - moved)
        cells = np.log(np.maximum(state.pools[0] + length * (once @ entering), LEAST)) - elapsed
        state.feedback = -people.gamma * cells
        feedback = np.exp(state.feedback)
    state.prol = state.prol + _grown(growing * feedback, once, length, drug, killing)[-1] - length
    np.minimum(state.prol, MOST_PROLIFERATING, out=state.prol)
    state.pools = np.stack([np.exp(cells[-1]), *(stage[-1] * np.exp(-moved[-1]) for stage in stages[:0:-1])])
    return np.asarray(cells)


def _folds(pull: Pull, people: People) -> tuple[Floats, Floats]:
    """How many times faster transit runs, and how many times more is proliferated, at the nodes."""
    occupied = pull.occupancy.astype(people.gamma.dtype)[:, None] * people.response
    faster = np.exp(occupied * people.gamma.dtype.type(pull.transit))
    return faster, np.exp(occupied * people.gamma.dtype.type(pull.growth))


class Solve(Protocol):
    """`solve`, or `models.anc.compiled.solve`, which gives the same."""

    def __call__(self, course: Course, people: People, *, windows: int | None = None) -> list[Floats]: ...


def read(reading: Reading, nodes: list[Floats]) -> Floats:
    """log(Circ/Circ0) at the times of a reading: (times, people)."""
    kind, size = nodes[0].dtype, nodes[0].shape[1]
    found = np.empty((reading.size, size), kind)
    for place, rows, weights in reading.rows:
        np.matmul(weights.astype(kind), nodes[place], out=found[rows])
    return found
