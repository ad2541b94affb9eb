"""Alarms against what happened: counted by hand on small histories."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.predict.shadow import Scored, report, share
from domain.instants import DAY, HOUR, Micros

T0: Micros = 1_795_000_000_000_000


def scored(hour: float, patient: str = "P1", *, alarm: str = "", status: str = "ready") -> Scored:
    return Scored(patient, T0 + round(hour * HOUR), status, bool(alarm))


def event(hour: float, patient: str = "P1", what: str = "alert.high") -> tuple[str, str, Micros]:
    return patient, what, T0 + round(hour * HOUR)


def test_an_alarm_is_followed_by_what_happens_to_the_same_patient_within_twelve_hours() -> None:
    scores = [scored(0, alarm="!"), scored(1), scored(20, alarm="!"), scored(0, "P2", alarm="!"), scored(1, "P2")]
    found = report("s", scores, [event(12), event(40), event(5, "P3")])
    assert (found.alarms, found.followed.n, found.followed.of) == (3, 1, 3)
    assert found.lead_h == 12.0
    assert found.foreseen == {"alert.high": share(1, 1)}  # the others happened to whom the model did not see in time


def test_what_was_not_foreseen_counts_only_where_the_model_looked() -> None:
    found = report("s", [scored(hour) for hour in range(24)], [event(10), event(11, what="pause.ward"), event(60)])
    assert {what: (each.n, each.of) for what, each in found.foreseen.items()} == {
        "alert.high": (0, 1), "pause.ward": (0, 1),
    }  # fmt: skip


def test_patient_days_leave_out_gaps_and_false_alarms_are_per_patient_day() -> None:
    hours = [*range(25), 100, 101]  # a day, three days without a value, an hour
    scores = [scored(hour, alarm="!" if hour in (3, 5) else "") for hour in hours]
    found = report("s", scores, [])
    assert found.patient_days == round((24 + 2 + 1) / 24, 2)
    assert found.false_alarms_per_patient_day == round(2 / (27 / 24), 4)


def test_without_anything_nothing_is_claimed() -> None:
    found = report("s", [], [event(1)])
    assert (found.followed.share, found.false_alarms_per_patient_day, found.lead_h, found.foreseen) == (
        None, None, None, {},
    )  # fmt: skip


def test_the_interval_is_wilsons() -> None:
    found = share(8, 10)  # 90 %: 0.5408, 0.9314 by hand
    assert (found.share, found.low, found.high) == (0.8, 0.5408, 0.9314)


@given(st.permutations(list(range(12))), st.integers(-30, 30))
def test_order_and_a_shift_of_time_change_nothing(order: list[int], days: int) -> None:
    scores = [scored(hour / 2, f"P{hour % 3}", alarm="!" if hour % 4 == 0 else "") for hour in range(12)]
    happened = [event(4, "P0"), event(8, "P1")]
    moved = [Scored(scores[i].patient, scores[i].at + days * DAY, "ready", scores[i].alarm) for i in order]
    assert report("s", moved, [(who, what, at + days * DAY) for who, what, at in happened]) == report(
        "s", scores, happened
    )
