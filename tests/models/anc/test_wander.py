"""How counts wander where kinetics are not known: the mathematics of the process, and what it does to a forecast."""

import numpy as np
import pytest
from scipy.stats import multivariate_t

from models.anc import forecast
from models.anc.residual import gaps, observed, residuals
from models.anc.values import Count, Dose, Request
from models.anc.wander import COUNT_SD, FREEDOM, SD, covariance, paths, rooted, scale, whitening

HOURS = np.array([0.0, 24.0, 30.0, 96.0, 400.0])
DICE = np.random.default_rng(4)
MONTH = tuple(Count(float(day), 2.0) for day in range(22))


def _regimen(counts: tuple[Count, ...]) -> Request:
    return Request("x", None, "r-chop-21", (Dose(0.0, 1.0, 1.0), Dose(21.0, 1.0, 1.0)), counts)


def test_whitened_gaps_are_independent_and_each_knows_only_those_before_it() -> None:
    both = covariance(HOURS, HOURS) + COUNT_SD**2 * np.eye(5)
    white = whitening(HOURS, COUNT_SD)
    assert np.allclose(white @ both @ white.T, np.eye(5))
    assert np.allclose(white, np.tril(white))


def test_the_squares_add_up_to_the_likelihood_of_student() -> None:
    both = covariance(HOURS, HOURS) + COUNT_SD**2 * np.eye(5)
    apart = DICE.normal(size=(5, 7))
    found = (rooted(whitening(HOURS, COUNT_SD) @ apart) ** 2).sum(0)
    exact = -2 * multivariate_t(np.zeros(5), both, df=FREEDOM).logpdf(apart.T)
    assert np.allclose(found - found[0], exact - exact[0])
    assert rooted(np.zeros((3, 2))).tolist() == np.zeros((3, 2)).tolist()


def test_deviations_pass_through_exact_counts_and_spread_away_from_them() -> None:
    hours = np.arange(0.0, 700.0, 6.0)
    known = np.array([120.0, 240.0])
    around = paths(hours, known, 1e-3).around(np.tile([[0.3], [-0.2]], 4000), 1)
    assert around[hours == 120.0].mean() == pytest.approx(0.3, abs=1e-3)
    assert around[hours == 240.0].std() < 1e-2
    far = around[hours == 690.0]
    assert far.mean() == pytest.approx(0, abs=0.02)
    shrunk = scale(whitening(known, 1e-3) @ [0.3, -0.2]) * np.sqrt((FREEDOM + 2) / FREEDOM)
    assert far.std() == pytest.approx(SD * shrunk, rel=0.06)


def test_a_person_who_wanders_far_is_held_to_wander_on() -> None:
    calm, wild = (np.tile(np.array([[each], [-each]]), 2000) for each in (0.05, 1.5))
    hours, known = np.arange(0.0, 600.0, 6.0), np.array([24.0, 72.0])
    made = paths(hours, known, COUNT_SD)
    assert made.around(wild, 1)[-1].std() > 2 * made.around(calm, 1)[-1].std()


def test_a_curve_below_a_censored_count_is_no_gap() -> None:
    counts = observed(HOURS[:2], np.array([0.0, 2.0]), COUNT_SD, wandering=True)
    predicted = np.log(np.array([[0.01, 0.2], [2.0, 2.0]]))
    assert gaps(counts, predicted)[0].tolist() == pytest.approx([0.0, np.log(4.0)])
    assert (residuals(counts, predicted) ** 2).sum(0)[0] == 0


def test_many_counts_of_a_month_do_not_make_the_next_one_sure() -> None:
    found = forecast(_regimen(MONTH))
    assert found.status == "ready"
    assert found.nadir_anc is not None
    assert np.log(found.nadir_anc.p95 / found.nadir_anc.p05) > 1.0  # type: ignore[operator]


def test_what_a_count_is_off_the_curve_is_carried_on_for_days_and_not_for_weeks() -> None:
    hours = np.arange(0.0, 700.0, 6.0)
    [day, week, fortnight] = (
        paths(hours, np.array([96.0]), COUNT_SD).mean[hours == 96.0 + late, 0] for late in (24, 168, 336)
    )
    assert day > 0.5
    assert 0.01 < week < 0.1
    assert fortnight < 0.01


@pytest.mark.parametrize("shift", [0.3, 365.7])
def test_order_duplicates_and_the_calendar_change_nothing(shift: float) -> None:
    base = forecast(_regimen(MONTH[::3]))
    moved = Request(
        "x", None, "r-chop-21", tuple(Dose(day + shift, 1.0, 1.0) for day in (21.0, 0.0, 0.0)),
        tuple(Count(each.day + shift, each.anc) for each in (*MONTH[::3], *MONTH[::-3][-1:])),
    )  # fmt: skip
    assert forecast(moved).nadir_anc == base.nadir_anc
    assert forecast(moved).p_grade4 == base.p_grade4
