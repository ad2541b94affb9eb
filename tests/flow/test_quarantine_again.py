"""From the console to the store: a nurse has judged again what a device sent before anybody had entered who wore it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from domain.instants import DAY, MINUTE, moment
from storage.connection import connect
from tests.flow import console_world as world
from tests.flow.ingest_support import Device, Wiring, count, real_now, running, until
from tests.flow.test_commands import Vigie
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker

LISTED = "/api/quarantine"


@pytest.fixture
def clients(database_url: str, broker: Broker) -> Iterator[dict[str, httpx.Client]]:
    """Nurses of two sites; a hub that stores; three messages of a device that nobody wore, and one in a wrong unit."""
    world.hospital(database_url)
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO device (id, site, created_at) VALUES ('shelf', 'paris', now() - interval '2 days')")
    device = Device(broker, "shelf", site="paris")
    with (
        running(Wiring(database_url, RecordingDecider()), broker),
        world.served(database_url) as console,
        console.client("nurse1") as nurse1,
        console.client("nurse2") as nurse2,
    ):
        for seq in range(1, 4):
            device.send(payload(seq, t=real_now() - seq * MINUTE))
        device.send(payload(4, t=real_now(), obs=[{"c": "8310-5", "v": 38.4, "u": "K"}]))
        until(lambda: count(database_url, "SELECT count(*) FROM rejected") == 4)
        yield {"nurse1": nurse1, "nurse2": nurse2}
    device.close()


def test_one_then_all_of_the_device_and_what_is_refused_still_says_why(
    clients: dict[str, httpx.Client], database_url: str
) -> None:
    nurse1, nurse2 = clients["nurse1"], clients["nurse2"]
    rows = nurse1.get(LISTED).json()["refused"]
    assert [(row["can_again"], row["again"]) for row in rows] == [(True, None)] * 4
    path = f"{LISTED}/{rows[-1]['id']}/again"
    assert nurse2.post(path).status_code == 404  # another circle of care
    assert nurse1.post(path, headers={"Idempotency-Key": "x" * 129}).status_code == 422
    first = nurse1.post(path, headers={"Idempotency-Key": "k1"}).json()
    assert (first["stored"], first["refused"]) == (0, 1)
    [looked] = [row for row in nurse1.get(LISTED).json()["refused"] if row["again"]]
    assert (looked["again"]["by"], looked["again"]["said"][:12]) == ("nurse1", "unassigned: ")
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO wearing VALUES ('shelf', 'P1', %s)", (moment(real_now() - DAY),))
    all_of_it = nurse1.post(f"{path}?alike=true", headers={"Idempotency-Key": "k2"}).json()
    assert (all_of_it["stored"], all_of_it["refused"]) == (3, 1)
    again = nurse1.post(f"{path}?alike=true", headers={"Idempotency-Key": "k2"}).json()
    assert again == all_of_it  # the same key is the same action
    assert nurse1.post(path, headers={"Idempotency-Key": "k2"}).status_code == 422
    assert nurse1.post(path).status_code == 404  # it is stored
    values = "SELECT count(*) FROM reading WHERE device = 'shelf' AND patient = 'P1'"
    assert count(database_url, values) == 3
    rows = nurse1.get(LISTED).json()["refused"]
    assert [(row["can_again"], row["again"]["said"] is None) for row in rows] == [(True, False), *[(False, True)] * 3]
    with connect(database_url) as conn:
        trail = "SELECT count(*) FROM audit WHERE action = 'judged-again'"
        assert conn.execute(trail).fetchone() == (2,)


def test_the_operator_lists_and_judges_again_by_device_and_reason(
    clients: dict[str, httpx.Client], database_url: str, tmp_path: Path
) -> None:
    assert clients
    vigie = Vigie(database_url, tmp_path)

    def bad(*words: str) -> str:
        found = vigie(*words)
        assert found.exit_code != 0
        return found.output

    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO wearing VALUES ('shelf', 'P1', %s)", (moment(real_now() - DAY),))
    assert "--device or --reason" in bad("quarantine", "again")
    assert "--reason: expected one of malformed, " in bad("quarantine", "list", "--reason", "bad")
    assert "unassigned" in vigie.good("quarantine", "list")
    assert "paris: 3 to be judged again" in vigie.good("quarantine", "again", "--reason", "unassigned")
    left = "SELECT count(*) FROM rejected WHERE stored_at IS NULL"
    until(lambda: count(database_url, left) == 1)
    assert "unassigned" not in vigie.good("quarantine", "list", "--device", "shelf")
    assert "no refused message" in bad("quarantine", "again", "--device", "other")
