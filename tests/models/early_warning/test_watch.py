"""What withdraws a model to shadow, what is only told, and what cannot be said yet."""

import numpy as np
import pytest

from domain.instants import DAY
from models.early_warning.watch import (
    RATIO,
    alarm_load,
    bands,
    calibration,
    drift,
    histogram,
    service,
    shares,
    stability,
)
from tests.models.early_warning.people import shipped

MODEL = shipped()
DICE = np.random.default_rng(5)
RISK = DICE.beta(1, 30, 20_000)
CALM = (DICE.random(20_000) < RISK).astype(float)


def _told(happened: np.ndarray, rows: int = 20_000) -> str:
    return calibration(bands(MODEL, RISK[:rows], happened[:rows])).answer


def test_rows_fall_into_their_band_of_risk() -> None:
    found = bands(MODEL, RISK, CALM)
    assert sum(band.rows for band in found) == len(RISK)
    assert sum(band.observed for band in found) == CALM.sum()
    assert sum(band.expected for band in found) == pytest.approx(RISK.sum())
    assert [band.from_risk for band in found[1:]] == list(MODEL.bands)


def test_a_calibrated_model_stays_and_one_that_left_its_band_is_withdrawn_and_says_so() -> None:
    assert _told(CALM) == "within"
    often = calibration(bands(MODEL, RISK, (DICE.random(20_000) < 4 * RISK).astype(float)))
    assert often.answer == "outside"
    assert often.low is not None
    assert often.low > RATIO[1]
    assert _told(np.zeros(20_000)) == "outside"
    withdrawn = service([often])
    assert withdrawn.mode == "shadow"
    assert often.why.fr in withdrawn.why.fr
    assert often.why.en in withdrawn.why.en
    assert service([calibration(bands(MODEL, RISK, CALM))]).mode == "active"


def test_too_few_events_cannot_be_said_and_withdraw_nothing() -> None:
    assert _told(np.ones(20_000), rows=200) == "unknown"
    assert service([calibration(bands(MODEL, RISK[:200], np.ones(200)))]).mode == "active"
    assert service([calibration(bands(MODEL, np.empty(0), np.empty(0)))]).mode == "active"


@pytest.mark.parametrize(
    ("alarms", "days", "answer"),
    [(100, 400, "within"), (150, 400, "outside"), (115, 400, "within"), (20, 400, "within"), (0, 400, "within"),
     (30, 20, "unknown")],
)  # fmt: skip
def test_only_a_load_surely_above_the_budget_is_outside(alarms: int, days: int, answer: str) -> None:
    found = alarm_load(alarms, days * DAY, 0.25)
    assert found.answer == answer
    assert service([found]).mode == ("shadow" if answer == "outside" else "active")
    assert "0.25" in found.why.en or answer == "unknown"
    assert "0,25" in found.why.fr or answer == "unknown"


def test_inputs_like_those_of_the_training_have_not_moved_and_others_are_told_without_a_withdrawal() -> None:
    rows = [list(DICE.normal(size=len(MODEL.watched)) + 500) for _ in range(300)]
    moved = drift(MODEL, rows)
    assert [found.what for found in moved] == [f"drift {name}" for name in MODEL.watched]
    assert {found.answer for found in moved} == {"outside"}
    assert service(moved).mode == "active"
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
