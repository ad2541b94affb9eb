"""What a forecast promises whatever the numbers: same answer for the same facts, statuses, directions, no NaN."""

from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from models.anc import VERSION, forecast, treatment
from models.anc.answer import line
from models.anc.values import Count, Dose, Forecast, Gcsf, Request
from tests.models.anc.people import asked

USUAL = forecast(asked())


def same(one: Forecast, other: Forecast, shift: float = 0.0) -> None:
    for name, value in asdict(one).items():
        if "day" in name and "days" not in name:
            assert moved(value, shift) == pytest.approx(asdict(other)[name]), name
    for name in ("status", "why", "nadir_anc", "p_grade3", "p_grade4", "days_below_0_5", "surprise", "sampling"):
        assert getattr(one, name) == getattr(other, name), name
    for left, right in zip(one.curve, other.curve, strict=True):
        assert (left.day + shift, left.p05, left.count_p95) == pytest.approx((right.day, right.p05, right.count_p95))


def moved(value: Any, shift: float) -> Any:
    if isinstance(value, dict):
        return {key: moved(each, shift) for key, each in value.items()}
    return value + shift if isinstance(value, float) else value


def test_the_answer_is_ready_and_in_order() -> None:
    assert (USUAL.status, USUAL.version, USUAL.parameters) == ("ready", VERSION, "kloft2006_docetaxel")
    assert USUAL.nadir_anc
    assert USUAL.nadir_day
    assert USUAL.recovery_day
    assert USUAL.nadir_anc.p05 < USUAL.nadir_anc.p50 < USUAL.nadir_anc.p95 < 1  # type: ignore[operator]
    assert 6 < USUAL.nadir_day.p50 < USUAL.recovery_day.p50 < 20  # type: ignore[operator]
    assert USUAL.p_grade3 is not None
    assert USUAL.p_grade4 is not None
    assert 0.5 < USUAL.p_grade4 < USUAL.p_grade3 <= 1
    assert all(left.day < right.day for left, right in pairwise(USUAL.curve))
    assert all(p.count_p05 < p.p05 < p.p50 < p.p95 < p.count_p95 for p in USUAL.curve)
    assert USUAL.next_count_best_day is not None
    assert 7 < USUAL.next_count_best_day < 14


@pytest.mark.parametrize("shift", [0.3, 10.0, 365.7])
def test_shifting_all_days_shifts_the_answer_and_nothing_else(shift: float) -> None:
    request = asked(gcsf=[{"day": 3}])
    later = replace(
        request,
        doses=tuple(replace(dose, day=dose.day + shift) for dose in request.doses),
        counts=tuple(replace(count, day=count.day + shift) for count in request.counts),
        gcsf=tuple(replace(given, day=given.day + shift) for given in request.gcsf),
    )
    same(forecast(request), forecast(later), shift)


def test_order_and_duplicates_change_nothing() -> None:
    request = asked()
    same(USUAL, forecast(replace(request, counts=request.counts[::-1])))
    same(USUAL, forecast(replace(request, counts=request.counts * 2, doses=request.doses * 2)))


def test_the_same_seed_gives_the_same_answer_and_another_nearly_the_same() -> None:
    same(USUAL, forecast(asked()))
    other = forecast(asked(), seed=5)
    assert other.nadir_anc != USUAL.nadir_anc
    assert other.p_grade4 == pytest.approx(USUAL.p_grade4, abs=0.06)


def test_the_request_is_not_changed() -> None:
    request = asked(covariates={"aag": 1.5})
    before = repr(request)
    forecast(request)
    assert repr(request) == before


def test_without_a_count_the_population_speaks() -> None:
    found = forecast(asked(counts=[]))
    assert (found.status, found.surprise) == ("prior_only", None)
    assert found.sampling is not None
    assert found.sampling.method == "prior"
    assert found.nadir_anc
    assert USUAL.nadir_anc
    assert found.nadir_anc.p95 / found.nadir_anc.p05 > USUAL.nadir_anc.p95 / USUAL.nadir_anc.p05  # type: ignore[operator]


def test_without_drug_and_regimen_it_is_the_class_and_says_so() -> None:
    found = forecast(asked(drug=None))
    assert found.status == "prior_only"
    assert "neither drug nor regimen" in found.why
    assert "ni médicament ni schéma" in found.why_fr


def test_a_regimen_without_kinetics_has_its_usual_nadir_day() -> None:
    found = forecast(asked(drug=None, regimen="r-chop-21", counts=[]))
    assert found.parameters == "kpd:r-chop-21"
    assert found.nadir_day is not None
    assert 8 < found.nadir_day.p50 < 13  # type: ignore[operator] # days 10 to 14 of the table, counted from day 1
    assert forecast(asked(drug=None, regimen="docetaxel")).parameters == "kloft2006_docetaxel"


def test_a_low_count_makes_grade_4_likelier_and_gcsf_less_lasting() -> None:
    better = forecast(asked(counts=[{"day": 0, "anc": 5.0}, {"day": 7, "anc": 2.5}]))
    worse = forecast(asked(counts=[{"day": 0, "anc": 5.0}, {"day": 7, "anc": 0.2}]))
    assert better.p_grade4 < 0.4 < 0.9 < worse.p_grade4  # type: ignore[operator]
    helped = forecast(asked(gcsf=[{"day": day} for day in range(8, 13)]))
    assert helped.recovery_day.p50 < USUAL.recovery_day.p50 - 0.5  # type: ignore[operator,union-attr]
    assert helped.days_below_0_5.p50 < USUAL.days_below_0_5.p50  # type: ignore[operator,union-attr]


def test_counts_below_the_limit_are_one_statement_whatever_their_digits() -> None:
    zero, tiny, small = (
        forecast(asked(counts=[{"day": 0, "anc": 5.0}, {"day": 8, "anc": anc}])) for anc in (0.0, 0.001, 0.04)
    )
    same(zero, tiny)
    same(zero, small)
    assert zero.nadir_anc.p50 < 0.06  # type: ignore[operator,union-attr]
    assert zero.nadir_anc.p05 > 0  # type: ignore[operator,union-attr]


def test_the_next_cycle_stays_uncertain_after_a_cycle_that_is_known() -> None:
    days = (0, 3, 5, 7, 8, 9, 10, 12, 14, 18, 21)
    curve = {point.day: point.p50 for point in USUAL.curve}
    counts = tuple(Count(float(day), curve[float(day)]) for day in days)
    one = Request("x", "docetaxel", None, (Dose(0.0, 180.0, 1.0),), counts, count_log_sd=0.1)
    two = replace(one, doses=(*one.doses, Dose(21.0, 180.0, 1.0)))
    known, next_one = forecast(one).nadir_anc, forecast(two).nadir_anc
    assert known is not None
    assert next_one is not None
    assert np.log(next_one.p95 / next_one.p05) > 4 * np.log(known.p95 / known.p05)  # type: ignore[operator]


def test_a_count_that_cannot_be_is_a_surprise() -> None:
    widened = forecast(asked(counts=[{"day": 0, "anc": 5}, {"day": 5, "anc": 2}, {"day": 7, "anc": 9}]))
    assert widened.status == "surprised"
    assert widened.surprise is not None
    assert widened.surprise < 1e-3
    absurd = forecast(asked(counts=[{"day": 0, "anc": 5}, {"day": 5, "anc": 2}, {"day": 7, "anc": 400}]))
    assert (absurd.status, absurd.nadir_anc, absurd.p_grade4, absurd.curve) == ("surprised", None, None, ())
    assert "no forecast" in absurd.why


@pytest.mark.parametrize(
    "changes",
    [
        {"doses": [{"day": 0, "amount_mg": 1e6, "duration_h": 0}]},
        {"doses": [{"day": 0, "amount_mg": 1e-6, "duration_h": 240}]},
        {"counts": [{"day": 0, "anc": 500}]},
        {"counts": [{"day": 0, "anc": 0}, {"day": 0, "anc": 500}]},
        {"count_log_sd": 0.01, "counts": [{"day": day, "anc": 5 if day % 2 else 0.1} for day in range(20)]},
        {"horizon_days": 2, "counts": []},
        {"horizon_days": 120},
        {"doses": [{"day": day, "amount_mg": 20, "duration_h": 1} for day in range(60)], "counts": []},
        {"gcsf": [{"day": day, "mg": 100, "name": "pegfilgrastim"} for day in range(28)]},
        {"drug": "nab-paclitaxel", "doses": [{"day": 0, "amount_mg": 1e5, "duration_h": 0.5}]},
        {"covariates": {"aag": 6, "sex": "F", "ecog": 5, "prior_therapy": 1}},
    ],
)
def test_absurd_requests_have_finite_answers(changes: dict[str, Any]) -> None:
    found = line(forecast(asked(**changes)))
    numbers = list(leaves(found))
    assert len(numbers) >= 4
    assert all(np.isfinite(number) for number in numbers)


def leaves(value: Any) -> list[float]:
    if isinstance(value, dict | list | tuple):
        return [leaf for each in (value.values() if isinstance(value, dict) else value) for leaf in leaves(each)]
    return [value] if isinstance(value, float) else []


def test_what_lies_beyond_the_horizon_is_null() -> None:
    short = forecast(asked(horizon_days=9))
    assert short.recovery_day is not None
    assert short.recovery_day.p95 is None
    assert short.curve[-1].day <= 9
    assert short.p_recovered_by(9.5) is None
    assert USUAL.p_recovered_by(0.2) is None


def test_recovery_by_a_day_rises_with_the_day() -> None:
    shares = [USUAL.p_recovered_by(day) for day in (7.0, 12.0, 16.0, 27.0)]
    assert shares == sorted(shares)  # type: ignore[type-var]
    assert shares[-1] == pytest.approx(1.0, abs=0.02)


def test_several_drugs_and_kpd_go_together() -> None:
    doses = (Dose(0.0, 180.0, 1.0, "docetaxel"), Dose(0.0, 1000.0, 1.0))
    alone = forecast(Request("x", None, "tc", doses[1:], ()))
    both = forecast(Request("x", None, "tc", doses, ()))
    assert alone.p_grade4 < both.p_grade4  # type: ignore[operator]
    assert both.status == "prior_only"


def test_gcsf_mg_none_is_the_usual_dose() -> None:
    request = asked()
    usual, told = (forecast(replace(request, gcsf=(Gcsf(8.0, mg),))) for mg in (None, 0.3))
    assert usual.nadir_anc == told.nadir_anc


def test_what_lies_before_a_long_break_is_left_out_and_costs_nothing() -> None:
    """Years between two doses would be years of curve."""
    request = asked()
    again = replace(
        request,
        doses=(*request.doses, *(replace(dose, day=dose.day + 20_000 - 30) for dose in request.doses)),
        counts=(*request.counts, *(replace(count, day=count.day + 20_000 - 30) for count in request.counts)),
    )
    same(forecast(request), forecast(again), 20_000 - 30)


def test_a_drug_of_every_day_and_counts_of_every_hour_are_looked_at_in_their_newest_part() -> None:
    days = [{"day": day, "amount_mg": 20, "duration_h": 1} for day in range(700)]
    whole, newest = (forecast(asked(doses=some, counts=[])) for some in (days, days[-treatment.MOST_DAYS :]))
    assert whole.nadir_anc == newest.nadir_anc
    assert whole.cycle_from_day == newest.cycle_from_day == 699
    hourly = [{"day": 5 + hour / 48, "anc": 2.0} for hour in range(2 * treatment.MOST_COUNTS)]
    assert forecast(asked(counts=hourly)).status == "ready"
