"""The oral treatment by broker, hub and feed: a second dose is told at once, a run of missed ones at its minute."""

from pathlib import Path
from typing import Any

import pytest

from domain.instants import HOUR, MINUTE, Micros, iso, micros, moment, parse_iso
from tests.flow.hub_world import console, devices_of, spec, trial
from tests.flow.test_hub_console import feed
from tests.ingest.support import payload

pytestmark = pytest.mark.flow
SPEED = 12.0  # a minute of the hub is five seconds


def plan(*times: str, **fields: Any) -> dict[str, Any]:
    drug = {"drug": "capecitabine", "dose_mg": 1500, "times": list(times), **fields}
    return {"protocol": "oral-therapy", "timezone": "UTC", "cadence": {}, "oral": [drug]}


def taken(seq: int, at: Micros) -> bytes:
    """One dose from a pill box."""
    return payload(seq, t=at, int=[{"drug": "capecitabine", "at": iso(at), "n": 1, "state": "taken"}])


def _clock(at: Micros) -> str:
    return moment(at).strftime("%H:%M")


def test_a_second_dose_is_told_when_it_comes_and_a_run_of_missed_ones_at_its_minute(
    plain_database_url: str, service_folder: Path
) -> None:
    with trial(service_folder, speed=SPEED, database_url=plain_database_url) as running:
        now = running.world.clock.now
        due, first = now() // HOUR * HOUR, (now() // MINUTE + 4) * MINUTE  # the hub is up before it is due
        last = first + 2 * MINUTE
        twice = spec("p1", "stable", **plan(_clock(due)))  # once a day: whatever the time, a second one is too many
        never = spec("p2", "stable", **plan(*sorted([_clock(first), _clock(last)]), late_min=1, asked_min=1))
        running.register([twice, never], since=now() - MINUTE)
        running.serve()
        box = devices_of(running, "p1")["p1"]
        with console(running, "nurse1") as nurse, feed(nurse, running) as heard:
            box.send(taken(1, now()))
            box.send(taken(2, now()))
            alert = heard.next("alert.opened", "p1")["alert"]
            assert (alert["rule"], alert["severity"]) == ("extra-dose", "high")
            received = running.ask("SELECT received_at FROM message WHERE seq = 2 AND device = 'dev-p1'")[0][0]
            assert parse_iso(alert["opened_at"]) == micros(received)  # decided with the message, in its transaction
            box.send(payload(3, t=now(), ev=[{"k": "retract", "boot": "7f3a", "from": 2, "why": "refilled"}]))
            later = heard.next("alert.disproved", "p1")["alert"]
            assert (later["id"], later["state"]) == (alert["id"], "open")
            assert "retracted" in later["reason"]["en"]
            run = heard.next("alert.opened", "p2")["alert"]
        counts_at = last + 2 * MINUTE
        assert run["rule"] == "missed-doses"
        assert parse_iso(run["condition_from"]) == counts_at
        assert 0 <= parse_iso(run["opened_at"]) - counts_at < MINUTE
