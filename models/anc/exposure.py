"""What a dose does over time: concentration by linear or saturable kinetics, and the effect on proliferation. Pure.

Times are hours since the first dose. The effect is that of a typical person: E of (1 - E); several drugs add.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.anc.library import Kinetics, ParameterSet

Numbers = NDArray[np.float64]
KPD_RATE_PER_H = np.log(2) / 24.0
"""Where no kinetics are known the effect of a dose falls by half a day: a choice of this project."""
BOLUS_H = 0.02


@dataclass(frozen=True, slots=True)
class Input:
    """One dose: when it starts, how long it runs, and how much. `drug` None: effect-hours in place of mg (KPD)."""

    start_h: float
    for_h: float
    amount: float
    drug: ParameterSet | None


def effect(inputs: tuple[Input, ...], at: Numbers) -> Numbers:
    """Typical E at those times, of all doses together."""
    total = np.zeros_like(at)
    for drug in {dose.drug.id: dose.drug for dose in inputs if dose.drug is not None}.values():
        level = concentration(drug.kinetics, tuple(dose for dose in inputs if dose.drug is drug), at)
        total += drug.slope * (level if drug.ec50 is None else level / (1 + level / drug.ec50))
    for dose in inputs:
        if dose.drug is None:
            total += _assumed(dose, at)
    return total


def _assumed(dose: Input, at: Numbers) -> Numbers:
    since = at - dose.start_h
    level = dose.amount * KPD_RATE_PER_H * np.exp(-KPD_RATE_PER_H * np.maximum(since, 0.0))
    return np.where(since >= 0, level, 0.0)


def concentration(kinetics: Kinetics, doses: tuple[Input, ...], at: Numbers) -> Numbers:
    """mg/L in plasma."""
    if kinetics.saturable is None:
        return sum((_linear(kinetics, dose, at) for dose in doses), np.zeros_like(at))
    times, levels = _saturable(kinetics, tuple((dose.start_h, dose.for_h, dose.amount) for dose in doses))
    return np.interp(at, times, levels)


def _linear(kinetics: Kinetics, dose: Input, at: Numbers) -> Numbers:
    rates, parts = disposition(kinetics)
    lasting = max(dose.for_h, BOLUS_H)
    since = (at - dose.start_h)[..., None]
    after = np.exp(-rates * np.maximum(since - lasting, 0.0))
    level = (parts / rates * (after - np.exp(-rates * np.maximum(since, 0.0)))).sum(-1)
    return np.asarray(dose.amount / lasting * level)


@cache
def disposition(kinetics: Kinetics) -> tuple[Numbers, Numbers]:
    """Rates (1/h) and parts (1/L) of the concentration after 1 mg at once: the sum of parts·exp(-rates·t)."""
    volumes, flows, clearance = kinetics.volumes, kinetics.flows, kinetics.clearance
    if clearance is None:
        raise ValueError("disposition: expected linear kinetics")
    size = len(volumes)
    moves = np.zeros((size, size))
    moves[0, 0] = -(clearance + sum(flows)) / volumes[0]
    for place, flow in enumerate(flows, start=1):
        moves[place, 0], moves[0, place] = flow / volumes[0], flow / volumes[place]
        moves[place, place] = -flow / volumes[place]
    values, vectors = np.linalg.eig(moves)
    start = np.zeros(size)
    start[0] = 1.0
    parts = vectors[0] * np.linalg.solve(vectors, start) / volumes[0]
    return -values.real, parts.real


FINE_H, COARSE_H, FINE_FOR_H, LAST_H = 0.02, 0.1, 6.0, 160.0  # steps of 0.1 h are stable at 20/h


@cache
def _saturable(kinetics: Kinetics, doses: tuple[tuple[float, float, float], ...]) -> tuple[Numbers, Numbers]:
    """Concentration of saturable kinetics by classical Runge-Kutta, mg/L, on a grid that is fine around doses."""
    times = _grid(doses)
    amounts, levels = np.zeros(len(kinetics.volumes) + 1), np.zeros(len(times))
    for place in range(len(times) - 1):
        step, middle = times[place + 1] - times[place], (times[place + 1] + times[place]) / 2
        rate = 1000.0 * sum(
            amount / max(lasting, BOLUS_H) for start, lasting, amount in doses
            if start <= middle < start + max(lasting, BOLUS_H)
        )  # fmt: skip
        first = _flow(kinetics, amounts, rate)
        second = _flow(kinetics, amounts + step / 2 * first, rate)
        third = _flow(kinetics, amounts + step / 2 * second, rate)
        fourth = _flow(kinetics, amounts + step * third, rate)
        amounts = amounts + step / 6 * (first + 2 * second + 2 * third + fourth)
        levels[place + 1] = amounts[0] / kinetics.volumes[0] / 1000.0
    return times, levels


def _grid(doses: tuple[tuple[float, float, float], ...]) -> Numbers:
    parts = [np.array([0.0])]
    for start, lasting, _ in doses:
        end = start + max(lasting, BOLUS_H)
        parts += [np.linspace(start, end, max(3, round((end - start) / FINE_H) + 1))]
        parts += [np.arange(end, end + FINE_FOR_H, FINE_H), np.arange(end + FINE_FOR_H, end + LAST_H, COARSE_H)]
    return np.unique(np.round(np.concatenate(parts), 6))


def _flow(kinetics: Kinetics, amounts: Numbers, rate: float) -> Numbers:
    """µg/h into the central, the linear and the saturable peripheral compartment."""
    if kinetics.saturable is None:
        raise ValueError("_flow: expected saturable kinetics")
    vmax_el, km_el, vmax_tr, km_tr, volume = kinetics.saturable
    centre, linear, deep = amounts[0] / kinetics.volumes[0], amounts[1] / kinetics.volumes[1], amounts[2] / volume
    away = vmax_tr * centre / (km_tr + centre) - vmax_tr * deep / (km_tr + deep)
    over = kinetics.flows[0] * (centre - linear)
    return np.array([rate - vmax_el * centre / (km_el + centre) - away - over, over, away])
