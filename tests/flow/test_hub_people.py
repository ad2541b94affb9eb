"""People act while the hub is killed under them: whatever was answered "recorded" happens, once, and nothing twice."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.instants import MINUTE, iso
from tests.flow import hub_oracle
from tests.flow.hub_world import Trial, aplasia, console, spec, trial, until

pytestmark = [pytest.mark.flow, pytest.mark.one_server]

EVENT_OF = {
    "acknowledge": "acknowledged",
    "close": "closed",
    "comment": "commented",
    "assign": "assigned",
    "snooze": "snoozed",
}
WEIGHT = "29463-7"


class Person:
    """Somebody at a console who acts on whatever is there, and repeats a request that got no answer."""

    def __init__(self, client: httpx.Client, running: Trial, seed: int) -> None:
        self.may = set(client.get("/api/me").json()["may"])
        self.client, self.running, self.dice = client, running, random.Random(seed)
        self.recorded: dict[str, str] = {}  # action id -> what
        self.stop = threading.Event()
        self.faults: list[str] = []

    def work(self) -> None:
        while not self.stop.is_set():
            try:
                self.enter() if self.dice.random() < 0.3 else self.act()
            except Exception as error:  # noqa: BLE001 - shown by the test's thread
                self.faults.append(repr(error))
                return
            self.stop.wait(self.dice.uniform(0.0, 0.15))

    def act(self) -> None:
        alerts = self.insist(lambda: self.client.get("/api/snapshot")).json()["alerts"]
        if not alerts:
            return
        alert = self.dice.choice(alerts)
        action = self.dice.choice([name for name in EVENT_OF if name in self.may])
        body: dict[str, Any] = {"action": action, "reason": "because"}
        if action == "assign":
            body = {"action": action, "assignee": "nurse1"}
        if action == "snooze":
            body["until"] = iso(self.running.world.clock.now() + 60 * MINUTE)
        headers = {"If-Match": f'"{alert["version"]}"', "Idempotency-Key": secrets.token_hex(8)}
        path = f"/api/alerts/{alert['id']}/actions"
        answer = self.insist(lambda: self.client.post(path, json=body, headers=headers))
        assert answer.status_code in (202, 412), answer.text
        if answer.status_code == 202:
            self.recorded[answer.json()["action"]] = action

    def enter(self) -> None:
        patient = self.dice.choice(list(self.running.plans))
        body = {"obs": [{"c": WEIGHT, "v": round(self.dice.uniform(50, 90), 1), "u": "kg"}]}
        headers = {"Idempotency-Key": secrets.token_hex(8)}
        path = f"/api/patients/{patient}/entries"
        answer = self.insist(lambda: self.client.post(path, json=body, headers=headers))
        assert answer.status_code in (200, 202), answer.text
        self.recorded[answer.json()["action"]] = "entry"

    def insist(self, request: Callable[[], httpx.Response]) -> httpx.Response:
        """The same request until the hub answers it."""
        end = time.monotonic() + 30
        while True:
            try:
                answer = request()
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, "the hub does not come back"
            time.sleep(0.1)


def test_what_was_recorded_happens_exactly_once(database_url: str, service_folder: Path) -> None:
    dice = random.Random(8)
    with trial(service_folder, database_url=database_url) as running:
        plan = aplasia(running.world.clock.now())
        names = [f"fever{number}" for number in range(6)]
        running.register([spec(name, "febrile_neutropenia", onset_s=-9000.0, **plan) for name in names])
        running.serve()
        running.start_fleet()
        with console(running, "doc1") as doc1, console(running, "nurse1") as nurse1:
            people = [Person(client, running, seed) for seed, client in enumerate((doc1, nurse1))]
            workers = [threading.Thread(target=person.work) for person in people]
            for worker in workers:
                worker.start()
            for turn in range(4):
                time.sleep(dice.uniform(0.3, 1.5))
                if turn % 2:
                    running.world.kill_hub()
                else:
                    assert running.stop_hub() == 0
                running.serve()
            for person in people:
                person.stop.set()
            for worker in workers:
                worker.join(40)
        assert [person.faults for person in people] == [[], []]
        until(lambda: running.ask("SELECT count(*) FROM action_inbox WHERE done_at IS NULL") == [(0,)])
        assert running.end_fleet()["unacked"] == 0
        recorded = people[0].recorded | people[1].recorded
        assert len(recorded) > 30
        happened(running, recorded)
        with running.world.connect() as conn:
            hub_oracle.check_alerts(conn)


def happened(running: Trial, recorded: dict[str, str]) -> None:
    """Every recorded action is one finished row, and left one event or one value."""
    outcomes = dict(running.ask("SELECT id::text, outcome FROM action_inbox"))
    events: dict[str, list[str]] = {}
    for action, kind in running.ask(
        "SELECT body ->> 'action', kind FROM alert_event WHERE body ->> 'action' IS NOT NULL"
    ):
        events.setdefault(action, []).append(kind)
    values = dict(running.ask("SELECT boot, count(*) FROM reading WHERE device = 'console' GROUP BY 1"))
    for action, what in recorded.items():
        if what == "entry":
            assert (outcomes[action], values.pop(action.replace("-", ""))) == ("applied", 1)
            continue
        expected = EVENT_OF[what] if outcomes[action] == "applied" else "refused"
        assert events.pop(action, []) == [expected], (action, what, outcomes[action])
    assert values == {}
    assert events == {}
