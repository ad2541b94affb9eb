"""Alerts that are not levels of a stream: silence, unusable readings, clocks, an overdue count. Pure.

Each is raised or cleared by one input; `engine` calls these and nothing else does.
"""

from alerts.core import sentences
from alerts.core.moves import Moves, Subject
from alerts.core.state import PatientState
from alerts.protocol.compiled import SilenceRule
from domain.alerts import SEVERITIES, Alert, ClockFault, DeviceNote, PauseSet, Said, SiteNote
from domain.instants import MINUTE, Micros
from domain.values import Rejected, Report

UNUSABLE = Subject("unusable-reading", "technical", latched=True)
CLOCK = Subject("clock", "technical", latched=False)
BATTERY = Subject("battery", "technical", latched=False)
GAP = Subject("sequence-gap", "technical", latched=False)
FLOOD = Subject("device-flood", "technical", latched=False)
FAULT = Subject("engine-fault", "technical", latched=True)
OVERDUE = Subject("count-overdue", "clinical", latched=False)


def battery(moves: Moves, note: DeviceNote) -> None:
    """A battery that will soon be empty: low, before the silence that would follow. Cleared by a better report."""
    if note.value is None or moves.state.paused(note.received_at):
        return
    if note.value <= moves.state.compiled.protocol.defaults.battery_low_percent:
        _one_more(moves, BATTERY, "low", note.device, note.received_at, sentences.battery(note.device, note.value))
    else:
        _one_less(moves, BATTERY, note.device, note.received_at)


def gap(moves: Moves, note: DeviceNote) -> None:
    """Numbers of a device that are missing for long: messages were lost. Cleared when they have come."""
    if note.value is None or moves.state.paused(note.received_at):
        return
    if note.value > 0:
        _one_more(moves, GAP, "low", note.device, note.received_at, sentences.gap(note.device, note.value))
    else:
        _one_less(moves, GAP, note.device, note.received_at)


def flood(moves: Moves, note: DeviceNote) -> None:
    """A device that sends without end: it fills the hub for everybody. Cleared when it is calm again."""
    if note.value is None or moves.state.paused(note.received_at):
        return
    if note.value > 0:
        _one_more(moves, FLOOD, "low", note.device, note.received_at, sentences.flood(note.device, note.value))
    else:
        _one_less(moves, FLOOD, note.device, note.received_at)


def answered(moves: Moves, report: Report) -> None:
    """An answer that alerts by itself: danger without fever must not wait for a reading."""
    if any(p.covers(report.measured_at) and report.received_at >= p.set_at for p in moves.state.pauses):
        return
    for rule in moves.state.compiled.protocol.answers:
        if report.item in rule.items and report.grade is not None and report.grade >= rule.from_grade:
            subject = Subject(rule.id, "clinical", latched=True)
            reason = sentences.answer(rule.title, report.grade, report.by)
            _raise(
                moves, subject, rule.severity, f"grade-{report.grade}", report.measured_at, reason, report.received_at
            )


def silence_subject(rule: SilenceRule) -> Subject:
    """The alert of a silent stream."""
    return Subject(rule.id, "technical", latched=False)


def refused(moves: Moves, rejected: Rejected) -> None:
    """A refused value: inside the window it may be shock, so it is high and asks for a call."""
    if moves.state.paused(rejected.received_at):
        return
    severity = "high" if moves.state.window.is_open(rejected.received_at) else "low"
    reason = sentences.unusable(rejected.reason, rejected.device)
    _raise(moves, UNUSABLE, severity, rejected.reason.value, rejected.received_at, reason)


def wrong_clock(moves: Moves, fault: ClockFault) -> None:
    """A clock that cannot be right never costs a reading; somebody must still mend it."""
    if moves.state.paused(fault.received_at):
        return
    _one_more(moves, CLOCK, "medium", fault.device, fault.received_at, sentences.clock(fault.device))


def right_clock(moves: Moves, device: str, at: Micros) -> None:
    """A reading whose clock is right clears the clock alert of the same device."""
    _one_less(moves, CLOCK, device, at)


def _one_more(moves: Moves, subject: Subject, severity: str, device: str, at: Micros, reason: Said) -> None:
    """One alert for all of a patient's devices; its criterion names those concerned."""
    alert = moves.state.alerts.get(subject.rule)
    concerned = _devices(alert)
    if alert is not None and concerned and device not in concerned:
        moves.tell(
            subject, "recurred", at, criterion=" ".join(sorted({*concerned, device})), reason=reason, last_met_at=at
        )
    else:
        _raise(moves, subject, severity, alert.criterion if alert is not None and concerned else device, at, reason)


def _one_less(moves: Moves, subject: Subject, device: str, at: Micros) -> None:
    concerned = _devices(moves.state.alerts.get(subject.rule))
    if device not in concerned:
        return
    if len(concerned) > 1:
        moves.tell(subject, "revised", at, criterion=" ".join(sorted(concerned - {device})))
    else:
        moves.tell(subject, "cleared", at, condition_to=at)


def _devices(alert: Alert | None) -> set[str]:
    """The devices an alert that still holds speaks of."""
    return set(alert.criterion.split()) if alert is not None and alert.condition_to is None else set()


def silent(moves: Moves, rule: SilenceRule, at: Micros) -> None:
    """Raises the silence of a stream when it is due; high inside the window."""
    due = silence_due(moves.state, rule)
    if due is None or at < due or moves.state.paused(at) or not moves.state.inside(rule.gate, at):
        return
    defaults = moves.state.compiled.protocol.defaults
    inside = moves.state.window.is_open(at)
    severity = defaults.silence_severity_in_window if inside else defaults.silence_severity
    alert = moves.state.alerts.get(rule.id)
    worse = alert is not None and SEVERITIES.index(severity) > SEVERITIES.index(alert.severity)
    if alert is None or alert.condition_to is not None or worse or is_stale(moves.state, alert, at):
        _raise(moves, silence_subject(rule), severity, "silence", due, sentences.silence(rule.title, rule.after), at=at)


def silence_due(state: PatientState, rule: SilenceRule) -> Micros | None:
    """The moment at which a stream counts as silent; None as long as nothing is expected of it.

    Closing its alert buys one more such time, never an end. The end of a pause and the beginning of a phase start anew.
    """
    since = state.heard.get(rule.code, state.watched_from)
    settled = state.settled.get(rule.id)
    if settled and settled[-1].closed_at > since:
        since = settled[-1].closed_at
    if rule.gate == "always" and not state.pauses:
        return since + rule.after
    due = _due_anew(state, rule, since)
    # short pauses that follow each other do not put it off for as long as they go on
    return due if due is None or rule.gate != "always" else min(due, _awake_for(state, since, 2 * rule.after))


def _awake_for(state: PatientState, since: Micros, span: Micros) -> Micros:
    """When so much time outside pauses has passed."""
    due = since + span
    for pause in sorted(state.pauses, key=lambda pause: pause.from_at):
        if pause.until is not None and since < pause.until and pause.from_at <= due:
            due += pause.until - max(pause.from_at, since)
    return due


def _due_anew(state: PatientState, rule: SilenceRule, since: Micros) -> Micros | None:
    ends = [pause.until for pause in state.pauses if pause.until is not None]
    begins = [*ends, *_openings(state, rule.gate)]
    for start in sorted({since, *(begin for begin in begins if begin > since)}):
        due = start + rule.after
        rested = any(start < end <= due for end in ends)
        if not rested and not state.paused(due) and state.inside(rule.gate, due):
            return due
    return None


def _openings(state: PatientState, gate: str) -> list[Micros]:
    """When a phase may begin."""
    if gate == "always":
        return []
    phase = state.compiled.phases.get(gate)
    edges = [edge for interval in state.window.intervals for edge in interval if edge is not None]
    doses = [*state.compiled.doses, *state.doses]
    return [*edges, *doses, *([phase.from_at] if phase is not None and phase.from_at is not None else [])]


def heard(moves: Moves, rule: str, at: Micros) -> None:
    """A stream that was silent is heard again: its alert is marked cleared and stays until a person closes it."""
    alert = moves.state.alerts.get(rule)
    if alert is not None and alert.condition_to is None:
        moves.tell(Subject(rule, "technical", latched=False), "cleared", at, condition_to=at)


def overdue(moves: Moves, at: Micros) -> None:
    """The expected end of the window is reached without a recovered count; cleared when the window closes."""
    until, due = moves.state.compiled.window.until, overdue_due(moves.state)
    alert = moves.state.alerts.get(OVERDUE.rule)
    if moves.state.paused(at):
        return
    if until is not None and due is not None and at >= due:
        if alert is None or alert.condition_to is not None:
            _raise(moves, OVERDUE, "medium", "overdue", until, sentences.count_overdue(), at=at)
    elif alert is not None and alert.condition_to is None and due is None:
        moves.tell(OVERDUE, "cleared", at, condition_to=at)


def overdue_due(state: PatientState) -> Micros | None:
    """When the count is (again) overdue; None when the window of that time has closed, or there is no expected end."""
    until, intervals = state.compiled.window.until, state.known_window.intervals
    if until is None or not intervals or intervals[-1][1] is not None or intervals[-1][0] > until:
        return None
    settled = state.settled.get(OVERDUE.rule)
    if not settled:
        return until
    return max(until, settled[-1].closed_at + round(state.compiled.protocol.defaults.rearm_min * MINUTE))


def engine_fault(moves: Moves, at: Micros, rule: str | None = None) -> None:
    """A rule could not be evaluated (None: nobody knows which): a person must look at this patient until it is
    mended."""
    alert = moves.state.alerts.get(FAULT.rule)
    if rule is not None and alert is not None and rule not in alert.criterion.split():
        named = " ".join(sorted({*alert.criterion.split(), rule} - {"fault"}))
        moves.tell(FAULT, "recurred", at, criterion=named, reason=sentences.engine_fault(named), last_met_at=at)
        return
    _raise(moves, FAULT, "high", rule or "fault", at, sentences.engine_fault(rule))


def noted(moves: Moves, note: SiteNote) -> None:
    """Something wrong with a whole site, or no longer. The same said twice says nothing."""
    subject = Subject(note.rule, "technical", latched=False)
    alert = moves.state.alerts.get(note.rule)
    if note.holds:
        if alert is not None and alert.criterion != note.criterion and alert.condition_to is None:
            moves.tell(subject, "revised", note.at, criterion=note.criterion, reason=note.reason)
        _raise(moves, subject, note.severity, note.criterion, note.at, note.reason)
    elif alert is not None and alert.condition_to is None:
        moves.tell(subject, "cleared", note.at, condition_to=note.at)


def pauses_set(moves: Moves, found: PauseSet) -> None:
    """New pauses. A silence that a pause explains is over; what was judged stays judged."""
    state = moves.state
    state.pauses = found.pauses
    if not state.paused(found.at):
        return
    for rule in state.compiled.silences:
        heard(moves, rule.id, found.at)


def is_stale(state: PatientState, alert: Alert, at: Micros) -> bool:
    """Acknowledged so long ago that a condition that still holds must ring again."""
    due = stale_at(state, alert)
    return due is not None and at >= due


def stale_at(state: PatientState, alert: Alert) -> Micros | None:
    """When an acknowledged alert rings again if its condition still holds; None when nobody has acknowledged it."""
    if alert.state != "acknowledged" or alert.acknowledged_at is None or alert.snoozed_until is not None:
        return None
    return alert.acknowledged_at + round(state.compiled.protocol.defaults.rearm_min * MINUTE)


def _raise(
    moves: Moves,
    subject: Subject,
    severity: str,
    criterion: str,
    condition_at: Micros,
    reason: Said,
    at: Micros | None = None,
) -> None:
    """Opens the alert; one that is there recurs when it had cleared or was acknowledged long ago, or worsens."""
    at = condition_at if at is None else at
    alert = moves.state.alerts.get(subject.rule)
    if alert is None:
        moves.open(subject, at, severity=severity, criterion=criterion, condition_at=condition_at, reason=reason)
        return
    if SEVERITIES.index(severity) > SEVERITIES.index(alert.severity):
        moves.tell(subject, "worsened", at, severity=severity, reason=reason, criterion=criterion)
        alert = moves.state.alerts[subject.rule]
    if alert.condition_to is not None or is_stale(moves.state, alert, at):
        moves.tell(subject, "recurred", at, reason=reason, criterion=criterion, condition_to=None, last_met_at=at)
