"""From a request to its forecast: population, fit, draws, surprise, answer. The order of the model. Pure."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from models.anc.answer import Told, answered
from models.anc.course import Course, Reading, lay_out, reading
from models.anc.curves import Floats, Solve, read, solve
from models.anc.fit import Fit, Problem, fit, predict
from models.anc.prior import Population, people, prior_of, widened
from models.anc.residual import SCALE, observed, residuals, tail
from models.anc.residual import gaps as gaps_of
from models.anc.sampling import Ensemble, Target, around, from_prior
from models.anc.treatment import DAY_H, Treatment, treatment_of
from models.anc.values import Forecast, Request
from models.anc.wander import paths, scale

Numbers = NDArray[np.float64]
GRID_H = 6.0
SURPRISING = 1e-3
"""Tail probability of the newest count at which a forecast says so and is widened. A choice of this project."""
HOPELESS = 1e-4
"""Tail probability under the widened population at which it is withdrawn. A choice of this project."""
WIDER = 2.0


@dataclass(frozen=True, slots=True)
class _Drawn:
    ensemble: Ensemble
    surprise: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The hours of the answer: from the first dose to the horizon; the cycle that begins with the last dose."""

    course: Course
    hours: Numbers
    where: Reading
    cycle_from_h: float
    solve: Solve = solve


def forecast(request: Request, *, seed: int = 0, solve: Solve = solve) -> Forecast:
    """The answer for one patient; the same request and seed give the same answer. The caller measures `ms`."""
    treatment = treatment_of(request)
    plan = replace(_plan(treatment, request.horizon_days), solve=solve)
    sd = treatment.population.residual_sd if request.count_log_sd is None else request.count_log_sd
    drawn = _drawn(treatment, treatment.population, plan, (sd, seed))
    surprise, withdrawn = drawn.surprise, False
    surprised = surprise is not None and surprise < SURPRISING
    if surprised:
        drawn = _drawn(treatment, widened(treatment.population, WIDER), plan, (sd, seed))
        withdrawn = drawn.surprise is not None and drawn.surprise < HOPELESS
    told = Told(request.id, treatment, surprise, surprised, withdrawn)
    return answered(told, plan.hours, plan.cycle_from_h, drawn.ensemble, sd)


def _plan(treatment: Treatment, horizon_days: float) -> Plan:
    last = treatment.inputs[-1].start_h
    end = last + horizon_days * DAY_H
    newest = max((hour for hour, _ in treatment.counts), default=0.0)
    course = lay_out(treatment.inputs, treatment.gcsf, max(end, newest))
    start = last % GRID_H
    hours = np.arange(start, end + 1e-6, GRID_H)
    return Plan(course, hours, reading(course, hours), last)


def _drawn(treatment: Treatment, population: Population, plan: Plan, setting: tuple[float, int]) -> _Drawn:
    sd, seed = setting
    prior = prior_of(population, len(plan.course.cycles), answers=int(bool(treatment.gcsf)))
    hours = np.array([hour for hour, _ in treatment.counts])
    counts = observed(hours, np.array([anc for _, anc in treatment.counts]), sd, wandering=population.wandering)
    where = reading(plan.course, hours) if len(hours) else Reading((), 0)
    problem = Problem(
        plan.course, prior, counts, where, max((place for place, _, _ in where.rows), default=-1) + 1, plan.solve
    )

    def gaps(z: Numbers) -> Numbers:
        logs = predict(problem, z, np.float32)
        return np.asarray((residuals(counts, logs).astype(float) ** 2).sum(0))

    around_curve = paths(plan.hours, hours, sd) if population.wandering else None

    def whole(z: Numbers) -> tuple[Numbers, Floats]:
        crowd, circ0 = people(prior, z, np.float32)
        nodes = plan.solve(plan.course, crowd)
        at_counts = read(where, nodes) + circ0 if where.size else np.zeros((0, z.shape[1]), np.float32)
        apart, curves = residuals(counts, at_counts), read(plan.where, nodes) + circ0
        if around_curve is not None:
            curves += around_curve.around(-gaps_of(counts, at_counts), seed).astype(np.float32)
        return (apart.astype(float) ** 2).sum(0), curves

    target = Target(gaps, whole)
    if not len(hours):
        return _Drawn(from_prior(target, prior.size, seed), None)
    found = fit(problem)
    return _Drawn(around(found, target, seed), _surprise(problem, found))


def _surprise(problem: Problem, found: Fit) -> float:
    """Tail probability of the newest count before it was used: the deleted residual of the fit, in its linear view.

    Its pull on the mode is taken back by one Newton step. A censored count is no surprise on its lower side.
    """
    counts, size = problem.counts, len(found.z)
    if counts.censored[-1] and found.predicted[-1] <= counts.logs[-1]:
        return 1.0
    apart = gaps_of(counts, found.predicted[:, None])[:, 0]
    alone, own = np.eye(len(apart))[-1], counts.sd / SCALE
    if counts.whitening is not None:  # of the newest count given those before it
        alone = counts.whitening[-1] / counts.whitening[-1, -1]
        own = scale((counts.whitening @ apart)[:-1]) / counts.whitening[-1, -1]
    residual = float(alone @ apart)
    row, others = alone @ found.slopes, found.jacobian[:-1]
    precision = others.T @ others + np.eye(size)
    pull = residuals(counts, found.predicted[:, None])[-1, 0]
    back, spread = np.linalg.solve(precision, np.stack([found.jacobian[-1] * pull, row], axis=1)).T
    return tail((residual + float(row @ back)) / sqrt(own**2 + float(row @ spread)))
