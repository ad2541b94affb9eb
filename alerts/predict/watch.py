"""Whether a model still keeps what it promises at a site: calibration and alarm budget over the last weeks. Pure.

What is compared with the risk is what comes nearest to an infection at home: an antibiotic given, a transfer to a ward,
a death, within the model's horizon. Too little to say is `unknown`, never inside. Bands are choices of this project.
"""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any

from msgspec import Struct

from alerts.predict.question import Moved
from alerts.predict.shadow import HORIZON, Scored, report
from alerts.predict.shadow import share as share_of
from domain.instants import DAY, Micros

SPAN: Micros = 30 * DAY
ONSETS = ("given.antibiotic", "pause.ward", "pause.death")
LEAST_SCORES = 200  # one a patient and horizon: fewer say nothing of a calibration
LEAST_EXPECTED = 5.0  # onsets that the model expected among them
BAND = (0.5, 2.0)  # observed over expected onsets: outside with its whole 90 % interval, the model is withdrawn
BUDGET = 0.25  # false alarms a patient-day that the threshold was made for (interface, section 10)
TOLERANCE = 0.2  # "within 20 %" (goal of the model)
LEAST_DAYS = 30.0  # patient-days
Z90 = 1.6448536269514722


class Finding(Struct, frozen=True):
    """One matter. `value` in [`low`, `high`] is inside; of too little the value is None and the verdict unknown."""

    what: str
    n: int
    value: float | None
    low: float
    high: float
    verdict: str
    detail: dict[str, Any]


class Risk(Struct, frozen=True):
    """One score, as far as the watch looks at it."""

    patient: str
    at: Micros
    status: str
    risk: float | None
    alarm: bool


def findings(scores: Sequence[Risk], happened: Sequence[tuple[str, str, Micros]]) -> list[Finding]:
    """Of one site, version and span. `happened`: (patient, what, when), up to the horizon after the last score."""
    onsets = [each for each in happened if each[1] in ONSETS]
    return [calibration(scores, onsets), alarm_budget(scores, happened)]


def calibration(scores: Sequence[Risk], onsets: Sequence[tuple[str, str, Micros]]) -> Finding:
    """Onsets observed over onsets expected, of scores at least a horizon apart."""
    thinned = list(_thinned(scores))
    expected = sum(risk for _, _, risk in thinned)
    times: dict[str, list[Micros]] = {}
    for patient, _, at in onsets:
        times.setdefault(patient, []).append(at)
    observed = sum(any(0 < at - since <= HORIZON for at in times.get(patient, ())) for patient, since, _ in thinned)
    detail = {"expected": round(expected, 2), "observed": observed}
    if len(thinned) < LEAST_SCORES or expected < LEAST_EXPECTED:
        return Finding("calibration", len(thinned), None, *BAND, "unknown", detail)
    interval = share_of(observed, len(thinned))
    mean = expected / len(thinned)
    low, high = (interval.low or 0.0) / mean, (interval.high or 0.0) / mean
    verdict = "outside" if high < BAND[0] or low > BAND[1] else "inside"
    detail |= {"ratio_low": round(low, 3), "ratio_high": round(high, 3)}
    return Finding("calibration", len(thinned), round(observed / expected, 3), *BAND, verdict, detail)


def alarm_budget(scores: Sequence[Risk], happened: Sequence[tuple[str, str, Micros]]) -> Finding:
    """False alarms a patient-day against the budget; outside with its whole 90 % interval (normal, of a count)."""
    found = report("", [Scored(each.patient, each.at, each.status, each.alarm) for each in scores], happened)
    high = round(BUDGET * (1 + TOLERANCE), 4)
    false = found.alarms - found.followed.n
    detail = {"alarms": found.alarms, "false_alarms": false, "patient_days": found.patient_days}
    if found.patient_days < LEAST_DAYS:
        return Finding("alarm_budget", len(scores), None, 0.0, high, "unknown", detail)
    least = max(0.0, false - Z90 * sqrt(false)) / found.patient_days
    verdict = "outside" if least > high else "inside"
    return Finding("alarm_budget", len(scores), round(false / found.patient_days, 4), 0.0, high, verdict, detail)


def drift(n: int, moved: Sequence[Moved]) -> Finding:
    """The watched input that has moved furthest (population stability index); it is told, and withdraws nothing.

    `moved`: at least one.
    """
    values = {each.what.removeprefix("drift "): each.value for each in moved}
    known = [value for value in values.values() if value is not None]
    answers = {each.answer for each in moved}
    verdict = "outside" if "outside" in answers else "unknown" if "unknown" in answers or not known else "inside"
    return Finding("drift", n, max(known, default=None), 0.0, moved[0].limit, verdict, values)


def _thinned(scores: Sequence[Risk]) -> Iterable[tuple[str, Micros, float]]:
    """Ready scores of a patient at least a horizon apart, so that one onset is not counted a hundred times."""
    last: dict[str, Micros] = {}
    for each in sorted(scores, key=lambda row: (row.at, row.patient)):
        if each.risk is None or (each.patient in last and each.at - last[each.patient] < HORIZON):
            continue
        last[each.patient] = each.at
        yield each.patient, each.at, each.risk
