"""Time passing: silence, an overdue count, snoozes, severities that change with time, escalation. Pure.

`tick` is an input of the engine; `next_due` says when the next one will matter.
"""

from msgspec import structs

from alerts.core import flags, oral
from alerts.core.moves import Moves
from alerts.core.state import PatientState
from alerts.rules.level import LevelRule
from domain.alerts import SEVERITIES, Alert, Escalation
from domain.instants import SECOND, Micros

GRID: Micros = SECOND  # ticks fall on this grid, so that live and replay decide at the same instants
NEVER: Micros = 1 << 62


def tick(moves: Moves, at: Micros) -> None:
    state = moves.state
    for rule in state.compiled.silences:
        flags.silent(moves, rule, at)
    flags.overdue(moves, at)
    for alert in list(state.alerts.values()):
        if alert.snoozed_until is not None and at >= alert.snoozed_until and alert.state == "acknowledged":
            moves.apply(alert, "woken", at, snoozed_until=None)
    if state.oral is not None:
        oral.passing(moves, at)
    for level_rule in state.compiled.stepping:
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
    if state.oral is not None:
        due.append(state.oral.next_at)
    if state.alerts:
        for level_rule in state.compiled.stepping:
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
    if not state.alerts:
        return due
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


def on_grid(at: Micros) -> Micros:
    """The first tick at or after an instant."""
    return -(-at // GRID) * GRID
