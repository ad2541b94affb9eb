"""What runs on the work list: open aplasia windows and clocks without an antibiotic, of the caller's circle only."""

import msgspec
import pytest

from domain.alerts import AlertEvent
from domain.instants import HOUR, MINUTE, iso, moment
from storage import connection, registry
from tests.flow import console_world as world

pytestmark = pytest.mark.flow


def test_windows_and_clocks_of_the_circle(plain_database_url: str) -> None:
    url, now = plain_database_url, world.now()
    world.hospital(url)
    window = {"protocol": "chemo-aplasia", "aplasia": {"from": iso(now - 48 * HOUR), "until": None}}
    fever, other = world.an_alert("P1", at=now - 70 * MINUTE), world.an_alert("L1")
    with connection.connect(url) as conn:
        registry.add_plan(conn, "P1", window, set_by="test", set_at=now)
        registry.add_plan(conn, "P2", {"protocol": "vital-signs"}, set_by="test", set_at=now)
        world.write_event(conn, "paris", world.opened(fever))
        world.write_event(conn, "lyon", world.opened(other))
    with world.served(url) as console, console.client("doc1") as client:
        found = client.get("/api/windows").json()
        assert [(each["patient"], each["since"], each["opened_by"]) for each in found["windows"]] == [
            ("P1", iso(now - 48 * HOUR), "plan")
        ]
        assert [(each["alert"], each["verdict"]) for each in found["clocks"]] == [("P1-1", "missing")]
        assert found["clocks"][0]["signal_at"] == iso(fever.condition_at)
        with connection.connect(url) as conn:
            conn.execute(
                """INSERT INTO given (patient, kind, name, given_at, received_at, by, device, boot, seq, idx)
                   VALUES ('P1', 'antibiotic', 'cefepime', %s, now(), 'nurse', 'console', 'b', 1, 0)""",
                (moment(now - 30 * MINUTE),),
            )
            world.write_event(
                conn,
                "paris",
                AlertEvent("commented", now, msgspec.structs.replace(fever, version=2), actor="doc1", note="given"),
            )
        assert client.get("/api/windows").json()["clocks"] == [], "the antibiotic is recorded: the clock has stopped"
        with connection.connect(url) as conn:
            looks = conn.execute("SELECT count(*) FROM audit WHERE action = 'windows' AND actor = 'doc1'").fetchone()
        assert looks == (2,)
