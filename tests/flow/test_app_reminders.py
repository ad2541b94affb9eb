"""Reminders on a real database: who, when, once; only the service worker's receipt counts; a revoked person none."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.types.json import Jsonb

from alerts.escalation.channels import Failed, Sent
from domain.instants import HOUR, MINUTE, Micros, parse_iso
from domain.oncall import WebPush
from patient_ui.reminder_service import Given, look
from storage import app_reminders, connection, consents
from tests.flow.app_world import account_of, both, enrol, rows, ward
from tests.flow.console_world import now
from web.enrolment import By, revoke

NOON = parse_iso("2027-03-10T12:00:00+01:00")
KEYS = {"p256dh": "B" * 87, "auth": "A" * 22}


class Services:
    """Push services that remember what they were given."""

    def __init__(self) -> None:
        self.pushed: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()

    def push(self, content: bytes, browser: WebPush, *, topic: str, urgency: str) -> Sent | Failed:
        """As PushServices does."""
        assert urgency == "normal"
        if browser.endpoint in self.gone:
            return Failed("gone", lasting=True, status=410)
        self.pushed.append((browser.endpoint, json.loads(content)))
        return Sent(f"answered 201 for {topic}")


class Clock:
    """The hub's clock of the test."""

    at: Micros = NOON

    def __call__(self) -> Micros:
        return self.at


@contextmanager
def _reminding(url: str) -> Iterator[tuple[Given, Services, Clock]]:
    clock, services = Clock(), Services()
    yield Given(lambda: connection.connect(url), clock, services), services, clock  # type: ignore[arg-type]


def _look(given: Given, url: str) -> list[str]:
    with connection.connect(url) as conn:
        return [str(one) for one in look(conn, given)]


def test_a_reminder_goes_to_who_wants_it_and_may_have_it(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    with connection.connect(url) as conn:
        conn.execute(
            "INSERT INTO plan VALUES ('P1', 1, %s, 'doc1', now() - interval '2 days')",
            (Jsonb({"protocol": "vital-signs", "timezone": "Europe/Paris"}),),
        )
    _, code = enrol(url, "patient", "P1")
    helper, _ = enrol(url, "caregiver", "P1")
    silent, _ = enrol(url, "caregiver", "P1", scopes=("answer", "see"))
    with connection.connect(url) as conn:
        for name in (helper, silent):
            browser = WebPush(f"https://push.example/{name}", KEYS["p256dh"], KEYS["auth"])
            app_reminders.add_push(conn, account_of(url, name).id, browser, now(), install=name)
    with both(url, push_key="key") as hub, _reminding(url) as (given, services, clock):
        phone = hub.phone()
        phone.claim(code)
        assert phone.get("/push-key").json() == {"key": "key"}
        own = {"endpoint": "https://push.example/own", "keys": KEYS}
        assert phone.client.post("/push", json=own).status_code == 201
        assert len(_look(given, url)) == 2
        assert {endpoint for endpoint, _ in services.pushed} == {own["endpoint"], f"https://push.example/{helper}"}
        content = services.pushed[0][1]
        assert set(content) == {"reminder", "fr", "en", "url"}
        assert "P1" not in json.dumps(content)
        assert _look(given, url) == []
        assert rows(url, "SELECT count(shown_at) FROM reminder") == [(0,)]
        receipt = {"reminder": content["reminder"]}
        assert hub.phone().client.post("/push/receipts", json=receipt).status_code == 204
        assert rows(url, "SELECT count(shown_at) FROM reminder") == [(1,)]
        unknown = {"reminder": "00000000-0000-0000-0000-000000000000"}
        assert hub.phone().client.post("/push/receipts", json=unknown).status_code == 404

        clock.at = NOON + 3 * HOUR
        by = By("nurse1", "nurse", now(), now(), b"k" * 32)
        with connection.connect(url) as conn:
            revoke(conn, account_of(url, helper), "P1", reason="test", by=by)
        assert len(_look(given, url)) == 1
        clock.at = NOON + 6 * HOUR
        assert _look(given, url) == []  # two a day

        clock.at = NOON + 24 * HOUR
        services.gone.add(own["endpoint"])
        assert len(_look(given, url)) == 1
        assert rows(url, "SELECT count(*) FROM app_push WHERE endpoint = %s", own["endpoint"]) == [(0,)]


def test_whoever_refused_reminders_or_is_paused_or_turned_them_off_has_none(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    _, code = enrol(url, "patient", "P1")
    with both(url) as hub, _reminding(url) as (given, services, clock):
        phone = hub.phone()
        phone.claim(code)
        phone.client.post("/push", json={"endpoint": "https://push.example/own", "keys": KEYS})
        assert phone.client.put("/reminders", json={"on": False}).json()["on"] is False
        assert _look(given, url) == []
        quiet = phone.client.put("/reminders", json={"on": True, "quiet_from": "11:00", "quiet_to": "13:00"}).json()
        assert (quiet["quiet_from"], quiet["quiet_to"], quiet["a_day"]) == ("11:00", "13:00", 2)
        assert _look(given, url) == []
        phone.client.put("/reminders", json={"on": True, "quiet_from": "21:00", "quiet_to": "08:00"})
        with connection.connect(url) as conn:
            row = consents.Decision("P1", None, "reminders", "refused", "1", "spoken")
            consents.record(conn, row, by="nurse1", role="nurse", at=now())
        assert _look(given, url) == []
        with connection.connect(url) as conn:
            row = consents.Decision("P1", None, "reminders", "given", "1", "spoken")
            consents.record(conn, row, by="nurse1", role="nurse", at=now())
            conn.execute(
                """INSERT INTO pause (patient, kind, from_at, until, reason, actor, role, set_at)
                   VALUES ('P1', 'leave', now() - interval '1 hour', '2030-01-01', 'away', 'doc1', 'physician',
                           now())"""
            )
        assert _look(given, url) == []
        with connection.connect(url) as conn:
            conn.execute(
                "UPDATE pause SET revoked_by = 'd', revoked_role = 'd', revoked_at = now(), revoked_reason = 'd'"
            )
        clock.at = NOON + 2 * MINUTE
        assert len(_look(given, url)) == 1
        assert len(services.pushed) == 1
