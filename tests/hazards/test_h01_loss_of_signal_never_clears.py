"""H1: loss of signal never clears, lowers or closes an alert; it raises its own, which nobody can switch off."""

import msgspec
import pytest

from alerts.core.ticking import next_due
from alerts.protocol.library import shipped
from alerts.protocol.plan import check_plan
from domain.alerts import Action, Alert, Tick
from domain.vocabulary import CONSCIOUSNESS, HEART_RATE, RESPIRATORY_RATE, SPO2, SYSTOLIC, TEMPERATURE
from tests.alerts.play import OPEN, Play, at, reading

DAYS = 30 * 24 * 60  # minutes
ABNORMAL = {
    TEMPERATURE: 39.0,
    HEART_RATE: 140.0,
    RESPIRATORY_RATE: 30.0,
    SPO2: 88.0,
    SYSTOLIC: 80.0,
    CONSCIOUSNESS: 1.0,
}


def left_alone(play: Play, minutes: int = DAYS) -> Play:
    """Nothing is received; time passes, at every moment that could matter to the engine."""
    for _ in range(200):
        due = next_due(play.state)
        if due is None or due > at(minutes):
            break
        play.feed(Tick(due))
    return play.feed(Tick(at(minutes)))


def without_escalation(alert: Alert) -> Alert:
    """What silence must not change."""
    return msgspec.structs.replace(alert, escalation=type(alert.escalation)(), version=0)


@pytest.mark.parametrize("code", ABNORMAL)
@pytest.mark.parametrize("then_normal", [0, 1], ids=["abnormal", "one-normal-sample"])
def test_a_month_of_silence_changes_nothing_but_escalation(code: str, then_normal: int) -> None:
    play = Play().feed(reading(0, ABNORMAL[code], code=code))
    normal = {TEMPERATURE: 37.0, HEART_RATE: 70.0, RESPIRATORY_RATE: 15.0, SPO2: 98.0, SYSTOLIC: 120.0}.get(code, 0.0)
    for minute in range(then_normal):
        play.feed(reading(1 + minute, normal, code=code))
    before = {rule: without_escalation(alert) for rule, alert in play.state.alerts.items()}
    assert before
    said = len(play.events)
    left_alone(play)
    after = {rule: without_escalation(play.state.alerts[rule]) for rule in before}
    assert after == before
    kinds = {event.kind for event in play.events[said:] if event.alert.rule in before}
    assert kinds <= {"escalated"}


def test_an_acknowledged_alert_stays_acknowledged_and_a_pending_one_pending() -> None:
    play = Play({**OPEN}).feed(reading(0, 39.0), reading(0, 38.1, code=TEMPERATURE, device="other"))
    alert = play.state.alerts["fever"]
    play.feed(Action("a1", "P1", alert.id, "acknowledge", "doc1", "physician", at(1), "seen"))
    waiting = Play({**OPEN}).feed(reading(0, 38.1))
    assert waiting.state.alerts["fever"].state == "pending"
    assert left_alone(play).state.alerts["fever"].state == "acknowledged"
    assert left_alone(waiting).state.alerts["fever"].state == "pending"


def test_silence_raises_its_own_alert_high_inside_the_window() -> None:
    play = left_alone(Play().feed(reading(0, 39.0)), minutes=20 * 60)
    silence = play.state.alerts[f"silence.{TEMPERATURE}"]
    assert (silence.category, silence.severity, silence.state) == ("technical", "high", "open")
    assert silence.condition_to is None


def test_closing_the_silence_buys_time_and_never_an_end() -> None:
    play = left_alone(Play().feed(reading(0, 37.0)), minutes=17 * 60)
    rule = f"silence.{TEMPERATURE}"
    for turn in range(3):
        alert = play.state.alerts[rule]
        when = 17 * 60 + turn * 20 * 60
        play.feed(Action(f"c{turn}", "P1", alert.id, "close", "doc1", "physician", at(when), "on holiday"))
        assert rule not in play.state.alerts
        left_alone(play, minutes=when + 17 * 60)
        assert play.state.alerts[rule].state == "open"
    assert play.kinds(rule).count("opened") == 4


@pytest.mark.parametrize("cadence", [0, -1, None, float("inf"), "never"])
def test_no_plan_can_switch_silence_off(cadence: object) -> None:
    assert check_plan({**OPEN, "cadence": {TEMPERATURE: cadence}}, shipped()) != []


def test_a_plan_without_any_cadence_is_still_watched_for_silence() -> None:
    for plan in ({**OPEN, "cadence": {}}, {"protocol": "vital-signs"}):
        assert f"silence.{TEMPERATURE}" in left_alone(Play(plan)).state.alerts
