"""Short ways to feed the engine in tests: one patient, minutes instead of instants."""

from collections.abc import Iterable
from typing import Any

from alerts.engine import needs_history, remember, step
from alerts.library import shipped
from alerts.rules.level import Episode
from alerts.state import PatientState, load, new_state
from domain.alerts import AlertEvent, Input
from domain.instants import MINUTE, Micros
from domain.values import Origin, Reading
from domain.vocabulary import TEMPERATURE

START: Micros = 1_795_000_000_000_000
OPEN = {"protocol": "chemo-aplasia", "fever_profile": "ESMO_2016"}


def at(minute: float) -> Micros:
    """An instant, minutes from the start."""
    return START + round(minute * MINUTE)


def reading(
    minute: float, value: float, *, code: str = TEMPERATURE, received: float | None = None, **fields: Any
) -> Reading:
    """A reading of patient P1; received when measured unless said otherwise."""
    origin = Origin(fields.pop("device", "therm-1"), "b", fields.pop("seq", 1))
    return Reading("P1", code, value, at(minute), at(minute if received is None else received), origin=origin, **fields)


def fresh(plan: dict[str, Any] | None = None) -> PatientState:
    """P1 with the window open."""
    return new_state("P1", "s", plan or OPEN, shipped(), set_at=0, watched_from=START)


class Play:
    """Steps inputs one by one, giving history back when the engine asks for it, and keeps every event."""

    def __init__(self, plan: dict[str, Any] | None = None) -> None:
        self.plan = plan
        self.state = fresh(plan)
        self.events: list[AlertEvent] = []
        self.stored: list[Reading] = []

    def feed(self, *inputs: Input) -> "Play":
        for found in inputs:
            if needs_history(self.state, [found]) is not None:
                self.state = remember(self.state, self.stored, at=0)
            self.state, events = step(self.state, [found], shipped())
            self.events += events
            if isinstance(found, Reading):
                self.stored.append(found)
        return self

    def restart(self) -> "Play":
        """Throws the state away and loads it from what is stored: readings, alerts open and closed."""
        last = {event.alert.id: event.alert for event in self.events}
        opened = [alert for alert in last.values() if alert.state != "closed"]
        closed = [alert for alert in last.values() if alert.state == "closed" and alert.closed_by is not None]
        rows = unique(self.stored)
        self.state = load(fresh(self.plan), rows, open_alerts=opened, closed_alerts=closed, number=len(last))
        return self

    def kinds(self, rule: str) -> list[str]:
        return [event.kind for event in self.events if event.alert.rule == rule]


def unique(rows: Iterable[Reading]) -> list[Reading]:
    """Stored rows hold each message once."""
    return list({(r.origin, r.index, r.code, r.measured_at, r.value): r for r in rows}.values())


def episodes(state: PatientState) -> dict[str, list[tuple[Micros, str, int, Micros | None]]]:
    """The condition episodes of every rule, as comparable values."""
    found: dict[str, list[tuple[Micros, str, int, Micros | None]]] = {}
    for stream in state.streams.values():
        for rule in stream.rules:
            if stream.track(rule).episodes:
                found[rule.id] = [_key(episode) for episode in stream.track(rule).episodes]
    return found


def _key(episode: Episode) -> tuple[Micros, str, int, Micros | None]:
    return (episode.condition_at, episode.criterion, episode.rank, episode.cleared_at)
