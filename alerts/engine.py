"""The decision core: `step(state, inputs) -> (new state, events)`. Pure; live, replay and tests run these functions.

The state handed in is never changed. `needs_history` says when stored samples must be put back (`refill.remember`)
before a late reading can be judged. Time passing is an input (`Tick`); `next_due` says when the next tick will matter.
"""

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from msgspec import structs

from alerts import context, flags, sentences
from alerts.actions import act
from alerts.compiled import compile_plan
from alerts.moves import Moves, Subject
from alerts.plan import Library
from alerts.reconcile import Change, change_of, changes, covered, rearm
from alerts.refill import replanned
from alerts.rules import level
from alerts.rules.level import LevelRule, Track
from alerts.samples import samples
from alerts.state import PatientState, in_order, note_treatment, set_counts
from alerts.window import Count, first_difference, window
from domain.alerts import (
    SEVERITIES,
    Action,
    Alert,
    AlertEvent,
    ClockFault,
    DeviceNote,
    Escalation,
    Input,
    ModelOutput,
    PauseSet,
    PlanSet,
    SiteNote,
    Tick,
)
from domain.instants import MINUTE, SECOND, Micros
from domain.values import Given, Intake, Reading, Rejected, Report
from domain.vocabulary import NEUTROPHILS

GRID: Micros = SECOND  # ticks fall on this grid, so that live and replay decide at the same instants

Before = dict[str, list[Track]]


def step(state: PatientState, inputs: Sequence[Input], library: Library) -> tuple[PatientState, list[AlertEvent]]:
    """The state after the inputs, in their order, and what it says. `library`: for plans set by an input.

    Values measured at one instant in one message count together for rules that look at several.
    """
    state.mark[0] = None
    moves = Moves(state.fork())
    waiting: Before = {}  # streams of several codes that this instant has touched, with their tracks before it
    instant: tuple[Any, ...] | None = None
    for found in inputs:
        now = _instant(found)
        if waiting and now != instant:
            _settle(moves, waiting, instant)
            waiting = {}
        instant = now
        match found:
            case Reading():
                _reading(moves, found, waiting)
            case Tick():
                _tick(moves, found.at)
            case Rejected():
                flags.refused(moves, found)
                _others(moves, found, waiting)
            case ClockFault():
                flags.wrong_clock(moves, found)
            case Action():
                act(moves, found)
            case PlanSet():
                _plan(moves, found, library)
            case PauseSet():
                flags.pauses_set(moves, found)
            case SiteNote():
                flags.noted(moves, found)
            case DeviceNote():
                if found.kind == "battery":
                    flags.battery(moves, found)
                _others(moves, found, waiting)
            case Report():
                _heard_code(moves, f"questionnaire:{found.questionnaire}", found.received_at)
                flags.answered(moves, found)
                _others(moves, found, waiting)
            case Intake() | Given():
                _treated(moves, found, waiting)
            case ModelOutput():
                _others(moves, found, waiting)
            case _:
                assert_never(found)
    if waiting:
        _settle(moves, waiting, instant)
    _trim(moves.state, inputs)
    return moves.state, moves.events


def _instant(found: Input) -> tuple[Any, ...] | None:
    """What is one instant: values of one message with one time of measurement."""
    if isinstance(found, Reading | Report):
        origin = found.origin
        return (found.measured_at, found.received_at, None if origin is None else (origin.device, origin.seq))
    return None


def _reading(moves: Moves, reading: Reading, waiting: Before) -> None:
    if reading.code == NEUTROPHILS:
        _count(moves, reading)
    again = False
    for key in moves.state.compiled.routes.get(reading.code, ()):
        again = _sample(moves, key, reading, waiting) is None or again
    if not again:
        _heard(moves, reading)


def _others(moves: Moves, found: Input, waiting: Before) -> None:
    """Everything countable that is no reading."""
    for sample in samples(found):
        for key in moves.state.compiled.routes.get(sample.code, ()):
            _sample(moves, key, sample, waiting)


def _sample(moves: Moves, key: str, reading: Reading, waiting: Before) -> bool | None:
    """One sample into one stream, and what follows. None: it was there already."""
    state = moves.state
    stream = state.stream(key)
    if stream is None:
        return True
    single = stream.rules[0].source is None
    if stream.is_older_than_memory(reading.measured_at):
        if single:
            _alone(moves, stream.rules, reading)
        return True
    before = [stream.track(rule) for rule in stream.rules]
    newest = stream.insert(reading, state.corrected(reading), state.gate)
    if newest is None:
        return None  # the same reading again
    if not single:
        waiting.setdefault(key, before)
        return newest
    for rule, was in zip(stream.rules, before, strict=True):
        track = stream.track(rule)
        if track is not was:
            _reconcile(moves, rule, track, reading.received_at, newest=newest)
    return newest


def _settle(moves: Moves, waiting: Before, instant: tuple[Any, ...] | None) -> None:
    """What the streams of several codes say now that all values of the instant are in."""
    measured_at, at = (instant[0], instant[1]) if instant is not None else (None, None)
    for key, before in waiting.items():
        stream = moves.state.streams[key]
        last = stream.last
        if last is None:
            continue
        newest = measured_at is None or last.measured_at <= measured_at
        for rule, was in zip(stream.rules, before, strict=True):
            track = stream.track(rule)
            if track != was:
                _reconcile(moves, rule, track, last.received_at if at is None else at, newest=newest)


def _treated(moves: Moves, found: Intake | Given, waiting: Before) -> None:
    """A treatment: remembered for the context of a fever; a dose may open a phase."""
    state = moves.state
    doses = state.doses
    for sample in samples(found):
        kind = sample.code.partition(":")
        if kind[0] in ("taken", "given"):
            note_treatment(state, kind[2], sample.method or "", sample.measured_at)
    if state.doses != doses:
        for key in list(state.streams):
            _regate(moves, key, found.received_at)
    _others(moves, found, waiting)


def _heard_code(moves: Moves, code: str, at: Micros) -> None:
    state = moves.state
    if at > state.heard.get(code, -1):
        state.heard[code] = at
    if state.alerts:
        flags.heard(moves, f"silence.{code}", at)


def _heard(moves: Moves, reading: Reading) -> None:
    state, at = moves.state, reading.received_at
    _heard_code(moves, reading.code, at)
    if state.alerts and reading.quality != "clock" and reading.origin is not None:
        flags.right_clock(moves, reading.origin.device, at)


def _alone(moves: Moves, rules: tuple[LevelRule, ...], reading: Reading) -> None:
    """A reading older than everything that memory can hold is judged by itself: one sample may be enough."""
    state, at = moves.state, reading.received_at
    value = state.corrected(reading)
    for rule in rules:
        counts = state.gate(rule, reading)
        if counts is None:
            continue
        track = level.advance(rule, level.start(rule), reading, value, counts=counts)
        episode, alert = track.current, state.alerts.get(rule.id)
        if episode is None or covered(state.settled.get(rule.id, ()), episode):
            continue
        change = change_of("opened", episode)
        if alert is None or alert.state == "pending":
            _tell(moves, rule, change, at, newest=False, track=Track(track.runs))
        elif episode.condition_at < alert.condition_at:
            _tell(moves, rule, change_of("revised", episode), at, newest=False, track=track)


def _trim(state: PatientState, inputs: Sequence[Input]) -> None:
    if not state.owned:
        return
    at = max((found.received_at for found in inputs if not isinstance(found, _UNDATED)), default=None)
    if at is not None:
        for key in state.owned:
            state.streams[key].trim(at)


_UNDATED = (Tick, Action, PlanSet, PauseSet, SiteNote)


def _count(moves: Moves, reading: Reading) -> None:
    """A neutrophil count may open or close the window, also for samples that are already here."""
    state, before = moves.state, moves.state.window
    count = Count(reading.measured_at, reading.value)
    if count in state.counts:
        return
    set_counts(state, (*state.counts, count))
    if state.window == before:
        return
    for key in list(state.streams):
        _regate(moves, key, reading.received_at)
    flags.overdue(moves, reading.received_at)


def _regate(moves: Moves, key: str, at: Micros) -> None:
    stream = moves.state.stream(key)
    if stream is None or all(rule.gate == "always" for rule in stream.rules):
        return
    stream.refold(moves.state.gate)
    for rule in stream.rules:
        if rule.gate != "always":
            _reconcile(moves, rule, stream.track(rule), at, newest=True)


def _reconcile(moves: Moves, rule: LevelRule, track: Track, at: Micros, *, newest: bool) -> None:
    state = moves.state
    defaults = state.compiled.protocol.defaults
    settled = state.settled.get(rule.id, ())
    if settled:
        settled = state.settled[rule.id] = rearm(settled, track, round(defaults.rearm_min * MINUTE))
    for change in changes(state.alerts.get(rule.id), track, settled):
        _tell(moves, rule, change, at, newest=newest, track=track)
    alert = state.alerts.get(rule.id)
    if alert is not None and alert.state == "acknowledged" and track.current is not None:
        due = flags.stale_at(state, alert)
        if due is not None and track.current.last_met_at >= due:
            moves.apply(alert, "recurred", at, rings=True, last_met_at=track.current.last_met_at)


def _tell(moves: Moves, rule: LevelRule, change: Change, at: Micros, *, newest: bool, track: Track) -> None:
    """One change as one event. What a person sees (sentence, evidence) follows the episode the change speaks of."""
    subject = Subject(rule.id, rule.category, rule.latched, _clause(rule, change))
    shown = _shown(moves, rule, change, at)
    match change.kind:
        case "pending" | "opened":
            _open(moves, rule, change, at, newest=newest, track=track)
        case "worsened":
            severity = SEVERITIES[change.rank - 1]
            moves.tell(subject, "worsened", at, severity=severity, rings=True, last_met_at=change.last_met_at, **shown)
        case "recurred":
            moves.tell(subject, "recurred", at, condition_to=None, rings=True, last_met_at=change.last_met_at, **shown)
        case "revised":
            to = {} if change.condition_to is None else {"condition_to": change.condition_to}
            fields = {"condition_at": change.condition_at, "criterion": change.criterion, "disproved": False}
            moves.tell(subject, "revised", at, **fields, **to, **shown)
        case "disproved":
            moves.tell(subject, "disproved", at, disproved=True)
        case "cleared":
            moves.tell(subject, "cleared", at, condition_to=change.condition_to, last_met_at=change.last_met_at)


def _clause(rule: LevelRule, change: Change) -> str:
    return rule.clause if change.criterion == "pending" else f"{rule.clause}/{change.criterion}"


def _shown(moves: Moves, rule: LevelRule, change: Change, at: Micros) -> dict[str, Any]:
    if not change.proofs:
        return {}  # the episode is only known by its alert, which has its sentence
    proof = change.proofs[-1]
    pending = change.criterion == "pending"
    reason = sentences.pending(rule, proof) if pending else sentences.level(rule, proof, change.criterion)
    if rule.context:
        reason = sentences.beside(reason, context.notes(moves.state, proof, at))
    return {"reason": reason, "evidence": sentences.evidence(change.proofs)}


def _open(moves: Moves, rule: LevelRule, change: Change, at: Micros, *, newest: bool, track: Track) -> None:
    """A first event, or the opening of a pending alert. Late ones ring while they hold or are young."""
    defaults = moves.state.compiled.protocol.defaults
    late = not newest or at - change.condition_at > defaults.late_after_min * MINUTE
    young = at - change.condition_at < defaults.late_rings_min * MINUTE
    pending = change.kind == "pending"
    rank = max(criterion.rank for criterion in rule.criteria) if pending else change.rank
    fields: dict[str, Any] = (
        {"reason": sentences.untold(rule.title)}
        | _shown(moves, rule, change, at)
        | {
            "severity": SEVERITIES[rank - 1],
            "criterion": change.criterion,
            "condition_at": change.condition_at,
            "late": late,
            "rings": not pending and (not late or track.current is not None or young),
            "last_met_at": change.last_met_at,
        }
    )
    subject = Subject(rule.id, rule.category, rule.latched, _clause(rule, change))
    if rule.id in moves.state.alerts:
        moves.tell(subject, change.kind, at, opened_at=at, clause=subject.clause, **fields)
    else:
        moves.open(subject, at, kind=change.kind, **fields)


def _plan(moves: Moves, found: PlanSet, library: Library) -> None:
    """New rules. What was judged stays judged; the newest sample of each stream is judged by the new rules."""
    state = moves.state
    state.compiled, state.planned_at = compile_plan(found.plan, library), found.at
    state.muted = frozenset()
    set_counts(state, state.counts)
    before, state.streams, state.owned = state.streams, {}, set()
    for key, rules in state.compiled.by_stream.items():
        stream = state.streams[key] = replanned(before.get(key), rules, state)
        state.owned.add(key)
        for rule in rules:
            _reconcile(moves, rule, stream.track(rule), found.at, newest=True)
    for alert in [alert for alert in state.alerts.values() if alert.state == "pending"]:
        if all(rule.id != alert.rule for rule in state.compiled.levels):
            moves.apply(alert, "cleared", found.at)
    flags.overdue(moves, found.at)


def _tick(moves: Moves, at: Micros) -> None:
    state = moves.state
    for rule in state.compiled.silences:
        flags.silent(moves, rule, at)
    flags.overdue(moves, at)
    for alert in list(state.alerts.values()):
        if alert.snoozed_until is not None and at >= alert.snoozed_until and alert.state == "acknowledged":
            moves.apply(alert, "woken", at, snoozed_until=None)
    for level_rule in state.compiled.levels:
        if level_rule.step_up is not None or level_rule.step_down is not None:
            _stepped(moves, level_rule, at)
    for rule_id in list(state.alerts):
        _escalate(moves, rule_id, at)


def _stepped(moves: Moves, rule: LevelRule, at: Micros) -> None:
    """Up while nobody has acted on a condition that holds; down when samples said so long ago that it is over."""
    alert = moves.state.alerts.get(rule.id)
    due = None if alert is None else _step_due(rule, alert)
    if alert is None or due is None or at < due:
        return
    if alert.condition_to is None and rule.step_up is not None:
        moves.apply(alert, "worsened", at, severity=SEVERITIES[rule.step_up.rank - 1], rings=True)
    elif rule.step_down is not None:
        moves.apply(alert, "eased", at, severity=SEVERITIES[rule.step_down.rank - 1])


def _step_due(rule: LevelRule, alert: Alert) -> Micros | None:
    """When the severity changes by time alone."""
    rank = SEVERITIES.index(alert.severity) + 1
    if alert.condition_to is None:
        up = rule.step_up
        waits = alert.state == "open" and up is not None and rank < up.rank
        return alert.opened_at + up.after if up is not None and waits else None
    down = rule.step_down
    return alert.condition_to + down.after if down is not None and rank > down.rank else None


def _escalate(moves: Moves, rule_id: str, at: Micros) -> None:
    """Every step that is due, each an event of its own."""
    while True:
        alert = moves.state.alerts[rule_id]
        due = alert.escalation.next_at
        if alert.state != "open" or due is None or at < due:
            return
        steps = moves.state.compiled.escalation[alert.severity].later
        done = alert.escalation.step + 1
        further = due + steps[done].after - steps[done - 1].after if done < len(steps) else None
        if done > len(steps):  # eased meanwhile, to a severity with fewer steps
            moves.state.alerts[rule_id] = structs.replace(alert, escalation=Escalation(alert.escalation.step, None))
            return
        moves.apply(alert, "escalated", at, escalation=Escalation(done, further))


def next_due(state: PatientState) -> Micros | None:
    """The next instant at which a tick would say something new, or None."""
    due: list[Micros] = []
    for rule in state.compiled.silences:
        alert = state.alerts.get(rule.id)
        if alert is None or alert.condition_to is not None:
            silent_at = flags.silence_due(state, rule)
            if silent_at is not None:
                due.append(silent_at)
        elif (again := flags.stale_at(state, alert)) is not None:
            due.append(again)
    due += _window_due(state)
    if state.alerts:
        for level_rule in state.compiled.levels:
            changing = state.alerts.get(level_rule.id)
            stepped_at = None if changing is None else _step_due(level_rule, changing)
            if stepped_at is not None:
                due.append(stepped_at)
    for alert in state.alerts.values():
        if alert.state == "acknowledged" and alert.snoozed_until is not None:
            due.append(alert.snoozed_until)
        if alert.state == "open" and alert.escalation.next_at is not None:
            due.append(alert.escalation.next_at)
    return min(due, default=None)


def _window_due(state: PatientState) -> list[Micros]:
    """When the count becomes overdue, and when a silence becomes high because the window opens."""
    due: list[Micros] = []
    overdue = state.alerts.get(flags.OVERDUE.rule)
    count_due = flags.overdue_due(state)
    if count_due is not None and (overdue is None or overdue.condition_to is not None):
        due.append(_after_pauses(state, count_due))
    defaults = state.compiled.protocol.defaults
    worse = SEVERITIES.index(defaults.silence_severity_in_window)
    silent = [state.alerts[rule.id] for rule in state.compiled.silences if rule.id in state.alerts]
    if any(alert.condition_to is None and SEVERITIES.index(alert.severity) < worse for alert in silent):
        due += [start for start, end in state.window.intervals if end is None]
    return due


def _after_pauses(state: PatientState, due: Micros) -> Micros:
    """The first moment from `due` on that is not in a pause; a pause without end rests for good."""
    while True:
        covering = [pause.until for pause in state.pauses if pause.covers(due)]
        if not covering:
            return due
        ends = [end for end in covering if end is not None]
        if len(ends) < len(covering):
            return NEVER
        due = max(ends)


NEVER: Micros = 1 << 62


def needs_history(state: PatientState, inputs: Iterable[Input]) -> Micros | None:
    """The measured time from which stored samples must be put back before these inputs are judged; None: from none."""
    since: list[Micros] = []
    for found in inputs:
        for sample in samples(found):
            since += _remembered_from(state, sample)
        if isinstance(found, Reading) and found.code == NEUTROPHILS:
            since += _regated_from(state, Count(found.measured_at, found.value))
    return min(since, default=None)


def _remembered_from(state: PatientState, sample: Reading) -> list[Micros]:
    streams = (state.streams.get(key) for key in state.compiled.routes.get(sample.code, ()))
    return [
        sample.measured_at - stream.reach
        for stream in streams
        if stream is not None and stream.is_older_than_memory(sample.measured_at)
    ]


def _regated_from(state: PatientState, count: Count) -> list[Micros]:
    """Where a count changes the window before what memory holds."""
    after = window(state.compiled.window, in_order((*state.counts, count)), state.compiled.protocol.recovery)
    edge = first_difference(state.window, after)
    if edge is None:
        return []
    gated = [s for s in state.streams.values() if any(rule.gate != "always" for rule in s.rules)]
    return [edge - stream.reach for stream in gated if stream.is_older_than_memory(edge)]


def on_grid(at: Micros) -> Micros:
    """The first tick at or after an instant."""
    return -(-at // GRID) * GRID
