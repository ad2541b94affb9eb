"""Measures of an oral treatment: what nobody reported is an interval, holds are not the patient's, extra is counted."""

from alerts.oral.expected import always
from alerts.oral.measures import Adherence, Interval, adherence
from alerts.oral.plan import oral_plan
from alerts.oral.windows import IntakesText, windows
from domain.values import Intake
from tests.alerts.oral.days import CAPECITABINE, IMATINIB, intake, local, plan


def measured(
    care: dict[str, object], *intakes: Intake, start: str = "2026-11-18", now: str = "2026-11-21 07:00"
) -> Adherence:
    return adherence(
        always(oral_plan(care)), intakes, windows(IntakesText()), stretch=(local(f"{start} 00:00"), local(now))
    )


def test_a_dose_nobody_reported_widens_every_measure() -> None:
    care = plan(IMATINIB)
    [drug] = measured(
        care, intake("2026-11-18 08:00", drug="imatinib"), intake("2026-11-19 11:00", drug="imatinib")
    ).drugs
    assert drug.counts == {"taken": 1, "late": 1, "missed": 1}
    assert drug.taking == Interval(66.7, 100.0)
    assert drug.correct_days == Interval(66.7, 100.0)
    assert drug.on_time == 50.0
    assert drug.intensity == Interval(66.7, 100.0)
    assert (drug.persistence_days, drug.stopped_days) == (2, 1)


def test_a_dose_said_to_be_left_out_is_known() -> None:
    said = [intake("2026-11-18 08:00"), intake("2026-11-18 20:00", "skipped")]
    [drug] = measured(plan(CAPECITABINE), *said, now="2026-11-19 07:00").drugs
    assert (drug.taking, drug.correct_days) == (Interval(50.0, 50.0), Interval(0.0, 0.0))


def test_a_hold_counts_against_the_intensity_and_not_against_the_patient() -> None:
    hold = {"from": "2026-11-19", "until": None, "reason": "fever", "ordered_by": "Dr Roy"}
    taken = [intake("2026-11-18 08:00"), intake("2026-11-18 20:00"), intake("2026-11-20 08:00")]
    [drug] = measured(plan(CAPECITABINE | {"holds": [hold]}), *taken).drugs
    assert (drug.counts["on hold"], drug.taking) == (3, Interval(150.0, 150.0))
    assert drug.during_hold == 1
    assert drug.correct_days == Interval(100.0, 100.0)
    assert drug.intensity.low is not None
    assert drug.intensity.low < 100


def test_more_than_prescribed_is_more_than_a_hundred_and_no_correct_day() -> None:
    taken = [intake("2026-11-18 08:00", drug="imatinib"), intake("2026-11-18 08:20", drug="imatinib")]
    [drug] = measured(plan(IMATINIB), *taken, now="2026-11-19 07:00").drugs
    assert (drug.taking.low, drug.correct_days.high, drug.extra) == (200.0, 0.0, 1)


def test_before_anything_is_due_nothing_is_measured() -> None:
    [drug] = measured(plan(IMATINIB), start="2026-11-18", now="2026-11-18 07:30").drugs
    assert (drug.taking, drug.correct_days, drug.intensity) == (Interval(None, None),) * 3


def test_drugs_that_are_not_in_the_plan_are_kept() -> None:
    found = measured(plan(IMATINIB), intake("2026-11-18 08:00", drug="Glivec"))
    assert [each.drug for each in found.unplanned] == ["Glivec"]


def test_a_dose_just_before_the_days_asked_for_is_not_a_stray() -> None:
    found = measured(plan(CAPECITABINE), intake("2026-11-18 00:30"), start="2026-11-18")
    assert found.strays == ()


def test_intervals_within_a_quarter_of_the_prescribed_one_are_in_time() -> None:
    hours = ("18 08:00", "18 20:00", "19 05:00", "19 20:00")  # 12, 9 and 15 h: the edges count
    [drug] = measured(plan(CAPECITABINE), *(intake(f"2026-11-{hour}") for hour in hours)).drugs
    assert drug.timing == 100.0
    [drug] = measured(plan(CAPECITABINE), *(intake(f"2026-11-{hour}") for hour in (*hours[:3], "19 22:00"))).drugs
    assert drug.timing == 66.7
    uneven = CAPECITABINE | {"times": ["08:00", "18:00"]}
    [drug] = measured(plan(uneven), *(intake(f"2026-11-{hour}") for hour in hours)).drugs
    assert drug.timing is None
