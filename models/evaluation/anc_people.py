"""Simulated people: drawn from the published docetaxel model, their counts, and what was forecast.

The truth has what the forecaster does not: each person's clearance (30 % between people) and, where a scenario says
so, factors of each cycle on slope and MTT. Fixed seeds; the forecasts run in two processes.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import log1p, sqrt
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from models.anc import forecast, summary
from models.anc.course import lay_out, reading
from models.anc.curves import People, read, solve
from models.anc.exposure import Input
from models.anc.library import DRUGS
from models.anc.values import Count, Dose, Forecast, Request
from models.evaluation.figure import Told

Numbers = NDArray[np.float64]
TYPICAL = {"circ0": 5.22, "mtt": 84.2, "gamma": 0.1445}
OMEGA2 = {"circ0": 0.0640, "mtt": 0.0192, "gamma": 0.0216, "slope": 0.1284}
CLEARANCE_CV = 0.30
CYCLE_DAYS = 21.0
PROCESSES = 2
MANY, CLOUD = 5000, 20_000  # people of whom the limit is made


@dataclass(frozen=True, slots=True)
class Scenario:
    """People with counts on some days and one to be forecast, `new_day`. `between`: CV of the factors of a cycle."""

    name: str
    people: int
    days: tuple[float, ...]
    sd: float
    mg: float = 180.0
    cycles: int = 1
    between: float = 0.0
    new_day: float = 10.0


@dataclass(frozen=True, slots=True)
class Truth:
    """Of each person: log counts on the days (rows) and the new day, nadir, its day, day of recovery (NaN: none)."""

    logs: Numbers
    new: Numbers
    nadir: Numbers
    nadir_day: Numbers
    recovery_day: Numbers

    @property
    def days(self) -> tuple[Numbers, Numbers]:
        """Nadir and recovery."""
        return self.nadir_day, self.recovery_day


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scenario: the truth, the forecasts, and the noisy count of the new day."""

    scenario: Scenario
    truth: Truth
    forecasts: tuple[Forecast, ...]
    counted: Numbers

    def column(self, name: str, quantile: str) -> Numbers:
        """A quantile of every forecast, NaN where it is null."""
        found = [getattr(each, name) for each in self.forecasts]
        values = [None if each is None else getattr(each, quantile) for each in found]
        return np.array([np.nan if value is None else value for value in values])

    def chance(self) -> Numbers:
        """P(grade 4), NaN where it was withdrawn."""
        return np.array([np.nan if each.p_grade4 is None else each.p_grade4 for each in self.forecasts])


def simulated(scenario: Scenario, seed: int) -> Truth:
    """People of the published model."""
    dice = np.random.default_rng(seed)
    size, cycles = scenario.people, scenario.cycles
    drawn = {name: np.exp(sqrt(variance) * dice.standard_normal(size)) for name, variance in OMEGA2.items()}
    drawn["slope"] *= np.exp(sqrt(log1p(CLEARANCE_CV**2)) * dice.standard_normal(size))
    factor = sqrt(log1p(scenario.between**2))
    mtt = TYPICAL["mtt"] * drawn["mtt"] * np.exp(factor * dice.standard_normal((cycles, size)))
    slope = drawn["slope"] * np.exp(factor * dice.standard_normal((cycles, size)))
    last = 24 * CYCLE_DAYS * (cycles - 1)
    inputs = tuple(Input(24 * CYCLE_DAYS * n, 1.0, scenario.mg, DRUGS["docetaxel"]) for n in range(cycles))
    course = lay_out(inputs, (), last + 672.0)
    nodes = solve(course, People(4 / mtt, slope, TYPICAL["gamma"] * drawn["gamma"], np.ones(size)))
    circ0 = np.log(TYPICAL["circ0"] * drawn["circ0"])
    hours = np.arange(last + 24.0, last + 673.0)
    curves = (read(reading(course, hours), nodes) + circ0).astype(np.float32 if size > MANY else float)
    lowest = summary.nadirs(hours, curves)
    under, back = summary.crossings(hours, curves, summary.GRADE3)
    at = np.array([*scenario.days, scenario.new_day]) * 24
    logs = read(reading(course, at[:-1]), nodes) + circ0 if len(at) > 1 else np.zeros((0, size))
    return Truth(
        np.asarray(logs, float), np.asarray(read(reading(course, at[-1:]), nodes)[0] + circ0, float),
        np.exp(lowest.logs), lowest.hours / 24, np.where(np.isfinite(under) & np.isfinite(back), back / 24, np.nan),
    )  # fmt: skip


def requests(scenario: Scenario, truth: Truth, seed: int) -> tuple[list[Request], Numbers]:
    """What would be asked of each person, and the count of the new day, which is not in it."""
    dice = np.random.default_rng((seed, 1))
    counts = np.exp(truth.logs + scenario.sd * dice.standard_normal(truth.logs.shape))
    new = np.exp(truth.new + scenario.sd * dice.standard_normal(truth.new.shape))
    doses = tuple(Dose(CYCLE_DAYS * n, scenario.mg, 1.0) for n in range(scenario.cycles))
    asked = [
        Request(
            str(person), "docetaxel", None, doses,
            tuple(Count(day, float(counts[row, person])) for row, day in enumerate(scenario.days)),
            count_log_sd=scenario.sd,
        )
        for person in range(scenario.people)
    ]  # fmt: skip
    return asked, new


def limit(scenario: Scenario, truth: Truth, asked: list[Request], seed: int) -> tuple[Numbers, Numbers]:
    """Distance in days of nadir and recovery from the best that anybody can say who knows the truth's model exactly.

    By brute force, apart from everything that forecasts: other people of the same model, weighed by how well their
    curves fit a person's counts, and the median of their days.
    """
    others = simulated(replace(scenario, people=CLOUD), seed + 1000)
    found = []
    for person, each in enumerate(asked):
        counted = np.log([count.anc for count in each.counts])
        far = ((counted[:, None] - others.logs) ** 2).sum(0) / scenario.sd**2
        weight = np.exp(-0.5 * (far - far.min()))
        days = (others.nadir_day, others.recovery_day)
        found.append([weighted_median(day, weight) - own[person] for day, own in zip(days, truth.days, strict=True)])
    nadir, recovery = np.abs(np.array(found)).T
    return nadir, recovery[~np.isnan(recovery)]


def weighted_median(values: Numbers, weight: Numbers) -> float:
    """Of those that are no NaN."""
    kept = np.flatnonzero(~np.isnan(values))
    order = kept[np.argsort(values[kept])]
    total = np.cumsum(weight[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])


def outcome(scenario: Scenario, seed: int, told: Told) -> Outcome:
    """The scenario forecast."""
    truth = simulated(scenario, seed)
    asked, new = requests(scenario, truth, seed)
    found = []
    for answer in in_processes(asked):
        found.append(answer)
        told(scenario.name, len(found), scenario.people)
    return Outcome(scenario, truth, tuple(found), new)


def in_processes(asked: list[Request]) -> Iterable[Forecast]:
    """Forecasts in order, on two cores; linear algebra on one thread each."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield from pool.map(forecast, asked, chunksize=max(1, min(10, len(asked) // 20)))
