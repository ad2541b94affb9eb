"""Deliveries on a real database: in order, in time, once, every step a row; what hangs holds up nothing else."""

import threading
import time
from uuid import uuid4

import psycopg
import pytest

from alerts.escalation.channels import Contact, Failed, Message, Sent
from alerts.escalation.notifier import CALLS
from domain.instants import MINUTE, SECOND
from storage import deliveries, outbox
from storage.connection import connect
from tests.flow import console_world
from tests.flow import delivery_world as world
from tests.flow.delivery_world import Duty, Fake
from vigie.clock import real_now


@pytest.fixture
def ward(database_url: str) -> str:
    world.ward(database_url)
    return database_url


def refuses(*_: object) -> Failed:
    return Failed("answered 400, refused", lasting=True)


def fails(*_: object) -> Failed:
    return Failed("answered 500, refused")


def test_whoever_is_on_call_is_told_by_the_first_channel(ward: str) -> None:
    sms, voice = Fake(lambda *_: Sent("answered 200", "gw-7")), Fake()
    with world.notifying(ward, {"sms": sms, "voice": voice}) as running:
        world.step(ward, world.alert(ward), running.clock.now(), how=("sms", "voice"))
        running.finished()
        [row] = running.rows()
        assert (row["person"], row["role"], row["channel"], row["state"]) == ("nurse1", "nurse", "sms", "sent")
        assert (row["external_id"], row["tries"], row["outcome"]) == ("gw-7", 1, "delivered")
        assert row["due_at"] <= row["begun_at"] <= row["sent_at"]
        assert running.registry.get_sample_value(
            "vigie_deliveries_total", {"channel": "sms", "outcome": "sent"}
        ) == pytest.approx(1)
        running.until(lambda: running.registry.get_sample_value("vigie_outbox_oldest_seconds") == 0)
    [(message, contact)] = sms.got
    assert (message.alert, message.site, message.severity, contact.sms) == ("P1-1", "paris", "high", "+33612345670")
    assert voice.got == []


def test_a_step_is_written_once(ward: str) -> None:
    name = world.alert(ward)
    for _ in range(2):
        world.step(ward, name, real_now())
    assert world.fetch(ward, "SELECT count(*) AS n FROM outbox") == [{"n": 1}]


def test_when_more_is_due_than_can_be_told_at_once_the_most_severe_is_told_first(ward: str) -> None:
    now, told = real_now(), ("low", "medium", "high", "high")
    for number, severity in enumerate(told, start=1):
        name = world.alert(ward, number, severity=severity)
        world.step(ward, name, now - (10 - number) * MINUTE, severity=severity)
    with connect(ward) as conn:
        found = outbox.claim(conn, now, limit=3)
        assert [(each.due.alert, each.due.severity) for each in found] == [
            ("P1-3", "high"),
            ("P1-4", "high"),
            ("P1-2", "medium"),
        ]
        for place, each in enumerate(reversed(outbox.claim(conn, now, limit=4))):
            new = deliveries.New(uuid4(), "nurse1", "nurse", "sms", "queued", now + place, now + MINUTE, "")
            deliveries.insert(conn, each.id, new, now=now)
        first = deliveries.claim(conn, "sms", now, skip=[])
        assert first is not None
        assert first.severity == "high"


def test_what_a_gateway_calls_a_message_cannot_stop_it_from_being_recorded(ward: str) -> None:
    sms = Fake(lambda *_: Sent("nul \x00, half \ud800", "gw\x00\n1"))
    with world.notifying(ward, {"sms": sms}) as running:
        world.step(ward, world.alert(ward), running.clock.now())
        running.finished()
        [row] = running.rows()
    assert (row["state"], row["external_id"], row["detail"]) == ("sent", "gw  1", "nul  , half  ")
    assert len(sms.got) == 1


def test_a_refusal_gives_way_at_once_and_every_state_is_kept(ward: str) -> None:
    voice = Fake()
    with world.notifying(ward, {"sms": Fake(refuses), "voice": voice}, speed=1.0) as running:
        world.step(ward, world.alert(ward), running.clock.now(), how=("email", "sms", "voice"))
        running.finished(within=5.0)
        assert running.told() == [
            ("nurse1", "email", "failed"), ("nurse1", "sms", "failed"), ("nurse1", "voice", "sent")
        ]  # fmt: skip
    with connect(ward) as conn:
        found = {row["channel"]: row for row in deliveries.of_alert(conn, "P1-1", 10)}
    assert found["email"]["detail"] == "email is not configured"
    assert [(line["state"], line["detail"]) for line in found["sms"]["log"]] == [
        ("queued", ""),
        ("failed", "answered 400, refused"),
    ]


def test_what_hangs_gives_way_at_its_deadline_and_holds_up_no_other(ward: str) -> None:
    going_on = threading.Event()
    sms = Fake(lambda *_: Sent("late") if going_on.wait(30) else Sent("later"))
    voice = Fake()
    try:
        with world.notifying(ward, {"sms": sms, "voice": voice}) as running:
            for number in range(1, CALLS + 6):
                world.step(ward, world.alert(ward, number), running.clock.now(), how=("sms", "voice"))
            quick = world.alert(ward, CALLS + 6)
            begun = time.monotonic()
            world.step(ward, quick, running.clock.now(), how=("voice",))
            running.until(lambda: quick in [message.alert for message, _ in voice.got])
            assert time.monotonic() - begun < 1.9, "before any deadline: the hanging channel held it up"
            running.until(lambda: [row[1:] for row in running.told()].count(("voice", "sent")) == CALLS + 6)
            late = [row["begun_at"] - row["due_at"] for row in running.rows() if row["channel"] == "voice"]
            assert max(late).total_seconds() / world.SPEED < 3
            assert len(sms.got) <= CALLS, "as many as there are workers"
            going_on.set()
            running.finished()
            assert set(running.outcomes()) == {"delivered"}
    finally:
        going_on.set()


def test_failures_are_repeated_with_the_same_id_until_one_is_taken(ward: str) -> None:
    answers = iter([Failed("answered 500, refused"), Failed("answered 503, refused"), Sent("taken")])
    sms = Fake(lambda *_: next(answers))
    with world.notifying(ward, {"sms": sms}) as running:
        world.step(ward, world.alert(ward), running.clock.now())
        running.finished()
        [row] = running.rows()
    assert (row["state"], row["tries"]) == ("sent", 3)
    assert len(set(sms.ids)) == 1


def test_nobody_reached_is_told_to_the_engine_and_taken_back_once_somebody_is(ward: str) -> None:
    answers = {"does": fails}
    sms = Fake(lambda *given: answers["does"](*given))
    with world.notifying(ward, {"sms": sms}, speed=30.0) as running:
        world.step(ward, world.alert(ward), running.clock.now())
        running.until(lambda: running.notes() == [True])
        assert running.outcomes() == [None], "it is tried again while the step lives"
        answers["does"] = lambda *_: Sent("taken")
        running.finished()
        assert running.notes() == [True, False]
        assert running.told() == [("nurse1", "sms", "sent")]


def test_each_alert_that_reaches_nobody_is_told_to_the_engine(ward: str) -> None:
    """Somebody may have closed what the first one opened."""
    with world.notifying(ward, {"sms": Fake(refuses)}) as running:
        for number in (1, 2):
            world.step(ward, world.alert(ward, number), running.clock.now())
            running.finished()
        assert running.notes() == [True, True]
        own = world.alert(ward, 3, rule="delivery-failed")
        world.step(ward, own, running.clock.now(), rule="delivery-failed")
        running.finished()
        assert running.notes() == [True, True], "the alert about it says nothing of itself"


def test_an_alert_that_was_acknowledged_meanwhile_is_told_to_nobody_more(ward: str) -> None:
    sms = Fake(fails)
    with world.notifying(ward, {"sms": sms}, speed=1.0) as running:
        name = world.alert(ward)
        world.step(ward, name, running.clock.now())
        running.until(lambda: bool(sms.got))
        world.change_alert(ward, name, "acknowledged")
        running.finished()
        [row] = running.rows()
        assert (row["state"], row["detail"], row["outcome"]) == (
            "cancelled",
            "the alert is no longer open",
            "cancelled",
        )
        told = len(sms.got)
        time.sleep(1.5)
        assert len(sms.got) == told


def test_nobody_on_call_falls_through_to_the_next_role_and_then_to_everybody(ward: str) -> None:
    sms = Fake()
    with world.notifying(ward, {"sms": sms}, {"physician": (Duty("doc1"),)}) as running:
        world.step(ward, world.alert(ward), running.clock.now())
        running.finished()
        assert running.rows()[0]["detail"] == "taken"
        assert sms.people == ["doc1"]
    with connect(ward) as conn:
        [row] = deliveries.of_alert(conn, "P1-1", 10)
    assert row["log"][0]["detail"] == "nobody on call for nurse"
    with world.notifying(ward, {"sms": sms}, {}) as running:
        world.step(ward, world.alert(ward, 2), running.clock.now())
        running.finished()
        assert sorted(person for person in sms.people[1:] if person) == ["doc1", "nurse1", "nurse2"]


def test_those_called_second_are_told_when_those_called_first_are_not_reached(ward: str) -> None:
    sms = Fake(lambda _, contact: refuses() if contact.person == "nurse1" else Sent("taken"))
    duty = {"nurse": (Duty("nurse1", 0), Duty("nurse2", 1))}
    with world.notifying(ward, {"sms": sms}, duty) as running:
        world.step(ward, world.alert(ward), running.clock.now())
        running.finished()
        assert running.told() == [("nurse1", "sms", "failed"), ("nurse2", "sms", "sent")]
        assert running.notes() == []


def test_nobody_at_all_is_a_row_and_a_note(ward: str) -> None:
    with connect(ward) as conn:
        conn.execute("UPDATE account SET disabled_at = now()")
    with world.notifying(ward, {"sms": Fake()}, {}) as running:
        world.step(ward, world.alert(ward), running.clock.now())
        running.finished()
        [row] = running.rows()
        assert (row["channel"], row["state"], row["outcome"]) == ("none", "given-up", "given-up")
        assert running.notes() == [True]


def test_several_notifiers_send_each_delivery_once(ward: str) -> None:
    sms, webhook = Fake(), Fake()
    channels = {"sms": sms, "webhook": webhook}
    with world.notifying(ward, channels) as running, world.notifying(ward, channels), world.notifying(ward, channels):
        for number in range(1, 31):
            world.step(ward, world.alert(ward, number), running.clock.now(), how=("sms", "webhook"))
        running.finished(within=30.0)
        time.sleep(0.3)
    assert len(sms.ids) == len(set(sms.ids)) == 30
    assert len(webhook.ids) == len(set(webhook.ids)) == 30


def test_a_mistake_in_a_channel_or_a_resolver_stays_its_own(ward: str) -> None:
    def broken(message: Message, contact: Contact) -> Sent | Failed:
        if message.alert == "P1-1":
            raise RuntimeError(contact.person)
        return Sent("taken")

    sms = Fake(broken)
    with world.notifying(ward, {"sms": sms}) as running:
        for number in (1, 2):
            world.step(ward, world.alert(ward, number), running.clock.now())
        running.until(lambda: "sent" in [row[2] for row in running.told()])
        running.until(lambda: "unexpected RuntimeError" in [row["detail"] for row in running.rows()])


def test_a_live_console_has_it_and_one_that_left_before_has_not(ward: str) -> None:
    with connect(ward) as conn:
        number = conn.execute("SELECT id FROM account WHERE username = 'nurse2'").fetchone()
        assert number is not None
        conn.execute("INSERT INTO session VALUES ('\\x01', %s, now(), now() + interval '1 day')", (number[0],))
        conn.execute("INSERT INTO console_presence VALUES ('\\x01', 'paris', 'nurse2', now(), true, true)")
    with connect(ward) as conn:
        name = world.alert(ward)
        world.step(ward, name, real_now(), how=("console",))
        row = conn.execute("SELECT id FROM outbox").fetchone()
        assert row is not None
        key = uuid4()
        new = deliveries.New(key, "nurse1", "nurse", "console", "queued", real_now(), real_now(), "")
        deliveries.insert(conn, row[0], new, now=real_now())
        assert not deliveries.attended(conn, str(key), "nurse1")
        conn.execute("UPDATE console_presence SET seen_at = clock_timestamp()")
        assert deliveries.attended(conn, str(key), "nurse1"), "a console of somebody with the same role"
        conn.execute("UPDATE console_presence SET sounds = false")
        assert not deliveries.attended(conn, str(key), "nurse1"), "nobody can hear it"


def test_the_log_is_append_only(ward: str) -> None:
    with world.notifying(ward, {"sms": Fake()}) as running:
        world.step(ward, world.alert(ward), running.clock.now())
        running.finished()
    with connect(ward) as conn, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        conn.execute("DELETE FROM delivery_log")


def test_people_of_the_circle_see_the_deliveries_and_give_receipts(ward: str) -> None:
    with connect(ward) as conn:
        console_world.add_site(conn, "lyon")
        console_world.add_user(conn, "nurse3", "nurse", "lyon")
    name = world.alert(ward)
    world.step(ward, name, real_now() - MINUTE, how=("web-push",))
    with connect(ward) as conn:
        row = conn.execute("SELECT id FROM outbox").fetchone()
        assert row is not None
        key = uuid4()
        at = real_now()
        new = deliveries.New(key, "nurse1", "nurse", "web-push", "queued", at, at + 30 * SECOND, "")
        deliveries.insert(conn, row[0], new, now=at)
    with console_world.served(ward) as console:
        with console.client("doc1") as doc1:
            found = doc1.get(f"/api/alerts/{name}/deliveries").json()
            assert [(one["person"], one["channel"], one["state"]) for one in found["deliveries"]] == [
                ("nurse1", "web-push", "queued")
            ]
            assert doc1.post(f"/api/deliveries/{key}/receipt").status_code == 404
        with console.client("nurse3") as nurse3:
            assert nurse3.get(f"/api/alerts/{name}/deliveries").status_code == 404
        with console.client("nurse1") as nurse1:
            assert nurse1.post(f"/api/deliveries/{key}/receipt").status_code == 204
            [one] = nurse1.get(f"/api/alerts/{name}/deliveries").json()["deliveries"]
            assert (one["state"], one["log"][-1]["detail"]) == ("delivered", "receipt")
            assert nurse1.post("/api/deliveries/nonsense/receipt").status_code == 422
    looks = world.fetch(ward, "SELECT detail FROM audit WHERE subject = 'alert:P1-1' ORDER BY id")
    assert looks[0]["detail"] == {"what": "deliveries"}


def test_a_database_that_counts_from_one_again_says_no_id_a_second_time(ward: str) -> None:
    """As after a restore: a gateway that knows the id would drop what is new."""
    sms = Fake()
    with world.notifying(ward, {"sms": sms}) as running:
        for number in (1, 2):
            world.step(ward, world.alert(ward, number), running.clock.now())
            running.finished()
            with connect(ward) as conn:
                conn.execute("TRUNCATE delivery_log, delivery, outbox RESTART IDENTITY")
    assert len(set(sms.ids)) == 2
