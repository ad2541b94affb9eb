"""A patient's day for the patient's app: what is expected by when, what the app says at once, advice of open alerts.

From the engine's own state of the patient (protocol in force, phases, window, pauses), so that the app never asks by
other rules than those that judge. Reads; decides nothing. Called by `patient_ui`.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from psycopg import Connection

from alerts import asking, loading
from alerts.asking import Turn
from alerts.core.state import PatientState
from alerts.oral.due import DoseToday, due_ahead, due_today
from alerts.protocol.reading import Protocol
from alerts.protocol.text import Sentence
from alerts.questionnaire_shelf import sets_of
from alerts.rules.level import Criterion, LevelRule
from alerts.window_desk import rules_now
from domain.alerts import Alert
from domain.instants import DAY, HOUR, MINUTE, Micros
from domain.values import Intake, Report
from domain.vocabulary import MEASURES
from storage import answers, history

DEFAULT_PLAN: dict[str, Any] = {"protocol": "chemo-aplasia"}
DAYS_AHEAD = 8  # a week without network, and the day on which it began
INTAKES_SINCE: Micros = 4 * DAY
MOST_INTAKES = 200
ANSWERS_SINCE: Micros = 21 * DAY
MOST_ANSWERS = 2000
LEAD: Micros = 6 * HOUR  # so long before it is due a measure may be entered as the due one, or a quarter of its cadence
OPS = {"≥": ">=", ">": ">", "≤": "<=", "<": "<"}


class Stream(Struct, frozen=True):
    """A measure expected at a cadence now, since when."""

    code: str
    cadence: Micros
    since: Micros


class Due(Struct, frozen=True):
    """When a stream is due next. `state`: done, due, late."""

    due_at: Micros
    from_at: Micros
    until: Micros
    state: str


class AtOnce(Struct, frozen=True):
    """What the app says the moment a value or an answer is entered. `again_min`: when a second one decides."""

    rule: str
    codes: tuple[str, ...]
    op: str
    limit: float
    again_min: float | None
    from_at: Micros | None
    until: Micros | None
    text: Sentence


class PatientDay(Struct, frozen=True):
    """One patient at one moment. `fault`: why the plan cannot be used; then nothing is expected."""

    at: Micros
    plan: dict[str, Any]
    state: PatientState | None
    fault: str | None = None


def day_of(conn: Connection[Any], patient: str, *, at: Micros) -> PatientDay:
    """The patient now. A patient who is not under watch any more has no state."""
    rows = history.patients(conn, only=[patient])
    if not rows:
        return PatientDay(at, DEFAULT_PLAN, None, "not under watch")
    plan = rows[0].plan if rows[0].plan is not None else DEFAULT_PLAN
    try:
        state = loading.fresh(rows[0], plan, rules_now(conn, at))
    except ValueError as error:
        return PatientDay(at, plan, None, str(error))
    return PatientDay(at, plan, loading.fill(conn, {patient: state}, at=at)[patient])


def streams(day: PatientDay) -> list[Stream]:
    """What is expected in the phase of now; nothing during a pause."""
    state = day.state
    if state is None or state.paused(day.at):
        return []
    since = max(state.watched_from, state.planned_at)
    return [
        Stream(silence.code, silence.after // 2, since)
        for silence in state.compiled.silences
        if silence.code in MEASURES and state.inside(silence.gate, day.at)
    ]


def due(stream: Stream, last_at: Micros | None, at: Micros) -> Due:
    """When it is due: a cadence after the last one; without one at once. Late at twice the cadence, as silence is."""
    lead = min(LEAD, stream.cadence // 4)
    due_at = stream.since if last_at is None else last_at + stream.cadence
    until = (stream.since if last_at is None else last_at) + 2 * stream.cadence
    state = "late" if at >= until else "due" if at >= due_at - lead else "done"
    return Due(due_at, due_at - lead, until, state)


def doses(conn: Connection[Any], patient: str, day: PatientDay) -> list[DoseToday]:
    """The doses of the patient's own day."""
    if day.state is None or not day.plan.get("oral"):
        return []
    said = answers.since(conn, [patient], day.at - INTAKES_SINCE, each=MOST_INTAKES)
    intakes = [each for each in said if isinstance(each, Intake)]
    windows = day.state.compiled.protocol.intakes
    return due_today(day.plan, intakes, day.at, rules=windows, pauses=tuple(day.state.pauses))


def doses_ahead(day: PatientDay) -> list[DoseToday]:
    """The doses of the days after today that an app may be without network."""
    if day.state is None or not day.plan.get("oral"):
        return []
    windows = day.state.compiled.protocol.intakes
    return due_ahead(day.plan, day.at, DAYS_AHEAD, rules=windows, pauses=tuple(day.state.pauses))


def turns(conn: Connection[Any], patient: str, day: PatientDay) -> tuple[Turn, ...]:
    """The questionnaires of the phase of now, answered or not; none during a pause."""
    state = day.state
    if state is None or state.paused(day.at):
        return ()
    sets = sets_of(conn, state.site)
    stay = asking.stay_of(day.plan, state.compiled, sets, counts=state.counts, doses=state.doses, at=day.at)
    said = answers.since(conn, [patient], day.at - ANSWERS_SINCE, each=MOST_ANSWERS)
    return asking.turns(stay, [each for each in said if isinstance(each, Report)], day.at)


def advice_of(protocol: Protocol | None, alert: Alert) -> tuple[Sentence | None, Sentence | None]:
    """(advice, question) that the patient's protocol has for them beside an alert; None where it has none."""
    if protocol is None:
        return None, None
    for rule in protocol.rules:
        if alert.rule == rule.id or alert.rule.startswith(f"{rule.id}."):
            return rule.advice, rule.ask
    answer = next((each for each in protocol.answers if each.id == alert.rule), None)
    return (None, None) if answer is None else (answer.advice, None)


def at_once(day: PatientDay) -> list[AtOnce]:
    """Criteria of one measure or one answer that have a text for the patient, with the time in which they count."""
    if day.state is None:
        return []
    return [*_levels(day, day.state), *_answers(day.state)]


def _levels(day: PatientDay, state: PatientState) -> Iterator[AtOnce]:
    told = {rule.id: rule.advice for rule in state.compiled.protocol.rules}
    for rule in state.compiled.levels:
        advice, span = told.get(rule.id), _span(day, state, rule)
        if advice is None or rule.source is not None or rule.code not in MEASURES or span is None:
            continue
        for criterion in rule.criteria:
            limit = criterion.low if criterion.limit[:1] in "≥>" else criterion.high
            yield AtOnce(
                rule.id, (rule.code,), OPS[criterion.limit[:1]], round(limit, 4), _again(criterion), *span, advice
            )


def _again(criterion: Criterion) -> float | None:
    return None if criterion.immediate else max(criterion.hold, MINUTE) / MINUTE


def _answers(state: PatientState) -> Iterator[AtOnce]:
    for answer in state.compiled.protocol.answers:
        if answer.advice is not None:
            yield AtOnce(answer.id, answer.items, ">=", answer.from_grade, None, None, None, answer.advice)


def _span(day: PatientDay, state: PatientState, rule: LevelRule) -> tuple[Micros | None, Micros | None] | None:
    """From when until when the rule counts, as far as it is known; None: not now and not to come."""
    if rule.gate == "always":
        return None, None
    edges = sorted(
        {edge for interval in state.window.intervals for edge in interval if edge is not None and edge > day.at}
    )
    if state.inside(rule.gate, day.at):
        return None, next((edge for edge in edges if not state.inside(rule.gate, edge)), None)
    begins = next((edge for edge in edges if state.inside(rule.gate, edge)), None)
    if begins is None:
        return None
    return begins, next((edge for edge in edges if edge > begins and not state.inside(rule.gate, edge)), None)
