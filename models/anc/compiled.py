"""The same curves compiled (numba, the extra `compiled`), one person after the other. Equal to `curves`.

Raises ImportError where numba is not installed; nothing here is needed for a forecast. Read beside `curves`, whose
steps it repeats, so that a test can hold the two against each other.
"""

# mypy: disable-error-code="no-untyped-def, call-arg"

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.anc.course import Course
from models.anc.curves import FAR, LEAST, MOST, MOST_PROLIFERATING, ROUNDS, SHORT_H, Floats, People
from models.anc.quadrature import AT, DELAY, ENDS, NODES, ONCE

Numbers = NDArray[np.float64]


def solve(course: Course, people: People, *, windows: int | None = None) -> list[Floats]:
    """As `curves.solve`, worked in double precision."""
    taken = course.windows[:windows]
    none, level = np.zeros((NODES, NODES)), np.zeros(NODES)
    effects = np.array([none if window.effect is None else window.effect for window in taken]).reshape(-1, NODES, NODES)
    aheads = np.array([none if window.ahead is None else window.ahead for window in taken]).reshape(-1, NODES, NODES)
    pulls = np.array([level if w.pull is None else w.pull.occupancy for w in taken]).reshape(-1, NODES)
    folds = np.array([(0.0, 0.0) if w.pull is None else (w.pull.transit, w.pull.growth) for w in taken]).reshape(-1, 2)
    lengths = np.array([window.for_h for window in taken])
    cycles = np.array([window.cycle for window in taken], dtype=np.int64)
    found = np.empty((len(taken), NODES, people.size))
    columns = (people.ktr, people.slope, people.gamma, people.response)
    _crowd(lengths, cycles, effects, aheads, pulls, folds, *(np.asarray(value, float) for value in columns), found)
    return list(found.astype(people.gamma.dtype))


@njit(cache=False)
def _crowd(lengths, cycles, effects, aheads, pulls, folds, ktrs, slopes, gammas, responses, found):  # noqa: ANN001, ANN202
    for n in range(gammas.shape[0]):
        prol, pools, logs = 0.0, np.ones(4), np.zeros(NODES)
        for w in range(lengths.shape[0]):
            k, drug, gamma = ktrs[cycles[w], n], slopes[cycles[w], n], gammas[n]
            if w > 0:
                logs = aheads[w] @ logs
            feedback = np.exp(np.minimum(logs, FAR))
            if folds[w, 0] > 0.0:
                fold = responses[n] * folds[w]
                prol, cells = _pulled(lengths[w], effects[w], pulls[w], fold, k, drug, gamma, prol, pools, feedback)
            else:
                prol, cells = _pass(lengths[w], effects[w], k, drug, gamma, prol, pools, feedback)
            logs = -gamma * cells
            found[w, :, n] = cells


@njit(cache=False)
def _pass(for_h, effect, k, drug, gamma, prol, pools, feedback):  # noqa: ANN001, ANN202
    length = k * for_h
    line, cells = np.empty(NODES + 4), feedback
    line[NODES] = pools[0]
    for row in range(1, 4):
        line[NODES + row] = pools[row] * length**row
    start = prol + 4 * np.log(length)
    for _ in range(1 if for_h <= SHORT_H else ROUNDS):
        line[:NODES] = np.exp(np.minimum(length * (ONCE @ feedback) - drug * k * (effect @ feedback) + start, MOST))
        cells = np.log(np.maximum(DELAY @ line, LEAST)) - AT * length
        feedback = np.exp(-gamma * cells)
    grown = length * (ONCE[NODES - 1] @ feedback) - drug * k * (effect[NODES - 1] @ feedback)
    ends, faded = ENDS @ line, np.exp(-length)
    pools[0] = np.exp(cells[NODES - 1])
    for row in range(1, 4):
        pools[row] = ends[row - 1] * faded / length**row
    return min(prol + grown - length, MOST_PROLIFERATING), cells


@njit(cache=False)
def _pulled(for_h, effect, occupancy, fold, k, drug, gamma, prol, pools, feedback):  # noqa: ANN001, ANN202
    length = k * for_h
    faster = np.exp(occupancy * fold[0])
    growing = np.exp(occupancy * fold[1])
    moved = (ONCE @ faster) * length
    cells, stages = feedback, np.empty((4, NODES))
    for _ in range(ROUNDS + 1):
        fed = growing * feedback
        grown_at = length * (ONCE @ fed) - drug * k * (effect @ fed)
        stages[0] = np.exp(np.minimum(prol + grown_at - AT * length + moved, MOST))
        stages[1] = pools[3] + length * (ONCE @ stages[0])
        for stage in range(2, 4):
            stages[stage] = pools[4 - stage] + length * (ONCE @ (faster * stages[stage - 1]))
        entering = faster * stages[3] * np.exp(AT * length - moved)
        cells = np.log(np.maximum(pools[0] + length * (ONCE @ entering), LEAST)) - AT * length
        feedback = np.exp(-gamma * cells)
    fed = growing * feedback
    grown = length * (ONCE[NODES - 1] @ fed) - drug * k * (effect[NODES - 1] @ fed)
    pools[0] = np.exp(cells[NODES - 1])
    for row in range(1, 4):
        pools[row] = stages[4 - row][NODES - 1] * np.exp(-moved[NODES - 1])
    return min(prol + grown - length, MOST_PROLIFERATING), cells
