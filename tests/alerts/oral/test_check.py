"""The oral part of a care plan: every fault names its field and what was expected."""

from typing import Any

import pytest

from alerts.protocol.library import shipped
from alerts.protocol.plan import check_plan
from tests.alerts.oral.days import CAPECITABINE, IMATINIB, METHOTREXATE, plan

CHANGE = {"from": "2026-11-20", "dose_mg": 1000, "ordered_by": "Dr Roy"}
HOLD = {"from": "2026-11-20", "until": None, "reason": "diarrhoea", "ordered_by": "Dr Roy"}
TRIP = {"from": "2026-11-20", "until": "2026-11-25", "timezone": "America/Montreal"}


def test_a_whole_plan_has_no_fault() -> None:
    whole = CAPECITABINE | {
        "tablets": [3, 4], "food": "after_meal", "start": "2026-11-16", "until": "2027-03-01", "late_min": 60,
        "asked_min": 120, "changes": [CHANGE | {"times": ["09:00"], "tablets": 2}], "holds": [HOLD],
    }  # fmt: skip
    assert check_plan(plan(whole, METHOTREXATE, IMATINIB, trips=[TRIP], timezone="Europe/Paris"), shipped()) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"drug": ""}, "oral[0].drug: expected the name"),
        ({"drug": "a\x00b"}, "oral[0].drug: expected the name"),
        ({"dose": 3}, "oral[0].dose: expected one of"),
        ({"dose_mg": 0}, "oral[0].dose_mg: expected a number above 0"),
        ({"dose_mg": True}, "oral[0].dose_mg: expected a number above 0"),
        ({"dose_mg": float("nan")}, "oral[0].dose_mg: expected a number above 0"),
        ({"dose_mg": [1, 2, 3]}, "oral[0].dose_mg: expected one number, or one for each of the 2 times"),
        ({"dose_mg": None}, "oral[0].dose_mg: expected a number above 0"),
        ({"times": []}, "oral[0].times: expected a list of 1 to 12"),
        ({"times": ["8:00"]}, "oral[0].times[0]: expected a time from 00:00 to 23:59"),
        ({"times": ["24:00"]}, "oral[0].times[0]: expected a time from 00:00 to 23:59"),
        ({"times": ["20:00", "08:00"]}, "oral[0].times: expected rising times"),
        ({"tablets": -1}, "oral[0].tablets: expected a number above 0"),
        ({"food": "wine"}, "oral[0].food: expected one of with_food"),
        ({"weekdays": ["monday"]}, "oral[0].weekdays: expected a list of mon"),
        ({"weekdays": []}, "oral[0].weekdays: expected a list of mon"),
        ({"weekdays": [["mon"]]}, "oral[0].weekdays: expected a list of mon"),
        ({"start": "soon"}, "oral[0].start: expected a date"),
        ({"start": "2026-11-20", "until": "2026-11-19"}, "oral[0].until: expected a date not before start"),
        ({"cycle": {"on": 0, "off": 7, "start": "2026-11-15"}}, "oral[0].cycle.on: expected a number of days"),
        ({"cycle": {"on": 14, "off": 7}}, "oral[0].cycle.start: expected a date"),
        ({"cycle": {"on": 14, "off": 7, "start": "2026-11-15", "days": [22]}}, "oral[0].cycle.days: expected days"),
        ({"cycle": [14, 7]}, "oral[0].cycle: expected an object"),
        ({"late_min": 0}, "oral[0].late_min: expected 1 to 1440 minutes"),
        ({"changes": [CHANGE | {"ordered_by": " "}]}, "oral[0].changes[0].ordered_by: expected the name"),
        ({"changes": [CHANGE | {"from": "yesterday"}]}, "oral[0].changes[0].from: expected a date"),
        ({"changes": [CHANGE | {"from": "2026-11-20T08:00"}]}, "oral[0].changes[0].from: expected a date"),
        ({"changes": [CHANGE | {"dose_mg": "more"}]}, "oral[0].changes[0].dose_mg: expected a number"),
        ({"changes": CHANGE}, "oral[0].changes: expected a list"),
        ({"holds": [HOLD | {"until": "2026-11-19"}]}, "oral[0].holds[0].until: expected a time after from"),
        ({"holds": [{k: v for k, v in HOLD.items() if k != "reason"}]}, "oral[0].holds[0].reason: expected a text"),
        ({"holds": ["x"]}, "oral[0].holds[0]: expected an object"),
    ],
)
def test_a_fault_names_the_field_and_what_was_expected(fields: dict[str, Any], fault: str) -> None:
    found = check_plan(plan(CAPECITABINE | fields), shipped())
    assert len(found) == 1, found
    assert found[0].startswith(fault)


@pytest.mark.parametrize("value", [3, "capecitabine", {"drug": "x"}, None, [3], [None], ["x"], [[]]])
def test_no_shape_of_a_plan_raises(value: Any) -> None:
    assert check_plan({"protocol": "oral-therapy", "oral": value}, shipped())
    assert check_plan({"protocol": "oral-therapy", "trips": value}, shipped())


def test_a_weekly_drug_needs_its_day() -> None:
    daily = {key: value for key, value in METHOTREXATE.items() if key != "weekdays"}
    [fault] = check_plan(plan(daily | {"drug": "Méthotrexate"}), shipped())
    assert fault.startswith(
        "oral[0].weekdays: expected the days of the week, because methotrexate oral is a weekly drug"
    )


def test_a_drug_stands_once() -> None:
    [fault] = check_plan(plan(IMATINIB, IMATINIB | {"drug": "IMATINIB 400 mg"}), shipped())
    assert fault.startswith("oral[1].drug: expected each drug once")


def test_a_trip_needs_a_known_zone_and_an_end_after_its_beginning() -> None:
    for fields, field in (({"timezone": "Mars/Phobos"}, "timezone"), ({"until": "2026-11-19"}, "until")):
        [fault] = check_plan(plan(IMATINIB, trips=[TRIP | fields]), shipped())
        assert fault.startswith(f"trips[0].{field}: expected")
