"""Fits how counts wander (`models.anc.wander`) on people of the MIMIC-III demo, the lymphoma patient left out.

Restricted maximum likelihood of a Student process about each person's own mean. Most of them had no chemotherapy; a
count below the limit of quantification is held there. Only the four numbers leave this file.
"""

import csv
from datetime import datetime
from math import lgamma
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.anc import wander
from models.anc.residual import LIMIT
from models.anc.wander import matern

Numbers = NDArray[np.float64]
FILE = "mimic3_demo/anc_series.csv"
LEFT_OUT = "40310"
SHIPPED = (wander.SD, wander.LENGTH_H, wander.COUNT_SD, wander.FREEDOM)


def series(path: Path) -> list[tuple[Numbers, Numbers]]:
    """Hours and log counts of each person with two counts or more."""
    found: dict[str, dict[float, float]] = {}
    for row in csv.DictReader(path.read_text().splitlines()):
        if row["ANC"] and row["subject_id"] != LEFT_OUT:
            hour = datetime.fromisoformat(row["charttime"]).timestamp() / 3600
            found.setdefault(row["subject_id"], {}).setdefault(hour, float(np.log(max(float(row["ANC"]), LIMIT))))
    return [(np.array(list(each)), np.array(list(each.values()))) for each in found.values() if len(each) > 1]


def refit(people: list[tuple[Numbers, Numbers]]) -> Numbers:
    """SD, range in hours, SD of a single count, degrees of freedom."""
    from scipy.optimize import minimize

    start = np.log([0.4, 72.0, 0.3, 8.0])
    options = {"maxiter": 2000, "xatol": 1e-4, "fatol": 1e-4}
    return np.asarray(np.exp(minimize(_misfit, start, args=(people,), method="Nelder-Mead", options=options).x))


def _misfit(logs: Numbers, people: list[tuple[Numbers, Numbers]]) -> float:
    """-log restricted likelihood, but for a constant."""
    sd, length, alone, freedom = np.exp(logs)
    total = 0.0
    for hours, values in people:
        size = len(values) - 1
        covariance = sd**2 * matern(hours[:, None] - hours, length) + alone**2 * np.eye(size + 1)
        ones, against = np.linalg.solve(covariance, np.stack([np.ones(size + 1), values], axis=1)).T
        mean = against.sum() / ones.sum()
        far = float((values - mean) @ (against - mean * ones))
        total += 0.5 * np.linalg.slogdet(covariance)[1] + 0.5 * np.log(ones.sum()) + size / 2 * np.log(freedom / 2)
        total += (freedom + size) / 2 * np.log1p(far / freedom) - lgamma((freedom + size) / 2) + lgamma(freedom / 2)
    return float(total)
