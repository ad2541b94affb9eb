"""The console's HTTP interface on a real database: who may what, two people at once, entries, audit, hostile text."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from clinician_ui.access import TABLE, Verb
from clinician_ui.first_account import first_account
from domain.instants import HOUR, MINUTE, iso, micros, moment
from storage import audit, connection, people
from tests.flow import console_world as world
from web.gate import Gate

pytestmark = [pytest.mark.flow, pytest.mark.one_server]


def write_alert(url: str, patient: str = "P1", site: str = "paris", **changes: Any) -> str:
    """An open alert; its id."""
    alert = world.an_alert(patient, **changes)
    with connection.connect(url) as conn:
        conn.autocommit = True
        world.write_event(conn, site, world.opened(alert))
    return alert.id


def act(client: httpx.Client, alert: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    """An action on version 1 with a fresh key, unless `headers` say otherwise."""
    sent = {"If-Match": '"1"', "Idempotency-Key": world.token(), **{k.replace("_", "-"): v for k, v in headers.items()}}
    return client.post(f"/api/alerts/{alert}/actions", json=body, headers=sent)


ACKNOWLEDGE = {"action": "acknowledge", "reason": "calling"}


def test_two_people_at_once_one_202_one_412(database_url: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url)
    with world.served(database_url) as console, console.client("doc1") as doc1, console.client("nurse1") as nurse1:
        answers: list[httpx.Response] = []
        start = threading.Barrier(2)

        def press(client: httpx.Client) -> None:
            start.wait()
            answers.append(act(client, alert, ACKNOWLEDGE))

        people = [threading.Thread(target=press, args=(client,)) for client in (doc1, nurse1)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        assert sorted(answer.status_code for answer in answers) == [202, 412]
        refused = next(answer for answer in answers if answer.status_code == 412).json()
        assert refused["first"]["by"] in ("doc1", "nurse1")
        assert refused["first"]["action"] == "acknowledge"


def test_an_older_version_is_412_and_a_comment_is_never_lost_to_it(database_url: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url, version=4)
    with world.served(database_url) as console, console.client("doc1") as client:
        assert act(client, alert, ACKNOWLEDGE).status_code == 412
        assert act(client, alert, {"action": "comment", "reason": "calls back"}).status_code == 202


def test_the_same_key_is_the_same_action(database_url: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        first = act(client, alert, ACKNOWLEDGE, Idempotency_Key="k1")
        again = act(client, alert, ACKNOWLEDGE, Idempotency_Key="k1")
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["action"] == again.json()["action"]
        other = act(client, alert, {"action": "comment", "reason": "x"}, Idempotency_Key="k1")
        assert other.status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "snooze", "reason": "later"}, "until"),
        ({"action": "snooze", "reason": "x", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"action": "snooze", "reason": "x", "until": "9999-12-31T00:00:00Z"}, "until"),
        ({"action": "snooze", "until": "9999-12-31T00:00:00Z"}, "reason"),
        ({"action": "snooze", "until": "tomorrow"}, "until"),
        ({"action": "close"}, "reason"),
        ({"action": "acknowledge", "reason": "  "}, "reason"),
        ({"action": "acknowledge", "reason": "a\u0000b"}, "reason"),
        ({"action": "acknowledge", "reason": "\u200b"}, "reason"),
        ({"action": "comment", "reason": "\u2060\ufeff"}, "reason"),
        ({"action": "reopen", "reason": "\u200b"}, "reason"),
        ({"action": "assign"}, "assignee"),
        ({"action": "assign", "assignee": "nurse2"}, "assignee"),
        ({"action": "assign", "assignee": "op1"}, "assignee"),
        ({"action": "delete"}, "action"),
        ({"action": "close", "reason": "x", "extra": 1}, "extra"),
        ({"action": "close", "reason": 3}, "reason"),
    ],
)
def test_a_bad_action_names_its_field(database_url: str, body: dict[str, Any], field: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        answer = act(client, alert, body)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_snooze_of_an_hour_at_most_is_accepted_for_a_high_alert(database_url: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        snooze = {"action": "snooze", "reason": "visit at noon"}
        late = act(client, alert, {**snooze, "until": iso(world.now() + 61 * MINUTE)})
        assert [error["field"] for error in late.json()["errors"]] == ["until"]
        assert act(client, alert, {**snooze, "until": iso(world.now() + 59 * MINUTE)}).status_code == 202
        assert client.get("/api/me").json()["snooze_minutes"] == {"high": 60, "medium": 240, "low": 1440}


@pytest.mark.parametrize("name", ["p1%00", "P1%00", "P1%1b", "%E2%80%8B", "%FF%FE"])
def test_what_cannot_be_an_id_is_the_same_404(database_url: str, name: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        for path in ("/api/patients/{}", "/api/patients/{}/alerts", "/api/patients/{}/reports", "/api/alerts/{}"):
            there, nowhere = client.get(path.format(name)), client.get(path.format("none"))
            assert (there.status_code, there.json()) == (404, nowhere.json())
        entry = {"obs": [{"c": "8310-5", "v": 37, "u": "Cel"}]}
        assert client.post(f"/api/patients/{name}/entries", json=entry).status_code == 404
        assert act(client, name, ACKNOWLEDGE).status_code == 404


def test_missing_headers_are_428_and_other_circles_404(database_url: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url)
    with world.served(database_url) as console, console.client("doc1") as doc1, console.client("nurse2") as nurse2:
        path = f"/api/alerts/{alert}/actions"
        assert doc1.post(path, json=ACKNOWLEDGE, headers={"If-Match": "1"}).status_code == 428
        assert doc1.post(path, json=ACKNOWLEDGE, headers={"Idempotency-Key": "1"}).status_code == 428
        assert act(doc1, alert, ACKNOWLEDGE, If_Match="x").status_code == 422
        there, nowhere = act(nurse2, alert, ACKNOWLEDGE), act(nurse2, "P9-1", ACKNOWLEDGE)
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert there.json() == nowhere.json()
        for path in ("/api/patients/{}", "/api/patients/{}/alerts", "/api/patients/{}/reports"):
            there, nowhere = nurse2.get(path.format("P1")), nurse2.get(path.format("none"))
            assert (there.status_code, there.json()) == (404, nowhere.json())
        assert nurse2.get("/api/snapshot").json()["alerts"] == []
        assert (
            nurse2.post("/api/patients/P1/entries", json={"obs": [{"c": "8310-5", "v": 37, "u": "Cel"}]}).status_code
            == 404
        )


# What every route of the interface needs: each is asked as each role.
NEEDS: dict[tuple[str, str], Verb | None] = {
    ("DELETE", "/api/session"): None,
    ("GET", "/api/me"): None,
    ("POST", "/api/me/password"): None,
    ("POST", "/api/session"): None,
    ("GET", "/api/snapshot"): Verb.SEE,
    ("POST", "/api/feed-ticket"): Verb.SEE,
    ("GET", "/api/patients/{patient}"): Verb.SEE,
    ("GET", "/api/patients/{patient}/series"): Verb.SEE,
    ("GET", "/api/patients/{patient}/alerts"): Verb.SEE,
    ("GET", "/api/patients/{patient}/reports"): Verb.SEE,
    ("GET", "/api/patients/{patient}/adherence"): Verb.SEE,
    ("GET", "/api/alerts/{alert}"): Verb.SEE,
    ("GET", "/api/vocabulary"): Verb.SEE,
    ("GET", "/api/patients/{patient}/asked"): Verb.ENTER,
    ("GET", "/api/patients/{patient}/forecast"): Verb.SEE,
    ("GET", "/api/patients/{patient}/persons"): Verb.SEE,
    ("POST", "/api/patients/{patient}/enrolment-codes"): Verb.ENROL,
    ("POST", "/api/patients/{patient}/persons/{person}/revocation"): Verb.ENROL,
    ("POST", "/api/patients/{patient}/consents"): Verb.ENROL,
    ("GET", "/api/figures/answers"): Verb.FIGURES,
    ("POST", "/api/oncall/{site}/handover/{number}/read"): Verb.SEE,
    ("GET", "/api/windows"): Verb.SEE,
    ("GET", "/api/unit"): Verb.SEE,
    ("GET", "/api/unit/traces"): Verb.SEE,
    ("GET", "/api/answers/unread"): Verb.ACKNOWLEDGE,
    ("POST", "/api/answers/read"): Verb.ACKNOWLEDGE,
    ("GET", "/api/days/{day}"): Verb.SEE,
    ("GET", "/api/patients/{patient}/days/{day}"): Verb.SEE,
    ("GET", "/api/patients/{patient}/days/{day}/pdf"): Verb.SEE,
    ("POST", "/api/patients/{patient}/days/{day}/review"): Verb.REVIEW,
    ("GET", "/api/patients/{patient}/notes"): Verb.SEE,
    ("POST", "/api/patients/{patient}/notes"): Verb.COMMENT,
    ("GET", "/api/sheets"): Verb.SEE,
    ("GET", "/api/patients/{patient}/sheet"): Verb.SEE,
    ("PUT", "/api/patients/{patient}/sheet"): Verb.SHEET,
    ("GET", "/api/alerts/{alert}/advice"): Verb.SEE,
    ("GET", "/api/patients/{patient}/responsible"): Verb.SEE,
    ("POST", "/api/patients/{patient}/responsible"): Verb.ASSIGN,
    ("GET", "/api/accounts"): Verb.ACCOUNTS,
    ("POST", "/api/accounts"): Verb.ACCOUNTS,
    ("PUT", "/api/accounts/{username}/sites"): Verb.ACCOUNTS,
    ("POST", "/api/accounts/{username}/disabling"): Verb.ACCOUNTS,
    ("POST", "/api/accounts/{username}/enabling"): Verb.ACCOUNTS,
    ("POST", "/api/accounts/{username}/password"): Verb.ACCOUNTS,
    ("GET", "/api/devices"): Verb.DEVICES,
    ("GET", "/api/devices/{device}/ledger"): Verb.DEVICES,
    ("GET", "/api/devices/{device}/label"): Verb.DEVICES,
    ("GET", "/api/health"): Verb.HEALTH,
    ("GET", "/api/alerts/{alert}/clock"): Verb.SEE,
    ("POST", "/api/alerts/{alert}/seen"): Verb.SEE,
    ("GET", "/api/figures/aplasia-clock"): Verb.FIGURES,
    ("GET", "/api/figures/budget"): Verb.FIGURES,
    ("GET", "/api/figures/shift"): Verb.FIGURES,
    ("GET", "/api/models"): Verb.FIGURES,
    ("GET", "/api/figures/budget.csv"): Verb.FIGURES,
    ("POST", "/api/patients/{patient}/entries"): Verb.ENTER,
    ("GET", "/api/quarantine"): Verb.QUARANTINE,
    ("POST", "/api/quarantine/{refusal}/seen"): Verb.QUARANTINE,
    ("POST", "/api/quarantine/{refusal}/again"): Verb.QUARANTINE,
    ("GET", "/api/alerts/{alert}/deliveries"): Verb.SEE,
    ("POST", "/api/deliveries/{delivery}/receipt"): Verb.SEE,
    ("GET", "/api/me/contacts"): None,
    ("PUT", "/api/me/contacts"): None,
    ("POST", "/api/me/web-push"): None,
    ("DELETE", "/api/me/web-push"): None,
    ("GET", "/api/push-key"): None,
    ("GET", "/api/patients/{patient}/pauses"): Verb.SEE,
    ("POST", "/api/patients/{patient}/pauses"): Verb.PAUSE,
    ("POST", "/api/patients/{patient}/pauses/{pause}/revocation"): Verb.PAUSE,
    ("GET", "/api/protocols"): Verb.PROTOCOL_SEE,
    ("GET", "/api/protocols/compare"): Verb.PROTOCOL_SEE,
    ("GET", "/api/protocols/{ref}"): Verb.PROTOCOL_SEE,
    ("POST", "/api/protocols/{ref}/signatures"): Verb.PROTOCOL_SIGN,
    ("POST", "/api/protocols/activations"): Verb.PROTOCOL_ACTIVATE,
    ("POST", "/api/protocols/retirements"): Verb.PROTOCOL_ACTIVATE,
    ("GET", "/api/sites/{site}/limits"): Verb.PROTOCOL_SEE,
    ("PUT", "/api/sites/{site}/limits"): Verb.SITE_LIMITS,
    ("GET", "/api/oncall/{site}"): Verb.SEE,
    ("POST", "/api/oncall/{site}/handover"): Verb.COMMENT,
    ("GET", "/api/rosters"): Verb.SEE,
    ("GET", "/api/rosters/{roster}/shifts"): Verb.SEE,
    ("GET", "/api/rosters/{roster}/history"): Verb.SEE,
    ("GET", "/api/rosters/{roster}/calendar"): Verb.SEE,
    ("POST", "/api/rosters/{roster}/calendar"): Verb.ROSTER,
    ("PUT", "/api/rosters/{roster}/shifts/{uid}"): Verb.ROSTER,
    ("DELETE", "/api/rosters/{roster}/shifts/{uid}"): Verb.ROSTER,
    ("POST", "/api/rosters/{roster}/substitutions"): Verb.ROSTER,
    ("DELETE", "/api/rosters/{roster}/substitutions/{number}"): Verb.ROSTER,
}
ANY_NAME = {
    "delivery": "00000000-0000-0000-0000-000000000000", "pause": 1, "ref": "vital-signs", "site": "paris",
    "roster": "none", "person": "none", "username": "nobody", "device": "none", "uid": "u1", "number": 1, "refusal": 1,
    "day": "2026-11-25",
}  # fmt: skip


def test_every_route_as_every_role(database_url: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url)
    roles = {f"user-{role}": role for role in TABLE}
    with connection.connect(database_url) as conn:
        for name, role in roles.items():
            world.add_user(conn, name, role, "paris")
    with world.served(database_url) as console:
        paths = httpx.get(f"{console.url}/openapi.json").json()["paths"]
        routes = {(verb.upper(), path) for path, item in paths.items() for verb in item if path.startswith("/api/")}
        assert routes == {*NEEDS, ("POST", "/api/alerts/{alert}/actions")}
        for method, path in routes:
            assert httpx.request(method, console.url + _filled(path, alert), json={}).status_code in (401, 422)
        for name, role in roles.items():
            with console.client(name) as client:
                _ask_all(client, role, alert)


def _filled(path: str, alert: str) -> str:
    return path.format(patient="P1", alert=alert, **ANY_NAME)


def _ask_all(client: httpx.Client, role: str, alert: str) -> None:
    for (method, path), verb in NEEDS.items():
        if verb is None:
            continue
        query = "?code=8310-5&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z" if path.endswith("series") else ""
        content = b"[]" if method in ("POST", "PUT") else None
        status = client.request(method, _filled(path, alert) + query, content=content).status_code
        assert (status == 403) == (verb not in TABLE[role]), (role, method, path, status)
    for verb in (Verb.ACKNOWLEDGE, Verb.SNOOZE, Verb.ASSIGN, Verb.COMMENT, Verb.CLOSE, Verb.REOPEN):
        status = act(client, alert, {"action": verb.value}, If_Match="77").status_code
        assert (status == 403) == (not {verb, Verb.SEE} <= TABLE[role]), (role, verb, status)


def test_entries_are_stored_judged_and_answered(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client, world.FakeEngine(database_url):
        body = {"obs": [{"c": "26499-4", "v": 0.4, "u": "10*9/L"}, {"c": "777-3", "v": 99_999, "u": "10*9/L"}]}
        answer = client.post("/api/patients/P1/entries", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["stored"] == 1
        assert answer.json()["refused"][0]["path"] == "obs[1].v"
        latest = {item["code"]: item for item in client.get("/api/patients/P1").json()["latest"]}
        assert (latest["26499-4"]["value"], latest["26499-4"]["by"]) == (0.4, "nurse")


def test_an_entry_of_which_nothing_was_stored_is_422_and_names_each_path(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client, world.FakeEngine(database_url):
        body = {"obs": [{"c": code, "v": 99_999, "u": "10*9/L"} for code in ("26499-4", "777-3")]}
        answer = client.post("/api/patients/P1/entries", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert [error["field"] for error in answer.json()["errors"]] == ["obs[0].v", "obs[1].v"]
        assert answer.json()["stored"] == 0


def test_entries_without_an_owner_are_recorded_and_bad_ones_name_their_path(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        good = {"obs": [{"c": "8310-5", "v": 37.2, "u": "Cel"}]}
        answer = client.post("/api/patients/P1/entries", json=good, headers={"Idempotency-Key": "e1"})
        assert (answer.status_code, answer.json()["state"]) == (202, "recorded")
        bad = client.post(
            "/api/patients/P1/entries", json={"obs": [{"c": "8310-5", "v": "x"}], "given": [{"k": "tea"}]}
        )
        assert bad.status_code == 422
        assert [error["field"] for error in bad.json()["errors"]] == ["obs[0].v", "given[0].k"]
        assert client.post("/api/patients/P1/entries", content=b'{"obs":[' + b" " * 70_000).status_code == 413
        assert client.post("/api/patients/P1/entries", content=b"{").status_code == 422


def test_errors_are_problems_and_answers_are_dressed(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url, ready=lambda: ["broker"]) as console, httpx.Client(base_url=console.url) as client:
        for path, method, status in (
            ("/nowhere", "GET", 404),
            ("/api/snapshot", "PUT", 405),
            ("/api/snapshot", "GET", 401),
        ):
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").text == "ok"
        page = client.get("/")
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert client.get("/api/me").headers["cache-control"] == "no-store"
        forged = client.post(
            "/api/session", json={"username": "doc1", "password": "x"}, headers={"Origin": "http://evil"}
        )
        assert forged.status_code == 403
        assert client.post("/api/session", json={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        names = {error["field"] for error in client.post("/api/session", json={}).json()["errors"]}
        assert names == {"username", "password"}


def test_ten_wrong_passwords_lock_the_name_for_a_while(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, httpx.Client(base_url=console.url) as client:
        wrong, unknown = {"username": "doc1", "password": "wrong"}, {"username": "nobody", "password": "wrong"}
        answers = [client.post("/api/session", json=wrong) for _ in range(10)]
        assert [answer.status_code for answer in answers] == [401] * 10
        assert client.post("/api/session", json=unknown).json() == answers[0].json()
        locked = client.post("/api/session", json={"username": "doc1", "password": world.PASSWORD})
        assert locked.status_code == 429
        assert 0 < int(locked.headers["retry-after"]) <= 901


def test_attempts_in_parallel_are_no_way_around_the_lock(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, ThreadPoolExecutor(20) as crowd:
        url, wrong = f"{console.url}/api/session", {"username": "doc1", "password": "wrong"}
        answers = [crowd.submit(httpx.post, url, json=wrong, timeout=30) for _ in range(20)]
        statuses = [answer.result().status_code for answer in answers]
        assert statuses.count(401) == 10
        assert statuses.count(429) == 10


def test_a_named_person_is_not_shut_out_from_elsewhere(database_url: str) -> None:
    world.hospital(database_url)
    wrong, right = ({"username": "doc1", "password": password} for password in ("wrong", world.PASSWORD))
    with world.served(database_url) as console:
        transport = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(base_url=console.url, transport=transport) as elsewhere:
            statuses = {elsewhere.post("/api/session", json=wrong).status_code for _ in range(11)}
            assert statuses == {401, 429}
            forged = {"X-Forwarded-For": "127.0.0.9"}
            assert elsewhere.post("/api/session", json=wrong, headers=forged).status_code == 429
        assert httpx.post(f"{console.url}/api/session", json=right).status_code == 200
        with connection.connect(database_url) as conn:
            for number in range(100):
                people.record_failure(conn, "|doc1", world.now() - number)
        assert httpx.post(f"{console.url}/api/session", json=right).status_code == 429


def test_a_good_login_forgets_what_this_address_got_wrong_and_nothing_else(database_url: str) -> None:
    world.hospital(database_url)
    wrong, right = ({"username": "doc1", "password": password} for password in ("wrong", world.PASSWORD))
    with world.served(database_url) as console, httpx.Client(base_url=console.url) as client:
        for password in (*[wrong] * 9, right):
            client.post("/api/session", json=password)
        with connection.connect(database_url) as conn:
            assert people.failures_since(conn, "127.0.0.1|doc1", 0) == []
            assert len(people.failures_since(conn, "|doc1", 0)) == 9


def test_too_many_logins_at_once_are_refused_with_a_time_to_come_back(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url, gate=Gate(1, 0)) as console, console.deps.gate.place():
        answer = httpx.post(f"{console.url}/api/session", json={"username": "doc1", "password": world.PASSWORD})
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert int(answer.headers["retry-after"]) > 0
    with connection.connect(database_url) as conn:
        assert people.failures_since(conn, "|doc1", 0) == []


def _pieces(size: int) -> Iterator[bytes]:
    """A body whose length is not announced."""
    for _ in range(0, size, 1000):
        yield b" " * 1000


@pytest.mark.parametrize("path", ["/api/session", "/api/patients/P1/entries", "/api/alerts/P1-1/actions"])
def test_a_body_too_large_is_413_with_a_length_and_without(database_url: str, path: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        for content in (b" " * 65_537, _pieces(66_000)):
            answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_session_slides_and_an_expired_one_is_refused(database_url: str) -> None:
    world.hospital(database_url)

    def end(at: int) -> None:
        with connection.connect(database_url) as conn:
            conn.execute("UPDATE session SET expires_at = %s", (moment(at),))

    def ends() -> int:
        with connection.connect(database_url) as conn:
            row = conn.execute("SELECT expires_at FROM session").fetchone()
            assert row is not None
            return micros(row[0])

    with world.served(database_url) as console, console.client("doc1") as client:
        fresh = ends()
        assert abs(fresh - world.now() - 12 * HOUR) < MINUTE
        client.get("/api/me")
        assert ends() == fresh, "written at most every five minutes"
        end(world.now() + HOUR)
        assert client.get("/api/me").status_code == 200
        assert abs(ends() - world.now() - 12 * HOUR) < MINUTE
        end(world.now() - 1)
        for path in ("/api/me", "/api/snapshot", "/api/patients/P1"):
            assert client.get(path).status_code == 401
        assert client.post("/api/feed-ticket").status_code == 401
        assert ends() < world.now(), "an expired session must not slide back to life"


def test_the_first_account_must_change_its_one_time_password(database_url: str) -> None:
    with connection.connect(database_url) as conn:
        one_time = first_account(conn, world.now())
        assert one_time is not None
        assert first_account(conn, world.now()) is None
        world.add_site(conn, "paris")
        conn.execute("INSERT INTO account_site SELECT id, 'paris' FROM account")
    with world.served(database_url) as console, httpx.Client(base_url=console.url) as client:
        first = {"username": one_time.username, "password": one_time.password}
        answer = client.post("/api/session", json=first)
        assert answer.json()["must_change"] is True
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert client.get("/api/quarantine").status_code == 403
        change = {"current": one_time.password, "new": "short"}
        assert client.post("/api/me/password", json=change).status_code == 422
        before = client.cookies["vigie_session"]
        change["new"] = "a-long-good-sentence"
        assert client.post("/api/me/password", json=change).json()["must_change"] is False
        assert client.cookies["vigie_session"] != before
        assert client.get("/api/quarantine").status_code == 200
        with httpx.Client(base_url=console.url, cookies={"vigie_session": before}) as stale:
            assert stale.get("/api/me").status_code == 401


def test_no_token_or_password_is_in_the_database(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        token = client.cookies["vigie_session"]
        with psycopg.connect(database_url) as conn:
            for table in ("session", "audit", "account", "feed_ticket"):
                assert token not in _whole(conn, table)
                assert world.PASSWORD not in _whole(conn, table)


def _whole(conn: psycopg.Connection[Any], table: str) -> str:
    return str(conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall())


def test_hostile_text_stays_text(database_url: str) -> None:
    world.hospital(database_url)
    payload = b'{"x":"<script>alert(1)</script>\xff\x1b[31m \xe2\x80\xaegnp"}'
    with psycopg.connect(database_url) as conn:
        conn.execute(
            """INSERT INTO rejected (received_at, reason, path, expected, topic, site, device, patient, sha256, payload)
               VALUES (now(), 'malformed', '', 'x', 'vigie/1/paris/d/obs', 'paris', 'd', 'P1', '\\x00', %s)""",
            (payload,),
        )
    with world.served(database_url) as console, console.client("doc1") as client, console.client("nurse2") as nurse2:
        found = client.get("/api/quarantine").json()["refused"]
        assert found[0]["payload"] == '{"x":"<script>alert(1)</script>\\xff\\u{1b}[31m \\u{202e}gnp"}'
        assert nurse2.get("/api/quarantine").json()["refused"] == []
        path = f"/api/quarantine/{found[0]['id']}/seen"
        assert nurse2.post(path).status_code == 404
        assert client.post(path).status_code == 200
        assert client.get("/api/quarantine?unseen=true").json()["refused"] == []
        patient = next(row for row in client.get("/api/snapshot").json()["patients"] if row["id"] == "P1")
        assert patient["quarantine"] == 0


def test_every_look_and_action_is_sealed_and_a_forged_row_is_found(database_url: str) -> None:
    world.hospital(database_url)
    alert = write_alert(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        client.get("/api/snapshot")
        client.get("/api/patients/P1")
        act(client, alert, ACKNOWLEDGE)
    with connection.connect(database_url) as conn:
        trail = [(row.look.actor, row.look.action, row.look.subject) for row in audit.rows(conn)]
        assert trail[-4:] == [
            ("doc1", "logged in", "account:doc1"),
            ("doc1", "snapshot", "sites"),
            ("doc1", "looked", "patient:P1"),
            ("doc1", "acknowledge", f"alert:{alert}"),
        ]
        assert audit.verify(conn) is None
    with psycopg.connect(database_url) as conn, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        conn.execute("UPDATE audit SET actor = 'nurse2'")
    with connection.connect(database_url) as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
        conn.execute("UPDATE audit SET actor = 'nurse2' WHERE action = 'acknowledge'")
        broken = audit.verify(conn)
        assert broken is not None
        assert broken.expected == "a hash of its own content"
        conn.rollback()
        conn.execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
        conn.execute("DELETE FROM audit WHERE action = 'snapshot'")
        missing = audit.verify(conn)
        assert missing is not None
        assert missing.expected.startswith("row ")


def test_a_series_keeps_every_extreme(database_url: str) -> None:
    world.hospital(database_url)
    start = world.now() - 86_400_000_000
    with connection.connect(database_url) as conn:
        for minute in range(600):
            value = 41.5 if minute == 311 else 36.5 + (minute % 7) / 10
            world.add_reading(conn, "P2", "8310-5", value, at=start + minute * 60_000_000)
    with world.served(database_url) as console, console.client("doc1") as client:
        query = {"code": "8310-5", "from": iso(start), "to": iso(world.now()), "points": "40"}
        answer = client.get("/api/patients/P2/series", params=query)
        points = answer.json()["points"]
        assert len(points) <= 44
        assert 41.5 in [point["value"] for point in points]
        bad = client.get("/api/patients/P2/series", params={**query, "code": "nope"})
        assert [error["field"] for error in bad.json()["errors"]] == ["code"]
        missing = client.get("/api/patients/P2/series", params={"code": "8310-5"})
        assert {error["field"] for error in missing.json()["errors"]} == {"from", "to"}
        assert json.loads(answer.text)["unit"] == "Cel"
