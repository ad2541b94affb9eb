"""The refractory rule, and a threshold that keeps its budget on people it has not seen."""

import numpy as np
import pytest

from domain.instants import HOUR
from models.early_warning.alarms import Followed, alarms, curve, rings, threshold

DAY_H = 24 * HOUR


def _people(seed: int, people: int = 400, hours: int = 72) -> Followed:
    """Log-odds that wander, nobody with an onset."""
    dice = np.random.default_rng(seed)
    raw = dice.normal(size=(people, 1)) + np.cumsum(dice.normal(size=(people, hours)) * 0.3, axis=1)
    at = np.tile(np.arange(hours), people) * HOUR
    person = np.repeat(np.arange(people), hours)
    return Followed(raw.ravel(), at, person, np.ones(people * hours, bool))


@pytest.mark.parametrize(
    ("previous", "expected"),
    [((), True), ((0,), True), ((1,), False), ((24,), True), ((30,), True), ((5, 30, 2), False)],
)
def test_an_alarm_rings_only_after_the_refractory_time(previous: tuple[int, ...], expected: bool) -> None:
    assert rings(24 * HOUR, [hour * HOUR for hour in previous], 24 * HOUR) is expected


def test_alarms_of_each_person_are_a_refractory_time_apart_and_start_anew_with_the_next() -> None:
    raw = np.tile([0.0, 2.0, 2.0, 2.0, 2.0, np.nan], 2)
    rows = Followed(raw, np.tile(np.arange(6), 2) * HOUR, np.repeat([0, 1], 6), np.ones(12, bool))
    assert alarms(rows, 1.0, 2 * HOUR).tolist() == [1, 3, 7, 9]
    assert alarms(rows, 1.0, 24 * HOUR).tolist() == [1, 7]
    assert alarms(rows, 3.0, HOUR).tolist() == []


@pytest.mark.parametrize("budget", [0.1, 0.25, 0.5])
def test_the_budget_holds_on_other_people(budget: float) -> None:
    seen, other = _people(1), _people(2)
    made = curve(seen, DAY_H, np.quantile(seen.raw, np.linspace(0.05, 0.999, 80)))
    limit = threshold(made, budget)
    days = len(other.raw) / 24
    assert len(alarms(seen, limit, DAY_H)) / days <= budget
    assert len(alarms(other, limit, DAY_H)) / days == pytest.approx(budget, rel=0.2)


def test_the_rates_allow_for_one_more_person_with_as_many_alarms_as_a_stay_can_hold() -> None:
    few = _people(1, people=20)
    made = curve(few, DAY_H, np.array([0.5]))
    assert made.rates.tolist() == pytest.approx([(len(alarms(few, 0.5, DAY_H)) + 3) / 60])


def test_a_budget_outside_the_curve_is_a_mistake() -> None:
    made = curve(_people(1), DAY_H, np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"expected .* false alarms per patient-day"):
        threshold(made, 0.0001)
