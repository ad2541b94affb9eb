"""Not knowing is said (promise 6): a rule without enough data answers UNKNOWN, never normal."""

from alerts.core.verdict import Verdict, finding
from domain.vocabulary import HEART_RATE, TEMPERATURE
from tests.alerts.play import OPEN, Play, at, reading


def verdict(play: Play, minute: float, rule: str = "fever") -> Verdict:
    [found] = [level for level in play.state.compiled.levels if level.id == rule]
    return finding(play.state, found, at(minute)).verdict


def test_without_a_reading() -> None:
    assert verdict(Play(), 0) is Verdict.UNKNOWN


def test_a_reading_of_another_measure_says_nothing() -> None:
    assert verdict(Play().feed(reading(0, 80.0, code=HEART_RATE)), 1) is Verdict.UNKNOWN


def test_normal_is_normal_until_it_is_too_old() -> None:
    play = Play(OPEN | {"cadence": {TEMPERATURE: 3600}}).feed(reading(0, 37.0))
    assert verdict(play, 120) is Verdict.NOT_MET
    assert verdict(play, 121) is Verdict.UNKNOWN


def test_a_measure_without_a_cadence_is_forgotten_after_a_day() -> None:
    play = Play().feed(reading(0, 80.0, code=HEART_RATE))
    assert verdict(play, 1440, "heart-rate") is Verdict.NOT_MET
    assert verdict(play, 1441, "heart-rate") is Verdict.UNKNOWN


def test_a_run_that_has_not_lasted_is_not_known_to_be_harmless() -> None:
    assert verdict(Play().feed(reading(0, 38.1)), 1) is Verdict.UNKNOWN


def test_what_was_met_stays_met_through_silence() -> None:
    assert verdict(Play().feed(reading(0, 39.0)), 100_000) is Verdict.MET


def test_outside_its_window_a_rule_does_not_apply() -> None:
    assert verdict(Play(OPEN | {"aplasia": None}).feed(reading(0, 37.0)), 1) is Verdict.NOT_MET
