"""Simulation-based calibration: people drawn from the prior, counts from the residual; the truth has any rank alike.

A small dose; `make evaluate` counts coverage and reliability on thousands, with truths the forecaster does not share.
"""

import numpy as np

from models.anc import outlook, wander
from models.anc.curves import read, solve
from models.anc.prior import people, prior_of
from models.anc.residual import FREEDOM, SCALE, cumulative
from models.anc.summary import nadirs
from models.anc.treatment import treatment_of
from models.anc.values import Count, Dose, Request
from models.anc.weights import drawn_again, pareto, weighed

PEOPLE, BINS, SD = 100, 5, 0.424
DAYS = (0.0, 5.0, 8.0)


def ranks() -> np.ndarray:
    dice = np.random.default_rng(11)
    base = Request("x", "docetaxel", None, (Dose(0.0, 150.0, 1.0),), tuple(Count(day, 1.0) for day in DAYS))
    treatment = treatment_of(base)
    plan = outlook._plan(treatment, 28.0)
    prior = prior_of(treatment.population, 1, answers=0)
    crowd, circ0 = people(prior, dice.standard_normal((prior.size, PEOPLE)), np.float64)
    truth = read(plan.where, solve(plan.course, crowd)) + circ0
    lowest = nadirs(plan.hours[4:], truth[4:]).logs
    rows = [int(day * 4) for day in DAYS]
    counts = np.exp(truth[rows] + SD * SCALE * dice.standard_t(FREEDOM, (len(DAYS), PEOPLE)))
    found = []
    for person in range(PEOPLE):
        own = tuple(Count(day, float(anc)) for day, anc in zip(DAYS, counts[:, person], strict=True))
        asked = treatment_of(Request("x", "docetaxel", None, base.doses, own))
        drawn = outlook._drawn(asked, asked.population, plan, (SD, person))
        found.append((nadirs(plan.hours[4:], drawn.ensemble.curves[4:]).logs < lowest[person]).mean())
    return np.array(found)


def test_the_rank_of_the_truth_is_uniform() -> None:
    held = np.histogram(ranks(), BINS, (0, 1))[0]
    expected = PEOPLE / BINS
    assert ((held - expected) ** 2 / expected).sum() < 18.5  # one in a thousand of chi-square with 4 degrees


def wandering_ranks(number: int) -> np.ndarray:
    """The same where kinetics are not known: the truth wanders about its curve, and counts with it."""
    dice = np.random.default_rng(12)
    base = Request("x", None, "r-chop-21", (Dose(0.0, 1.0, 1.0),), tuple(Count(day, 1.0) for day in DAYS))
    treatment = treatment_of(base)
    plan, sd = outlook._plan(treatment, 28.0), treatment.population.residual_sd
    prior = prior_of(treatment.population, 1, answers=0)
    crowd, circ0 = people(prior, dice.standard_normal((prior.size, number)), np.float64)
    scales = np.sqrt(wander.FREEDOM / dice.chisquare(wander.FREEDOM, number))
    knots = np.arange(0.0, 673.0, 24.0)
    root = np.linalg.cholesky(wander.covariance(knots, knots) + 1e-9 * np.eye(len(knots)))
    paths = (root @ dice.standard_normal((len(knots), number))) * scales
    truth = read(plan.where, solve(plan.course, crowd)) + circ0
    truth += np.stack([np.interp(plan.hours, knots, path) for path in paths.T], axis=1)
    lowest = nadirs(plan.hours[4:], truth[4:]).logs
    counts = np.exp(truth[[int(day * 4) for day in DAYS]] + sd * scales * dice.standard_normal((len(DAYS), number)))
    found = []
    for person in range(number):
        own = tuple(Count(day, float(anc)) for day, anc in zip(DAYS, counts[:, person], strict=True))
        asked = treatment_of(Request("x", None, "r-chop-21", base.doses, own))
        drawn = outlook._drawn(asked, asked.population, plan, (sd, person))
        found.append((nadirs(plan.hours[4:], drawn.ensemble.curves[4:]).logs < lowest[person]).mean())
    return np.array(found)


def test_the_rank_of_a_truth_that_wanders_is_uniform_too() -> None:
    held = np.histogram(wandering_ranks(PEOPLE), BINS, (0, 1))[0]
    expected = PEOPLE / BINS
    assert ((held - expected) ** 2 / expected).sum() < 18.5, held


def test_the_closed_form_of_student_is_the_distribution() -> None:
    from scipy.stats import t

    at = np.linspace(-12, 12, 101)
    assert np.abs(cumulative(at) - t.cdf(at, FREEDOM)).max() < 1e-12


def test_weights_that_hang_on_one_draw_are_bad_and_even_ones_are_not() -> None:
    dice = np.random.default_rng(3)
    assert not weighed(dice.standard_normal(1000) * 0.3).bad()
    assert weighed(dice.standard_normal(1000) * 4).bad()
    assert weighed(np.where(np.arange(1000) == 7, 60.0, 0.0)).bad()


def test_the_pareto_shape_is_found() -> None:
    share = (np.arange(4000) + 0.5) / 4000
    for shape in (0.2, 0.5, 0.9):
        found, _ = pareto(np.sort(((1 - share) ** -shape - 1) / shape))
        assert abs(found - shape) < 0.05


def test_drawing_again_follows_the_weights() -> None:
    share = np.array([0.5, 0.25, 0.25, 0.0])
    assert np.bincount(drawn_again(np.repeat(share, 25) / 25), minlength=100).reshape(4, 25).sum(1).tolist() == [
        50, 25, 25, 0
    ]  # fmt: skip
