"""Rules on intakes in the engine: plans that change, words that come late, weeks that pass, starts in between."""

import random
from typing import Any

from alerts.core.oral_memory import KEPT, MOST, STRIDE
from alerts.core.state import new_state
from alerts.engine import step
from alerts.protocol.library import shipped
from alerts.replay import Recording
from domain.alerts import AlertEvent, Input, Pause, PauseSet, PlanSet
from domain.instants import DAY, HOUR, Micros
from domain.values import Intake, Retraction
from tests.alerts.oral.days import CAPECITABINE, IMATINIB, intake, local, plan

DAILY = CAPECITABINE | {"cycle": None}


def played(care: dict[str, Any], *inputs: Input, upto: str = "2026-11-22 00:00") -> list[AlertEvent]:
    """Live, ticks included, of one patient watched from 18 November; the clock stops at `upto`."""
    rows: list[tuple[str, Micros, Input]] = [("P1", local("2026-11-18 00:00"), PauseSet("P1", (), 0))]
    rows += [("P1", _at(each), each) for each in inputs]
    rows.append(("P1", local(upto), PauseSet("P1", _pauses(inputs), local(upto))))
    recording = Recording(shipped(), {"P1": care})
    events = [found for found in recording.play(sorted(rows, key=lambda row: row[1])) if isinstance(found, AlertEvent)]
    return [event for event in events if not event.alert.rule.startswith("silence.")]


def _at(found: Input) -> Micros:
    return found.received_at if isinstance(found, Intake | Retraction) else found.at  # type: ignore[union-attr]


def _pauses(inputs: tuple[Input, ...]) -> tuple[Pause, ...]:
    return next((each.pauses for each in inputs if isinstance(each, PauseSet)), ())


def said(events: list[AlertEvent]) -> list[tuple[str, str]]:
    return [(event.alert.rule, event.kind) for event in events if event.kind != "escalated"]


def planned(care: dict[str, Any], at: str) -> PlanSet:
    return PlanSet("P1", care, local(at))


def test_the_same_plan_set_again_says_nothing_and_forgets_nothing() -> None:
    again = [planned(plan(DAILY), f"2026-11-{day} 09:00") for day in (18, 19)]
    taken = intake("2026-11-18 08:00")
    once, twice = played(plan(DAILY), taken), played(plan(DAILY), taken, *again)
    assert said(once) == said(twice)
    assert ("missed-doses", "opened") in said(once)


def test_a_plan_entered_after_the_dose_makes_no_alert_of_it() -> None:
    late = intake("2026-11-18 10:30", drug="imatinib", received="2026-11-18 10:30")
    events = played(
        {"protocol": "oral-therapy"}, planned(plan(IMATINIB), "2026-11-18 10:00"), late, upto="2026-11-18 23:00"
    )
    assert said(events) == []


def test_what_was_taken_under_the_former_plan_is_not_judged_by_the_new_one() -> None:
    taken = [intake(f"2026-11-{day} 08:00", mg=600, drug="imatinib") for day in (18, 19)]
    less = planned(plan(IMATINIB), "2026-11-19 12:00")
    assert said(played(plan(IMATINIB | {"dose_mg": 600}), *taken, less, upto="2026-11-20 07:00")) == []
    more = intake("2026-11-20 08:00", mg=600, drug="imatinib")
    events = played(plan(IMATINIB | {"dose_mg": 600}), *taken, less, more, upto="2026-11-20 09:00")
    assert said(events) == [("extra-dose", "opened")]


def test_a_hold_set_while_doses_are_missed_stops_the_run_where_it_is() -> None:
    hold = {"from": "2026-11-18T21:00:00Z", "until": None, "reason": "fever", "ordered_by": "Dr Roy"}
    held = planned(plan(DAILY | {"holds": [hold]}), "2026-11-18 22:00")
    assert said(played(plan(DAILY), held, upto="2026-11-25 00:00")) == [("missed-doses", "opened")]
    assert ("missed-doses", "worsened") in said(played(plan(DAILY), upto="2026-11-25 00:00"))


def test_an_intake_that_comes_a_day_late_takes_the_run_back_and_shows_what_it_reveals() -> None:
    words = [intake(f"2026-11-{at}", by="device", received="2026-11-20 12:00", seq=n) for n, at in enumerate(
        ("18 08:00", "18 20:00", "19 08:00", "19 08:10", "19 20:00", "20 08:00"), start=1
    )]  # fmt: skip
    events = played(plan(DAILY), *words, upto="2026-11-20 13:00")
    assert [kind for rule, kind in said(events) if rule == "missed-doses"][-1] == "disproved"
    [extra] = [event.alert for event in events if event.alert.rule == "extra-dose" and event.kind == "opened"]
    assert extra.late
    assert extra.condition_at == local("2026-11-19 08:10")


def test_words_in_any_order_end_with_the_same_conditions() -> None:
    dice = random.Random(3)
    words = [
        intake(f"2026-11-{18 + n // 4} {6 * (n % 4):02d}:30", seq=n + 1, received="2026-11-21 12:00") for n in range(12)
    ]
    wanted = None
    for _ in range(4):
        dice.shuffle(words)
        recording = Recording(shipped(), {"P1": plan(DAILY)})
        begin: list[tuple[str, Micros, Input]] = [("P1", local("2026-11-18 00:00"), PauseSet("P1", (), 0))]
        list(recording.play([*begin, *(("P1", word.received_at, word) for word in words)]))
        memory = recording.state("P1").oral
        assert memory is not None
        tracks = {rule: [(e.condition_at, e.rank) for e in t.episodes] for rule, t in memory.tracks.items()}
        wanted = wanted or tracks
        assert tracks == wanted
    assert wanted is not None
    assert wanted["extra-dose"]


def test_months_later_memory_is_bounded_and_an_old_alert_is_not_disproved() -> None:
    state = new_state("P1", "s", plan(IMATINIB), shipped(), set_at=0, watched_from=local("2026-01-01 00:00"))
    events: list[AlertEvent] = []
    for day in range(120):
        at = local("2026-01-01 08:00") + day * DAY
        for n in range(2 if day == 3 else 1):
            found = intake("2026-01-01 08:00", drug="imatinib")
            state, told = step(state, [_moved(found, at + n * HOUR, day * 2 + n)], shipped())
            events += told
    assert [event.kind for event in events if event.alert.rule == "extra-dose"] == ["opened"]
    assert state.oral is not None
    assert len(state.oral.intakes) <= (KEPT + 2 * STRIDE) // DAY + 2 < MOST
    assert state.oral.tracks["extra-dose"].current is not None


def _moved(found: Intake, at: Micros, seq: int) -> Intake:
    from msgspec import structs

    from domain.values import Origin

    return structs.replace(found, taken_at=at, measured_at=at, received_at=at, origin=Origin("app", "b", seq + 1))


def test_a_patient_without_an_oral_plan_has_no_memory_of_one_under_other_protocols() -> None:
    for name in ("chemo-aplasia", "vital-signs", "bispecific-crs"):
        state = new_state("P1", "s", {"protocol": name}, shipped(), set_at=0, watched_from=0)
        assert state.oral is None


def test_over_taking_in_a_pause_is_not_judged_and_missing_there_is_not_missed() -> None:
    start, end = local("2026-11-18 06:00"), local("2026-11-20 06:00")
    ward = PauseSet("P1", (Pause("1", "ward", start, end, "fever", "dr", start),), start)
    taken = [intake("2026-11-18 08:00"), intake("2026-11-18 08:10")]
    assert said(played(plan(DAILY), ward, *taken, upto="2026-11-20 07:00")) == []
