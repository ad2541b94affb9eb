"""Making alert events: the one place where an alert value is built or changed. Pure.

A `Moves` collects the events of one step for one patient; every event passes `lifecycle.move`.
"""

from typing import Any

from msgspec import Struct, structs

from alerts import lifecycle
from alerts.core.reconcile import settle
from alerts.core.state import PatientState
from alerts.rules.level import Episode
from domain.alerts import Alert, AlertEvent, Escalation, Said
from domain.instants import Micros

# Events after which somebody must be reached anew.
_RINGING = {"opened", "worsened", "recurred", "woken", "reopened"}


class Subject(Struct, frozen=True):
    """What an alert is about: its rule, category, and whether only a person ends it."""

    rule: str
    category: str
    latched: bool
    clause: str = ""


class Moves:
    """The events of one step, in order, and the state they change (a fork)."""

    __slots__ = ("beside", "events", "state")

    def __init__(self, state: PatientState) -> None:
        self.state = state
        self.beside: Said | None = None  # what stands beside the sentence of an alert that is revised or disproved
        self.events: list[AlertEvent] = []

    def open(self, subject: Subject, at: Micros, *, kind: str = "opened", **fields: Any) -> None:
        """A first event, pending or opened. `fields`: severity, criterion, condition_at, reason, evidence, ..."""
        protocol = self.state.compiled.protocol
        given = {"late": False, "rings": True, "last_met_at": fields["condition_at"], "evidence": ()} | fields
        cause, place = self.state.compiled.cause(subject.rule)
        clause = subject.clause or f"{protocol.clauses.get(subject.rule, 'hub')}/{subject.rule}"
        alert = Alert(
            id=f"{self.state.patient}-{self.state.number + 1}",
            patient=self.state.patient,
            rule=subject.rule,
            protocol=protocol.id,
            protocol_version=protocol.version,
            protocol_digest=protocol.digest,
            category=subject.category,
            state="",
            latched=subject.latched,
            opened_at=at,
            version=0,
            clause=clause,
            cause=cause,
            place=place,
            **given,
        )
        self.state.number += 1
        self._record(None, kind, at, self._escalating(alert, kind, at))

    def tell(self, subject: Subject, kind: str, at: Micros, **fields: Any) -> None:
        """A later event of the rule's alert that is not closed, with the fields it changes."""
        self.apply(self.state.alerts[subject.rule], kind, at, **fields)

    def apply(self, alert: Alert, kind: str, at: Micros, **fields: Any) -> None:
        """A later event of a given alert. `actor`, `note` and `action` go to the event, the rest to the alert."""
        said = {name: fields.pop(name, None) for name in ("actor", "note", "action")}
        if kind == "closed":
            fields["last_met_at"] = max(
                [alert.last_met_at, *(found.last_met_at for found in self._episodes(alert.rule))]
            )
        changed = structs.replace(alert, **fields) if fields else alert
        self._record(alert, kind, at, self._escalating(changed, kind, at), **said)

    def refuse(self, alert: Alert, at: Micros, *, actor: str, note: str, action: str) -> None:
        """A person's action that could not be applied: said, and nothing changed."""
        self.events.append(AlertEvent("refused", at, alert, None, actor, note, action))

    def _escalating(self, alert: Alert, kind: str, at: Micros) -> Alert:
        if kind in _RINGING:
            return structs.replace(alert, escalation=self._due(alert, kind, at), snoozed_until=None)
        if kind in ("acknowledged", "snoozed", "closed"):
            return structs.replace(alert, escalation=Escalation(alert.escalation.step, None))
        return alert

    def _due(self, alert: Alert, kind: str, at: Micros) -> Escalation:
        """When the first step is due. What nobody has taken yet comes back, or is worse now: no step is put off."""
        steps = self.state.compiled.escalation[alert.severity].later if alert.rings else ()
        anew = at + steps[0].after if steps else None
        before = alert.escalation.next_at
        if alert.state != "open" or not alert.rings or before is None:
            return Escalation(0, anew)
        return alert.escalation if kind == "recurred" else Escalation(0, before if anew is None else min(anew, before))

    def _record(self, before: Alert | None, kind: str, at: Micros, alert: Alert, **said: Any) -> None:
        event = lifecycle.move(before, AlertEvent(kind, at, alert, alert.condition_at, **said))
        self.events.append(event)
        state = self.state
        if event.alert.state != "closed":
            state.alerts[alert.rule] = event.alert
            if kind == "reopened":
                stretches = state.settled.get(alert.rule, ())
                state.settled[alert.rule] = tuple(found for found in stretches if found.from_at != alert.condition_at)
            return
        if before is not None and before.state == "closed":
            return  # a comment on a closed alert
        state.alerts.pop(alert.rule, None)
        if before is not None and before.state != "pending":
            stretch = settle(event.alert, at, state.compiled.stepping)
            state.settled[alert.rule] = (*state.settled.get(alert.rule, ()), stretch)
            state.forget_settled(alert.rule)

    def _episodes(self, rule_id: str) -> tuple[Episode, ...]:
        for stream in self.state.streams.values():
            for rule in stream.rules:
                if rule.id == rule_id:
                    return stream.track(rule).episodes
        track = None if self.state.oral is None else self.state.oral.tracks.get(rule_id)
        return () if track is None else track.episodes
