"""The curves are those of the equations: against a tight-tolerance integrator, with infusions, cycles and G-CSF."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from models.anc.course import Course, lay_out, reading
from models.anc.curves import People, read, solve
from models.anc.exposure import Input, concentration, effect
from models.anc.library import SETS
from models.anc.values import Gcsf

DOCETAXEL = SETS["kloft2006_docetaxel"]
ONE = (Input(0.0, 1.0, 180.0, DOCETAXEL),)
TWO = (*ONE, Input(504.0, 1.0, 150.0, DOCETAXEL))
DAILY = tuple(Gcsf(24.0 * day, 0.3) for day in range(3, 8))
# typical docetaxel by DOP853, rtol 1e-11: hour -> 10⁹/L (Circ0 5.22, MTT 84.2 h, slope 19.27 L/mg, gamma 0.1445)
TYPICAL = {12: 5.20741360, 48: 4.23607349, 96: 1.80517986, 144: 0.54156634, 204: 0.17905506, 264: 0.46606323,
           336: 2.37776601, 420: 5.72675158, 504: 6.85943620, 672: 5.55241685}  # fmt: skip


def crowd(kind: type = np.float64, cycles: int = 1) -> People:
    mtt, slope, gamma = np.array([84.2, 62.0, 120.0]), np.array([1.0, 2.4, 0.4]), np.array([0.1445, 0.19, 0.11])
    rows = np.ones((cycles, 1))
    return People((rows * 4 / mtt).astype(kind), (rows * slope).astype(kind), gamma.astype(kind), np.ones(3, kind))


def reference(inputs: tuple[Input, ...], person: tuple[float, float, float], at: np.ndarray) -> np.ndarray:
    ktr, slope, gamma = person

    def flow(hour: float, y: np.ndarray) -> list[float]:
        prol, one, two, three, circ = y
        killed = slope * effect(inputs, np.array([hour]))[0]
        fed = ktr * ((1 - killed) * circ**-gamma - 1)
        return [fed, ktr * (np.exp(prol) - one), ktr * (one - two), ktr * (two - three), ktr * (three - circ)]

    marks = sorted({0.0, at[-1], *(d.start_h for d in inputs), *(d.start_h + d.for_h for d in inputs)})
    state, found = np.array([0.0, 1, 1, 1, 1]), []
    for start, end in pairwise(marks):
        inside = at[(at > start) & (at <= end)]
        done = solve_ivp(flow, (start, end), state, "LSODA", np.union1d(inside, [end]), rtol=1e-9, atol=1e-11)
        found += list(np.log(done.y[4][np.isin(done.t, inside)]))
        state = done.y[:, -1]
    return np.array(found)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_the_typical_curve_is_within_a_ten_thousandth(kind: type) -> None:
    course = lay_out(ONE, (), 672.0)
    person = People(*(np.array(v, kind) for v in ([[4 / 84.2]], [[19.27 / DOCETAXEL.slope]], [0.1445], [1.0])))
    found = 5.22 * np.exp(read(reading(course, np.array([*TYPICAL], float)), solve(course, person))[:, 0].astype(float))
    assert np.abs(found / np.array([*TYPICAL.values()]) - 1).max() < 1e-4


@pytest.mark.parametrize("inputs", [ONE, TWO], ids=["one cycle", "two cycles"])
def test_people_far_from_the_typical_are_solved_too(inputs: tuple[Input, ...]) -> None:
    at = np.arange(12.0, inputs[-1].start_h + 505.0, 12.0)
    course = lay_out(inputs, (), float(at[-1]))
    who = crowd(cycles=len(course.cycles))
    found = read(reading(course, at), solve(course, who))
    for column in range(3):
        person = (float(who.ktr[0, column]), float(who.slope[0, column]), float(who.gamma[column]))
        assert np.abs(found[:, column] - reference(inputs, person, at)).max() < 1e-3


def test_without_a_drug_nothing_moves() -> None:
    course = lay_out((Input(0.0, 1.0, 1e-9, DOCETAXEL),), (), 672.0)
    assert max(np.abs(window).max() for window in solve(course, crowd())) < 1e-6


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_absurd_people_stay_finite(kind: type) -> None:
    edge = np.array([[-1.0, 1, -1, 1], [-1, -1, 1, 1]])
    ktr, slope = 4 / 84.2 * np.exp(1.4 * edge[:1]), np.exp(4.0 * edge[1:])
    gamma = 0.1445 * np.exp(1.2 * np.array([1, 1, 1, 1.0]))
    who = People(*(value.astype(kind) for value in (ktr, slope, gamma, np.full(4, 3.0))))
    for gcsf in ((), DAILY):
        course: Course = lay_out(ONE, gcsf, 672.0)
        assert all(np.isfinite(window).all() for window in solve(course, who))


def test_gcsf_shortens_transit_and_raises_the_count_after() -> None:
    at = np.arange(6.0, 673.0, 6.0)
    without, given = (
        read(reading(course, at), solve(course, crowd()))[:, 0]
        for course in (lay_out(ONE, (), 672.0), lay_out(ONE, DAILY, 672.0))
    )
    assert np.allclose(without[at < 72], given[at < 72], atol=1e-6)
    assert given.argmin() < without.argmin()
    assert given[at == 240.0] > without[at == 240.0] + 1


def test_exposure_is_dose_over_clearance_whatever_the_infusion() -> None:
    hours = np.linspace(0, 4000, 400_001)
    for lasting in (0.0, 1.0, 24.0):
        level = concentration(DOCETAXEL.kinetics, (Input(0.0, lasting, 180.0, DOCETAXEL),), hours)
        assert abs(np.trapezoid(level, hours) / (180 / 35.7) - 1) < 0.01


def test_saturable_kinetics_lose_no_drug() -> None:
    nab = SETS["chen2014_nabpaclitaxel"]
    hours = np.linspace(0, 240, 24_001)
    one, two = (concentration(nab.kinetics, (Input(0.0, 0.5, mg, nab),), hours) for mg in (100.0, 400.0))
    assert np.trapezoid(two, hours) > 4.5 * np.trapezoid(one, hours)  # more than in proportion: elimination saturates
    assert (two >= 0).all()


def test_several_drugs_add() -> None:
    other = Input(2.0, 0.1, 2.0, SETS["vanhasselt2013_eribulin"])
    hours = np.array([0.5, 3.0, 40.0])
    assert np.allclose(effect((*ONE, other), hours), effect(ONE, hours) + effect((other,), hours), rtol=1e-12)


def test_a_saturating_effect_stays_below_its_limit() -> None:
    emax = SETS["friberg2002_docetaxel_emax"]
    assert emax.ec50 is not None
    level = effect((Input(0.0, 1.0, 1e6, emax),), np.array([0.9]))[0]
    assert 0.95 * 83.9 < level < 83.9
