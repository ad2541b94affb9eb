"""Nothing is lost: the notifier killed before and after sending, the database stopped during an escalation."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from alerts.escalation import courier
from alerts.escalation.channels import Sent
from domain.instants import SECOND, micros
from storage import deliveries
from storage.connection import connect
from storage.migrate import migrate
from tests.flow import delivery_world as world
from tests.flow.delivery_world import Fake
from tests.support.gateways import gateway
from vigie.clock import real_now
from vigie.embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.one_server

ROOT = Path(__file__).parents[2]


def notifier(url: str, address: str, point: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.flow.delivery_world", url, address, point]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def test_killed_after_planning_or_sending_the_next_one_sends_it_in_time(database_url: str) -> None:
    world.ward(database_url)
    with gateway() as server:
        for turn, point in enumerate(("delivery_planned", "delivery_sent"), start=1):
            dying = notifier(database_url, server.url, point)
            world.step(database_url, world.alert(database_url, turn), real_now())
            assert dying.wait(20) == -9
            begun = real_now()
            living = notifier(database_url, server.url, "none")
            try:
                _until_done(database_url)
            finally:
                living.kill()
                living.wait(10)
            assert real_now() - begun < 10 * SECOND
        first, *others = [got.json() for got in server.got]
        assert first["id"] not in [other["id"] for other in others]
        assert [other["id"] for other in others] == [others[0]["id"]] * 2, "sent twice, with the same id"
    rows = world.fetch(database_url, "SELECT state, tries FROM delivery")
    assert rows == [{"state": "sent", "tries": 1}] * 2


def _until_done(url: str, within: float = 20.0) -> None:
    end = time.monotonic() + within
    while world.fetch(url, "SELECT 1 AS n FROM outbox WHERE done_at IS NULL"):
        assert time.monotonic() < end, world.fetch(url, "SELECT * FROM delivery")
        time.sleep(0.1)


@pytest.fixture
def server(any_postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    any_postgres.start()
    with connect(_url(any_postgres)) as conn:
        migrate(conn)
    world.ward(_url(any_postgres))
    return any_postgres


def _url(postgres: EmbeddedPostgres) -> str:
    return postgres.url_of("postgres")


def test_a_database_that_stops_during_an_escalation_loses_nothing(server: EmbeddedPostgres) -> None:
    """What was sent while it was away is recorded, not sent again; what fell due meanwhile is sent within 5 s."""
    url = _url(server)

    def while_it_stops(*_: object) -> Sent:
        server.kill9()
        return Sent("taken while the database was away", "gw-1")

    sms, voice = Fake(while_it_stops), Fake()
    with world.notifying(url, {"sms": sms, "voice": voice}, speed=1.0) as running:
        later = running.clock.now() + 3 * SECOND
        second = world.alert(url, 2)
        world.step(url, second, later, how=("voice",))
        world.step(url, world.alert(url), running.clock.now())
        running.until(lambda: bool(sms.got))
        time.sleep(4)
        server.start()
        back = running.clock.now()
        running.finished(within=20.0)
        found = {row["channel"]: row for row in running.rows()}
    assert (found["sms"]["state"], found["sms"]["external_id"], found["sms"]["tries"]) == ("sent", "gw-1", 1)
    assert len(sms.got) == 1
    assert found["voice"]["state"] == "sent"
    assert micros(found["voice"]["begun_at"]) - back < 5 * SECOND


def test_a_notifier_that_starts_without_a_database_waits_for_it(server: EmbeddedPostgres) -> None:
    url = _url(server)
    world.step(url, world.alert(url), real_now())
    server.stop()
    sms = Fake()
    with world.notifying(url, {"sms": sms}, speed=1.0) as running:
        time.sleep(1.5)
        server.start()
        back = running.clock.now()
        running.until(lambda: bool(sms.got))
        assert running.clock.now() - back < 5 * SECOND


def test_a_session_the_database_gives_up_is_recorded_by_another(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the notifier's machine is gone without a word: the row is free again. Here it is not gone."""
    monkeypatch.setattr(courier, "LONGEST_HOLD", 1)
    world.ward(database_url)

    def long(*_: object) -> Sent:
        time.sleep(2.5)
        return Sent("taken")

    sms = Fake(long)
    with world.notifying(database_url, {"sms": sms}, speed=1.0) as running:
        world.step(database_url, world.alert(database_url), running.clock.now())
        running.until(lambda: bool(sms.got))
        time.sleep(1.8)
        with connect(database_url) as conn:
            free = conn.execute("SELECT 1 FROM delivery FOR UPDATE NOWAIT").fetchall()
            conn.rollback()
        assert free
        running.finished()
        assert [(row["state"], row["tries"]) for row in running.rows()] == [("sent", 1)]
    assert len(sms.got) == 1


def test_a_row_that_a_breakdown_gave_to_a_second_worker_is_not_sent_twice(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second had asked before the first took the row: what it skips is of then."""
    claim = deliveries.claim
    monkeypatch.setattr(deliveries, "claim", lambda conn, channel, now, **_: claim(conn, channel, now, skip=()))
    world.ward(database_url)

    def while_its_session_ends(*_: object) -> Sent:
        with connect(database_url) as conn:
            conn.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name = 'test-notifier' AND state = 'idle in transaction'"""
            )
        for _again in range(20):
            time.sleep(0.1)
            running.notifier._couriers["sms"].wake()
        return Sent("taken")

    sms = Fake(while_its_session_ends)
    with world.notifying(database_url, {"sms": sms}, speed=1.0) as running:
        world.step(database_url, world.alert(database_url), running.clock.now())
        running.until(lambda: bool(sms.got))
        running.finished()
        assert [(row["state"], row["tries"]) for row in running.rows()] == [("sent", 1)]
    assert len(sms.got) == 1
