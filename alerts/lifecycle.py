"""The life of an alert: every move there is, in one table. Moving an alert happens nowhere else. Pure.

An alert that was opened stays until a person closes it. The engine may drop only a pending one: it never was opened.
"""

import msgspec

from domain.alerts import Alert, AlertEvent

# (state before, kind of event) -> state after. `None` is: no alert yet. What is not here cannot happen.
MOVES: dict[tuple[str | None, str], str] = {
    (None, "pending"): "pending",
    (None, "opened"): "open",
    ("pending", "opened"): "open",
    ("pending", "revised"): "pending",
    ("pending", "cleared"): "closed",
    ("pending", "disproved"): "closed",
    ("pending", "commented"): "pending",
    ("open", "worsened"): "open",
    ("open", "eased"): "open",
    ("open", "recurred"): "open",
    ("open", "revised"): "open",
    ("open", "disproved"): "open",
    ("open", "cleared"): "open",
    ("open", "escalated"): "open",
    ("open", "acknowledged"): "acknowledged",
    ("open", "snoozed"): "acknowledged",
    ("open", "assigned"): "open",
    ("open", "commented"): "open",
    ("open", "closed"): "closed",
    ("acknowledged", "worsened"): "open",
    ("acknowledged", "eased"): "acknowledged",
    ("acknowledged", "recurred"): "open",
    ("acknowledged", "revised"): "acknowledged",
    ("acknowledged", "disproved"): "acknowledged",
    ("acknowledged", "cleared"): "acknowledged",
    ("acknowledged", "snoozed"): "acknowledged",
    ("acknowledged", "woken"): "open",
    ("acknowledged", "reopened"): "open",
    ("acknowledged", "assigned"): "acknowledged",
    ("acknowledged", "commented"): "acknowledged",
    ("acknowledged", "closed"): "closed",
    ("closed", "commented"): "closed",
    ("closed", "reopened"): "open",
}

# A person's action -> the event it asks for.
ACTION_EVENTS = {
    "acknowledge": "acknowledged",
    "snooze": "snoozed",
    "assign": "assigned",
    "comment": "commented",
    "close": "closed",
    "reopen": "reopened",
}


class IllegalMove(ValueError):
    """A move that is not in the table. Nothing was changed."""


def allowed(state: str | None, kind: str) -> bool:
    """Whether the table has the move."""
    return (state, kind) in MOVES


def move(before: Alert | None, event: AlertEvent) -> AlertEvent:
    """The event with the state and version the alert has after it. Raises IllegalMove.

    `event.alert` carries the other fields as they are after the move; `before` is None for a first event.
    """
    state = before.state if before is not None else None
    after = MOVES.get((state, event.kind))
    if after is None:
        raise IllegalMove(f"{event.alert.id}: no move {event.kind!r} from {state!r}")
    version = before.version + 1 if before is not None else 1
    return msgspec.structs.replace(event, alert=msgspec.structs.replace(event.alert, state=after, version=version))


def diagram() -> str:
    """The table as a Mermaid state diagram, for the docs."""
    lines = [f"    {before or '[*]'} --> {after}: {kind}" for (before, kind), after in MOVES.items()]
    return "\n".join(["stateDiagram-v2", *lines])
