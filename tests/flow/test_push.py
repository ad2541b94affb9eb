"""Web push by HTTP and in the notifier: the key, devices of a person, devices that are gone, the service worker."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from alerts.escalation.channels import Failed, Sent
from domain.oncall import WebPush
from storage import roster_edits, rosters
from storage.connection import connect
from tests.flow import delivery_world as world
from tests.flow.console_world import Served, hospital, now, served
from tests.flow.delivery_world import Fake

KEY = "B" * 87
FIRST, SECOND = (WebPush(f"https://push.example.org/{place}", "B" * 87, "a" * 22) for place in (1, 2))


@pytest.fixture
def console(database_url: str) -> Iterator[Served]:
    hospital(database_url)
    with served(database_url, push_key=KEY) as found:
        yield found


def body(push: WebPush) -> dict[str, object]:
    return {"endpoint": push.endpoint, "keys": {"p256dh": push.p256dh, "auth": push.auth}}


def devices(client: httpx.Client) -> list[str]:
    found: list[str] = client.get("/api/me/contacts").json()["web_push"]
    return found


def test_the_key_is_for_people_who_are_logged_in(console: Served) -> None:
    assert httpx.get(f"{console.url}/api/push-key").status_code == 401
    with console.client("nurse1") as nurse:
        assert nurse.get("/api/push-key").json() == {"key": KEY}


def test_without_a_key_the_answer_names_the_setting(database_url: str) -> None:
    hospital(database_url)
    with served(database_url) as console, console.client("nurse1") as nurse:
        answer = nurse.get("/api/push-key")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert "VIGIE_MAIL_FROM" in answer.json()["detail"]
        assert "vigie notify keys" in answer.json()["detail"]


def test_a_person_has_several_devices_and_a_device_one_person(console: Served) -> None:
    with console.client("nurse1") as nurse, console.client("doc1") as doctor:
        for push in (FIRST, SECOND):
            assert nurse.post("/api/me/web-push", json=body(push)).status_code == 201
        assert devices(nurse) == [FIRST.endpoint, SECOND.endpoint]
        assert doctor.post("/api/me/web-push", json=body(SECOND)).status_code == 201
        assert (devices(nurse), devices(doctor)) == ([FIRST.endpoint], [SECOND.endpoint])


def test_the_service_worker_may_serve_the_whole_site_and_nothing_else_may(console: Served) -> None:
    worker = httpx.get(f"{console.url}/static/push-sw.js")
    assert worker.headers["service-worker-allowed"] == "/"
    assert worker.headers["cache-control"] == "no-cache"
    assert "javascript" in worker.headers["content-type"]
    assert "connect-src 'self'" in worker.headers["content-security-policy"]
    assert "service-worker-allowed" not in httpx.get(f"{console.url}/static/main.js").headers


@pytest.mark.parametrize("answer", [Sent("taken", gone=(FIRST.endpoint,)), Failed("x", True, gone=(FIRST.endpoint,))])
def test_a_device_that_is_gone_is_taken_out_of_the_contacts(
    database_url: str, monkeypatch: pytest.MonkeyPatch, answer: Sent | Failed
) -> None:
    world.ward(database_url)
    with connect(database_url) as conn:
        for push in (FIRST, SECOND):
            roster_edits.add_push(conn, "nurse1", push, now())
    reached = msgspec.structs.replace(world.ADDRESSES["nurse1"], webpush=(FIRST, SECOND))
    monkeypatch.setitem(world.ADDRESSES, "nurse1", reached)
    with world.notifying(database_url, {"web-push": Fake(lambda *_: answer), "sms": Fake()}) as running:
        world.step(database_url, world.alert(database_url), running.clock.now(), how=("web-push", "sms"))
        running.finished()
        assert ("nurse1", "sms", "sent") in running.told()
    with connect(database_url) as conn:
        assert rosters.contacts(conn, ["nurse1"])["nurse1"].webpush == (SECOND,)
        kept = conn.execute("SELECT actor, what, before FROM oncall_change WHERE what LIKE 'web-push%'").fetchall()
    assert kept == [("hub", "web-push.gone", {"endpoint": FIRST.endpoint})]


def test_another_persons_device_of_the_same_address_stays(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ward(database_url)
    with connect(database_url) as conn:
        roster_edits.add_push(conn, "nurse2", FIRST, now())
    reached = msgspec.structs.replace(world.ADDRESSES["nurse1"], webpush=(FIRST,))
    monkeypatch.setitem(world.ADDRESSES, "nurse1", reached)
    gone = Failed("answered 410, refused", lasting=True, gone=(FIRST.endpoint,))
    with world.notifying(database_url, {"web-push": Fake(lambda *_: gone), "sms": Fake()}) as running:
        world.step(database_url, world.alert(database_url), running.clock.now(), how=("web-push", "sms"))
        running.finished()
    with connect(database_url) as conn:
        assert rosters.contacts(conn, ["nurse2"])["nurse2"].webpush == (FIRST,)
