"""`kill -9` of the hub after the commit and before the answer: the app sends the same again and hears the same."""

import contextlib
import json
from pathlib import Path
from typing import Any

import httpx

from domain.instants import iso
from tests.flow.hub_world import console, spec, trial

CRASHED = 137
INSTALL = "install0000000000001"
PASSWORD = "le jardin est calme 42"


def _phone(url: str) -> httpx.Client:
    return httpx.Client(base_url=f"{url}/app/api", timeout=20)


def _message(seq: int, at: int) -> bytes:
    readings = [{"c": "8310-5", "v": 36.5 + seq / 100, "u": "Cel"}]
    return json.dumps({"v": 1, "boot": "b001", "seq": seq, "t": iso(at), "obs": readings}).encode()


def _send(phone: httpx.Client, patient: str, body: bytes) -> Any:
    return phone.post("/messages", params={"patient": patient}, content=body).json()


def test_what_was_committed_when_the_hub_was_killed_is_acknowledged_again(
    plain_database_url: str, service_folder: Path
) -> None:
    with trial(service_folder, database_url=plain_database_url, speed=1.0) as running:
        running.register([spec("k1", "stable")])
        running.serve()
        with console(running, "nurse1") as nurse, _phone(running.world.url) as phone:
            code = nurse.post("/api/patients/k1/enrolment-codes", json={"role": "patient"}).json()["code"]
            claim = {"code": code, "password": PASSWORD, "language": "fr", "install": INSTALL}
            assert phone.post("/claim", json=claim).status_code == 200
            first = _send(phone, "k1", _message(1, running.world.clock.now()))
            assert first["upto"] == 1, first
            cookie = dict(phone.cookies)
        running.world.kill_hub()
        running.world.start_hub(crash="after_commit:3")
        running.world.wait_until_ready()
        sent = [_message(seq, running.world.clock.now()) for seq in range(2, 12)]
        heard = {}
        with httpx.Client(base_url=f"{running.world.url}/app/api", timeout=20, cookies=cookie) as phone:
            for body in sent:
                with contextlib.suppress(httpx.TransportError):
                    heard[body] = _send(phone, "k1", body)
        hub = running.world.hub
        assert hub is not None
        assert hub.wait(20) == CRASHED
        assert len(heard) < len(sent)
        running.world.hub = None
        committed = running.ask("SELECT count(*) FROM message JOIN app_device USING (device)")[0][0]
        running.serve()
        with httpx.Client(base_url=f"{running.world.url}/app/api", timeout=20, cookies=cookie) as phone:
            again = [_send(phone, "k1", body) for body in sent]
        assert [answer["upto"] for answer in again] == [max(committed, seq) for seq in range(2, 12)]
        assert again[-1] == {**again[-1], "boot": "b001", "upto": 11, "miss": [], "refused": []}
        values = running.ask("SELECT value FROM reading JOIN app_device USING (device) ORDER BY seq")
        assert [round(value, 2) for (value,) in values] == [round(36.5 + seq / 100, 2) for seq in range(1, 12)]
        assert running.stop_hub() == 0
