"""H12: "latest" means last measured, not last received."""

import pytest

from domain.instants import HOUR, MINUTE
from domain.vocabulary import TEMPERATURE
from storage import board, history
from storage.connection import connect
from tests.alerts.play import OPEN, Play, at, reading
from tests.flow import console_world as world


@pytest.mark.flow
def test_the_board_shows_the_last_measured_value_and_its_age(database_url: str) -> None:
    now = world.now()
    with connect(database_url) as conn:
        world.add_site(conn, "paris")
        world.add_patient(conn, "P1", "paris")
        world.add_reading(conn, "P1", TEMPERATURE, 39.2, at=now - 10 * MINUTE)
        for late, hours in enumerate((5, 3, 4)):
            world.add_reading(conn, "P1", TEMPERATURE, 36.5, at=now - hours * HOUR, received_at=now - late * MINUTE)
        [latest] = board.latest(conn, ["P1"], [TEMPERATURE], now - 24 * HOUR)
        assert latest.value == 39.2
        [newest] = history.newest(conn, ["P1"], [TEMPERATURE], each=1)
        assert (newest.value, newest.measured_at) == (39.2, now - 10 * MINUTE)


def test_an_old_normal_sample_that_arrives_late_ends_nothing() -> None:
    play = Play(OPEN).feed(reading(100, 39.0))
    play.feed(reading(10, 37.0, received=101, seq=2), reading(40, 37.0, received=102, seq=3))
    assert play.kinds("fever") == ["opened"]
    assert play.state.alerts["fever"].condition_to is None


def test_an_old_fever_that_arrives_late_does_not_bring_back_what_is_over() -> None:
    play = Play(OPEN).feed(reading(100, 39.0), reading(120, 37.0, seq=2), reading(140, 37.0, seq=3))
    over = play.state.alerts["fever"].condition_to
    assert over == at(140)
    play.feed(reading(105, 39.5, received=150, seq=4))
    assert play.state.alerts["fever"].condition_to == over
    assert "recurred" not in play.kinds("fever")


def test_a_late_fever_measured_after_the_last_normal_one_counts() -> None:
    play = Play(OPEN).feed(reading(100, 37.0), reading(90, 39.0, received=101, seq=2))
    assert play.state.alerts["fever"].late
    play = Play(OPEN).feed(reading(100, 37.0), reading(101, 39.0, received=300, seq=2))
    assert play.state.alerts["fever"].condition_to is None
    assert play.state.alerts["fever"].condition_at == at(101)


def test_silence_counts_from_what_was_received_last_whatever_its_measured_time() -> None:
    """The other way round: a backlog that arrives now proves that the device is there."""
    play = Play(OPEN).feed(reading(-600, 37.0, received=5))
    assert play.state.heard[TEMPERATURE] == at(5)
