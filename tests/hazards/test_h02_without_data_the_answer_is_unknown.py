"""H2: without enough data nothing is decided: never 0, never "normal", never the end of something."""

import pytest

from alerts.protocol.library import shipped
from clinician_ui import views
from domain.alerts import Tick
from domain.instants import DAY, iso
from domain.vocabulary import HEART_RATE, NEUTROPHILS, SPO2, TEMPERATURE
from storage.board import PatientRow
from tests.alerts.play import OPEN, START, Play, at, fresh, reading


def test_no_data_is_neither_an_alarm_nor_an_all_clear() -> None:
    state = fresh()
    assert not state.alerts
    for code, rules in state.compiled.by_stream.items():
        stream = state.stream(code)
        assert stream is not None
        for rule in rules:
            track = stream.track(rule)
            assert (track.episodes, track.normal_at, track.pending) == ((), None, None)


@pytest.mark.parametrize(
    ("code", "bad", "good"), [(TEMPERATURE, 39.0, 37.0), (HEART_RATE, 140.0, 70.0), (SPO2, 88.0, 98.0)]
)
def test_one_normal_sample_is_not_enough_to_say_that_it_is_over(code: str, bad: float, good: float) -> None:
    play = Play().feed(reading(0, bad, code=code), reading(60, good, code=code), Tick(at(600)))
    [alert] = [alert for alert in play.state.alerts.values() if alert.category == "clinical"]
    assert alert.condition_to is None
    play.feed(reading(61, good, code=code))  # two, but not far enough apart
    assert play.state.alerts[alert.rule].condition_to is None
    play.feed(reading(80, good, code=code))
    assert play.state.alerts[alert.rule].condition_to == at(80)


def test_a_duration_without_samples_is_not_a_duration() -> None:
    play = Play(OPEN).feed(reading(0, 38.1), Tick(at(119)), Tick(at(121)), Tick(at(700)))
    assert play.state.alerts["fever"].state == "pending"
    assert play.kinds("fever") == ["pending"]
    assert Play(OPEN).feed(reading(0, 38.1), reading(121, 38.1)).state.alerts["fever"].state == "open"


def test_a_window_without_a_count_stays_open_and_says_that_the_count_is_overdue() -> None:
    plan = {**OPEN, "aplasia": {"from": iso(START - DAY), "until": iso(START + DAY)}}
    play = Play(plan).feed(Tick(at(3 * 24 * 60)))
    assert play.state.window.is_open(at(3 * 24 * 60))
    assert play.state.alerts["count-overdue"].state == "open"
    play.feed(reading(3 * 24 * 60, 39.0))
    assert play.state.alerts["fever"].severity == "high"


def test_a_count_between_the_limits_alone_proves_no_recovery() -> None:
    play = Play(OPEN).feed(reading(0, 0.3, code=NEUTROPHILS), reading(60, 0.7, code=NEUTROPHILS))
    assert play.state.window.is_open(at(120))
    play.feed(reading(60 + 24 * 60, 0.7, code=NEUTROPHILS))
    assert not play.state.window.is_open(at(120 + 24 * 60))


def test_a_value_that_is_absent_is_shown_as_absent() -> None:
    row = PatientRow("P1", "person", "s", None, None, None, None, 0, None)
    shown = views.patient_json(row, [], [], pause=None)
    assert shown["latest"] == []
    assert shown["last_contact"] is None


def test_every_protocol_watches_a_patient_of_whom_nothing_is_known() -> None:
    for name in sorted(shipped().protocols.keys() - {"site-watch"}):  # a site is no patient
        play = Play({"protocol": name}).feed(Tick(at(30 * 24 * 60)))
        assert {alert.category for alert in play.state.alerts.values()} == {"technical"}
