"""The unit over HTTP: the next 48 hours of a site, traces of a page of patients, nothing of another circle."""

from collections.abc import Iterator

import pytest

from domain.instants import DAY, HOUR, MINUTE, iso
from domain.vocabulary import NEUTROPHILS
from storage import connection, registry
from tests.flow import console_world as world
from tests.support.databases import Server

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def console(embedded_server: Server) -> Iterator[world.Served]:
    """P1 before a window, P2 with a fever, L1 elsewhere."""
    with embedded_server.fresh() as url:
        yield from _filled(url)


def _filled(url: str) -> Iterator[world.Served]:
    world.hospital(url)
    now = world.now()
    with connection.connect(url) as conn:
        window = {"from": iso(now + 5 * HOUR), "until": iso(now + 9 * DAY)}
        registry.add_plan(conn, "P1", {"protocol": "chemo-aplasia", "aplasia": window}, set_by="doc1", set_at=now - DAY)
        world.add_reading(conn, "P1", NEUTROPHILS, 3.1, at=now - HOUR, by="nurse")
        for minutes, value in ((3, 39.4), (4, 37.0), (200, 38.0)):
            world.add_reading(conn, "P2", "8310-5", value, at=now - minutes * MINUTE - 30_000_000)
        conn.execute("UPDATE device SET battery = 2 WHERE id = 'dev-p1'")
        conn.execute("UPDATE device SET online = false WHERE id = 'dev-p2'")
        conn.execute("UPDATE device SET last_seen_at = NULL WHERE id = 'dev-l1'")
    with world.served(url) as served:
        yield served


def test_what_the_next_hours_hold_and_which_devices_need_somebody(console: world.Served) -> None:
    with console.client("doc1") as client:
        found = client.get("/api/unit?site=paris").json()
        assert client.get("/api/unit").json()["devices"] == found["devices"]
    assert found["patients"] == 2
    assert [(each["patient"], each["why"]) for each in found["opening"]] == [("P1", "plan")]
    assert [(each["code"], each["n"], each["patients"]) for each in found["measures"]] == [("8310-5", 12, 2)]
    assert [(each["patient"], each["why"]) for each in found["devices"]] == [("P1", ["battery"]), ("P2", ["offline"])]


def test_traces_keep_the_extremes_of_each_half_hour(console: world.Served) -> None:
    with console.client("doc1") as client:
        found = client.get("/api/unit/traces?patient=P2&patient=L1&patient=nobody").json()
    assert list(found["traces"]) == ["P2"]
    spots = found["traces"]["P2"]["8310-5"]
    assert [spot[1:3] for spot in spots if spot[2] > 39] in ([[37.0, 39.4]], [[39.4, 39.4]])
    assert max(spot[2] for spot in spots) == 39.4
    assert found["parts"] == 48


def test_another_circle_sees_nothing_and_a_page_is_bounded(console: world.Served) -> None:
    with console.client("nurse2") as client:
        assert client.get("/api/unit?site=paris").status_code == 404
        assert client.get("/api/unit").json()["patients"] == 1
        assert client.get("/api/unit/traces?patient=P1").json()["traces"] == {}
        assert client.get("/api/unit/traces").status_code == 422
        many = "&".join(f"patient=X{n}" for n in range(61))
        assert client.get(f"/api/unit/traces?{many}").status_code == 422
    with console.client("op1") as client:
        assert client.get("/api/unit").status_code == 403


def test_the_looks_are_on_record(console: world.Served) -> None:
    with console.client("doc1") as client:
        client.get("/api/unit/traces?patient=P1&patient=L1")
    with connection.connect(console.deps.database_url) as conn:
        rows = conn.execute("SELECT detail FROM audit WHERE actor = 'doc1' AND subject = 'patients'").fetchall()
    assert {"what": "traces", "patients": ["P1"]} in [row[0] for row in rows]
