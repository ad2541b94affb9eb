"""What is believed of a person before any count: individual parameters as normal numbers z and what they mean. Pure.

log parameters = typical + root @ z with z ~ N(0, 1): Circ0, gamma, response to G-CSF, then MTT and slope of each cycle.
The MTT and the slope of a cycle are those of the person times a factor of that cycle, drawn anew each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from models.anc.covariates import factors
from models.anc.curves import Floats, People
from models.anc.library import ParameterSet, Regimen
from models.anc.wander import COUNT_SD

Numbers = NDArray[np.float64]
BETWEEN_CYCLES = log1p(0.24**2)
"""omega² of the factor of a cycle on MTT and slope: 24 %, the variability between occasions of the vinflunine set."""
RESPONSE = 0.3**2
"""omega² of the response to G-CSF: a choice of this project."""
CIRC0, GAMMA, ANSWER, FIRST = 0, 1, 2, 3
FARTHEST = {CIRC0: 2.5, GAMMA: 1.2, ANSWER: 1.2}
FARTHEST_MTT, FARTHEST_SLOPE = 1.4, 4.0
"""Of the logarithm of a person's factor on the typical value, either way: beyond it a draw is held at the edge."""


@dataclass(frozen=True, slots=True)
class Population:
    """Typical values (of the parameters themselves), variances of their logarithms, residual SD, and where from.

    `between`: variance of the factor of a cycle on the slope. `wandering`: counts wander about the curve (`wander`).
    """

    name: str
    circ0: float
    mtt: float
    gamma: float
    omega2: Mapping[str, float]
    residual_sd: float
    slope: float = 1.0
    between: float = BETWEEN_CYCLES
    wandering: bool = False


@dataclass(frozen=True, slots=True)
class Prior:
    """`typical` of log parameters; `root` (parameters, z); `farthest` a deviation may be."""

    typical: Numbers
    root: Numbers
    farthest: Numbers
    cycles: int

    @property
    def size(self) -> int:
        """How many z."""
        return int(self.root.shape[1])


def of_set(found: ParameterSet, covariates: Mapping[str, float]) -> Population:
    """A published set. The variability of clearance is carried by the slope: the effect goes as their ratio."""
    by = factors(found.id, covariates)
    omega2 = {**found.omega2, "slope": found.omega2["slope"] + log1p(found.kinetics.cv_cl**2)}
    return Population(
        found.id, found.circ0 * by.circ0, found.mtt * by.mtt, found.gamma, omega2, found.residual_sd, by.slope
    )


KPD_MTT_PER_DAY = 9.6
"""MTT in hours per day from a dose to the nadir, where the effect of a dose falls by half a day."""
KPD_MTT_SD, KPD_SLOPE_SD = 0.2, 0.8
KPD_BETWEEN = KPD_SLOPE_SD**2
"""omega² of the factor of a cycle on the effect: another cycle may be of other drugs. A choice of this project."""
UNKNOWN = Regimen("class", "chemotherapy of an unknown kind", 7.0, 18.0, "the span of the table of regimens", "D")


def of_regimen(regimen: Regimen, base: Population) -> Population:
    """A regimen without kinetics: MTT from the usual day of the nadir, a wide slope, the rest as the base."""
    low, high = max(regimen.nadir_from - 1, 4.0), max(regimen.nadir_to - 1, 5.0)  # the table counts from day 1
    mtt = KPD_MTT_PER_DAY * (low + high) / 2
    spread = log(high / low) / (2 * 1.645)
    omega2 = {**base.omega2, "mtt": KPD_MTT_SD**2 + spread**2, "slope": KPD_SLOPE_SD**2}
    return replace(
        base,
        name=f"kpd:{regimen.key}",
        mtt=mtt,
        omega2=omega2,
        residual_sd=COUNT_SD,
        between=KPD_BETWEEN,
        wandering=True,
    )


def widened(population: Population, factor: float) -> Population:
    """Standard deviations between people times a factor."""
    return replace(population, omega2={name: found * factor**2 for name, found in population.omega2.items()})


def prior_of(population: Population, cycles: int, *, answers: int) -> Prior:
    """`answers`: 1 when G-CSF was given, else 0. Variances of 0 take no z."""
    omega2 = population.omega2
    typical = np.zeros(FIRST + 2 * cycles)
    typical[CIRC0], typical[GAMMA] = log(population.circ0), log(population.gamma)
    typical[FIRST : FIRST + cycles], typical[FIRST + cycles :] = log(population.mtt), log(population.slope)
    covariance = np.zeros((len(typical), len(typical)))
    covariance[CIRC0, CIRC0], covariance[GAMMA, GAMMA] = omega2["circ0"], omega2["gamma"]
    covariance[ANSWER, ANSWER] = RESPONSE * answers
    own = np.eye(cycles) if cycles > 1 else 0.0
    for at, name, between in ((FIRST, "mtt", BETWEEN_CYCLES), (FIRST + cycles, "slope", population.between)):
        covariance[at : at + cycles, at : at + cycles] = omega2[name] + between * own
    farthest = np.array([*FARTHEST.values(), *[FARTHEST_MTT] * cycles, *[FARTHEST_SLOPE] * cycles])
    return Prior(typical, _root(covariance), farthest[:, None], cycles)


def _root(covariance: Numbers) -> Numbers:
    """A triangular root without the columns of what does not vary."""
    varies = np.flatnonzero(np.diag(covariance) > 0)
    root = np.zeros((len(covariance), len(varies)))
    root[varies] = np.linalg.cholesky(covariance[np.ix_(varies, varies)])
    return root


def people(prior: Prior, z: Numbers, kind: type[np.floating]) -> tuple[People, Floats]:
    """Individuals of z (a column a person), and their log Circ0."""
    logs = prior.typical[:, None] + np.clip(prior.root @ z, -prior.farthest, prior.farthest)
    cycles = prior.cycles
    found = np.exp(logs).astype(kind)
    ktr = (4.0 / found[FIRST : FIRST + cycles]).astype(kind)
    slope = np.ascontiguousarray(found[FIRST + cycles :])
    gamma, answer = np.ascontiguousarray(found[GAMMA]), np.ascontiguousarray(found[ANSWER])
    return People(np.ascontiguousarray(ktr), slope, gamma, answer), logs[CIRC0].astype(kind)
