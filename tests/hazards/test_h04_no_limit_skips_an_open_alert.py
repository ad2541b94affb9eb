"""H4: no limit, overflow or retry count deletes or skips an open alert."""

import psycopg
import pytest

from domain.alerts import Tick
from domain.instants import MINUTE
from domain.vocabulary import HEART_RATE
from storage import alerts as alert_rows
from storage import board
from storage.connection import connect
from tests.alerts.play import Play, reading
from tests.alerts.play import at as minute_at
from tests.flow import console_world as world

MANY = 1200


def test_samples_and_episodes_beyond_memory_keep_the_alert() -> None:
    play = Play().feed(reading(0, 39.0), reading(0, 140.0, code=HEART_RATE))
    born = {rule: alert.id for rule, alert in play.state.alerts.items()}
    for turn in range(40):  # forty episodes, more than a rule remembers, of many samples each
        start = 10 + turn * 200
        for minute in range(start, start + 60, 10):
            play.feed(reading(minute, 37.0), reading(minute, 70.0, code=HEART_RATE))
        for minute in range(start + 100, start + 160, 10):
            play.feed(reading(minute, 39.0), reading(minute, 140.0, code=HEART_RATE))
    play.feed(Tick(minute_at(10_000)))
    assert {rule: play.state.alerts[rule].id for rule in born} == born
    assert all(play.state.alerts[rule].state == "open" for rule in born)
    play.restart()
    assert {rule: play.state.alerts[rule].id for rule in born} == born


def test_after_the_last_step_of_escalation_the_alert_is_still_there() -> None:
    play = Play().feed(reading(0, 39.0))
    for minute in range(1, 24 * 60, 7):
        play.feed(Tick(minute_at(minute)))
    assert play.kinds("fever") == ["opened", "escalated", "escalated", "escalated"]
    assert play.state.alerts["fever"].state == "open"


@pytest.mark.flow
def test_every_open_alert_is_loaded_and_shown_however_many_there_are(database_url: str) -> None:
    with connect(database_url) as conn:
        world.add_site(conn, "paris")
        conn.execute("INSERT INTO patient SELECT 'P' || n, 'paris', now() FROM generate_series(1, %s) n", (MANY,))
        rows = [("paris", world.an_alert(f"P{number}")) for number in range(1, MANY + 1)]
        alert_rows.upsert(conn, rows)
        names = [f"P{number}" for number in range(1, MANY + 1)]
        assert len(alert_rows.open_alerts(conn, names)) == MANY
        assert len(board.open_alerts(conn, ["paris"])) == MANY


@pytest.mark.flow
def test_an_old_open_alert_is_not_pushed_out_by_newer_closed_ones(database_url: str) -> None:
    with connect(database_url) as conn:
        world.add_site(conn, "paris")
        world.add_patient(conn, "P1", "paris")
        old = world.now() - 10_000 * MINUTE
        alert_rows.upsert(conn, [("paris", world.an_alert("P1", 1, at=old))])
        seen = {"state": "closed", "closed_by": "doc1"}
        times = {number: old + number * MINUTE for number in range(2, 600)}
        closed = [("paris", world.an_alert("P1", n, at=at, closed_at=at, **seen)) for n, at in times.items()]
        alert_rows.upsert(conn, closed)
        shown = board.alerts_of(conn, "P1", 500)
        assert "P1-1" in [alert.id for alert in shown]
        assert len(shown) == 501
        assert [alert.opened_at for alert in shown] == sorted((alert.opened_at for alert in shown), reverse=True)


@pytest.mark.flow
def test_the_database_itself_refuses_to_forget_what_happened(database_url: str) -> None:
    with connect(database_url) as conn:
        world.add_site(conn, "paris")
        world.add_patient(conn, "P1", "paris")
    with connect(database_url) as conn:
        conn.autocommit = True
        world.write_event(conn, "paris", world.opened(world.an_alert("P1")))
        for statement in ("DELETE FROM alert_event", "UPDATE alert_event SET state = 'closed'"):
            with pytest.raises(psycopg.IntegrityError, match="append-only"):
                conn.execute(statement)  # type: ignore[arg-type]
