"""What a unit has before it: measurements by cadence, windows and counts to come, forecasts that touch the hours."""

from typing import Any

from alerts.ahead import AHEAD, Ahead, Foreseen, Stand, ahead
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import shipped
from domain.instants import DAY, HOUR, Micros, iso, parse_iso

NOW: Micros = parse_iso("2026-11-20T08:00:00Z")


def stand(patient: str = "P1", plan: dict[str, Any] | None = None, **more: Any) -> Stand:
    return Stand(
        patient, compile_plan({"protocol": "chemo-aplasia", "aplasia": None} | (plan or {}), shipped()), **more
    )


def window(start: Micros, end: Micros) -> dict[str, Any]:
    return {"aplasia": {"from": iso(start), "until": iso(end)}}


def says(p: float, first: Micros, **more: Micros | None) -> Foreseen:
    return Foreseen(p, (first, first + DAY), more.get("back", first + 8 * DAY), more.get("best"))


def of(*stands: Stand) -> Ahead:
    return ahead(stands, NOW)


def test_measurements_are_counted_by_the_cadence_of_the_phase_of_now() -> None:
    [temperature] = of(stand(), stand("P2")).measures
    assert (temperature.code, temperature.n, temperature.patients) == ("8310-5", 2 * AHEAD // (8 * HOUR), 2)
    dose = {"protocol": "bispecific-crs", "doses": [iso(NOW - HOUR)]}
    old = {"protocol": "bispecific-crs", "doses": [iso(NOW - 90 * DAY)]}
    found = {each.code: each for each in of(stand("P1", dose), stand("P2", old)).measures}
    assert (found["8310-5"].patients, found["questionnaire:icans"].patients) == (2, 1)


def test_nothing_is_expected_of_who_is_in_a_pause_and_who_it_is_is_said() -> None:
    found = of(stand(open=True, resting=True))
    assert (found.measures, found.resting) == ((), ("P1",))


def test_windows_open_and_end_within_the_hours_ahead_the_soonest_first() -> None:
    found = of(
        stand("P1", window(NOW + 40 * HOUR, NOW + 9 * DAY)),
        stand("P2", window(NOW + 3 * HOUR, NOW + 9 * DAY)),
        stand("P3", window(NOW + 50 * HOUR, NOW + 9 * DAY)),
        stand("P4", window(NOW - 5 * DAY, NOW + 20 * HOUR), open=True),
        stand("P5", window(NOW - 9 * DAY, NOW - HOUR), open=True, overdue=True),
    )
    assert [each.patient for each in found.opening] == ["P2", "P1"]
    assert [each.patient for each in found.closing] == ["P4"]
    assert [(each.patient, each.why) for each in found.counts] == [("P5", "overdue"), ("P4", "end")]


def test_a_forecast_is_listed_when_its_days_below_touch_the_hours_ahead() -> None:
    near, far = says(0.1, NOW + 10 * HOUR, best=NOW + 30 * HOUR), says(0.9, NOW + 3 * DAY)
    over = says(0.9, NOW - 9 * DAY, back=NOW - HOUR)
    found = of(
        stand("P1", foreseen=near),
        stand("P2", foreseen=far),
        stand("P3", foreseen=over),
        stand("P4", foreseen=says(0.7, NOW - DAY, back=None)),
    )
    assert [(each.patient, each.p, each.likely) for each in found.grade4] == [("P4", 0.7, True), ("P1", 0.1, False)]
    assert [(each.patient, each.at, each.why) for each in found.counts] == [("P1", NOW + 30 * HOUR, "forecast")]


def test_oral_doses_are_counted_but_not_those_on_hold() -> None:
    drug = {"drug": "imatinib", "dose_mg": 400, "times": ["09:00", "21:00"]}
    hold = {"from": iso(NOW - DAY), "until": None, "reason": "fever", "ordered_by": "Dr Roy"}
    plan = {"protocol": "oral-therapy", "timezone": "UTC"}
    found = of(stand("P1", plan | {"oral": [drug]}), stand("P2", plan | {"oral": [drug | {"holds": [hold]}]}))
    assert (found.doses.n, found.doses.patients) == (4, 1)


def test_a_plan_that_cannot_be_used_is_said_and_counts_nowhere() -> None:
    found = of(Stand("P1", None))
    assert (found.faults, found.measures, found.doses.n) == (("P1",), (), 0)


def test_a_shift_of_all_times_changes_nothing() -> None:
    before = of(stand("P1", window(NOW + HOUR, NOW + 9 * DAY))).opening[0].at
    later = ahead([stand("P1", window(NOW + HOUR + 7 * DAY, NOW + 16 * DAY))], NOW + 7 * DAY).opening[0].at
    assert before is not None
    assert later == before + 7 * DAY
