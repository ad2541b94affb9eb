"""Which questionnaires a patient is asked, how often, and which are due now. Pure.

What is asked: the questionnaires of the plan's protocol. How often: the shortest of the questionnaire's own rounds and
the protocol's streams `questionnaire:NAME`, of those whose phase is now. A day is the patient's own.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from alerts.core.codes import QUESTIONNAIRE
from alerts.core.phases import within
from alerts.core.window import Count, Window, window
from alerts.oral.drugs import key, watched
from alerts.oral.plan import wall_zones
from alerts.protocol.compiled import Compiled
from domain.burden import minutes_of
from domain.instants import HOUR, Micros, micros, moment
from domain.questionnaire import DEFAULT_ATTRIBUTE, Question, Questionnaire, Value, asked, completed
from domain.values import Origin, Report

DAY_MIN = 1440
ONE_DAY = timedelta(days=1)
ROUND_FOR: Micros = 12 * HOUR  # the app goes on with what was begun so long ago
ZONE = "Europe/Paris"


class Stay(Struct, frozen=True):
    """What decides what a patient is asked. `doses`: given, besides those of the plan. `risks`: codes that the table of
    oral drugs names as a risk of one of these drugs: asked each time."""

    compiled: Compiled
    questionnaires: tuple[Questionnaire, ...]
    drugs: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    zone: str = ZONE
    window: Window = Window()
    doses: tuple[Micros, ...] = ()


class Turn(Struct, frozen=True):
    """One questionnaire's turn: from when to when it counts, and whether it was completed in that time.

    `baseline`: it was never completed so far. `ask`: codes to ask whatever their section says: at the baseline every
    graded one, later the symptoms that were there when last answered, and always the risks of the patient's drugs.
    """

    questionnaire: Questionnaire
    every_min: int
    from_at: Micros
    until_at: Micros
    done: bool
    last_at: Micros | None
    baseline: bool
    ask: tuple[str, ...]
    drugs: tuple[str, ...]

    @property
    def shown(self) -> tuple[Question, ...]:
        """What is asked before anything is answered."""
        return asked(self.questionnaire, {}, drugs=self.drugs, open_items=self.ask)


def stay_of(
    plan: dict[str, Any],
    compiled: Compiled,
    questionnaires: Iterable[Questionnaire],
    *,
    counts: Iterable[Count] = (),
    doses: Iterable[Micros] = (),
    at: Micros | None = None,
) -> Stay:
    """A patient's stay from the plan. `questionnaires`: those of the hub, and after them those of the site. `at`: the
    day is that of the clock on the wall where the patient is then, on a trip too; None: at home."""
    in_order = sorted(set(counts), key=lambda count: (count.at, -count.anc))
    drugs = drugs_of(plan)
    risks = tuple(f"{risk.item}.{risk.attribute}" for drug in drugs for risk in watched(drug))
    return Stay(
        compiled, for_protocol(questionnaires, compiled.protocol.id), drugs, risks, _zone(plan, at),
        window(compiled.window, in_order, compiled.protocol.recovery), tuple(doses),
    )  # fmt: skip


def _zone(plan: dict[str, Any], at: Micros | None) -> str:
    zones = wall_zones(plan, ZONE)
    return zones[0][1] if at is None else next(name for since, name in reversed(zones) if since <= at)


def for_protocol(questionnaires: Iterable[Questionnaire], protocol: str) -> tuple[Questionnaire, ...]:
    """Those that patients of a protocol are asked; of one name the last one stands."""
    return tuple({each.name: each for each in questionnaires if protocol in each.protocols}.values())


def drugs_of(plan: dict[str, Any]) -> tuple[str, ...]:
    """The drugs of the oral plan, by their keys in the table of oral drugs."""
    entries = plan.get("oral") or ()
    names = (entry.get("drug") for entry in entries if isinstance(entry, dict))
    return tuple(dict.fromkeys(key(name) for name in names if isinstance(name, str)))


def due_questionnaires(stay: Stay, answers: Sequence[Report], now: Micros) -> tuple[Turn, ...]:
    """What is to be answered now. `answers`: those of the last weeks, in any order."""
    return tuple(turn for turn in turns(stay, answers, now) if not turn.done)


def turns(stay: Stay, answers: Sequence[Report], now: Micros) -> tuple[Turn, ...]:
    """Every questionnaire that is asked in the phase that is now, answered or not."""
    found = []
    for questionnaire, every in asked_now(stay, now):
        own = [answer for answer in answers if answer.questionnaire == questionnaire.name]
        found.append(_turn(stay, questionnaire, every, answers=own, now=now))
    return tuple(found)


def asked_now(stay: Stay, now: Micros) -> Iterator[tuple[Questionnaire, int]]:
    """Each questionnaire of the phase that is now, with the minutes between two rounds."""
    for questionnaire in stay.questionnaires:
        rounds = [(each.phase, float(each.every_min)) for each in questionnaire.rounds]
        code = f"{QUESTIONNAIRE}{questionnaire.name}"
        rounds += [(s.gate, s.cadence_min) for s in stay.compiled.protocol.streams if s.code == code]
        every = [minutes for phase, minutes in rounds if inside(stay, phase, now)]
        if every:
            yield questionnaire, int(min(every))


def inside(stay: Stay, phase: str, at: Micros) -> bool:
    """Whether a moment lies in a phase; one that this protocol does not have says nothing."""
    match phase:
        case "always":
            return True
        case "inside-window":
            return stay.window.is_open(at)
        case "outside-window":
            return not stay.window.is_open(at)
    found = stay.compiled.phases.get(phase)
    doses = (*stay.compiled.doses, *stay.doses)
    return found is not None and within(found, at, window=stay.window, doses=doses)


def _turn(stay: Stay, questionnaire: Questionnaire, every: int, *, answers: Sequence[Report], now: Micros) -> Turn:
    before = [answer for answer in answers if answer.measured_at <= now]
    rounds = _Rounds(questionnaire, before, stay)
    last = max((answer.measured_at for answer in before), default=None)
    start, end, done = _slot(every, rounds, now)
    baseline = not rounds.ever()
    return Turn(
        questionnaire, every, start, end, done, last, baseline,
        _open_items(questionnaire, () if baseline else before, stay.risks), stay.drugs,
    )  # fmt: skip


class _Rounds:
    """The answers so far to one questionnaire, and which stretches of them complete it."""

    def __init__(self, questionnaire: Questionnaire, answers: Sequence[Report], stay: Stay) -> None:
        self.questionnaire, self.drugs, self.zone = questionnaire, stay.drugs, ZoneInfo(stay.zone)
        ends: dict[Origin | None, Micros] = {}
        for answer in answers:
            ends[answer.origin] = max(answer.measured_at, ends.get(answer.origin, answer.measured_at))
        # what was sent together is of the time when it was finished: a round over midnight is one round
        timed = []
        for answer in answers:
            end = answer.measured_at if answer.origin is None else ends[answer.origin]
            timed.append((end if end - answer.measured_at < ROUND_FOR else answer.measured_at, answer))
        self.timed = sorted(timed, key=lambda row: (row[0], row[1].measured_at))

    def complete(self, start: Micros, end: Micros) -> bool:
        """Whether the answers from `start` until before `end` are a whole round."""
        given = {_code(answer): value for at, answer in self.timed if start <= at < end for value in _value(answer)}
        return completed(self.questionnaire, given, drugs=self.drugs)

    def days(self) -> list[date]:
        """Days of the patient with answers, newest first."""
        return sorted({moment(at).astimezone(self.zone).date() for at, _ in self.timed}, reverse=True)

    def ever(self) -> bool:
        """Whether there is a day with a whole round."""
        return any(self.complete(_midnight(d, self.zone), _midnight(d + ONE_DAY, self.zone)) for d in self.days())


def _code(answer: Report) -> str:
    sent = "g" if answer.grade is not None else "n" if answer.number is not None else "s"
    return f"{answer.item}.{answer.attribute or DEFAULT_ATTRIBUTE[sent]}"


def _value(answer: Report) -> Iterator[Value]:
    found = next((value for value in (answer.grade, answer.number, answer.text) if value is not None), None)
    if found is not None:
        yield found


def _slot(every: int, rounds: _Rounds, now: Micros) -> tuple[Micros, Micros, bool]:
    """The stretch in which one whole round is enough, and whether there is one: equal parts of the day, or whole days
    from the day of the last whole round."""
    zone = rounds.zone
    local = moment(now).astimezone(zone)
    if every >= DAY_MIN:
        days = timedelta(days=every // DAY_MIN)
        for day in rounds.days():
            if local.date() - day < days and rounds.complete(_midnight(day, zone), now + 1):
                return _midnight(day, zone), _midnight(day + days, zone), True
        return _midnight(local.date(), zone), _midnight(local.date() + days, zone), False
    part = (local.hour * 60 + local.minute) // every
    start, end = (_at_minute(local.date(), min(n * every, DAY_MIN), zone) for n in (part, part + 1))
    return start, end, rounds.complete(start, min(end, now + 1))


def _midnight(day: date, zone: ZoneInfo) -> Micros:
    return micros(datetime.combine(day, time(), zone))


def _at_minute(day: date, minute: int, zone: ZoneInfo) -> Micros:
    """A time on the wall: a day with a clock change has its noon at noon."""
    days, rest = divmod(minute, DAY_MIN)
    return micros(datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone))


def _open_items(questionnaire: Questionnaire, before: Sequence[Report], risks: Sequence[str]) -> tuple[str, ...]:
    graded = [question for question in questionnaire.questions if question.kind == "grade" and question.section]
    if not before:
        return tuple(question.code for question in graded)
    newest: dict[str, Report] = {}
    for answer in sorted(before, key=lambda each: each.measured_at):
        if answer.grade is not None:
            newest[f"{answer.item}.{answer.attribute or 'severity'}"] = answer
    return tuple(q.code for q in graded if q.code in risks or (q.code in newest and (newest[q.code].grade or 0) > 0))


class Load(Struct, frozen=True):
    """What is asked of a patient a day while nothing is wrong: questions, and the minutes they are estimated at."""

    rounds: float
    questions: float
    minutes: float


def load_of(found: Iterable[Turn]) -> Load:
    """The load of these turns: what is shown first, as often as it comes back."""
    rounds = questions = minutes = 0.0
    for turn in found:
        often = DAY_MIN / turn.every_min
        counted = [question for question in turn.shown if question.kind != "text" or question.required]
        rounds += often
        questions += often * len(counted)
        minutes += often * minutes_of(counted)
    return Load(round(rounds, 2), round(questions, 2), round(minutes, 2))
