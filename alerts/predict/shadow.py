"""Alarms of a model against what happened: how many were followed, how much was foreseen, how many came for nothing.

Pure. Counts, never patients. An alarm is followed by what happens to the same patient within the model's horizon.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import sqrt

from msgspec import Struct

from domain.instants import DAY, HOUR, Micros

HORIZON: Micros = 12 * HOUR  # what the early warning speaks of
GAP: Micros = 2 * HOUR  # between two scores further apart nobody was watched by the model
Z90 = 1.6448536269514722


class Scored(Struct, frozen=True):
    """One score, as far as the report counts it."""

    patient: str
    at: Micros
    status: str
    alarm: bool


class Share(Struct, frozen=True):
    """`n` of `of`, with the 90 % Wilson interval; None of nothing."""

    n: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class Report(Struct, frozen=True):
    """A site's alarms against what happened. `lead_h`: median hours from the first alarm to what it foresaw."""

    site: str
    scores: int
    statuses: dict[str, int]
    patients: int
    patient_days: float
    alarms: int
    followed: Share
    false_alarms_per_patient_day: float | None
    foreseen: dict[str, Share]
    lead_h: float | None


def report(site: str, scores: Sequence[Scored], happened: Sequence[tuple[str, str, Micros]]) -> Report:
    """`happened`: (patient, what, when). Scores and events of one site, in any order."""
    seen = _times((each.patient, each.at) for each in scores)
    alarms = _times((each.patient, each.at) for each in scores if each.alarm)
    occurred = _times((patient, at) for patient, _, at in happened)
    followed = sum(
        _within(occurred.get(patient, []), since, since + HORIZON) is not None
        for patient, times in alarms.items()
        for since in times
    )
    number = sum(map(len, alarms.values()))
    days = sum(map(_watched_for, seen.values())) / DAY
    # what the model never looked at in time it could not foresee
    events = [
        (what, _first(alarms, patient, at)) for patient, what, at in happened if _first(seen, patient, at) is not None
    ]
    leads = sorted(lead for _, lead in events if lead is not None)
    return Report(
        site,
        len(scores),
        dict(sorted(Counter(each.status for each in scores).items())),
        len(seen),
        round(days, 2),
        number,
        share(followed, number),
        None if days <= 0 else round((number - followed) / days, 4),
        {what: _foreseen(events, what) for what in sorted({what for what, _ in events})},
        None if not leads else round(leads[(len(leads) - 1) // 2] / HOUR, 1),
    )


def share(n: int, of: int) -> Share:
    """With its interval (Wilson 1927)."""
    if of == 0:
        return Share(n, of, None, None, None)
    p, z2 = n / of, Z90**2
    middle, half = p + z2 / (2 * of), Z90 * sqrt(p * (1 - p) / of + z2 / (4 * of**2))
    low, high = ((middle - half) / (1 + z2 / of), (middle + half) / (1 + z2 / of))
    return Share(n, of, round(p, 4), round(max(0.0, low), 4), round(min(1.0, high), 4))


def _foreseen(events: Iterable[tuple[str, Micros | None]], wanted: str) -> Share:
    found = [lead is not None for what, lead in events if what == wanted]
    return share(sum(found), len(found))


def _first(times: Mapping[str, list[Micros]], patient: str, at: Micros) -> Micros | None:
    """How long before `at` the first of a patient's moments within the horizon lies; None when there is none."""
    found = _within(times.get(patient, []), at - HORIZON, at)
    return None if found is None else at - found


def _within(ordered: Sequence[Micros], start: Micros, end: Micros) -> Micros | None:
    """The first moment in [start, end]."""
    place = bisect_left(ordered, start)
    return ordered[place] if place < len(ordered) and ordered[place] <= end else None


def _times(rows: Iterable[tuple[str, Micros]]) -> dict[str, list[Micros]]:
    found: dict[str, list[Micros]] = {}
    for patient, at in rows:
        found.setdefault(patient, []).append(at)
    return {patient: sorted(times) for patient, times in found.items()}


def _watched_for(ordered: Sequence[Micros]) -> Micros:
    """Time between scores, without the gaps."""
    return sum(min(after - before, GAP) for before, after in pairwise(ordered))
