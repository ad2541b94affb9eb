"""What a unit has before it in the next hours: measurements expected, windows, counts due, what forecasts say. Pure.

For people who plan a shift; decides nothing. The cadence of each measure is taken as it is now: a phase that begins or
ends meanwhile is listed beside it, not reckoned in. Called by `alerts.unit_desk`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from alerts.core.codes import QUESTIONNAIRE
from alerts.core.phases import within
from alerts.core.window import Window
from alerts.oral.expected import expected
from alerts.protocol.compiled import Compiled
from domain.instants import HOUR, Micros
from domain.vocabulary import MEASURES

AHEAD: Micros = 48 * HOUR


class Foreseen(Struct, frozen=True):
    """What a stored forecast says, as moments. `first_at`: 5 % and 50 % of the first day below 0.5; `back_at`: the last
    moment of the recovery that it holds possible (None: beyond it). `best_at`: the best day for a count."""

    p_grade4: float | None
    first_at: tuple[Micros | None, Micros | None]
    back_at: Micros | None
    best_at: Micros | None


class Stand(Struct, frozen=True):
    """A patient now. `compiled` None: a plan that cannot be used. `open`: the aplasia window. `resting`: in a pause."""

    patient: str
    compiled: Compiled | None
    open: bool = False
    overdue: bool = False
    resting: bool = False
    foreseen: Foreseen | None = None


class Load(Struct, frozen=True):
    """How many of a measure or a questionnaire are expected, of how many patients."""

    code: str
    n: int
    patients: int


class Expects(Struct, frozen=True):
    """Something of a patient at a moment. `why`: plan, forecast, overdue or end; `p`: of grade 4, for a forecast."""

    patient: str
    at: Micros | None
    why: str
    p: float | None = None
    likely: bool = False


class Ahead(Struct, frozen=True):
    """By kind, the soonest first; forecasts by probability. `faults`: patients whose plan cannot be used."""

    measures: tuple[Load, ...]
    doses: Load
    resting: tuple[str, ...]
    opening: tuple[Expects, ...]
    closing: tuple[Expects, ...]
    counts: tuple[Expects, ...]
    grade4: tuple[Expects, ...]
    faults: tuple[str, ...]


def ahead(stands: Sequence[Stand], now: Micros) -> Ahead:
    """Of these patients, from now on. Nothing is expected of who is in a pause."""
    end = now + AHEAD
    watched = [(each, each.compiled) for each in stands if each.compiled is not None and not each.resting]
    return Ahead(
        measures=_measures(watched, now),
        doses=_doses(watched, now, end),
        resting=tuple(each.patient for each in stands if each.resting),
        opening=_sorted(found for each, rules in watched for found in _opening(each, rules, now, end)),
        closing=_sorted(
            Expects(each.patient, rules.window.until, "end")
            for each, rules in watched
            if each.open and rules.window.until is not None and now < rules.window.until < end
        ),
        counts=_sorted(found for each, rules in watched for found in _counts(each, rules, now, end)),
        grade4=_grade4(watched, now, end),
        faults=tuple(each.patient for each in stands if each.compiled is None),
    )


def _measures(watched: Iterable[tuple[Stand, Compiled]], now: Micros) -> tuple[Load, ...]:
    numbers, patients = Counter[str](), Counter[str]()
    for stand, rules in watched:
        soonest: dict[str, int] = {}
        for silence in rules.silences:
            if (silence.code in MEASURES or silence.code.startswith(QUESTIONNAIRE)) and _inside(
                silence.gate, stand, rules, now
            ):
                cadence = max(silence.after // 2, 1)
                soonest[silence.code] = max(soonest.get(silence.code, 0), AHEAD // cadence)
        numbers.update(soonest)
        patients.update(soonest.keys())
    return tuple(Load(code, n, patients[code]) for code, n in numbers.most_common())


def _inside(gate: str, stand: Stand, rules: Compiled, now: Micros) -> bool:
    if gate == "always":
        return True
    if gate in ("inside-window", "outside-window"):
        return stand.open == (gate == "inside-window")
    window = Window(((now, None),)) if stand.open else Window()
    return within(rules.phases[gate], now, window=window, doses=rules.doses)


def _doses(watched: Iterable[tuple[Stand, Compiled]], now: Micros, end: Micros) -> Load:
    each = [sum(dose.held is None for dose in expected(rules.oral, now, end)) for _, rules in watched]
    return Load("oral", sum(each), sum(n > 0 for n in each))


def _opening(stand: Stand, rules: Compiled, now: Micros, end: Micros) -> Iterable[Expects]:
    opens_at = rules.window.opens_at
    if not stand.open and opens_at is not None and now < opens_at < end:
        yield Expects(stand.patient, opens_at, "plan")


def _counts(stand: Stand, rules: Compiled, now: Micros, end: Micros) -> Iterable[Expects]:
    """A count that is overdue; one at the expected end of the window; the day on which one tells the forecast most."""
    until = rules.window.until
    if stand.overdue:
        yield Expects(stand.patient, until, "overdue")
    elif stand.open and until is not None and now < until < end:
        yield Expects(stand.patient, until, "end")
    best = None if stand.foreseen is None else stand.foreseen.best_at
    if best is not None and now <= best < end:
        yield Expects(stand.patient, best, "forecast")


def _grade4(watched: Iterable[tuple[Stand, Compiled]], now: Micros, end: Micros) -> tuple[Expects, ...]:
    """Forecasts whose days below 0.5 may touch the hours ahead. `likely`: enough to open the window."""
    found = []
    for stand, rules in watched:
        says = stand.foreseen
        if says is None or not says.p_grade4 or says.first_at[0] is None:
            continue
        if says.first_at[0] < end and (says.back_at is None or says.back_at > now):
            limit = rules.protocol.forecast
            likely = limit is not None and 100 * says.p_grade4 >= limit.opens_window_from_percent
            found.append(Expects(stand.patient, says.first_at[1], "forecast", says.p_grade4, likely))
    return tuple(sorted(found, key=lambda each: (-(each.p or 0.0), each.patient)))


def _sorted(found: Iterable[Expects]) -> tuple[Expects, ...]:
    return tuple(sorted(found, key=lambda each: (each.at or 0, each.patient)))
