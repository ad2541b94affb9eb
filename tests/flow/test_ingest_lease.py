"""One owner a site: who waits for whom, who may take over at once, and that a former owner writes nothing."""

import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ingest.holder import this_process
from ingest.owner import GONE_FOR, LeaseLost, Owner, Stopping
from storage import lease
from storage.connection import connect
from tests.faults.proxy import Proxy
from tests.flow.ingest_support import count, real_now, until

HELD = "SELECT holder FROM lease WHERE ingest_group = 'g1'"


def owner(url: str, holder: str, group: str = "g1", **more: object) -> Owner:
    return Owner(lambda: connect(url), group, holder, clock=real_now, stopping=threading.Event(), **more)  # type: ignore[arg-type]


def opening(candidate: Owner) -> threading.Thread:
    """Opens on a thread; ends quietly when it is told to stop."""

    def run() -> None:
        with suppress(Stopping):
            candidate.open(())

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def refused(candidate: Owner, said: str) -> None:
    """It waits, says for whom, and has taken nothing."""
    thread = opening(candidate)
    until(lambda: candidate.waiting)
    assert candidate.waiting == said
    assert not candidate.here
    candidate._stopping.set()
    thread.join()
    candidate.close()


def age(url: str, seconds: int, group: str = "g1") -> None:
    with connect(url) as conn:
        conn.execute(
            "UPDATE lease SET seen_at = clock_timestamp() - make_interval(secs => %s) WHERE ingest_group = %s",
            (seconds, group),
        )


def add_site(name: str, conn: psycopg.Connection[object]) -> None:
    conn.execute("INSERT INTO site VALUES (%s, %s, now())", (name, name))


def test_a_second_owner_waits_until_the_first_releases(database_url: str) -> None:
    first, second = owner(database_url, "host:1"), owner(database_url, "host:2")
    first.open(())
    thread = opening(second)
    until(lambda: second.waiting == "lease held by host:1 (group g1)")
    first.verify()
    first.release()
    until(lambda: second.here, within=3)
    thread.join()
    assert second.waiting is None
    with pytest.raises(LeaseLost):
        first.verify()
    first.close()
    second.close()


def test_a_silent_owner_is_replaced_after_thirty_seconds_and_not_before(database_url: str) -> None:
    first = owner(database_url, "host:1")
    first.open(())
    age(database_url, 25)
    refused(owner(database_url, "host:2"), "lease held by host:1 (group g1)")
    age(database_url, 31)
    second = owner(database_url, "host:2")
    second.open(())
    with pytest.raises(LeaseLost):
        first.perform(lambda _: None)
    first.close()
    second.close()


def one_waits_for_one_without_connection(database_url: str) -> tuple[Owner, Owner, threading.Thread]:
    """The owner, whose connection just went without a word, the one that waits, and the thread in which it does."""
    first, second = owner(database_url, "host:1"), owner(database_url, "host:2")
    first.open(())
    thread = opening(second)
    until(lambda: second.waiting)
    assert first._conn is not None
    first._conn.close()
    return first, second, thread


def test_an_owner_whose_connection_is_gone_for_seconds_is_replaced(database_url: str) -> None:
    """Its machine lost power: no `release`, and nobody of this machine can look whether the process is there."""
    first, second, thread = one_waits_for_one_without_connection(database_url)
    gone = time.monotonic()
    until(lambda: second.here, within=8)
    assert GONE_FOR - 0.1 <= time.monotonic() - gone < GONE_FOR + 3
    thread.join()
    with pytest.raises(LeaseLost):
        first.perform(lambda _: None)
    first.close()
    second.close()


def test_an_owner_that_beats_on_another_connection_is_not_replaced(database_url: str) -> None:
    """While it loads for long, its own connection may be gone without its knowing."""
    first, second, thread = one_waits_for_one_without_connection(database_url)
    for _ in range(4):
        time.sleep(2.0)
        first.beat_aside()
    assert not second.here
    second._stopping.set()
    thread.join()
    first.close()
    second.close()


def test_an_owner_that_connects_again_is_not_replaced(database_url: str) -> None:
    first, second = owner(database_url, "host:1"), owner(database_url, "host:2")
    first.open(())
    thread = opening(second)
    until(lambda: second.waiting)
    for _ in range(3):
        assert first._conn is not None
        first._conn.close()
        time.sleep(GONE_FOR - 1)
        first.verify()  # on a new connection
        time.sleep(1.2)
    assert not second.here
    second._stopping.set()
    thread.join()
    first.close()
    second.close()


def test_verifying_keeps_an_idle_owner_alive(database_url: str) -> None:
    first = owner(database_url, "host:1")
    first.open(())
    age(database_url, 29)
    first.verify()
    assert count(database_url, "SELECT clock_timestamp() - seen_at < interval '5 s' FROM lease") is True
    age(database_url, 29)
    first.perform(lambda _: None)
    assert count(database_url, "SELECT clock_timestamp() - seen_at < interval '5 s' FROM lease") is True
    first.close()


def test_a_killed_owner_of_this_machine_is_replaced_at_once(database_url: str) -> None:
    code = "from ingest.holder import this_process; print(this_process())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    killed, next_one = owner(database_url, done.stdout.strip()), owner(database_url, this_process())
    killed.open(())
    started = time.monotonic()
    next_one.open(())
    assert time.monotonic() - started < 1
    assert count(database_url, HELD) == this_process()
    killed.close()
    next_one.close()


def test_take_over_is_by_wish_only(database_url: str) -> None:
    first, second = owner(database_url, "host:1"), owner(database_url, "host:2", take_over=True)
    first.open(())
    second.open(())
    with pytest.raises(LeaseLost):
        first.perform(lambda _: None)
    first.close()
    second.close()


def test_groups_that_share_a_site_exclude_each_other(database_url: str) -> None:
    everything = owner(database_url, "host:1", "all")
    everything.open(())
    refused(owner(database_url, "host:2", "s1", sites=("s1",)), "lease held by host:1 (group all)")
    everything.release()
    one, other = owner(database_url, "host:2", "s1", sites=("s1",)), owner(database_url, "host:3", "s2", sites=("s2",))
    one.open(())
    other.open(())
    refused(owner(database_url, "host:4", "s1-s3", sites=("s1", "s3")), "lease held by host:2 (group s1)")
    refused(owner(database_url, "host:4", "all"), "lease held by host:2 (group s1)")
    age(database_url, 31, "s1")
    age(database_url, 31, "s2")
    last = owner(database_url, "host:4", "all")
    last.open(())
    for former in (one, other):
        with pytest.raises(LeaseLost):
            former.perform(lambda _: None)
        former.close()
    for ended in (everything, last):
        ended.close()


def test_the_fence_is_inside_the_transaction(database_url: str) -> None:
    first = owner(database_url, "host:1")
    first.open(())
    first.verify()
    with connect(database_url) as conn:
        lease.take(conn, "g1", "host:2", at=real_now())
    with pytest.raises(LeaseLost, match="another process took it over"):
        first.perform(partial(add_site, "x"))
    assert count(database_url, "SELECT count(*) FROM site") == 0
    first.close()


@pytest.mark.parametrize("lie", ["mark", "current"])
def test_one_connection_that_answers_wrongly_ends_no_owner(
    database_url: str, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    """A stream out of step gives the answer to another question: the lease is asked for on a new connection."""
    first = owner(database_url, "host:1")
    first.open(())
    first.verify()
    told, truth = [], getattr(lease, lie)
    liar = first._conn

    def answer(conn: psycopg.Connection[object], *more: object, **named: object) -> object:
        if conn is liar:
            told.append(lie)
            return 0
        return truth(conn, *more, **named)

    monkeypatch.setattr(lease, lie, answer)
    first.verify()
    first.perform(partial(add_site, "x"))
    assert told == [lie]
    assert first._conn is not liar
    assert count(database_url, "SELECT count(*) FROM site") == 1
    first.close()


def test_a_statement_that_arrived_twice_is_not_committed(plain_database_url: str, service_folder: Path) -> None:
    """A link that doubles bytes: every answer after it is that to the question before."""
    parts = conninfo_to_dict(plain_database_url)
    name = f".s.PGSQL.{parts.get('port') or 5432}"
    folder = Path(tempfile.mkdtemp(prefix="twice-", dir=service_folder))
    url = make_conninfo(plain_database_url, host=str(folder))
    tried: list[str] = []
    with connect(plain_database_url) as conn:
        conn.execute("CREATE TABLE written (at int)")
    with Proxy(folder / name, Path(str(parts["host"])) / name) as link:
        first = owner(url, "holder")
        first.open(())

        def write(conn: psycopg.Connection[object]) -> None:
            tried.append("once more")
            link.set("twice" if len(tried) == 1 else "pass")
            conn.execute("INSERT INTO written VALUES (1)")
            link.set("pass")

        first.perform(write)
        first.close()
    assert len(tried) == 2
    assert count(plain_database_url, "SELECT count(*) FROM written") == 1


def test_a_lease_lost_before_the_commit_takes_the_writing_with_it(database_url: str) -> None:
    """The row is locked from the mark to the commit: whoever wants it meanwhile comes after the commit."""
    first = owner(database_url, "host:1")
    first.open(())
    second = owner(database_url, "host:2", take_over=True)

    def write(conn: psycopg.Connection[object]) -> None:
        thread = opening(second)
        time.sleep(0.3)
        assert not second.here
        add_site("x", conn)
        threads.append(thread)

    threads: list[threading.Thread] = []
    first.perform(write)
    threads[0].join()
    assert second.here
    assert count(database_url, "SELECT count(*) FROM site") == 1
    with pytest.raises(LeaseLost):
        first.perform(partial(add_site, "y"))
    assert count(database_url, "SELECT count(*) FROM site") == 1
    first.close()
    second.close()


def test_a_statement_that_takes_too_long_is_repeated(database_url: str) -> None:
    first = owner(database_url, "host:1")
    first.open(())
    assert first._conn is not None
    first._conn.execute("SET statement_timeout = '200ms'")
    naps = iter((5, 0))

    def nap(conn: psycopg.Connection[object]) -> None:
        conn.execute("SELECT pg_sleep(%s)", (next(naps),))

    first.perform(nap)
    assert next(naps, None) is None
    assert first.read(lambda conn: conn.execute("SHOW statement_timeout").fetchone()) == ("30s",)
    first.close()


def test_an_alert_has_one_event_a_version(database_url: str) -> None:
    event = (
        "INSERT INTO alert_event VALUES (nextval('alert_event_id'), 'a', 'p', 's', 'r', %s, now(), now(), NULL, 'high',"
        " 'clinical', 'open', 1, NULL, '{}')"
    )
    with connect(database_url) as conn:
        conn.execute(event, ("opened",))
        conn.execute(event, ("refused",))
        conn.execute(event, ("refused",))
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute(event, ("worsened",))
