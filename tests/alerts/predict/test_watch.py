"""The watch over a model at a site: inside, outside, and unknown of too little."""

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.predict.watch import Risk, alarm_budget, calibration
from domain.instants import DAY, HOUR, Micros

T0: Micros = 1_795_000_000_000_000


def scores(patients: int, days: int, risk: float, *, alarms: int = 0) -> list[Risk]:
    """Every patient every hour; the first `alarms` of all scores alarm."""
    rows = [(day, hour, number) for day in range(days) for hour in range(24) for number in range(patients)]
    return [
        Risk(f"P{number}", T0 + day * DAY + hour * HOUR, "ready", risk, place < alarms)
        for place, (day, hour, number) in enumerate(rows)
    ]


def onsets(n: int, patients: int) -> list[tuple[str, str, Micros]]:
    """One every other day for each patient in turn, six hours into the day."""
    return [(f"P{k % patients}", "given.antibiotic", T0 + 2 * (k // patients) * DAY + 6 * HOUR) for k in range(n)]


def test_as_many_onsets_as_expected_is_inside() -> None:
    found = calibration(scores(20, 10, 0.05), onsets(20, 20))  # 400 scores half a day apart: 20 expected
    assert (found.n, found.value, found.verdict) == (400, 1.0, "inside")
    assert found.detail == {"expected": 20.0, "observed": 20, "ratio_low": 0.698, "ratio_high": 1.422}


def test_none_where_twenty_were_expected_and_sixty_where_ten_were_are_outside() -> None:
    assert calibration(scores(20, 10, 0.05), []).verdict == "outside"
    assert calibration(scores(20, 10, 0.025), onsets(60, 20)).verdict == "outside"


def test_too_little_is_unknown_and_never_inside() -> None:
    for found in (
        calibration([], []),
        calibration(scores(2, 10, 0.5), onsets(9, 2)),
        calibration(scores(20, 10, 0.001), []),
        alarm_budget(scores(2, 10, 0.5, alarms=400), []),
    ):
        assert (found.verdict, found.value) == ("unknown", None)


def test_a_score_that_is_not_ready_counts_nothing_in_the_calibration() -> None:
    stale = [Risk("P0", T0 + n * DAY, "stale", None, False) for n in range(400)]
    assert calibration(stale, []).n == 0


def test_the_budget_is_left_with_the_whole_interval_only() -> None:
    within = alarm_budget(scores(20, 5, 0.05, alarms=25), [])
    assert (within.verdict, round(within.value or 0, 2)) == ("inside", 0.25)
    assert alarm_budget(scores(20, 5, 0.05, alarms=80), []).verdict == "outside"
    followed = [(f"P{n}", "given.antibiotic", T0 + 9 * HOUR) for n in range(20)]
    assert alarm_budget(scores(20, 5, 0.05, alarms=80), followed).verdict == "inside"


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(-40, 40))
def test_order_and_a_shift_of_time_change_nothing(rng: object, days: int) -> None:
    rows, happened = scores(5, 3, 0.05), onsets(5, 5)
    moved = [Risk(row.patient, row.at + days * DAY, row.status, row.risk, row.alarm) for row in rows]
    rng.shuffle(moved)  # type: ignore[attr-defined]
    later = [(who, what, at + days * DAY) for who, what, at in happened]
    assert calibration(moved, later) == calibration(rows, happened)
