"""The feed on a real database: in order, without hole or duplicate, for one's own circle; nobody waits."""

import contextlib
import itertools
import json
import threading
import time
from typing import Any

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as ws_connect

from domain.alerts import Said
from storage import connection
from tests.flow import console_world as world

pytestmark = pytest.mark.flow


def frames_until(socket: Any, last: int) -> list[dict[str, Any]]:
    """Event frames up to that id; beats are left out."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["id"] < last:
        frame = json.loads(socket.recv(timeout=10))
        if frame["kind"] != "beat":
            found.append(frame)
    return found


def test_replay_and_live_join_without_hole_or_duplicate(database_url: str) -> None:
    world.hospital(database_url)
    ids: list[int] = []
    versions = itertools.count(1)

    def write_many(count: int) -> None:
        with connection.connect(database_url) as conn:
            conn.autocommit = True
            for number in range(count):
                other = number % 3 == 2
                event = world.opened(world.an_alert("L1" if other else "P1", version=next(versions)))
                event_id = world.write_event(conn, "lyon" if other else "paris", event)
                if not other:
                    ids.append(event_id)

    write_many(60)
    with world.served(database_url) as console, console.client("doc1") as client:
        writer = threading.Thread(target=write_many, args=(300,))
        writer.start()
        cursor = ids[4]
        with ws_connect(console.feed_url(client, cursor)) as socket:
            first = frames_until(socket, ids[24])
            writer.join()
            rest = frames_until(socket, ids[-1])
    frames = first + rest
    expected = [each for each in ids if each > cursor]
    assert [frame["id"] for frame in frames] == expected
    assert [frame["prev"] for frame in frames] == [cursor, *expected[:-1]]
    assert {frame["alert"]["patient"] for frame in frames} == {"P1"}
    assert frames[0]["kind"] == "alert.opened"
    assert frames[0]["at"].endswith("Z")


def test_snapshot_cursor_continues_in_the_feed_and_beats_come(database_url: str) -> None:
    world.hospital(database_url)
    with (
        world.served(database_url, beat_seconds=0.2) as console,
        console.client("doc1") as client,
        connection.connect(database_url) as conn,
    ):
        conn.autocommit = True
        world.write_event(conn, "paris", world.opened(world.an_alert("P1")))
        snapshot = client.get("/api/snapshot").json()
        assert [alert["id"] for alert in snapshot["alerts"]] == ["P1-1"]
        assert [patient["id"] for patient in snapshot["patients"]] == ["P1", "P2"]
        with ws_connect(console.feed_url(client, snapshot["cursor"])) as socket:
            beat = json.loads(socket.recv(timeout=10))
            assert (beat["kind"], beat["cursor"]) == ("beat", snapshot["cursor"])
            event_id = world.write_event(conn, "paris", world.opened(world.an_alert("P2")))
            assert [frame["id"] for frame in frames_until(socket, event_id)] == [event_id]
            assert json.loads(socket.recv(timeout=10))["cursor"] == event_id


@pytest.mark.parametrize("cursor", ["3", "999", "", "-1", "x"])
def test_a_cursor_that_is_not_kept_closes_4409(database_url: str, cursor: str) -> None:
    world.hospital(database_url)
    with connection.connect(database_url) as conn:
        conn.execute("SELECT setval('alert_event_id', 50)")
        conn.commit()
        world.write_event(conn, "paris", world.opened(world.an_alert("P1")))
    with world.served(database_url) as console, console.client("doc1") as client:
        url = console.feed_url(client, 0).replace("cursor=0", f"cursor={cursor}")
        with ws_connect(url) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4409


def test_another_sites_nurse_gets_no_frame_and_a_ticket_works_once(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=0.2) as console, console.client("nurse2") as client:
        url = console.feed_url(client, 0)
        with ws_connect(url) as socket, connection.connect(database_url) as conn:
            conn.autocommit = True
            event_id = world.write_event(conn, "paris", world.opened(world.an_alert("P1")))
            while True:
                frame = json.loads(socket.recv(timeout=10))
                assert frame["kind"] == "beat"
                if frame["cursor"] >= event_id:
                    break
        with ws_connect(url) as again, pytest.raises(ConnectionClosed) as closed:
            again.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize("how", ["logout", "disabled", "circle", "expired"])
def test_the_feed_ends_with_the_session(database_url: str, how: str) -> None:
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=0.2) as console, console.client("doc1") as client:
        with ws_connect(console.feed_url(client, 0)) as socket:
            socket.recv(timeout=10)
            if how == "logout":
                assert client.delete("/api/session").status_code == 204
            else:
                _change(database_url, how)
            with pytest.raises(ConnectionClosed) as closed:
                _drain(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_a_ticket_of_an_expired_session_opens_nothing(database_url: str) -> None:
    world.hospital(database_url)
    with world.served(database_url) as console, console.client("doc1") as client:
        url = console.feed_url(client, 0)
        _change(database_url, "expired")
        with ws_connect(url) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def _drain(socket: Any, within: float = 30.0) -> None:
    """Read until the hub closes; beats must not keep a test alive that waits for that in vain."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        socket.recv(timeout=within)
    raise AssertionError(f"expected the hub to close this console within {within} s")


def _change(database_url: str, how: str) -> None:
    with psycopg.connect(database_url) as conn:
        if how == "disabled":
            conn.execute("UPDATE account SET disabled_at = now() WHERE username = 'doc1'")
        elif how == "expired":
            conn.execute("UPDATE session SET expires_at = now()")
        else:
            conn.execute("INSERT INTO account_site SELECT id, 'lyon' FROM account WHERE username = 'doc1'")


def test_one_slow_console_among_twenty_is_cut_and_the_others_keep_receiving(database_url: str) -> None:
    world.hospital(database_url)
    count, wide = 150, Said("x" * 40_000, "y" * 40_000)
    with (
        world.served(database_url, feed_queue=32) as console,
        console.client("doc1") as client,
        contextlib.ExitStack() as stack,
    ):
        slow = stack.enter_context(ws_connect(console.feed_url(client, 0), max_queue=1, compression=None))
        sockets = [stack.enter_context(ws_connect(console.feed_url(client, 0), compression=None)) for _ in range(19)]
        received: list[list[int]] = [[] for _ in sockets]
        readers = [
            threading.Thread(target=_read_ids, args=(socket, ids, count), daemon=True)
            for socket, ids in zip(sockets, received, strict=True)
        ]
        for reader in readers:
            reader.start()
        ids: list[int] = []
        with connection.connect(database_url) as conn:
            conn.autocommit = True
            for version in range(1, count + 1):
                world.wait_for(lambda: min(map(len, received)) > len(ids) - 16)
                ids.append(
                    world.write_event(conn, "paris", world.opened(world.an_alert("P1", version=version, reason=wide)))
                )
        for reader in readers:
            reader.join(30)
        assert all(got == ids for got in received)
        with pytest.raises(ConnectionClosed) as closed:
            _drain(slow)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408
        assert 'vigie_feed_closed_total{code="4408"} 1.0' in client.get("/metrics").text


def _read_ids(socket: Any, ids: list[int], count: int) -> None:
    """Ids of the event frames, told by their first bytes: parsing them all would make these consoles slow."""
    end = time.monotonic() + 60
    while len(ids) < count and time.monotonic() < end:
        text = str(socket.recv(timeout=20))
        if text.startswith('{"id":'):
            ids.append(int(text[6 : text.index(",")]))
