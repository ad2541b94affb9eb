"""A whole hub: what a nurse enters is forecast by the real model, told to the engine, and survives `kill -9`."""

import secrets
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.instants import DAY, HOUR, iso
from tests.flow.hub_world import console, spec, trial, until

pytestmark = pytest.mark.flow


def enter(client: httpx.Client, patient: str, **body: Any) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    answer = client.post(f"/api/patients/{patient}/entries", json=body, headers=headers)
    assert answer.status_code in (200, 202), answer.text


def test_what_a_nurse_enters_is_forecast_within_a_minute_also_by_a_hub_that_was_killed(service_folder: Path) -> None:
    with trial(service_folder, speed=1.0) as running:
        at = running.world.clock.now()
        plan = {"protocol": "chemo-aplasia", "aplasia": None, "doses": [iso(at + 17 * DAY)]}
        running.register([spec("p1", "stable", **plan)], since=at - 9 * DAY)
        running.serve()
        with console(running, "nurse1") as client:
            given = [{"k": "chemotherapy", "name": "docetaxel", "at": iso(at - 4 * DAY), "amount": 150, "unit": "mg"}]
            began = time.monotonic()
            enter(client, "p1", given=given)
            until(lambda: forecast(client)["status"] == "prior_only", within=60)
            enter(client, "p1", obs=[{"c": "751-8", "v": 2.6, "u": "10*9/L", "t": iso(at - HOUR)}])
            running.world.kill_hub()
        running.serve()
        with console(running, "nurse1") as client:
            until(lambda: forecast(client)["status"] in ("ready", "surprised"), within=60)
            found = forecast(client)
            assert [count["anc"] for count in found["counts"]] == [2.6]
            assert 0 <= found["p_grade4"] <= 1
            assert time.monotonic() - began < 120
            told = running.ask("SELECT count(*) FROM action_inbox WHERE idempotency_key LIKE 'forecast-%%'")
            stored = running.ask("SELECT count(*) FROM forecast")
            assert told == stored
            until(lambda: running.ask("SELECT count(*) FROM action_inbox WHERE done_at IS NULL") == [(0,)], within=20)
            outputs = running.ask("SELECT count(*) FROM model_output WHERE model = 'anc-grade4'")
            assert outputs == stored


def forecast(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/patients/p1/forecast").json()
    return found
