"""An alert from its first sample to its closing: late data, recurrence, re-arming, people (promises 4, 5)."""

import msgspec
import pytest

from alerts import lifecycle
from alerts.core.ticking import next_due, on_grid
from alerts.engine import step
from alerts.protocol.library import shipped
from domain.alerts import Action, AlertEvent, Escalation, PlanSet, Tick
from domain.instants import HOUR, MINUTE
from domain.vocabulary import HEART_RATE, SPO2, TEMPERATURE
from tests.alerts.play import OPEN, START, Play, at, reading


def alert_of(play: Play, rule: str = "fever") -> "lifecycle.Alert":
    return play.state.alerts[rule]


def act(play: Play, action: str, minute: float, rule: str = "fever", **fields: object) -> AlertEvent:
    alert = play.state.alerts.get(rule) or next(e.alert for e in reversed(play.events) if e.alert.rule == rule)
    closed = alert if alert.state == "closed" else None
    wish = Action("a1", "P1", alert.id, action, "dr", "physician", at(minute), "because", closed=closed)
    play.feed(msgspec.structs.replace(wish, **fields))
    return play.events[-1]


def test_a_run_is_pending_until_it_has_lasted() -> None:
    play = Play().feed(reading(0, 38.1))
    assert (alert_of(play).state, alert_of(play).rings) == ("pending", False)
    play.feed(reading(120, 38.1))
    assert (alert_of(play).state, alert_of(play).criterion, alert_of(play).rings) == ("open", "sustained", True)
    assert [found.measured_at for found in alert_of(play).evidence] == [at(0), at(120)]


def test_a_pending_alert_ends_with_a_normal_sample_and_never_by_silence() -> None:
    play = Play().feed(reading(0, 38.1), Tick(at(600)))
    assert alert_of(play).state == "pending"
    play.feed(reading(601, 37.0))
    assert "fever" not in play.state.alerts
    assert play.kinds("fever") == ["pending", "cleared"]


def test_silence_never_clears_and_raises_its_own() -> None:
    plan = OPEN | {"cadence": {TEMPERATURE: 3600}}
    play = Play(plan).feed(reading(0, 39.0), Tick(at(119)))
    assert "silence.8310-5" not in play.state.alerts
    play.feed(Tick(at(120)))
    assert alert_of(play, "silence.8310-5").severity == "high"  # inside the window
    assert (alert_of(play).state, alert_of(play).condition_to) == ("open", None)
    play.feed(reading(130, 39.0))
    assert play.kinds("silence.8310-5") == ["opened", "cleared"]
    assert alert_of(play, "silence.8310-5").state == "open"  # a person closes it


def test_a_silence_that_was_closed_is_raised_again_while_it_lasts() -> None:
    play = Play(OPEN | {"cadence": {TEMPERATURE: 3600}}).feed(reading(0, 37.0), Tick(at(120)))
    act(play, "close", 121, "silence.8310-5")
    play.feed(Tick(at(200)))
    assert "silence.8310-5" not in play.state.alerts
    play.feed(Tick(at(242)))
    assert alert_of(play, "silence.8310-5").state == "open"


def test_clears_after_two_normal_samples_fifteen_minutes_apart_and_stays_open() -> None:
    play = Play().feed(reading(0, 39.0), reading(10, 37.0), reading(24, 37.0))
    assert alert_of(play).condition_to is None
    play.feed(reading(25, 37.0))
    assert alert_of(play).condition_to == at(25)
    assert alert_of(play).state == "open"


def test_a_condition_that_comes_back_rings_again_under_the_same_alert() -> None:
    play = Play().feed(reading(0, 39.0), reading(10, 37.0), reading(30, 37.0))
    act(play, "acknowledge", 31)
    play.feed(reading(60, 39.1))
    assert play.kinds("fever") == ["opened", "cleared", "acknowledged", "recurred"]
    assert (alert_of(play).state, alert_of(play).condition_at) == ("open", at(0))


def test_late_data_revise_and_disprove_but_never_remove() -> None:
    play = Play().feed(reading(0, 38.1), reading(120, 38.1))
    assert alert_of(play).condition_at == at(120)
    play.feed(reading(60, 37.0, received=130))  # a cooler sample between: the run never lasted
    assert alert_of(play).disproved
    assert alert_of(play).state == "open"
    play.feed(reading(50, 38.9, received=140))  # but this one counts by itself
    assert not alert_of(play).disproved
    assert (alert_of(play).condition_at, alert_of(play).criterion) == (at(50), "single")
    assert play.kinds("fever") == ["pending", "opened", "disproved", "revised", "recurred"]


def test_a_fever_that_is_over_and_old_opens_late_and_does_not_ring() -> None:
    play = Play().feed(*(reading(minute, 37.0) for minute in (300, 320, 600)), reading(10, 39.0, received=601))
    assert (alert_of(play).late, alert_of(play).rings) == (True, False)
    assert alert_of(play).condition_to == at(320)
    assert alert_of(play).escalation.next_at is None


def test_a_young_late_fever_rings_although_it_is_over() -> None:
    play = Play().feed(reading(20, 37.0), reading(40, 37.0), reading(10, 39.0, received=41))
    assert (alert_of(play).late, alert_of(play).rings) == (True, True)


def test_two_triggers_at_once_make_one_alert() -> None:
    play = Play().feed(reading(0, 39.0, device="a"), reading(0, 39.2, device="b"))
    assert play.kinds("fever") == ["opened"]


def test_worse_rings_again_after_acknowledging() -> None:
    play = Play().feed(reading(0, 93.0, code=SPO2))
    assert alert_of(play, "spo2").severity == "medium"
    act(play, "acknowledge", 1, "spo2")
    play.feed(reading(5, 90.0, code=SPO2), reading(6, 93.0, code=SPO2))
    assert play.kinds("spo2") == ["opened", "acknowledged", "worsened"]
    assert (alert_of(play, "spo2").severity, alert_of(play, "spo2").state) == ("high", "open")  # never lowered


def test_closing_ends_it_for_the_episode_until_it_has_lasted_six_hours_more() -> None:
    play = Play().feed(reading(0, 39.0))
    act(play, "close", 5)
    play.feed(reading(30, 39.0), reading(364, 39.4))
    assert "fever" not in play.state.alerts
    play.feed(reading(365, 39.0))
    assert (alert_of(play).state, alert_of(play).condition_at) == ("open", at(365))
    play.feed(reading(380, 39.0))
    assert play.kinds("fever") == ["opened", "closed", "opened"]


def test_a_new_episode_after_closing_opens_a_new_alert() -> None:
    play = Play().feed(reading(0, 39.0))
    act(play, "close", 5)
    play.feed(reading(10, 37.0), reading(30, 37.0), reading(60, 39.0))
    assert alert_of(play).id == "P1-2"


def test_closed_while_bad_then_worse_opens_again() -> None:
    play = Play().feed(reading(0, 93.0, code=SPO2))
    act(play, "close", 5, "spo2")
    play.feed(reading(10, 92.0, code=SPO2))
    assert "spo2" not in play.state.alerts
    play.feed(reading(20, 85.0, code=SPO2))
    assert alert_of(play, "spo2").severity == "high"


def test_reopening_gives_back_the_same_alert() -> None:
    play = Play().feed(reading(0, 39.0))
    act(play, "close", 5)
    event = act(play, "reopen", 6)
    assert (event.kind, event.alert.state, event.alert.id) == ("reopened", "open", "P1-1")
    play.feed(reading(10, 39.0))
    assert play.kinds("fever") == ["opened", "closed", "reopened"]


def test_the_second_person_is_told_that_somebody_was_first() -> None:
    play = Play().feed(reading(0, 39.0))
    act(play, "acknowledge", 1, expected_version=1)
    event = act(play, "close", 2, expected_version=1)
    assert event.kind == "refused"
    assert "somebody was first" in (event.note or "")
    assert alert_of(play).state == "acknowledged"


def test_a_snooze_ends_by_itself() -> None:
    play = Play().feed(reading(0, 39.0))
    act(play, "snooze", 1, until=at(30))
    assert alert_of(play).state == "acknowledged"
    assert next_due(play.state) == at(30)
    play.feed(Tick(at(30)))
    assert alert_of(play).state == "open"
    assert act(play, "snooze", 31, until=at(31)).kind == "refused"


def test_a_snooze_is_bounded_by_severity() -> None:
    play = Play().feed(reading(0, 39.0))
    event = act(play, "snooze", 1, until=at(62))
    assert (event.kind, play.state.alerts["fever"].state) == ("refused", "open")
    assert "at most 60 min away" in (event.note or "")


def test_worse_rings_through_a_snooze_and_ends_it() -> None:
    play = Play().feed(reading(0, 93.0, code=SPO2))
    act(play, "snooze", 1, "spo2", until=at(200))
    play.feed(reading(5, 85.0, code=SPO2))
    alert = alert_of(play, "spo2")
    assert (alert.state, alert.snoozed_until) == ("open", None)
    act(play, "acknowledge", 6, "spo2")
    assert play.feed(Tick(at(300))).kinds("spo2")[-1] == "acknowledged"


def test_an_unattended_high_alert_escalates_at_5_10_and_15_minutes() -> None:
    play = Play().feed(reading(0, 39.0))
    due = []
    while (when := next_due(play.state)) is not None and when < at(60):
        due.append((when - START) / MINUTE)
        play.feed(Tick(on_grid(when)))
    assert due == [5, 10, 15]
    assert [e.alert.escalation.step for e in play.events if e.kind == "escalated"] == [1, 2, 3]


def test_acknowledging_stops_the_escalation() -> None:
    play = Play().feed(reading(0, 39.0))
    act(play, "acknowledge", 4)
    play.feed(Tick(at(20)))
    assert play.kinds("fever") == ["opened", "acknowledged"]


def test_acknowledged_and_still_true_six_hours_later_rings_again() -> None:
    play = Play().feed(reading(0, 39.0))
    act(play, "acknowledge", 5)
    play.feed(reading(364, 39.0))
    assert alert_of(play).state == "acknowledged"
    play.feed(reading(365, 39.0))
    assert play.kinds("fever") == ["opened", "acknowledged", "recurred"]


def test_an_acknowledged_silence_rings_again_while_it_lasts() -> None:
    play = Play(OPEN | {"cadence": {TEMPERATURE: 3600}}).feed(reading(0, 37.0), Tick(at(120)))
    act(play, "acknowledge", 121, "silence.8310-5")
    assert next_due(play.state) == at(121 + 360)
    play.feed(Tick(at(121 + 360)))
    assert play.kinds("silence.8310-5") == ["opened", "acknowledged", "recurred"]


def test_steps_missed_while_the_hub_was_down_are_all_told() -> None:
    play = Play().feed(reading(0, 39.0), Tick(at(45)))
    assert play.kinds("fever") == ["opened", "escalated", "escalated", "escalated"]


def test_a_new_limit_judges_the_newest_sample_and_nothing_older() -> None:
    play = Play().feed(reading(0, 108.0, code=HEART_RATE), reading(30, 95.0, code=HEART_RATE))
    play.feed(PlanSet("P1", OPEN | {"limits": {HEART_RATE: {"high": 100}}}, at(31)))
    assert "heart-rate" not in play.state.alerts
    play.feed(PlanSet("P1", OPEN | {"limits": {HEART_RATE: {"high": 90}}}, at(32)))
    assert (alert_of(play, "heart-rate").criterion, alert_of(play, "heart-rate").severity) == ("plan-high", "high")


def test_a_new_plan_disproves_nothing() -> None:
    play = Play().feed(reading(0, 115.0, code=HEART_RATE))
    play.feed(PlanSet("P1", OPEN | {"limits": {HEART_RATE: {"high": 130}}}, at(1)), reading(5, 115.0, code=HEART_RATE))
    assert play.kinds("heart-rate") == ["opened"]


def test_limits_of_the_plan_are_strict() -> None:
    plan = OPEN | {"limits": {HEART_RATE: {"high": 130, "low": 50}}}
    assert Play(plan).feed(reading(0, 130.0, code=HEART_RATE), reading(1, 50.0, code=HEART_RATE)).events == []
    assert Play(plan).feed(reading(0, 130.5, code=HEART_RATE)).kinds("heart-rate") == ["opened"]


@pytest.mark.parametrize("state", [None, "pending", "open", "acknowledged", "closed"])
@pytest.mark.parametrize("kind", sorted({kind for _, kind in lifecycle.MOVES}))
def test_a_move_that_is_not_in_the_table_raises(state: str | None, kind: str) -> None:
    alert = alert_of(Play().feed(reading(0, 39.0)))
    before = None if state is None else msgspec.structs.replace(alert, state=state)
    event = AlertEvent(kind, START, alert)
    if (state, kind) in lifecycle.MOVES:
        assert lifecycle.move(before, event).alert.state == lifecycle.MOVES[state, kind]
    else:
        with pytest.raises(lifecycle.IllegalMove):
            lifecycle.move(before, event)


def test_only_a_person_closes_what_was_opened() -> None:
    closing = {
        (before, kind) for (before, kind), after in lifecycle.MOVES.items() if after == "closed" and before != "closed"
    }
    assert closing == {
        ("pending", "cleared"), ("pending", "disproved"), ("open", "closed"), ("acknowledged", "closed"),
    }  # fmt: skip


def test_memory_is_bounded_whatever_arrives() -> None:
    play = Play()
    for minute in range(2000):
        play.state, _ = step(play.state, [reading(minute, 37.0 + (minute // 40) % 2 * 2.0, seq=minute + 1)], shipped())
    stream = play.state.streams[TEMPERATURE]
    assert len(stream.samples) <= 48
    assert all(len(stream.track(rule).finished) <= 16 for rule in stream.rules)
    assert at(2000) - START > 24 * HOUR


def test_a_condition_that_comes_and_goes_does_not_put_off_the_next_step() -> None:
    """Nobody has taken it: a heart rate that falls and rises every half hour would never call anybody."""
    play = Play({"protocol": "vital-signs"})
    for minute, value in ((0, 115), (20, 80), (40, 80), (45, 115)):
        play.feed(reading(minute, value, code=HEART_RATE, seq=minute + 1))
    assert play.kinds("heart-rate") == ["opened", "cleared", "recurred"]
    assert alert_of(play, "heart-rate").escalation.next_at == at(60)
    play.feed(Tick(at(60)))
    assert play.kinds("heart-rate")[-1] == "escalated"
    act(play, "acknowledge", 61, "heart-rate")
    play.feed(reading(70, 80, code=HEART_RATE, seq=71), reading(90, 80, code=HEART_RATE, seq=91))
    play.feed(reading(95, 115, code=HEART_RATE, seq=96))
    assert alert_of(play, "heart-rate").escalation == Escalation(0, at(95) + HOUR)
