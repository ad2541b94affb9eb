"""The decision core: `step(state, inputs) -> (new state, events)`. Pure; live, replay and tests run these functions.

The state handed in is never changed. `needs_history` says when stored samples must be put back (`refill.remember`)
before a late reading can be judged. Time passing is an input (`Tick`); `next_due` says when the next tick will matter.
"""

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from alerts import flags, sentences
from alerts.actions import act
from alerts.compiled import compile_plan
from alerts.moves import Moves, Subject
from alerts.plan import Library
from alerts.reconcile import Change, change_of, changes, covered, rearm
from alerts.refill import replanned
from alerts.rules.level import LevelRule, Track, advance, start
from alerts.state import PatientState, in_order, set_counts
from alerts.window import Count, first_difference, window
from domain.alerts import SEVERITIES, Action, AlertEvent, ClockFault, DeviceNote, Input, PlanSet, Tick
from domain.instants import MINUTE, SECOND, Micros
from domain.values import Given, Intake, Reading, Rejected, Report
from domain.vocabulary import NEUTROPHILS

GRID: Micros = 10 * SECOND  # ticks fall on this grid, so that live and replay decide at the same instants


def step(state: PatientState, inputs: Sequence[Input], library: Library) -> tuple[PatientState, list[AlertEvent]]:
    """The state after the inputs, in their order, and what it says. `library`: for plans set by an input."""
    moves = Moves(state.fork())
    for found in inputs:
        match found:
            case Reading():
                _reading(moves, found)
            case Tick():
                _tick(moves, found.at)
            case Rejected():
                flags.refused(moves, found)
            case ClockFault():
                flags.wrong_clock(moves, found)
            case Action():
                act(moves, found)
            case PlanSet():
                _plan(moves, found, library)
            case DeviceNote():
                if found.kind == "battery":
                    flags.battery(moves, found)
            case Report():
                flags.answered(moves, found)
            case Intake() | Given():
                pass  # stored and shown; no rule of the protocols that ship looks at them yet
            case _:
                assert_never(found)
    _trim(moves.state, inputs)
    return moves.state, moves.events


def _reading(moves: Moves, reading: Reading) -> None:
    state = moves.state
    code, at = reading.code, reading.received_at
    if code == NEUTROPHILS:
        _count(moves, reading)
    stream = state.stream(code)
    if stream is None:
        _heard(moves, reading)
        return
    if stream.is_older_than_memory(reading.measured_at):
        _heard(moves, reading)
        _alone(moves, stream.rules, reading)
        return
    before = [stream.track(rule) for rule in stream.rules]
    newest = stream.insert(reading, state.corrected(reading), state.gate)
    if newest is None:
        return  # the same reading again
    _heard(moves, reading)
    for rule, was in zip(stream.rules, before, strict=True):
        track = stream.track(rule)
        if track is not was:
            _reconcile(moves, rule, track, at, newest=newest)


def _heard(moves: Moves, reading: Reading) -> None:
    state, at = moves.state, reading.received_at
    if at > state.heard.get(reading.code, -1):
        state.heard[reading.code] = at
    if state.alerts:
        flags.heard(moves, f"silence.{reading.code}", at)
        if reading.quality != "clock" and reading.origin is not None:
            flags.right_clock(moves, reading.origin.device, at)


def _alone(moves: Moves, rules: tuple[LevelRule, ...], reading: Reading) -> None:
    """A reading older than everything that memory can hold is judged by itself: one sample may be enough."""
    state, at = moves.state, reading.received_at
    value = state.corrected(reading)
    for rule in rules:
        track = advance(rule, start(rule), reading, value, counts=state.gate(rule, reading))
        episode, alert = track.current, state.alerts.get(rule.id)
        if episode is None or covered(state.settled.get(rule.id, ()), episode):
            continue
        change = change_of("opened", episode)
        if alert is None or alert.state == "pending":
            _tell(moves, rule, change, at, newest=False, track=Track(track.runs))
        elif episode.condition_at < alert.condition_at:
            _tell(moves, rule, change_of("revised", episode), at, newest=False, track=track)


def _trim(state: PatientState, inputs: Sequence[Input]) -> None:
    at = max((found.received_at for found in inputs if isinstance(found, Reading)), default=None)
    if at is not None:
        for code in state.owned:
            state.streams[code].trim(at)


def _count(moves: Moves, reading: Reading) -> None:
    """A neutrophil count may open or close the window, also for samples that are already here."""
    state, before = moves.state, moves.state.window
    count = Count(reading.measured_at, reading.value)
    if count in state.counts:
        return
    set_counts(state, (*state.counts, count))
    if state.window == before:
        return
    for code in list(state.streams):
        _regate(moves, code, reading.received_at)
    flags.overdue(moves, reading.received_at)


def _regate(moves: Moves, code: str, at: Micros) -> None:
    stream = moves.state.stream(code)
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
    subject = Subject(rule.id, rule.category, rule.latched)
    shown = _shown(rule, change)
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


def _shown(rule: LevelRule, change: Change) -> dict[str, Any]:
    if not change.proofs:
        return {}  # the episode is only known by its alert, which has its sentence
    proof = change.proofs[-1]
    pending = change.criterion == "pending"
    reason = sentences.pending(rule, proof) if pending else sentences.level(rule, proof, change.criterion)
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
        | _shown(rule, change)
        | {
            "severity": SEVERITIES[rank - 1],
            "criterion": change.criterion,
            "condition_at": change.condition_at,
            "late": late,
            "rings": not pending and (not late or track.current is not None or young),
            "last_met_at": change.last_met_at,
        }
    )
    subject = Subject(rule.id, rule.category, rule.latched)
    if rule.id in moves.state.alerts:
        moves.tell(subject, change.kind, at, opened_at=at, **fields)
    else:
        moves.open(subject, at, kind=change.kind, **fields)


def _plan(moves: Moves, found: PlanSet, library: Library) -> None:
    """New rules. What was judged stays judged; the newest sample of each stream is judged by the new rules."""
    state = moves.state
    state.compiled, state.planned_at = compile_plan(found.plan, library), found.at
    set_counts(state, state.counts)
    before, state.streams, state.owned = state.streams, {}, set()
    for code, rules in state.compiled.by_code.items():
        stream = state.streams[code] = replanned(before.get(code), rules, state)
        state.owned.add(code)
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
    for rule_id in list(state.alerts):
        _escalate(moves, rule_id, at)


def _escalate(moves: Moves, rule_id: str, at: Micros) -> None:
    """Every step that is due, each an event of its own."""
    while True:
        alert = moves.state.alerts[rule_id]
        due = alert.escalation.next_at
        if alert.state != "open" or due is None or at < due:
            return
        steps = moves.state.compiled.escalation[alert.severity]
        done = alert.escalation.step + 1
        further = due + steps[done] - steps[done - 1] if done < len(steps) else None
        moves.apply(alert, "escalated", at, escalation=type(alert.escalation)(done, further))


def next_due(state: PatientState) -> Micros | None:
    """The next instant at which a tick would say something new, or None."""
    moves = Moves(state)
    due: list[Micros] = []
    for rule in state.compiled.silences:
        alert = state.alerts.get(rule.id)
        if alert is None or alert.condition_to is not None:
            due.append(flags.silence_due(moves, rule))
        elif (again := flags.stale_at(state, alert)) is not None:
            due.append(again)
    due += _window_due(state)
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
        due.append(count_due)
    defaults = state.compiled.protocol.defaults
    worse = SEVERITIES.index(defaults.silence_severity_in_window)
    silent = [state.alerts[rule.id] for rule in state.compiled.silences if rule.id in state.alerts]
    if any(alert.condition_to is None and SEVERITIES.index(alert.severity) < worse for alert in silent):
        due += [start for start, end in state.window.intervals if end is None]
    return due


def needs_history(state: PatientState, inputs: Iterable[Input]) -> Micros | None:
    """The measured time from which stored samples must be put back before these inputs are judged; None: from none."""
    since: list[Micros] = []
    for found in inputs:
        if not isinstance(found, Reading):
            continue
        stream = state.streams.get(found.code)
        if stream is not None and stream.is_older_than_memory(found.measured_at):
            since.append(found.measured_at)
        if found.code == NEUTROPHILS:
            since += _regated_from(state, Count(found.measured_at, found.value))
    return min(since, default=None)


def _regated_from(state: PatientState, count: Count) -> list[Micros]:
    """Where a count changes the window before what memory holds."""
    after = window(state.compiled.window, in_order((*state.counts, count)), state.compiled.protocol.recovery)
    edge = first_difference(state.window, after)
    if edge is None:
        return []
    gated = [s for s in state.streams.values() if any(rule.gate != "always" for rule in s.rules)]
    return [edge] if any(stream.is_older_than_memory(edge) for stream in gated) else []


def on_grid(at: Micros) -> Micros:
    """The first tick at or after an instant."""
    return -(-at // GRID) * GRID
