"""New states and events of some inputs: written in the caller's transaction, adopted after its commit.

With the events go the alerts as they left them, the deadlines, and the outbox rows of those who must be told.
"""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import psycopg

from alerts.core.state import PatientState
from alerts.protocol.compiled import Step
from domain.alerts import Alert, AlertEvent, ModelOutput
from domain.instants import Micros
from storage import alerts as rows
from storage import inbox, model_outputs, outbox

# Events after which somebody is told at once, when the alert rings.
TOLD = frozenset({"opened", "worsened", "recurred", "woken", "reopened"})


class Decided:
    """Nothing has happened yet. `done`: rows of the inbox that the inputs came from. `outputs`: what models said, with
    their row; `notes`: what consoles are told besides (patient, site, kind, at, body). `after`: once it is adopted."""

    def __init__(self, states: MutableMapping[str, PatientState], at: Micros) -> None:
        self._into = states
        self.at = at
        self.adopted = False
        self.states: dict[str, PatientState] = {}
        self.events: list[tuple[str, AlertEvent]] = []
        self.done: list[tuple[str, str, dict[str, Any]]] = []
        self.outputs: list[tuple[str, ModelOutput]] = []
        self.notes: list[tuple[str, str, str, Micros, dict[str, Any]]] = []
        self.after: list[Callable[[], None]] = []

    @property
    def event_count(self) -> int:
        """How many events `write` writes for the consoles."""
        return len(self.events) + len(self.notes)

    def alert(self, name: str) -> Alert | None:
        """The alert as the last of these inputs left it, not stored yet; None when none of them touched it."""
        return next((event.alert for _, event in reversed(self.events) if event.alert.id == name), None)

    def write(self, conn: psycopg.Connection[Any]) -> None:
        """Events, alerts, deadlines, outbox and finished inbox rows, into the caller's transaction."""
        if self.events or self.notes:
            rows.lock_event_ids(conn)
            model_outputs.insert_notes(conn, self.notes)
            rows.insert_events(conn, self.events, recorded_at=self.at)
            last = {event.alert.id: (site, event.alert) for site, event in self.events}
            # closed ones first: a rule has one alert that is not closed at any moment
            changed = sorted(last.values(), key=lambda row: row[1].state != "closed")
            rows.upsert(conn, changed)
            rows.replace_timers(conn, [alert for _, alert in changed])
            due = list(self._due())
            if due:
                outbox.insert(conn, due)
        model_outputs.insert(conn, self.outputs)
        for action, outcome, detail in self.done:
            inbox.finish(conn, action, outcome, detail=detail, at=self.at)

    def adopt(self) -> None:
        """The commit happened: the new states are the states."""
        self._into.update(self.states)
        self.adopted = True
        for step in self.after:
            step()

    def _due(self) -> Iterator[outbox.Due]:
        """Steps of these events. One of the escalation was due at its deadline, however late this hub came to it."""
        deadlines: dict[str, Micros | None] = {}
        for site, event in self.events:
            alert, step = event.alert, self._step(event)
            escalated = event.kind == "escalated"
            deadline = deadlines[alert.id] if alert.id in deadlines else self._deadline_before(alert)
            deadlines[alert.id] = alert.escalation.next_at
            if step is None:
                continue
            number, at = (alert.escalation.step, deadline or event.at) if escalated else (0, event.at)
            yield outbox.Due(
                alert.id, alert.patient, site, alert.rule, alert.category, alert.severity, event.kind, alert.version,
                number, step.who, step.how, at, alert.reason.fr, alert.reason.en,
            )  # fmt: skip

    def _deadline_before(self, alert: Alert) -> Micros | None:
        """When the alert's next step was due before these inputs."""
        state = self._into.get(alert.patient)
        before = None if state is None else state.alerts.get(alert.rule)
        return before.escalation.next_at if before is not None and before.id == alert.id else None

    def _step(self, event: AlertEvent) -> Step | None:
        """Who must be told of an event, and how; None: nobody."""
        alert = event.alert
        state = self.states.get(alert.patient) or self._into[alert.patient]
        steps = state.compiled.escalation[alert.severity]
        if event.kind == "escalated":
            reached = alert.escalation.step
            return steps.later[reached - 1] if 0 < reached <= len(steps.later) else None
        return steps.first if event.kind in TOLD and alert.rings else None
