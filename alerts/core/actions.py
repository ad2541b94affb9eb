"""What a person does to an alert, as moves. Pure. Role and circle of care were checked when it was recorded."""

from alerts import lifecycle
from alerts.core.moves import Moves
from domain.alerts import Action, Alert
from domain.instants import MINUTE


def act(moves: Moves, action: Action) -> None:
    """Applies an action, or says why it could not be: somebody was first, or the table has no such move."""
    alert = _subject(moves, action)
    if alert is None:
        return
    kind = lifecycle.ACTION_EVENTS[action.action]
    fault = _fault(moves, action, alert, kind)
    if fault is not None:
        moves.refuse(alert, action.at, actor=action.actor, note=fault, action=action.id)
        return
    said = {"actor": action.actor, "note": action.reason, "action": action.id}
    match kind:
        case "acknowledged":
            seen = {"acknowledged_by": action.actor, "acknowledged_at": action.at, "snoozed_until": None}
            moves.apply(alert, kind, action.at, **seen, **said)
        case "snoozed":
            moves.apply(
                alert,
                kind,
                action.at,
                acknowledged_by=action.actor,
                acknowledged_at=action.at,
                snoozed_until=action.until,
                **said,
            )
        case "assigned":
            moves.apply(alert, kind, action.at, assignee=action.assignee, **said)
        case "closed":
            moves.apply(alert, kind, action.at, closed_by=action.actor, closed_at=action.at, snoozed_until=None, **said)
        case "reopened":
            moves.apply(alert, kind, action.at, closed_by=None, closed_at=None, snoozed_until=None, rings=True, **said)
        case _:
            moves.apply(alert, kind, action.at, **said)


def _snooze_fault(moves: Moves, action: Action, alert: Alert) -> str | None:
    """A snooze has an end, and one that is not too far away."""
    defaults = moves.state.compiled.protocol.defaults
    longest = {"high": defaults.snooze_high_min, "medium": defaults.snooze_medium_min, "low": defaults.snooze_low_min}
    minutes = longest[alert.severity]
    if action.until is None or not action.at < action.until <= action.at + minutes * MINUTE:
        return f"until: expected a time to come, at most {minutes:g} min away for severity {alert.severity}"
    return None


def _subject(moves: Moves, action: Action) -> Alert | None:
    for alert in moves.state.alerts.values():
        if alert.id == action.alert:
            return alert
    return action.closed if action.closed is not None and action.closed.id == action.alert else None


def _fault(moves: Moves, action: Action, alert: Alert, kind: str) -> str | None:
    """Why the action cannot be applied; None when it can."""
    if kind != "commented" and action.expected_version is not None and action.expected_version != alert.version:
        return f"version: expected {alert.version}, got {action.expected_version}: somebody was first"
    if not lifecycle.allowed(alert.state, kind):
        return f"action: {action.action} is not possible for an alert that is {alert.state}"
    if kind == "snoozed":
        return _snooze_fault(moves, action, alert)
    if kind == "reopened" and alert.state == "closed" and alert.rule in moves.state.alerts:
        return "action: a newer alert of the same rule is open"
    return None
