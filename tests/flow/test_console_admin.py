"""Accounts, devices and health on the console: who may, what stays inside the circle, what is on record."""

from collections.abc import Iterator

import httpx
import pytest

from domain.instants import iso
from storage import connection, tiers
from tests.flow import console_world as world

pytestmark = pytest.mark.flow


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """Paris has the operator op1; `both` belongs to Lyon too."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        world.add_user(conn, "both", "nurse", "paris", "lyon")
    with world.served(plain_database_url) as served:
        yield served


def looks(console: world.Served, action: str) -> list[str]:
    """The subjects of an action of op1 in the audit trail."""
    with connection.connect(console.deps.database_url) as conn:
        statement = "SELECT subject FROM audit WHERE action = %s AND actor = 'op1' ORDER BY id"
        return [row[0] for row in conn.execute(statement, (action,)).fetchall()]


def test_an_account_is_made_with_a_one_time_password_and_disabled(console: world.Served) -> None:
    with console.client("op1") as op1, httpx.Client(base_url=console.url) as fresh:
        made = op1.post("/api/accounts", json={"username": "nurse9", "role": "nurse", "sites": ["paris"]})
        assert made.status_code == 201, made.text
        first = {"username": "nurse9", "password": made.json()["password"]}
        assert fresh.post("/api/session", json=first).json()["must_change"] is True
        again = op1.post("/api/accounts", json={"username": "nurse9", "role": "nurse", "sites": ["paris"]})
        assert again.status_code == 409
        listed = {each["username"]: each for each in op1.get("/api/accounts").json()["accounts"]}
        assert set(listed) == {"doc1", "nurse1", "op1", "both", "nurse9"}
        assert (listed["both"]["sites"], listed["both"]["other_sites"]) == (["paris"], 1), "another site is not named"
        assert op1.post("/api/accounts/nurse9/disabling", json={"reason": "\u200b"}).status_code == 422
        gone = op1.post("/api/accounts/nurse9/disabling", json={"reason": "left"})
        assert gone.json()["account"]["disabled_at"] is not None
        assert fresh.get("/api/me").status_code == 401, "its sessions have ended"
        assert fresh.post("/api/session", json=first).status_code == 401
        assert op1.post("/api/accounts/nurse9/enabling").json()["account"]["disabled_at"] is None
        second = op1.post("/api/accounts/nurse9/password").json()["password"]
        assert fresh.post("/api/session", json=first).status_code == 401
        assert fresh.post("/api/session", json={**first, "password": second}).status_code == 200
    assert looks(console, "account disabled") == looks(console, "one-time password") == ["account:nurse9"]
    assert looks(console, "accounts") == ["sites"]
    with connection.connect(console.deps.database_url) as conn:
        trail = str(conn.execute("SELECT * FROM audit").fetchall())
    assert second not in trail
    assert first["password"] not in trail


def test_nobody_reaches_beyond_their_circle_or_changes_themselves(console: world.Served) -> None:
    with console.client("op1") as op1, console.client("both") as both:
        for body, field in (
            ({"username": "x1", "role": "nurse", "sites": ["lyon"]}, "sites"),
            ({"username": "x1", "role": "king", "sites": ["paris"]}, "role"),
            ({"username": "a b", "role": "nurse", "sites": ["paris"]}, "username"),
            ({"username": "x1", "role": "nurse", "sites": []}, "sites"),
        ):
            answer = op1.post("/api/accounts", json=body)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
        assert op1.post("/api/accounts/both/password").status_code == 403
        assert op1.post("/api/accounts/both/disabling", json={"reason": "x"}).status_code == 403
        there, nowhere = (op1.post(f"/api/accounts/{name}/password") for name in ("nurse2", "nobody"))
        assert (there.status_code, there.json()) == (404, nowhere.json()), "nurse2 is of Lyon"
        assert op1.post("/api/accounts/op1/disabling", json={"reason": "x"}).status_code == 409
        assert op1.put("/api/accounts/op1/sites", json={"sites": []}).status_code == 409
        left = op1.put("/api/accounts/both/sites", json={"sites": []})
        assert (left.json()["account"]["sites"], left.json()["account"]["other_sites"]) == ([], 1)
        assert both.get("/api/me").json()["sites"] == ["lyon"], "the other site stays"


def test_devices_their_ledger_and_label(console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        conn.execute(
            """INSERT INTO message (device, boot, seq, sha256, received_at)
               SELECT 'dev-p1', 'b1', seq, '\\x00', now() FROM unnest(ARRAY[1, 2, 5]) AS seq"""
        )
    with console.client("op1") as op1, console.client("nurse1") as nurse1:
        for client, worn_by in ((op1, None), (nurse1, "P1")):
            found = {each["id"]: each for each in client.get("/api/devices").json()["devices"]}
            assert set(found) == {"dev-p1", "dev-p2"}
            assert (found["dev-p1"]["worn"], found["dev-p1"]["patient"]) == (True, worn_by)
        boot = op1.get("/api/devices/dev-p1/ledger").json()["boots"][0]
        assert (boot["stored"], boot["missing"]) == (3, [[3, 4]])
        label = op1.get("/api/devices/dev-p1/label").json()
        assert label["address"].endswith("/#/admin/devices/dev-p1")
        assert label["qr"].startswith("<svg")
        for path in ("ledger", "label"):
            there, nowhere = (op1.get(f"/api/devices/{name}/{path}") for name in ("dev-l1", "none"))
            assert (there.status_code, there.json()) == (404, nowhere.json())
    assert looks(console, "ledger") == looks(console, "label") == ["device:dev-p1"]


def test_health_says_the_tier_the_queues_and_how_old_they_are(console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        conn.execute(
            """INSERT INTO rejected (received_at, reason, path, expected, topic, site, sha256, payload)
               VALUES ('2026-01-01T00:00:00Z', 'malformed', '', 'x', 't', 'paris', '\\x00', 'x')"""
        )
        tier = tiers.tier(conn)
    with console.client("op1") as op1, console.client("doc1") as doc1:
        found = op1.get("/api/health").json()
        assert doc1.get("/api/health").status_code == 403
    queues = {each["name"]: (each["waiting"], each["oldest_at"]) for each in found["queues"]}
    assert queues["quarantine"] == (1, iso(1_767_225_600_000_000))
    assert queues["actions"] == (0, None)
    assert found["database"]["tier"] == tier
    assert found["database"]["pending"] == []
    assert (found["version"], found["away"]) == ("test", [])
    assert found["last_received_at"] is not None
    assert looks(console, "health") == ["hub"]
