"""Sequences that once raised no alert, or called a true one disproved. Each is one patient's story, in minutes."""

import msgspec
import pytest

from alerts.core.window import Count, WindowPlan, window
from alerts.protocol.library import shipped
from alerts.protocol.plan import check_plan
from domain.alerts import Action, DeviceNote, PlanSet, Tick
from domain.instants import iso
from domain.vocabulary import HEART_RATE, NEUTROPHILS, SPO2
from tests.alerts.play import OPEN, Play, at, episodes, reading

DAY = 24 * 60


def act(play: Play, action: str, minute: float, rule: str = "fever") -> None:
    alert = play.state.alerts[rule]
    play.feed(Action("a", "P1", alert.id, action, "dr", "physician", at(minute), "because"))


def anc(minute: float, value: float, received: float | None = None) -> object:
    return reading(minute, value, code=NEUTROPHILS, device="lab", received=received)


def plan(**fields: object) -> dict[str, object]:
    return {"protocol": "chemo-aplasia", "fever_profile": "ESMO_2016", **fields}


@pytest.mark.parametrize("restart", [False, True])
def test_a_fever_that_outlasts_its_closing_by_six_hours_rings_also_after_a_restart(restart: bool) -> None:
    play = Play().feed(reading(-1, 37.0), reading(0, 39.0))
    act(play, "close", 1)
    play.feed(*(reading(minute, 39.0) for minute in range(10, 341, 10)))
    if restart:
        play.restart(as_service=True)
    play.feed(*(reading(minute, 39.5) for minute in range(345, 396, 10)))
    assert play.kinds("fever") == ["opened", "closed", "opened"]
    alert = play.state.alerts["fever"]
    assert alert.condition_at == at(365)
    assert alert.reason.fr.startswith("Fièvre en aplasie : 39,5 °C")


def test_a_fever_after_a_disproved_and_acknowledged_one_rings() -> None:
    play = Play().feed(reading(0, 38.1), reading(120, 38.1))
    act(play, "acknowledge", 121)
    play.feed(reading(60, 37.0, received=122), reading(1500, 39.5))
    alert = play.state.alerts["fever"]
    assert (alert.state, alert.disproved, alert.escalation.next_at) == ("open", False, at(1505))


def test_a_fever_of_one_aplasia_does_not_hide_that_of_the_next() -> None:
    play = Play(plan(aplasia={"from": "2020-01-01T00:00:00Z"})).feed(reading(0, 39.0))
    act(play, "acknowledge", 1)
    play.feed(anc(10, 1.5), *(reading(minute, 36.8) for minute in range(480, 14 * DAY, 480)))
    assert play.state.alerts["fever"].condition_to is not None
    play.feed(anc(20_300, 0.2), reading(20_400, 39.8))
    assert play.kinds("fever")[-1] == "recurred"
    assert play.state.alerts["fever"].state == "open"


def test_a_new_limit_leaves_a_running_fever_alone() -> None:
    play = Play(plan()).feed(reading(0, 39.5))
    play.feed(PlanSet("P1", plan(limits={HEART_RATE: {"high": 130}}), at(5)), reading(10, 39.5))
    assert play.kinds("fever") == ["opened"]
    assert "fever-outside-window" not in play.state.alerts


def test_the_next_cycle_leaves_a_running_fever_alone() -> None:
    play = Play(plan()).feed(reading(0, 39.5), reading(1, 39.5))
    play.feed(PlanSet("P1", plan(aplasia={"from": "2030-01-01T00:00:00Z"}), at(5)))
    assert play.kinds("fever") == ["opened"]


@pytest.mark.parametrize("every", [1, 180])
def test_a_late_low_count_judges_the_fever_it_belongs_to(every: int) -> None:
    hot = [reading(minute * every, 39.0) for minute in range(3)]
    cool = [reading(minute * every, 37.0) for minute in range(3, 120)]
    play = Play(plan(aplasia=None)).feed(*hot, *cool, anc(-10, 0.2, received=121 * every))
    alert = play.state.alerts["fever"]
    assert (alert.condition_at, alert.late) == (at(0), True)


def test_a_fast_stream_that_recovered_before_a_restart_alerts_again() -> None:
    def spo2(second: int, value: float) -> object:
        return reading(second / 60, value, code=SPO2, seq=second + 1)

    play = Play().feed(*(spo2(second, 88.0) for second in range(0, 600, 10)))
    act(play, "close", 10, "spo2")
    play.feed(*(spo2(second, 97.0) for second in range(600, 6000, 10)))
    play.restart(as_service=True).feed(spo2(6000, 85.0))
    assert play.kinds("spo2") == ["opened", "closed", "opened"]


@pytest.mark.parametrize("then", [37.0, 38.6])
def test_an_alert_older_than_what_a_restart_reads_stays_true(then: float) -> None:
    play = Play().feed(reading(-5, 37.0), *(reading(minute, 38.6, seq=minute + 1) for minute in range(30)))
    play.feed(*(reading(minute, then, seq=minute + 1) for minute in range(30, 2300)))
    before = play.state.alerts["fever"]
    play.restart(as_service=True).feed(reading(2301, 38.1))
    alert = play.state.alerts["fever"]
    assert (alert.disproved, alert.condition_at) == (False, before.condition_at)


def test_a_fever_that_straddles_the_opening_of_the_window() -> None:
    opens = plan(fever_profile="IDSA_NCCN", aplasia={"from": iso(at(60))})
    play = Play(opens)
    assert play.state.window.is_open(at(60))
    assert not play.state.window.is_open(at(59))
    play.feed(reading(0, 38.0), reading(30, 38.0), reading(60, 38.0))
    assert play.state.alerts["fever"].condition_at == at(60)


def test_a_fever_that_straddles_the_closing_of_the_window_is_told_outside_it() -> None:
    play = Play(plan(fever_profile="IDSA_NCCN")).feed(reading(0, 38.0), anc(30, 1.5), reading(60, 38.0))
    assert play.state.alerts["fever-outside-window"].state == "open"


def test_of_two_counts_at_one_instant_the_lower_one_is_feared() -> None:
    assert Play().feed(anc(0, 0.3), anc(0, 1.3), reading(10, 39.0)).kinds("fever") == ["opened"]
    assert Play().feed(anc(0, 1.3), anc(0, 0.3), reading(10, 39.0)).kinds("fever") == ["opened"]


def test_a_new_offset_judges_the_newest_sample() -> None:
    play = Play(plan()).feed(reading(0, 37.9, body_site="axilla"))
    play.feed(PlanSet("P1", plan(site_offsets={"axilla": 0.5}), at(5)))
    assert play.state.alerts["fever"].evidence[0].corrected == 38.4
    assert play.restart(as_service=True).feed(reading(10, 36.0, body_site="axilla")).kinds("fever") == ["opened"]


def test_a_new_profile_keeps_the_run_that_has_begun() -> None:
    play = Play(plan()).feed(reading(0, 38.1), reading(30, 38.1))
    play.feed(PlanSet("P1", plan(fever_profile="IDSA_NCCN"), at(31)), reading(60, 38.1))
    assert play.state.alerts["fever"].condition_at == at(60)


@pytest.mark.parametrize("order", [(38.1, 38.4), (38.4, 38.1)])
def test_at_one_instant_single_comes_before_sustained(order: tuple[float, float]) -> None:
    play = Play(plan(fever_profile="IDSA_NCCN")).feed(reading(0, 38.0), *(reading(60, value) for value in order))
    assert play.state.alerts["fever"].criterion == "single"


def test_a_cooler_sample_of_the_same_instant_does_not_break_a_run() -> None:
    play = Play(plan(fever_profile="IDSA_NCCN")).feed(reading(0, 38.0), reading(60, 38.0), reading(60, 37.0))
    assert not play.state.alerts["fever"].disproved


def test_the_first_of_many_episodes_dates_the_alert_whatever_the_order() -> None:
    rows = [
        reading(turn * 100 + minute, value, seq=turn * 3 + place + 1)
        for turn in range(30)
        for place, (minute, value) in enumerate(((0, 39.0), (20, 37.0), (40, 37.0)))
    ]
    for shuffled in (rows, [*rows[1:], rows[0]], rows[::-1]):
        play = Play().feed(*shuffled)
        assert play.state.alerts["fever"].condition_at == at(0)
        assert episodes(play.state) == episodes(Play().feed(*rows).state)


def test_a_low_count_before_the_plan_opens_is_the_same_aplasia() -> None:
    recovery = shipped().protocols["chemo-aplasia"].recovery
    counts = [Count(at(3 * DAY), 0.3), Count(at(12 * DAY), 1.5)]
    found = window(WindowPlan(opens_at=at(5 * DAY)), counts, recovery)
    assert found.intervals == ((at(3 * DAY), at(12 * DAY)),)


def test_a_late_sample_does_not_bring_back_what_was_closed() -> None:
    play = Play().feed(*(reading(minute, 37.0 if minute < 5 else 39.0, seq=minute + 1) for minute in range(11)))
    act(play, "close", 10.5)
    play.feed(*(reading(minute, 39.0, seq=minute + 1) for minute in range(11, 342)))
    play.feed(reading(290.5, 39.0, received=342, seq=5000))
    assert play.kinds("fever") == ["opened", "closed"]


def test_a_low_battery_is_not_cleared_by_the_other_device() -> None:
    def battery(device: str, percent: float, minute: float) -> DeviceNote:
        return DeviceNote("P1", device, "battery", percent, at(minute))

    play = Play().feed(battery("a", 5, 0), battery("b", 5, 1), battery("a", 90, 2))
    assert (play.state.alerts["battery"].criterion, play.state.alerts["battery"].condition_to) == ("b", None)
    assert play.feed(battery("b", 90, 3)).state.alerts["battery"].condition_to == at(3)


def test_a_duplicate_does_not_end_a_silence() -> None:
    first = reading(0, 37.0)
    play = Play(OPEN | {"cadence": {"8310-5": 3600}}).feed(first, Tick(at(120)))
    play.feed(msgspec.structs.replace(first, received_at=at(1000)))
    assert play.state.alerts["silence.8310-5"].condition_to is None


def test_the_site_of_measurement_is_read_in_any_case() -> None:
    from domain.vocabulary import canonical

    assert canonical("8310-5", " Axillary ") == ("8310-5", "axilla")


@pytest.mark.parametrize(
    "broken",
    [
        {"fever_profile": ["X"]},
        {"regimen": ["X"]},
        {"regimen": "docetaxel", "cycle_start": "9999-12-31"},
        {"aplasia": {"from": 5}},
        {"aplasia": {"from": "2026-11-20T00:00:00Z", "until": "2026-11-19T00:00:00Z"}},
        {"oral": 5},
        {"cadence": {"8310-5": 1e300}},
        {"cadence": {"8310-5": 1e-9}},
        {"limits": {"59408-5": {"low": 0}}},
    ],
)
def test_what_would_switch_a_rule_off_is_refused(broken: dict[str, object]) -> None:
    faults = check_plan(broken, shipped())
    assert faults
    assert all(": expected " in fault for fault in faults)


@pytest.mark.parametrize("plans", [1, 2])
def test_a_plan_after_a_restart_disproves_nothing(plans: int) -> None:
    play = Play(plan()).feed(reading(0, 39.5), PlanSet("P1", plan(limits={HEART_RATE: {"high": 130}}), at(5)))
    play.restart(as_service=True)
    for number in range(plans):
        play.feed(PlanSet("P1", plan(limits={HEART_RATE: {"high": 125}}), at(10 + number)))
    assert play.kinds("fever") == ["opened"]
