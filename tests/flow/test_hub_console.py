"""The whole way: a device's fever through broker, hub and feed to a console, its acknowledgement, a count entered."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as ws_connect

from domain.vocabulary import NEUTROPHILS
from tests.flow import hub_oracle
from tests.flow.hub_world import Trial, act, aplasia, console, devices_of, spec, temperature, trial, until

pytestmark = [pytest.mark.flow, pytest.mark.one_server]


class Frames:
    """What one console hears: event frames in order, each following the one before."""

    def __init__(self, socket: ClientConnection, cursor: int) -> None:
        self.socket = socket
        self.cursor = cursor

    def next(self, kind: str, patient: str) -> dict[str, Any]:
        """The next frame of that kind of that patient; raises TimeoutError after ten silent seconds, or a minute."""
        end = time.monotonic() + 60
        while True:
            frame: dict[str, Any] = json.loads(self.socket.recv(timeout=max(0.0, min(10, end - time.monotonic()))))
            if frame["kind"] == "beat":
                continue
            assert frame["prev"] == self.cursor
            assert frame["id"] > frame["prev"]
            self.cursor = frame["id"]
            if frame["kind"] == kind and frame["alert"]["patient"] == patient:
                return frame


@contextmanager
def feed(client: httpx.Client, running: Trial) -> Iterator[Frames]:
    """The feed from the snapshot's cursor on."""
    cursor = client.get("/api/snapshot").json()["cursor"]
    ticket = client.post("/api/feed-ticket").json()["ticket"]
    address = f"ws://127.0.0.1:{running.world.port}/api/feed?ticket={ticket}&cursor={cursor}"
    with ws_connect(address) as socket:
        yield Frames(socket, cursor)


def enter(client: httpx.Client, patient: str, **entry: Any) -> httpx.Response:
    """Something a professional types in."""
    return client.post(f"/api/patients/{patient}/entries", json=entry)


def test_from_a_fever_at_home_to_an_acknowledgement_and_a_recovered_count(
    database_url: str, service_folder: Path
) -> None:
    with trial(service_folder, speed=1.0, database_url=database_url) as running:
        now = running.world.clock.now
        running.register([spec("p1", "stable", **aplasia(now())), spec("p2", "stable", **aplasia(now()))])
        running.serve()
        device = devices_of(running, "p1")["p1"]
        with console(running, "doc1") as doc1, console(running, "nurse1") as nurse1:
            with feed(doc1, running) as seen_by_doc1, feed(nurse1, running) as seen_by_nurse1:
                device.send(temperature(1, 38.9, at=now()))
                opened = seen_by_doc1.next("alert.opened", "p1")
                assert opened == seen_by_nurse1.next("alert.opened", "p1")
                alert = opened["alert"]
                assert (alert["rule"], alert["severity"], alert["state"]) == ("fever", "high", "open")
                assert alert["evidence"][0]["value"] == 38.9
                assert set(alert["reason"]) == {"fr", "en"}
                until(lambda: b'"upto":1' in (device.last("ack") or b""))

                acknowledged(doc1, nurse1, alert, seen_by_nurse1)
                seen_by_doc1.next("alert.acknowledged", "p1")
            counts_entered(nurse1, running)
            device.send(temperature(2, 38.9, at=now()))
            until(lambda: b'"upto":2' in (device.last("ack") or b""))
            until(lambda: _rules(running, "p1") == ["fever", "fever-outside-window"])
        with running.world.connect() as conn:
            hub_oracle.check_alerts(conn)
        looks = running.ask("SELECT action FROM audit WHERE actor = 'doc1' AND subject = %s", f"alert:{alert['id']}")
        assert ("acknowledge",) in looks
        device.close()


def acknowledged(doc1: httpx.Client, nurse1: httpx.Client, alert: dict[str, Any], seen: Frames) -> None:
    """The first is accepted, its repetition changes nothing, the second person is told who was first."""
    bare = doc1.post(f"/api/alerts/{alert['id']}/actions", json={"action": "acknowledge", "reason": "x"})
    assert bare.status_code == 428
    headers = {"If-Match": f'"{alert["version"]}"', "Idempotency-Key": "doc1-1"}
    wish = {"action": "acknowledge", "reason": "I call the patient"}
    first = doc1.post(f"/api/alerts/{alert['id']}/actions", json=wish, headers=headers)
    assert first.status_code == 202
    again = doc1.post(f"/api/alerts/{alert['id']}/actions", json=wish, headers=headers)
    assert (again.status_code, again.json()["action"]) == (202, first.json()["action"])
    frame = seen.next("alert.acknowledged", "p1")
    assert frame["alert"]["state"] == "acknowledged"
    assert frame["alert"]["version"] == alert["version"] + 1
    late = act(nurse1, alert, "acknowledge", reason="me too")
    assert late.status_code == 412
    assert "doc1" in late.text


def counts_entered(nurse1: httpx.Client, running: Trial) -> None:
    """A count of 1.2 G/L closes the window; an absurd one is refused naming its field and stored nowhere."""
    absurd = enter(nurse1, "p1", obs=[{"c": "751-8", "v": 9999, "u": "10*9/L"}])
    assert absurd.json()["stored"] == 0
    assert [(one["path"], one["reason"]) for one in absurd.json()["refused"]] == [("obs[0].v", "implausible")]
    assert absurd.json()["refused"][0]["expected"]
    assert running.ask("SELECT count(*) FROM reading WHERE code = %s", NEUTROPHILS) == [(0,)]
    typo = enter(nurse1, "p1", obs=[{"c": "751-8", "v": "1,2", "u": "10*9/L"}])
    assert typo.status_code == 422
    assert "obs[0]" in typo.text
    assert ".v" in typo.text
    assert enter(nurse1, "nobody", obs=[{"c": "751-8", "v": 1.2, "u": "10*9/L"}]).status_code == 404
    good = enter(nurse1, "p1", obs=[{"c": "751-8", "v": 1.2, "u": "10*9/L"}])
    assert (good.status_code, good.json()["stored"], good.json()["refused"]) == (200, 1, [])
    assert running.ask("SELECT value, by FROM reading WHERE code = %s", NEUTROPHILS) == [(1.2, "nurse")]


def _rules(running: Trial, patient: str) -> list[str]:
    return [row[0] for row in running.ask("SELECT rule FROM alert WHERE patient = %s ORDER BY opened_at", patient)]
