"""Inputs that have moved are told; what cannot be said yet is said to be unknown."""

import numpy as np
import pytest

from models.early_warning.drift import drift, histogram, shares, stability
from tests.models.early_warning.people import shipped

MODEL = shipped()
DICE = np.random.default_rng(5)


def test_inputs_unlike_those_of_the_training_have_moved_and_few_rows_say_nothing() -> None:
    rows = [list(DICE.normal(size=len(MODEL.watched)) + 500) for _ in range(300)]
    moved = drift(MODEL, rows)
    assert [found.what for found in moved] == [f"drift {name}" for name in MODEL.watched]
    assert {found.answer for found in moved} == {"outside"}
    assert {found.answer for found in drift(MODEL, rows[:100])} == {"unknown"}
    assert {found.answer for found in drift(MODEL, [[None] * len(MODEL.watched)] * 300)} == {"outside"}


def test_the_stability_index_is_its_formula_and_counts_what_is_missing() -> None:
    then = DICE.normal(size=20_000)
    known = histogram(then)
    assert stability(known, DICE.normal(size=20_000)) < 0.01
    assert stability(known, DICE.normal(size=20_000) + 1) > 0.25
    gone = np.where(DICE.random(20_000) < 0.5, np.nan, then)
    assert stability(known, gone) > 0.25
    now = shares(known.edges, then + 0.3)
    expected = ((now - known.shares) * np.log(np.maximum(now, 1e-4) / np.maximum(known.shares, 1e-4)))[:-1].sum()
    assert stability(known, then + 0.3) == pytest.approx(expected, rel=1e-6)
    assert histogram(np.full(5, np.nan)).shares.tolist() == [0, 1]
