"""Fitting the early warning: classifier, out-of-fold log-odds, what a trained file holds. The seed is an argument.

Called by the evaluation and by `python -m models.evaluation.early_warning_training`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from domain.instants import HOUR
from models.early_warning.alarms import REFRACTORY_H, Curve, Followed, curve
from models.early_warning.calibration import Calibration, fit
from models.early_warning.drift import histogram
from models.early_warning.features import FEATURES
from models.early_warning.fitness import Range
from models.early_warning.values import Numbers
from models.evaluation.early_warning_records import Made, Records, Whole

NAME, VERSION = "early_warning", "1.1.0"
FOLDS = 5
MEMBERS = 3  # fits whose log-odds are averaged, each with other rows of people without an onset
SHARE = 0.08  # of the rows of people without an onset that a fit sees; they weigh as much as all of them
LAST_H = 95  # hours of stay from which all count as one
REFRACTORY = REFRACTORY_H * HOUR
ABOVE = np.geomspace(0.0005, 0.5, 80)  # shares of rows above a threshold: the points of the alarm curve
WATCHED = (
    *(f"{sign}.last" for sign in ("HR", "O2Sat", "Temp", "SBP", "MAP", "DBP", "Resp", "Oxygen")),
    *(f"{sign}.seen_24h" for sign in ("HR", "O2Sat", "Temp", "SBP", "Resp")),
)
BANDS = (0.005, 0.01, 0.02, 0.04, 0.08)  # of risk

Work = tuple[NDArray[np.float32], NDArray[np.bool_], Numbers, int]
Over = Callable[[Sequence[Work]], Iterator[HistGradientBoostingClassifier]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Out-of-fold log-odds of every row (NaN where it cannot be scored), and the fold of each row."""

    raw: Numbers
    fold: Whole


def folds(found: Records, seed: int) -> Whole:
    """The fold of each row: whole people, those with an onset spread evenly."""
    people = int(found.person.max()) + 1
    septic = np.zeros(people, bool)
    septic[found.person[~found.quiet]] = True
    fold, dice = np.zeros(people, np.int64), np.random.default_rng(seed)
    for kind in (False, True):
        members = dice.permutation(np.flatnonzero(septic == kind))
        fold[members] = np.arange(len(members)) % FOLDS
    chosen: Whole = fold[found.person]
    return chosen


def work(found: Records, made: Made, rows: NDArray[np.bool_], seed: int) -> Work:
    """What one fit sees of some rows: those before onset, of quiet people a share."""
    dice = np.random.default_rng(seed)
    kept = rows & made.usable & found.before & (~found.quiet | (dice.random(len(rows)) < SHARE))
    weight = np.where(found.quiet[kept], 1 / SHARE, 1.0) * _evened(found, kept)
    features = made.features[kept]
    features[:, np.isnan(features).all(axis=0)] = (
        0.0  # scikit-learn cannot bin a column without a value; nothing splits on it
    )
    return features, found.soon[kept], weight, seed


def _evened(found: Records, kept: NDArray[np.bool_]) -> Numbers:
    """Weights that make rows of quiet people half way as common in each hour of stay as rows with an onset to come.

    The features have no clock; this keeps a fit from earning by whatever else tells the hour. Three-hour steps.
    """
    hour, soon = np.minimum(found.hour[kept], LAST_H).astype(int) // 3, found.soon[kept]
    with_onset, others = (np.bincount(hour[rows], minlength=LAST_H // 3 + 1) / rows.sum() for rows in (soon, ~soon))
    ratio = np.clip(with_onset / np.maximum(others, 1e-9), 0.1, 10)
    return np.where(soon, 1.0, np.sqrt(ratio[hour]))


def classifier(given: Work) -> HistGradientBoostingClassifier:
    """One fit."""
    features, soon, weight, seed = given
    made = HistGradientBoostingClassifier(
        max_iter=130, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=60, l2_regularization=20.0, max_bins=48,
        max_features=0.3, early_stopping=False, random_state=seed,
    )  # fmt: skip
    return made.fit(features, soon, sample_weight=weight)


def members(found: Records, made: Made, rows: NDArray[np.bool_], seed: int) -> list[Work]:
    """What the fits of one ensemble see."""
    return [work(found, made, rows, seed + number) for number in range(MEMBERS)]


def cross_fit(found: Records, made: Made, seed: int, over: Over) -> Fitted:
    """Every row scored by fits that have not seen its person."""
    fold = folds(found, seed)
    raw = np.where(made.usable, 0.0, np.nan)
    for number in range(FOLDS):
        rows = (fold == number) & made.usable
        for fitted in over(members(found, made, fold != number, seed)):
            raw[rows] += fitted.decision_function(made.features[rows]) / MEMBERS
    return Fitted(raw, fold)


def calibrated(found: Records, raw: Numbers, rows: NDArray[np.bool_]) -> Calibration:
    """Isotonic over the out-of-fold log-odds of some rows before onset."""
    kept = rows & found.before & ~np.isnan(raw)
    return fit(raw[kept], found.soon[kept].astype(float))


def budgeted(found: Records, raw: Numbers, rows: NDArray[np.bool_]) -> Curve:
    """The alarm curve of some rows."""
    kept = followed(found, raw, rows)
    scored = np.sort(kept.raw[~np.isnan(kept.raw)])[::-1]
    marks = scored[(ABOVE * len(scored)).astype(int)]
    return curve(kept, REFRACTORY, np.unique(marks))


def followed(found: Records, raw: Numbers, rows: NDArray[np.bool_]) -> Followed:
    """Rows before onset, as alarms look at them."""
    kept = rows & found.before
    return Followed(raw[kept], found.at[kept], found.person[kept], found.quiet[kept])


def held(
    found: Records, made: Made, fitted: Fitted, known: Range, *, final: Sequence[HistGradientBoostingClassifier]
) -> dict[str, Any]:
    """What the trained file holds: the fits on everybody, calibration and alarm curve of the out-of-fold log-odds."""
    everybody = np.ones(len(fitted.raw), bool)
    calibration, alarms = calibrated(found, fitted.raw, everybody), budgeted(found, fitted.raw, everybody)
    rows = made.usable & found.before
    places = {name: FEATURES.index(name) for name in WATCHED}
    bins = {name: histogram(made.features[rows, place].astype(float)) for name, place in places.items()}
    return {
        "name": NAME,
        "version": VERSION,
        "classifiers": list(final),
        "features": list(FEATURES),
        "calibration": {"raw": calibration.raw.tolist(), "risk": calibration.risk.tolist()},
        "curve": {"thresholds": alarms.thresholds.tolist(), "rates": alarms.rates.tolist()},
        "known": {"low": known.low, "high": known.high, "stale_after_h": known.stale_after_h},
        "refractory_h": float(REFRACTORY_H),
        "watched": list(WATCHED),
        "histograms": {n: {"edges": h.edges.tolist(), "shares": h.shares.tolist()} for n, h in bins.items()},
        "bands": list(BANDS),
    }
