"""Live, replay and rule tests give identical events: one recorded day, played three times.

Through the running ingest service (broker, database, the patients' owner) on a clock that the test moves, through
`vigie replay`, and through a rule case.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alerts.core.ticking import next_due, on_grid
from alerts.protocol.library import shipped
from alerts.service import Owner
from alerts.trial.case_lines import LABS, SIGNS
from alerts.trial.cases import read
from device_sim.recordings import load
from domain.alerts import AlertEvent, Input
from domain.instants import DAY, HOUR, MINUTE, SECOND, Micros, iso, micros, parse_iso
from ingest.decider import Decision
from storage import registry
from storage.connection import connect
from tests.flow.ingest_support import Device, Wiring, count, running, until
from tests.ingest.support import payload
from tests.support.broker import Broker
from vigie.replay_file import replay
from vigie.rule_cases import PATIENT, check, events_of

RECORDING, FROM_HOUR, HOURS = "cinc-100129", 6, 24  # fever, pulse, breathing, saturation and pressure all speak
BEGINS = parse_iso("2026-11-22T07:00:00Z")
DELAY = 5 * SECOND  # from measuring to receiving
PLAN = {"protocol": "chemo-aplasia", "fever_profile": "ESMO_2016", "timezone": "Europe/Paris"}

Event = tuple[str, str, str, str, str]  # kind, rule, severity, condition_at, at
Day = dict[Micros, list[dict[str, Any]]]  # received at -> observations


def recorded_day() -> Day:
    """Hours of a real stay, each an hour after the other."""
    hours = load()[RECORDING].hours
    wanted = range(FROM_HOUR, FROM_HOUR + HOURS)
    return {BEGINS + (hour - FROM_HOUR) * HOUR + DELAY: hours[hour] for hour in wanted if hour in hours}


class Adopted:
    """A decision that says when it has happened."""

    def __init__(self, decision: Decision, happened: Any) -> None:
        self._decision, self._happened = decision, happened

    @property
    def event_count(self) -> int:
        return self._decision.event_count

    def write(self, conn: psycopg.Connection[Any]) -> None:
        self._decision.write(conn)

    def adopt(self) -> None:
        self._decision.adopt()
        self._happened()


class Watched:
    """The hub's own owner of states, and how far it has come."""

    def __init__(self, owner: Owner) -> None:
        self.owner, self.ticked, self.decided = owner, 0, 0

    def decide(self, inputs: Mapping[str, Sequence[Input]], *, at: Micros) -> Decision:
        return Adopted(self.owner.decide(inputs, at=at), self._one_more)

    def _one_more(self) -> None:
        self.decided += 1

    def next_tick(self, at: Micros) -> Decision | None:
        found = self.owner.next_tick(at)
        if found is None:
            self.ticked = at
            return None
        return Adopted(found, lambda: setattr(self, "ticked", at))

    def actions(self, conn: psycopg.Connection[Any], *, at: Micros) -> Decision | None:
        return self.owner.actions(conn, at=at)


class Hub(Wiring):
    """The wiring with a clock that stands still until it is moved."""

    def __init__(self, url: str, decider: Any) -> None:
        super().__init__(url, decider)
        self.clock: Micros = BEGINS

    def now(self) -> Micros:
        return self.clock


def live(url: str, broker: Broker, day: Day) -> list[Event]:
    """The day as messages of a device, the clock moved to every instant at which something is due."""
    first = min(day)
    with connect(url) as conn:
        registry.add_site(conn, "s1", "Site", first - DAY)
        registry.add_patient(conn, PATIENT, "s1", first)
        registry.add_device(conn, "one", "s1", first - DAY)
        registry.wear(conn, "one", PATIENT, first - DAY)
        registry.add_plan(conn, PATIENT, PLAN, set_by="test", set_at=first)
    owner = Owner(shipped(), lambda: connect(url))
    owner.load(first)
    watched = Watched(owner)
    hub = Hub(url, watched)
    device = Device(broker, "one")
    with running(hub, broker, tick_every=SECOND):
        for seq, at in enumerate(sorted(day), start=1):
            tick_until(hub, watched, at)
            device.send(payload(seq, t=at - DELAY, obs=day[at]))
            until(lambda seq=seq: watched.decided >= seq)
        tick_until(hub, watched, max(day))
    device.close()
    assert count(url, "SELECT count(*) FROM reading") == sum(map(len, day.values()))
    with connect(url) as conn:
        rows = conn.execute(
            "SELECT kind, rule, severity, condition_at, at FROM alert_event WHERE patient = %s ORDER BY id", (PATIENT,)
        ).fetchall()
    return [(kind, rule, severity, iso(micros(since)), iso(micros(at))) for kind, rule, severity, since, at in rows]


def tick_until(hub: Hub, watched: Watched, at: Micros) -> None:
    """Time passes up to an instant: a stop wherever the patient's state has something due."""
    while hub.clock < at:
        due = next_due(watched.owner.states[PATIENT])
        stop = at if due is None else min(at, max(on_grid(due), hub.clock + SECOND))
        hub.clock = stop
        until(lambda stop=stop: watched.ticked >= stop // SECOND * SECOND)


def replayed(folder: Path, day: Day) -> list[Event]:
    """The same as a file of readings."""
    rows = ["patient,measured_at,received_at,code,value,unit"]
    for at, observations in day.items():
        rows += [f"{PATIENT},{iso(at - DELAY)},{iso(at)},{one['c']},{one['v']},{one['u']}" for one in observations]
    readings, context = folder / "readings.csv", folder / "context.json"
    readings.write_text("\n".join(rows) + "\n")
    context.write_text(json.dumps({"patients": {PATIENT: PLAN}}))
    found = [json.loads(text) for text in replay(readings, context)]
    return [(one["event"], one["rule"], one["severity"], one["condition_at"], one["at"]) for one in found]


def told(day: Day) -> list[Event]:
    """The same as a rule case."""
    words = {code: word for word, code in SIGNS.items()} | {code: f"lab {word}" for word, code in LABS.items()}
    plan = ", ".join(f"{key}: {value}" for key, value in PLAN.items() if key != "protocol")
    lines = [
        f"  - {clock(at)} {words[one['c']]} {one['v']} {one['u']} measured {clock(at - DELAY)}"
        for at, observations in day.items()
        for one in observations
    ]
    head = ["title: A recorded day", f"protocol: {PLAN['protocol']}", f"plan: {{ {plan} }}", "readings:"]
    [case] = read("day.yaml", "\n".join([*head, *lines, "expect:", "  - never battery"]))
    check(case, shipped())
    found = [event for event in events_of(case, shipped()) if isinstance(event, AlertEvent)]
    return [(one.kind, one.alert.rule, one.alert.severity, iso(one.alert.condition_at), iso(one.at)) for one in found]


def clock(at: Micros) -> str:
    """An instant as a case writes it: the hour in Paris, day 1 being the day on which the story begins."""
    day, rest = divmod(at + HOUR - (BEGINS + HOUR) // DAY * DAY, DAY)
    return f"day {day + 1} {rest // HOUR:02d}:{rest % HOUR // MINUTE:02d}:{rest % MINUTE // SECOND:02d}"


def test_a_case_writes_the_same_instants() -> None:
    assert clock(BEGINS + DELAY) == "day 1 08:00:05"
    assert clock(BEGINS + 20 * HOUR) == "day 2 04:00:00"


@pytest.mark.flow
def test_live_replay_and_rule_tests_give_identical_events(database_url: str, broker: Broker, tmp_path: Path) -> None:
    day = recorded_day()
    expected = replayed(tmp_path, day)
    kinds = {event[0] for event in expected}
    assert {"opened", "cleared", "escalated"} <= kinds
    assert len(expected) > 20
    assert told(day) == expected
    assert live(database_url, broker, day) == expected
