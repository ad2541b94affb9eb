"""A request made ready for the model: hours from the first dose, each entry once and in order, its population. Pure."""

from dataclasses import dataclass, replace

from models.anc.course import cycle_starts
from models.anc.exposure import Input
from models.anc.library import DRUGS, REGIMEN_DRUGS, REGIMENS, ParameterSet
from models.anc.prior import UNKNOWN, Population, of_regimen, of_set
from models.anc.values import Dose, Gcsf, Request

BASE = DRUGS["docetaxel"]
"""Its Circ0, gamma and residual stand in where only the regimen is known."""
TYPICAL_MG = 180.0
DAY_H = 24.0
FIRST_CYCLE_DAYS = 10.0
MOST_CYCLES = 4
"""Cycles that are looked at: what was learnt before them is left out, so that time and memory are bounded."""
LONGEST_BREAK_DAYS = 180.0
"""Between two doses: what comes before a longer break is left out, for the same reason. A choice of this project."""
MOST_DAYS = 90
"""Days of treatment that are looked at, the newest: a drug of every day may be taken for years. A choice."""
MOST_COUNTS = 200
"""Counts that are looked at, the newest. A choice of this project."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """Hours since the first dose, which was on `first_day`. `assumed`: no kinetics, or not even a regimen."""

    first_day: float
    inputs: tuple[Input, ...]
    counts: tuple[tuple[float, float], ...]
    gcsf: tuple[Gcsf, ...]
    population: Population
    assumed: str | None


def treatment_of(request: Request) -> Treatment:
    """Duplicates are one entry and order means nothing. ValueError without a dose, which `requests.parse` refuses."""
    if not request.doses:
        raise ValueError("doses: expected at least one")
    doses = sorted(set(request.doses), key=lambda dose: (dose.day, dose.amount_mg, dose.duration_h, dose.drug or ""))
    main = _drug(request)
    first = _remembered([dose.day for dose in doses])
    counts = sorted({(_hours(count.day, first), count.anc) for count in request.counts if count.day >= first})
    gcsf = sorted({given for given in request.gcsf if given.day >= first}, key=_gcsf_order)
    return Treatment(
        first,
        tuple(dose for dose in _inputs(doses, first, main) if dose.start_h >= 0),
        tuple(counts[-MOST_COUNTS:]),
        tuple(replace(given, day=_hours(given.day, first)) for given in gcsf),
        _population(request, doses, main),
        None if main or all(dose.drug for dose in doses) else ("regimen" if request.regimen else "class"),
    )


def _gcsf_order(given: Gcsf) -> tuple[float, float, str]:
    return given.day, given.mg or 0.0, given.name


def _remembered(days: list[float]) -> float:
    """The day on which the cycles that are looked at begin."""
    breaks = [place for place in range(1, len(days)) if days[place] - days[place - 1] > LONGEST_BREAK_DAYS]
    days = sorted(set(days[breaks[-1] :] if breaks else days))[-MOST_DAYS:]
    hours = [_hours(day, days[0]) for day in days]
    return days[hours.index(cycle_starts(hours)[-MOST_CYCLES:][0])]


def _hours(day: float, first: float) -> float:
    """Rounded, so that another first day gives the same numbers to the last bit."""
    return round((day - first) * DAY_H, 3)


def _drug(request: Request) -> ParameterSet | None:
    name = request.drug or REGIMEN_DRUGS.get(request.regimen or "")
    return None if name is None else DRUGS[name]


def _population(request: Request, doses: list[Dose], main: ParameterSet | None) -> Population:
    """Of the drug of the request, or of the first dose that names one; else of the regimen or the class."""
    named = main or next((DRUGS[dose.drug] for dose in doses if dose.drug), None)
    if named is not None:
        return of_set(named, request.covariates)
    regimen = REGIMENS[request.regimen] if request.regimen else UNKNOWN
    return of_regimen(regimen, of_set(BASE, request.covariates))


def _inputs(doses: list[Dose], first: float, main: ParameterSet | None) -> tuple[Input, ...]:
    """mg where the drug is known; else the effect of a usual cycle, shared by amount over the first cycle's doses."""
    drugs = [DRUGS[dose.drug] if dose.drug else main for dose in doses]
    own = [dose for dose, drug in zip(doses, drugs, strict=True) if drug is None]
    usual = sum(dose.amount_mg for dose in own if dose.day - own[0].day < FIRST_CYCLE_DAYS)
    return tuple(
        Input(_hours(dose.day, first), dose.duration_h, dose.amount_mg, drug)
        if drug is not None
        else Input(_hours(dose.day, first), dose.duration_h, effect_hours() * dose.amount_mg / usual, None)
        for dose, drug in zip(doses, drugs, strict=True)
    )


def effect_hours() -> float:
    """∫E dt of 180 mg of docetaxel in the typical person: what a usual cycle is taken to do where nothing is known."""
    clearance = BASE.kinetics.clearance
    if clearance is None:
        raise ValueError("effect_hours: expected linear kinetics")
    return BASE.slope * TYPICAL_MG / clearance
