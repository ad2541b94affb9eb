"""The score of one moment, and of many of one patient: one function. Called by the hub and by `vigie predict`. Pure.

It reads, it decides nothing: an alarm may open an alert or raise its rank, the absence of one says nothing.
"""

from collections.abc import Sequence

import numpy as np

from domain.instants import Micros
from models.early_warning.alarms import BUDGET, rings, threshold
from models.early_warning.calibration import risk
from models.early_warning.features import FEATURES, of_windows
from models.early_warning.fitness import judge, moments
from models.early_warning.model import Model
from models.early_warning.reasons import reasons
from models.early_warning.trees import walk
from models.early_warning.values import Numbers, Observations, Score

PLACES = {name: place for place, name in enumerate(FEATURES)}


def score(
    model: Model,
    observations: Observations,
    at: Micros,
    *,
    previous_alarms: Sequence[Micros] = (),
    budget: float = BUDGET,
) -> Score:
    """The score at a moment. Only what was measured up to it counts; `previous_alarms`: moments of earlier alarms."""
    return follow(model, observations, [at], previous_alarms=previous_alarms, budget=budget)[0]


def follow(
    model: Model,
    observations: Observations,
    at: Sequence[Micros],
    *,
    previous_alarms: Sequence[Micros] = (),
    budget: float = BUDGET,
) -> list[Score]:
    """Scores of moments that rise, each alarm refractory for those after it."""
    found = moments(observations, np.array(at, np.int64))
    rows = of_windows(found.windows)
    raw, added = walk(model.trees, rows)
    risks, limit = risk(model.calibration, raw), threshold(model.curve, budget)
    rang, scores = list(previous_alarms), []
    for row, (status, why) in enumerate(judge(found, model.known)):
        shown = _watched(model, rows[row].astype(float))
        if status != "ready":
            scores.append(Score(status, None, False, (), model.version, why, shown))
            continue
        alarm = bool(raw[row] >= limit) and rings(at[row], rang, model.refractory)
        rang += [at[row]] if alarm else []
        told = reasons(rows[row].astype(float), added[row])
        scores.append(Score("ready", float(risks[row]), alarm, told, model.version, why, shown))
    return scores


def _watched(model: Model, row: Numbers) -> tuple[float | None, ...]:
    """What is kept of a scored row so that drift can be seen."""
    values = (float(row[PLACES[name]]) for name in model.watched)
    return tuple(None if np.isnan(value) else value for value in values)
