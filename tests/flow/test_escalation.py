"""An alert reaches somebody, end to end: fever at a thermometer -> the hub -> the roster -> SMS, voice, mail, in time.

The hub is a process, its clock real, its protocol one that was signed, with steps of seconds instead of minutes.
"""

import time
from pathlib import Path

import pytest

from alerts.escalation.notifier import CALLS
from bench.duty import Step
from domain.instants import MINUTE, SECOND
from tests.flow.escalation_world import LATEST, STEPS, Ward, outcomes, ward
from tests.flow.hub_world import act, console, until
from vigie.clock import real_now
from vigie.embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.one_server

MILLISECOND = SECOND // 1000
ALL = {(0, "nurse2", "sms"), (1, "nurse2", "voice"), (2, "doc2", "sms"), (3, "coord1", "email")}


def in_time(found: dict[tuple[int, str], float]) -> float:
    """The latest, which is no later than it may be, and none was before its time."""
    assert found
    assert all(-0.001 <= late <= LATEST for late in found.values()), found
    return max(found.values())


def test_fever_in_aplasia_reaches_one_after_the_other_in_time(database_url: str, service_folder: Path) -> None:
    with ward(service_folder, database_url=database_url) as here:
        here.prepare("p1")
        here.start()
        here.measures("p1")
        alert = here.alert("p1")
        here.until_told(alert["id"], ALL, within=45)
        assert here.told(alert["id"]) == ALL
        late = here.lateness(alert)
        assert set(late) == {(0, "sms"), (1, "voice"), (2, "sms"), (3, "email")}
        print(late, in_time(late))
        _as_the_gateways_saw_it(here, alert["opened_at"])
        [shown] = [row for row in here.deliveries(alert["id"]) if row["channel"] == "console"]
        assert (shown["person"], shown["sent_at"], shown["due_at"]) == ("nurse2", None, alert["opened_at"])


def _as_the_gateways_saw_it(here: Ward, opened_at: int) -> None:
    """The other side's own clock says the same; nurse1 and doc1, who are not on call, were not told."""
    calls = {(got.path, got.json()["to"]): got.at - opened_at / 1e6 for got in here.server.got}
    assert set(calls) == {("/sms", "+33600000000"), ("/voice", "+33100000000"), ("/sms", "+33600000001")}
    wanted = {"/voice": STEPS[1][0] * 60, "/sms": STEPS[2][0] * 60}
    assert 0 <= calls["/voice", "+33100000000"] - wanted["/voice"] <= LATEST
    assert 0 <= calls["/sms", "+33600000001"] - wanted["/sms"] <= LATEST
    assert "coord1@ward.test" in here.mails.mails[0]


def test_acknowledged_meanwhile_later_steps_and_channels_are_cancelled(
    plain_database_url: str, service_folder: Path
) -> None:
    with ward(service_folder, database_url=plain_database_url) as here:
        here.prepare("p1")
        here.start()
        here.measures("p1")
        alert = here.alert("p1")
        here.until_told(alert["id"], {(1, "nurse2", "voice")}, within=20)
        with console(here.running, "nurse1") as client:
            current = here.alert("p1")
            assert act(client, current, "acknowledge", reason="calling").status_code == 202
        until(lambda: outcomes(here.url, alert["id"]) == {0: "cancelled", 1: "delivered"})
        time.sleep(STEPS[3][0] * 60 - STEPS[1][0] * 60 + 2)
        assert here.told(alert["id"]) == {(1, "nurse2", "voice")}
        assert [row["state"] for row in here.deliveries(alert["id"]) if row["step"] == 0] == ["cancelled"]
        assert len(here.server.got) == 1
        assert here.mails.mails == []


NEAR: tuple[Step, ...] = (
    (0, "nurse", ("sms",)),
    (10 / 60, "nurse", ("voice",)),
    (24 / 60, "physician", ("sms",)),
    (34 / 60, "coordinator", ("email",)),
)
EVERYBODY = {(0, "nurse2", "sms"), (1, "nurse2", "voice"), (2, "doc2", "sms"), (3, "coord1", "email")}


def until_instant(at: float) -> None:
    """Sleep until a real instant, in microseconds."""
    time.sleep(max(0.0, at / SECOND - time.time()))


def test_killed_just_before_two_deadlines_each_step_goes_out_once_the_hub_is_back(
    database_url: str, service_folder: Path
) -> None:
    with ward(service_folder, database_url=database_url) as here:
        here.prepare("p1", steps=NEAR)
        here.start()
        here.measures("p1")
        alert = here.alert("p1")
        here.until_told(alert["id"], {(0, "nurse2", "sms")}, within=10)
        ready: dict[int, int] = {}
        for number in (1, 2):
            until_instant(alert["opened_at"] + NEAR[number][0] * MINUTE - 0.3 * SECOND)
            here.kill()
            here.start()
            ready[number] = real_now()
        here.until_told(alert["id"], EVERYBODY, within=30)
        assert here.told(alert["id"]) == EVERYBODY
        raw = here.lateness(alert, NEAR)
        for number, channel in ((1, "voice"), (2, "sms")):
            deadline = alert["opened_at"] + round(NEAR[number][0] * MINUTE)
            [row] = [row for row in here.deliveries(alert["id"]) if row["step"] == number]
            assert abs(row["due_at"] - deadline) < MILLISECOND, "the row says the deadline, not when it was noticed"
            late = (row["sent_at"] - max(deadline, ready[number])) / SECOND
            back = max(0.0, (ready[number] - deadline) / SECOND)
            print(f"step {number} ({channel}): {raw[number, channel]:.2f} s, hub ready {back:.2f} s after the deadline")
            assert late <= LATEST
        assert raw[3, "email"] <= LATEST
        ids = [got.json()["id"] for got in here.server.got]
        assert len(ids) == len(set(ids)) == 3, "nobody was called twice"


def test_with_the_database_away_over_a_deadline_nothing_is_lost(
    any_postgres: EmbeddedPostgres, service_folder: Path
) -> None:
    with ward(service_folder, postgres=any_postgres) as here:
        here.prepare("p1", "p2", steps=NEAR)
        here.start()
        here.measures("p1")
        alert = here.alert("p1")
        here.until_told(alert["id"], {(0, "nurse2", "sms")}, within=10)
        deadline = alert["opened_at"] + round(NEAR[1][0] * MINUTE)
        until_instant(deadline - SECOND)
        any_postgres.kill9()
        here.measures("p2")
        until_instant(deadline + 3 * SECOND)
        any_postgres.start()
        back = real_now()
        here.until_told(alert["id"], {(1, "nurse2", "voice")}, within=15)
        [row] = [row for row in here.deliveries(alert["id"]) if row["step"] == 1]
        assert abs(row["due_at"] - deadline) < MILLISECOND
        print(
            f"{(row['sent_at'] - deadline) / SECOND:.2f} s, database back {(back - deadline) / SECOND:.2f} s after it"
        )
        assert (row["sent_at"] - back) / SECOND <= LATEST
        other = here.alert("p2")
        here.until_told(other["id"], EVERYBODY, within=60)
        waited = max(0, back - other["opened_at"]) / SECOND  # decided while it was away
        in_time({key: late - (waited if key[0] == 0 else 0) for key, late in here.lateness(other, NEAR).items()})
        here.until_told(alert["id"], EVERYBODY, within=10)
        late = here.lateness(alert, NEAR)
        assert max(late[2, "sms"], late[3, "email"]) <= LATEST
        ids = [got.json()["id"] for got in here.server.got]
        assert len(set(ids)) == 6


def test_a_gateway_that_hangs_costs_its_deadline_and_nothing_else(
    plain_database_url: str, service_folder: Path
) -> None:
    hanging: tuple[Step, ...] = ((0, "nurse", ("voice", "sms")), (15 / 60, "physician", ("sms",)))
    names = [f"p{number}" for number in range(CALLS + 2)]  # more than may hang at once
    with ward(service_folder, database_url=plain_database_url) as here:
        here.server.does = lambda got: "hang" if got.path == "/voice" else "ok"
        here.prepare(*names, "well", steps=hanging)
        here.start()
        for name in names:
            here.measures(name)
        alerts = {name: here.alert(name) for name in names}
        slowest = max(_acknowledged_after(here, "well") for _ in range(30))
        print(f"while voice hangs a message is acknowledged within {slowest:.2f} s")
        assert slowest < 2
        for alert in alerts.values():
            here.until_told(alert["id"], {(0, "nurse2", "sms"), (1, "doc2", "sms")}, within=20)
            assert {row[2] for row in here.told(alert["id"])} == {"sms"}
            in_time(here.lateness(alert, hanging))
            [voice] = [row for row in here.deliveries(alert["id"]) if row["channel"] == "voice"]
            [sms] = [row for row in here.deliveries(alert["id"]) if row["step"] == 0 and row["channel"] == "sms"]
            assert (voice["person"], voice["sent_at"]) == ("nurse2", None)
            assert abs(sms["due_at"] - voice["due_at"] - 30 * SECOND) < 2 * SECOND


def _acknowledged_after(here: Ward, name: str) -> float:
    """Seconds from sending to the hub's own acknowledgement."""
    begun, seq = time.monotonic(), here.measures(name, 36.9)
    until(lambda: b'"upto":%d' % seq in (here.devices[name].last("ack") or b""))
    taken = time.monotonic() - begun
    time.sleep(max(0.0, 1.0 - taken))
    return taken
