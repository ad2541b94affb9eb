"""Intakes and the doses they are of: sources, late and doubled intakes, any order."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.oral.expected import always
from alerts.oral.matching import Matching, match
from alerts.oral.plan import oral_plan
from alerts.oral.windows import IntakesText, windows
from domain.values import Intake
from tests.alerts.oral.days import CAPECITABINE, METHOTREXATE, doses, intake, plan, wall

WINDOWS = windows(IntakesText())


def matched(care: dict[str, object], *intakes: Intake) -> Matching:
    return match(always(oral_plan(care)), doses(care, "2026-11-15", "2026-11-30"), intakes, WINDOWS)


def said(found: Matching) -> list[tuple[str, str, str]]:
    """Day and hour of the dose (or none), of the intake, and its kind."""
    return [
        ("-" if event.dose is None else wall(event.dose.due_at)[8:], wall(event.at)[8:], event.kind)
        for event in found.events
    ]


def test_each_intake_is_of_the_dose_whose_time_it_is() -> None:
    found = matched(
        plan(CAPECITABINE), intake("2026-11-18 07:10"), intake("2026-11-18 13:30"), intake("2026-11-19 02:30")
    )
    assert said(found) == [
        ("18 08:00", "18 07:10", "dose"), ("18 08:00", "18 13:30", "extra"), ("19 08:00", "19 02:30", "dose"),
    ]  # fmt: skip


def test_a_second_intake_minutes_later_is_one_too_many() -> None:
    found = matched(plan(CAPECITABINE), intake("2026-11-18 08:00"), intake("2026-11-18 08:05"))
    assert [kind for *_, kind in said(found)] == ["dose", "extra"]


def test_a_box_and_a_person_speak_of_one_intake() -> None:
    both = matched(plan(CAPECITABINE), intake("2026-11-18 08:00", by="device"), intake("2026-11-18 08:04"))
    assert [kind for *_, kind in said(both)] == ["dose"]
    hours_later = intake("2026-11-18 12:00", due="2026-11-18 08:00")
    named = matched(plan(CAPECITABINE), intake("2026-11-18 08:00", by="device", due="2026-11-18 08:00"), hours_later)
    assert [kind for *_, kind in said(named)] == ["dose"]
    far = matched(plan(CAPECITABINE), intake("2026-11-18 08:00", by="device"), intake("2026-11-18 12:00"))
    assert [kind for *_, kind in said(far)] == ["dose", "extra"]


def test_a_caregiver_and_a_patient_who_both_say_it_say_it_once() -> None:
    found = matched(plan(CAPECITABINE), intake("2026-11-18 08:01"), intake("2026-11-18 08:03", by="caregiver"))
    assert [kind for *_, kind in said(found)] == ["dose"]


def test_said_to_be_one_more_is_one_more_whoever_says_it() -> None:
    found = matched(plan(CAPECITABINE), intake("2026-11-18 08:00"), intake("2026-11-18 08:03", "extra", by="caregiver"))
    assert [kind for *_, kind in said(found)] == ["dose", "extra"]


def test_a_vomited_dose_is_the_dose_taken_before_it() -> None:
    found = matched(plan(CAPECITABINE), intake("2026-11-18 08:00"), intake("2026-11-18 09:00", "vomited"))
    [event] = found.events
    assert event.vomited


def test_names_are_the_same_with_accents_case_and_strength() -> None:
    found = matched(plan(CAPECITABINE), intake("2026-11-18 08:00", drug="CAPÉCITABINE 500 mg"))
    assert [kind for *_, kind in said(found)] == ["dose"]
    other = matched(plan(CAPECITABINE), intake("2026-11-18 08:00", drug="Xeloda"))  # a brand: not in the table
    assert not other.events
    assert [each.drug for each in other.unplanned] == ["Xeloda"]


def test_amounts_are_doses() -> None:
    care = plan(CAPECITABINE | {"tablets": 3})
    amounts = [
        matched(care, intake("2026-11-18 08:00", **said)).events[0].doses
        for said in ({"mg": 3000}, {"n": 3}, {"n": 1, "by": "device"}, {"n": 1}, {"n": 6, "by": "device"}, {})
    ]
    assert [round(amount, 2) for amount in amounts] == [2, 1, 1, 0.33, 2, 1]


def test_off_weeks_holds_and_other_days() -> None:
    hold = {"from": "2026-11-18", "until": "2026-11-19", "reason": "fever", "ordered_by": "Dr Roy"}
    care = plan(CAPECITABINE | {"holds": [hold], "cycle": {"on": 5, "off": 7, "start": "2026-11-16"}})
    found = matched(care, intake("2026-11-18 08:00"), intake("2026-11-23 08:00"))
    assert [kind for *_, kind in said(found)] == ["hold", "not-due"]
    weekly = matched(plan(METHOTREXATE), *(intake(f"2026-11-{day} 08:00", drug="methotrexate") for day in (16, 17, 18)))
    assert [kind for *_, kind in said(weekly)] == ["dose", "extra", "extra"]


def test_a_named_dose_is_believed_only_near_it() -> None:
    found = matched(plan(CAPECITABINE), intake("2026-11-18 08:00", due="2026-11-25 08:00"))
    assert said(found) == [("18 08:00", "18 08:00", "dose")]


_INTAKES = st.builds(
    lambda hour, state, by, named, seq: intake(
        f"2026-11-{17 + hour // 24} {hour % 24:02d}:00", state, by=by, seq=seq + 1,
        due=f"2026-11-{17 + named // 24} {8 if named % 2 else 20:02d}:00" if named >= 0 else None,
    ),
    st.integers(0, 95), st.sampled_from(["taken", "skipped", "vomited", "extra"]),
    st.sampled_from(["device", "patient", "caregiver"]), st.integers(-30, 95), st.integers(0, 30),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(_INTAKES, max_size=12), st.randoms())
def test_order_and_duplicates_change_nothing(intakes: list[Intake], dice: random.Random) -> None:
    care = plan(CAPECITABINE)
    wanted = matched(care, *intakes)
    shuffled = [*intakes, *intakes[:3]]
    dice.shuffle(shuffled)
    assert matched(care, *shuffled) == wanted
