"""Rules whose value is made out of several samples: score, trend, change, count, symptom, combination. Pure.

`advance` folds one sample, in measured order, into the state: the samples that still matter (`memory`) and the track of
the level rule on the value made of them. Samples of one instant count as one: the last of them decides, upon the state
before that instant. A value that cannot be made is UNKNOWN: it leaves the track alone, so it neither alerts nor clears.
"""

from bisect import bisect_left
from collections.abc import Callable
from statistics import median
from typing import Any, assert_never

from msgspec import Struct, structs

from alerts.rules import level
from alerts.rules.level import LevelRule, Track
from alerts.rules.source import Change, Combination, Condition, Count, Score, Source, Symptom, Trend
from alerts.scores.live import points
from domain.instants import Micros
from domain.values import Reading


class Derived(Struct, frozen=True, gc=False):
    """State of the fold. `before`: the track before the instant `at`. `missing`: what the value is not made of."""

    memory: tuple[Any, ...]
    at: Micros
    before: Track
    track: Track
    missing: tuple[str, ...] = ()


class Made(Struct, frozen=True, gc=False):
    """A value; none is UNKNOWN. With something missing it is a lower bound. `shown`: what a person reads instead."""

    value: float | None
    missing: tuple[str, ...] = ()
    shown: float | None = None


def start(rule: LevelRule, source: Source, track: Track | None = None) -> Derived:
    """The state before any sample. `track`: what is known of the condition already."""
    track = level.start(rule) if track is None else track
    return Derived(_empty(source), -1, track, track, source.codes)


def advance(
    rule: LevelRule, source: Source, state: Derived, reading: Reading, *, value: float, counts: bool
) -> Derived:
    """The state after one more sample. `value`: corrected for its site. `counts`: as of a level."""
    at = reading.measured_at
    before = state.before if at == state.at else state.track
    memory = _remembered(source, state.memory, reading, value)
    made = _made(source, memory, at)
    if made.value is None:
        return Derived(memory, at, before, before, made.missing)
    if (made.missing or (before.current is None and not any(before.runs))) and not _met(rule, made.value):
        return Derived(memory, at, before, before, made.missing)  # nothing was, nothing is; or nobody knows
    sample = Reading(
        reading.patient, f"rule:{rule.id}", made.value if made.shown is None else made.shown, at, reading.received_at,
        by=reading.by, origin=reading.origin, index=reading.index,
    )  # fmt: skip
    track = level.advance(rule, before, sample, made.value, counts=counts)
    current = track.current
    if current is not None and current.raised_at == at and current.last_met_at == at and current.proofs:
        proofs = (*current.proofs[:-1], structs.replace(current.proofs[-1], parts=_parts(source, memory, at)))
        track = structs.replace(track, current=structs.replace(current, proofs=proofs))
    return Derived(memory, at, before, track, made.missing)


def remember(source: Source, state: Derived, reading: Reading, value: float) -> Derived:
    """A sample that another one of the same instant follows: the last of them decides."""
    at = reading.measured_at
    before = state.before if at == state.at else state.track
    return Derived(_remembered(source, state.memory, reading, value), at, before, before, state.missing)


def _met(rule: LevelRule, value: float) -> bool:
    for criterion in rule.criteria:  # noqa: SIM110 - called for every sample: `any` costs as much as the comparison
        if criterion.low <= value <= criterion.high:
            return True
    return False


def prime(source: Source, state: Derived, reading: Reading, value: float) -> Derived:
    """A sample that is only remembered: it was judged long ago, or cannot be judged."""
    return Derived(_remembered(source, state.memory, reading, value), -1, state.track, state.track, state.missing)


def _empty(source: Source) -> tuple[Any, ...]:
    return (None,) * len(source.codes) if isinstance(source, Score | Combination) else ()


def _remembered(source: Source, memory: tuple[Any, ...], reading: Reading, value: float) -> tuple[Any, ...]:
    match source:
        case Score() | Combination():
            place = source.codes.index(reading.code)
            return (*memory[:place], (reading.measured_at, value, reading), *memory[place + 1 :])
        case Trend() | Change():
            return _in_parts(memory, reading, value, part=source.part, window=source.window)
        case Count():
            return _instants(source, memory, reading, value)
        case Symptom():
            return _two_reports(memory, reading.measured_at, value)
        case _:
            assert_never(source)


def _in_parts(
    memory: tuple[Any, ...], reading: Reading, value: float, *, part: Micros, window: Micros
) -> tuple[Any, ...]:
    """(part, measured_at, value) of the last sample of each part that overlaps the window."""
    at = reading.measured_at
    oldest = at - window
    kept = memory[bisect_left(memory, oldest, key=lambda row: row[1]) :]
    if kept and kept[-1][0] == at // part:
        kept = kept[:-1]
    return (*kept, (at // part, at, value))


def _instants(source: Count, memory: tuple[Any, ...], reading: Reading, value: float) -> tuple[Any, ...]:
    since = reading.measured_at - source.within
    kept = memory[bisect_left(memory, since + 1) :]
    if not source.low <= value <= source.high:
        return kept
    return (*kept, reading.measured_at)[-source.most :]


def _two_reports(memory: tuple[Any, ...], at: Micros, grade: float) -> tuple[Any, ...]:
    """(grade before, instant, grade). Of two at one instant the worse counts."""
    if not memory:
        return (None, at, grade)
    previous, last_at, last = memory
    return (previous, at, max(last, grade)) if last_at == at else (last, at, grade)


def _made(source: Source, memory: tuple[Any, ...], at: Micros) -> Made:
    match source:
        case Score():
            return _score(source, memory, at)
        case Trend():
            return _slope(source, memory)
        case Change():
            return _change(source, memory, at)
        case Count():
            return Made(float(len(memory)))
        case Symptom():
            return _symptom(source, memory)
        case Combination():
            return _combination(source, memory, at)
        case _:
            assert_never(source)


def _score(source: Score, memory: tuple[Any, ...], at: Micros) -> Made:
    since = at - source.max_age
    values = [None if row is None or row[0] < since else row[1] for row in memory]
    if source.assumed:
        values = [a if v is None else v for v, a in zip(values, source.assumed, strict=True)]
    value, missing = points(source.name, tuple(values), source.scale)
    return Made(value, missing)


def _parts(source: Source, memory: tuple[Any, ...], at: Micros) -> tuple[Reading, ...]:
    """The samples behind a value made of several codes."""
    match source:
        case Score():
            return tuple(row[2] for row in memory if row is not None and row[0] >= at - source.max_age)
        case Combination():
            rows = [(each, memory[source.codes.index(each.code)]) for each in source.conditions]
            return tuple(row[2] for each, row in rows if _holds(each, row, at))
        case _:
            return ()


def _slope(source: Trend, memory: tuple[Any, ...]) -> Made:
    if len(memory) < source.at_least:
        return Made(None, source.codes)
    middle = sum(row[1] for row in memory) / len(memory)
    mean = sum(row[2] for row in memory) / len(memory)
    spread = sum((row[1] - middle) ** 2 for row in memory)
    if spread == 0:
        return Made(None, source.codes)
    slope = sum((row[1] - middle) * (row[2] - mean) for row in memory) / spread
    return Made(round(slope * source.per, 6))


def _change(source: Change, memory: tuple[Any, ...], at: Micros) -> Made:
    value = memory[-1][2]
    before = [row[2] for row in memory if row[1] <= at - source.apart]
    if len(before) < source.at_least:
        return Made(None, source.codes)
    baseline = _BASELINES[source.against](before)
    if source.percent and baseline == 0:
        return Made(None, source.codes)
    change = value - baseline
    return Made(round(change / baseline * 100 if source.percent else change, 6))


_BASELINES: dict[str, Callable[[list[float]], float]] = {"median": median, "lowest": min, "highest": max}


def _symptom(source: Symptom, memory: tuple[Any, ...]) -> Made:
    previous, _, grade = memory
    rose = previous is not None and grade - previous >= source.rise
    rank = 1 if rose else 0
    if grade >= source.severe_from:
        rank = 3 if grade >= source.very_severe_from else 2
    return Made(float(rank), shown=grade)


def _combination(source: Combination, memory: tuple[Any, ...], at: Micros) -> Made:
    met: set[str] = set()
    unknown = []
    for condition in source.conditions:
        row = memory[source.codes.index(condition.code)]
        if row is None or row[0] < at - condition.max_age:
            unknown.append(condition)
        elif _holds(condition, row, at):
            met.add(condition.name)
    lacking = [condition for condition in unknown if condition.name not in met]
    if len(met) < source.needs <= len(met | {condition.name for condition in lacking}):
        return Made(None, tuple(dict.fromkeys(condition.code for condition in lacking)))
    return Made(float(len(met)))


def _holds(condition: Condition, row: Any, at: Micros) -> bool:
    return row is not None and row[0] >= at - condition.max_age and condition.low <= row[1] <= condition.high
