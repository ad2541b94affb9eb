"""Invented people for the tests: enough shape for a fit, nothing clinical."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from models.early_warning import files
from models.early_warning.model import Model
from models.early_warning.values import Numbers, Refused
from models.evaluation.early_warning_fit import Work

USUAL = np.array([80.0, 97.0, 36.8, 125.0, 88.0, 68.0, 16.0])
SPREAD = np.array([8.0, 1.5, 0.3, 10.0, 8.0, 7.0, 2.0])


def person(seed: int, hours: int = 60) -> tuple[Numbers, Numbers]:
    """Hours and inputs (hours, 9) of one person, with gaps; some get worse over the last twelve hours."""
    dice = np.random.default_rng(seed)
    table = USUAL + SPREAD * dice.normal(size=7) + 0.5 * SPREAD * dice.normal(size=(hours, 7))
    if seed % 4 == 0:
        table[-12:] += np.linspace(0, 2.5, 12)[:, None] * SPREAD * np.array([1, -0.5, 1, -1, -1, -1, 1])
    table[dice.random((hours, 7)) < 0.3] = np.nan
    table[0] = np.nan
    return np.arange(1.0, hours + 1), np.column_stack([table, np.full(hours, np.nan), np.full(hours, np.nan)])


def columns(people: int = 80) -> dict[str, Numbers]:
    """A data file of such people: every fourth has an onset right after the last row."""
    rows: dict[str, list[Numbers]] = {}
    for seed in range(people):
        hours, table = person(seed)
        label = (hours > 55) & (seed % 4 == 0)
        whole = {"pid": np.full(len(hours), seed), "ICULOS": hours, "SepsisLabel": label.astype(float)}
        whole["FiO2"] = np.where((hours > 9) & (seed % 3 == 0), 0.4, np.nan)
        whole["EtCO2"] = np.where((hours > 30) & (seed % 5 == 0), 35.0, np.nan)
        whole |= {name: table[:, n] for n, name in enumerate(("HR", "O2Sat", "Temp", "SBP", "MAP", "DBP", "Resp"))}
        for name, values in whole.items():
            rows.setdefault(name, []).append(np.asarray(values, float))
    return {name: np.concatenate(parts) for name, parts in rows.items()}


def small(given: Work) -> HistGradientBoostingClassifier:
    """A fit that is quick, of the same kind."""
    features, soon, weight, seed = given
    made = HistGradientBoostingClassifier(
        max_iter=15, max_leaf_nodes=7, max_bins=8, early_stopping=False, random_state=seed
    )  # few bins: with weights, each is found by a sort of its own
    return made.fit(features, soon, sample_weight=weight)


def shipped() -> Model:
    """The model that ships."""
    found = files.load()
    assert not isinstance(found, Refused), found
    return found
