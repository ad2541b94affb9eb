"""Short ways to feed the engine in tests: one patient, minutes instead of instants."""

from collections.abc import Iterable, Sequence
from typing import Any

from alerts import loading
from alerts.core.lateness import needs_history
from alerts.core.refill import History, load, remember
from alerts.core.state import PatientState, new_state
from alerts.core.streams import KEPT
from alerts.engine import step
from alerts.protocol.library import shipped
from alerts.rules.level import Episode
from domain.alerts import Alert, AlertEvent, Input, PlanSet
from domain.instants import MINUTE, Micros
from domain.values import Origin, Reading
from domain.vocabulary import MEASURES, TEMPERATURE

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
        self.planned_at: Micros | None = None

    def feed(self, *inputs: Input) -> "Play":
        for found in inputs:
            if needs_history(self.state, [found]) is not None:
                self.state = remember(self.state, History(unique(self.stored), frozenset(MEASURES)), at=0)
            self.state, events = step(self.state, [found], shipped())
            self.events += events
            if isinstance(found, Reading):
                self.stored.append(found)
            if isinstance(found, PlanSet):
                self.plan, self.planned_at = found.plan, found.at
        return self

    def restart(self, *, as_service: bool = False) -> "Play":
        """Throws the state away and loads it from what is stored: readings, alerts open and closed.

        `as_service`: only as much of it as the service reads back.
        """
        last = {event.alert.id: event.alert for event in self.events}
        opened = [alert for alert in last.values() if alert.state != "closed"]
        closed = [alert for alert in last.values() if alert.state == "closed" and alert.closed_by is not None]
        state = fresh(self.plan)
        if self.planned_at is not None:
            state.planned_at = self.planned_at
        rows = History(unique(self.stored), frozenset(MEASURES))
        if as_service:
            rows = read_back(state, rows.readings, opened, closed)
        self.state = load(state, rows, open_alerts=opened, closed_alerts=closed, number=len(last))
        return self

    def kinds(self, rule: str) -> list[str]:
        return [event.kind for event in self.events if event.alert.rule == rule]


def read_back(state: PatientState, rows: Sequence[Reading], opened: list[Alert], closed: list[Alert]) -> History:
    """What `alerts.service` would read from a database that holds these rows."""
    ordered = sorted(rows, key=lambda row: row.measured_at)

    def newest(code: str, most: int) -> list[Reading]:
        return [row for row in ordered if row.code == code][-most:]

    def around(_patient: str, codes: Sequence[str], *, since: Micros, before: int, most: int) -> list[Reading]:
        found = []
        for code in codes:
            of = [row for row in ordered if row.code == code]
            found += [row for row in of if row.measured_at >= since][-most:]
            found += [row for row in of if row.measured_at < since][-before:]
        return found

    readings = [row for code in MEASURES for row in newest(code, KEPT)]
    known = History(readings, loading.whole(readings, KEPT))
    unfinished = [alert for alert in closed if alert.condition_to is None]
    return loading.further(around, state, known, [*opened, *unfinished])


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
