"""A chart of months is the same from the rollups as from what was stored: whatever came late, whatever still waits."""

import random
import threading
from collections.abc import Sequence

import psycopg
import pytest

from domain.instants import DAY, HOUR, MINUTE, SECOND, Micros, moment, parse_iso
from domain.values import Origin, Reading
from storage import readings, rollup, series
from storage.connection import Connection, connect
from tests.flow.ingest_support import count

CODE, START = "8867-4", parse_iso("2026-03-01T00:20:00Z")
NOW = START + 90 * DAY


def reading(at: Micros, value: float, *, patient: str = "P1", code: str = CODE) -> Reading:
    return Reading(patient, code, value, at, NOW, by="device", origin=Origin("d1", "b1", at // SECOND))


def store(conn: Connection, found: Sequence[Reading]) -> None:
    readings.insert(conn, found)
    conn.commit()


def roll(conn: Connection, now: Micros) -> int:
    """Until nothing is left: how many pieces of work."""
    pieces = 0
    while rollup.roll(conn, now):
        conn.commit()
        pieces += 1
    conn.commit()
    return pieces


def months(seed: int, *, step: Micros = 20 * MINUTE) -> list[Reading]:
    """Ninety days of a heart rate with nights without a reading and many equal values."""
    chance = random.Random(seed)
    times = range(START, NOW, step)
    return [
        reading(at + chance.randrange(MINUTE), float(chance.randrange(60, 75)))
        for at in times
        if (at - START) // HOUR % 24 < 17
    ]


def drawn(conn: Connection, start: Micros = START, end: Micros = NOW, points: int = 800) -> list[series.Point]:
    return series.points(conn, series.Span("P1", CODE, start, end, points))


def test_rolled_up_or_not_the_same_rows_are_drawn(database_url: str) -> None:
    with connect(database_url) as conn:
        store(conn, [*months(1), reading(START + DAY, 200.0, patient="P2"), reading(START, 1.0, code="8310-5")])
        spans = [(START, NOW), (START + 7 * MINUTE, NOW - 11 * MINUTE), (START + 12 * DAY, NOW + 5 * DAY)]
        stored = [drawn(conn, *span) for span in spans]
        assert roll(conn, NOW) > 0
        assert [drawn(conn, *span) for span in spans] == stored
    assert 300 < len(stored[0]) <= 800


def test_a_chart_is_drawn_from_the_rollups(database_url: str) -> None:
    with connect(database_url) as conn:
        store(conn, months(2))
        roll(conn, NOW)
        conn.execute("DELETE FROM reading WHERE measured_at < %s", (moment(NOW - DAY),))
        assert len(drawn(conn)) > 300


def test_few_readings_are_all_drawn(database_url: str) -> None:
    found = months(3, step=11 * HOUR)
    with connect(database_url) as conn:
        store(conn, found)
        roll(conn, NOW)
        assert [point.at for point in drawn(conn)] == [each.measured_at for each in found]


@pytest.mark.parametrize("rolled_again", [False, True])
def test_a_late_extreme_is_drawn_at_once(database_url: str, rolled_again: bool) -> None:
    with connect(database_url) as conn:
        store(conn, months(4))
        roll(conn, NOW)
        assert rollup.due(conn) == 0
        late = [reading(START + 40 * DAY, 180.0), reading(START + 41 * DAY, 30.0), reading(START - 2 * DAY, 90.0)]
        store(conn, late)
        store(conn, [reading(START + 40 * DAY + SECOND, 179.0)])
        assert rollup.due(conn) == 4
        if rolled_again:
            roll(conn, NOW)
            assert rollup.due(conn) == 0
        assert {each.measured_at for each in late} <= {point.at for point in drawn(conn, START - 3 * DAY)}
        values = [point.value for point in drawn(conn)]
        assert (max(values), min(values), 179.0 in values) == (180.0, 30.0, False)


def test_a_reading_that_is_on_its_way_while_its_hour_is_closed_is_drawn(database_url: str) -> None:
    """Its transaction began before the hour was closed, and ends after the hour was rolled up or not at all before."""
    with connect(database_url) as conn, connect(database_url) as writer:
        store(conn, months(5))
        readings.insert(writer, [reading(START + 40 * DAY, 180.0)])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            roll(conn, NOW)
        conn.rollback()
        writer.commit()
        roll(conn, NOW)
        assert max(point.value for point in drawn(conn)) == 180.0


def test_writers_and_rollups_at_once_lose_no_reading(database_url: str) -> None:
    """The hub's clock walks through ten days while two lanes store; in the end every hour is as it was stored."""
    ended = threading.Event()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with connect(database_url) as conn:
            for day in range(10):
                for _ in range(12):
                    times = [START + (day + 1) * DAY - chance.randrange(2 * DAY) for _ in range(20)]
                    store(conn, [reading(at * 2 // 2 + seed, chance.random() * 100) for at in times])

    def follow() -> None:
        now = START
        with connect(database_url) as conn:
            while not ended.is_set():
                now = min(now + 3 * HOUR, START + 10 * DAY)
                try:
                    roll(conn, now)
                except psycopg.errors.LockNotAvailable:
                    conn.rollback()

    roller = threading.Thread(target=follow)
    writers = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    for thread in (roller, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    roller.join()
    with connect(database_url) as conn:
        roll(conn, START + 12 * DAY)
    differing = """
        SELECT count(*) FROM (SELECT patient, code, date_trunc('hour', measured_at, 'UTC') AS hour, min(value) AS low,
                                     max(value) AS high, count(*) AS total FROM reading GROUP BY 1, 2, 3) AS stored
        FULL JOIN (SELECT patient, code, hour, min(value) AS low, max(value) AS high, sum(readings) AS total
                   FROM reading_hour GROUP BY 1, 2, 3) AS rolled USING (patient, code, hour)
        WHERE (stored.low, stored.high, stored.total) IS DISTINCT FROM (rolled.low, rolled.high, rolled.total)"""
    assert count(database_url, differing) == 0
    assert count(database_url, "SELECT sum(readings) FROM reading_hour") == 2 * 10 * 12 * 20


def test_a_clock_that_was_far_ahead_spoils_nothing(database_url: str) -> None:
    with connect(database_url) as conn:
        store(conn, months(6)[:500])
        roll(conn, NOW + 3000 * DAY)
        store(conn, months(6)[500:])
        roll(conn, NOW)
        assert rollup.state(conn).closed <= NOW
        rolled = drawn(conn)
        conn.execute("UPDATE reading_rollup SET rolled_until = '1900-01-01Z'")
        assert drawn(conn) == rolled


def test_two_rollers_do_no_work_twice(database_url: str) -> None:
    with connect(database_url) as one, connect(database_url) as other:
        store(one, months(7)[:100])
        assert rollup.roll(one, NOW)
        assert not rollup.roll(other, NOW)
