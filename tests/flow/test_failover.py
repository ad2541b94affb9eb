"""PostgreSQL with a streaming replica: the primary is killed, the replica promoted, the former primary comes back."""

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as ws_connect

from bench import failover
from bench.replica import Pair
from ingest.owner import Owner
from storage import alerts, doctor, feed
from storage.connection import connect, pool
from storage.migrate import migrate
from tests.flow import console_world as world
from tests.flow.ingest_support import real_now, until
from tests.flow.test_console_feed import _drain


@pytest.fixture
def folder(service_folder: Path) -> Path:
    found = Path(tempfile.mkdtemp(prefix="pair-", dir=service_folder))
    found.chmod(0o711)
    return found


@pytest.fixture
def pair(folder: Path) -> Iterator[Pair]:
    found = Pair(folder)
    yield found
    found.stop()


@pytest.fixture
def url(pair: Pair) -> str:
    """A migrated database on both servers; the second follows the first without delay."""
    pair.start(synchronous=True)
    with psycopg.connect(pair.one.url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE vigie_test")
    with connect(pair.url_of("vigie_test")) as conn:
        migrate(conn)
    return pair.url_of("vigie_test")


@pytest.mark.parametrize("synchronous", [True, False], ids=["sync", "async"])
def test_a_hub_goes_on_with_the_promoted_replica(folder: Path, synchronous: bool) -> None:
    """Synchronous: nothing lost. Else the hub begins again, and the ledger lists exactly what is gone."""
    found = failover.measure(folder, synchronous=synchronous, patients=16, seconds=4)
    assert (found["twice"], found["alerts_missing"]) == (0, 0)
    assert (found["lost"] > 0, found["hub_began_again"]) == (not synchronous, not synchronous)


def test_a_former_primary_that_comes_back_gets_nothing(pair: Pair, url: str) -> None:
    lent = pool(url, 2)
    with lent.connection() as conn:
        conn.execute("CREATE TABLE written (at int)")
    pair.kill9()
    pair.promote()
    with lent.connection() as conn:
        conn.execute("INSERT INTO written VALUES (1)")
    pair.one.start()
    for conn in (connect(url), connect(url)):
        assert str(pair.other.sockets) in conn.info.host
        conn.close()
    pair.other.stop()
    with pytest.raises(psycopg.OperationalError, match=r"only a primary that was replaced .*timeline 1, 2 was seen"):
        connect(url)
    lent.close()


def test_a_commit_that_the_standby_has_not_is_not_taken_for_one(pair: Pair, url: str) -> None:
    """The server answers such a commit with success and a warning when somebody cancels it."""
    owner = Owner(lambda: connect(url), "all", "test", clock=real_now, stopping=threading.Event())
    owner.open(())
    owner.perform(lambda conn: conn.execute("CREATE TABLE written (at int)") and None)
    pair.other.stop()
    done: list[float] = []

    def write(conn: psycopg.Connection[object]) -> None:
        conn.execute("INSERT INTO written VALUES (1)")

    thread = threading.Thread(target=lambda: (owner.perform(write), done.append(time.monotonic())), daemon=True)
    thread.start()
    with psycopg.connect(pair.one.url_of("vigie_test"), autocommit=True) as look:
        waits = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        until(lambda: look.execute(waits).fetchone() == (True,))
        until(lambda: look.execute("SELECT count(*) FROM written").fetchone() == (1,))
    time.sleep(1.0)
    assert not done
    back = time.monotonic()
    pair.other.start()
    thread.join(60)
    assert done
    assert done[0] > back
    with connect(url) as conn:
        assert conn.execute("SELECT count(*) FROM written").fetchone() == (1,)
    owner.close()


def test_ids_of_events_begin_anew_above_all_that_were_given(pair: Pair, url: str) -> None:
    with connect(url) as conn:
        assert [check.ok for check in doctor.diagnose(conn).checks if check.name == "synchronous standby"] == [True]
        alerts.lock_event_ids(conn)
        before = conn.execute("SELECT nextval('alert_event_id')").fetchone()
        assert feed.bounds(conn) == (1, 0)
    pair.kill9()
    pair.promote()
    with connect(url) as conn:
        assert feed.bounds(conn) == (2**40 + 1, 2**40)
        alerts.lock_event_ids(conn)
        assert conn.execute("SELECT nextval('alert_event_id')").fetchone() == (2**40 + 1,)
        alerts.lock_event_ids(conn)
        assert conn.execute("SELECT nextval('alert_event_id')").fetchone() == (2**40 + 2,)
    assert before is not None
    assert before[0] < 2**40


def test_consoles_read_anew_after_a_promotion(pair: Pair, url: str) -> None:
    """What a console was shown may be gone: its feed closes, its cursor is not taken, and the new board's is."""
    world.hospital(url)
    with world.served(url) as console, console.client("doc1") as client:
        with connect(url) as conn:
            world.write_event(conn, "paris", world.opened(world.an_alert("P1")))
        before = client.get("/api/snapshot").json()["cursor"]
        with ws_connect(console.feed_url(client, before)) as socket:
            assert json.loads(socket.recv(timeout=30))["kind"] == "beat"
            pair.kill9()
            pair.promote()
            with pytest.raises(ConnectionClosed) as closed:
                _drain(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4409
        with ws_connect(console.feed_url(client, before)) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4409
        found = client.get("/api/snapshot").json()
        assert found["cursor"] == 2**40
        assert [alert["id"] for alert in found["alerts"]] == ["P1-1"]
        with ws_connect(console.feed_url(client, found["cursor"])) as socket:
            assert json.loads(socket.recv(timeout=30))["cursor"] == 2**40
