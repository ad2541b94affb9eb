"""Every fever series under every profile: the minute and criterion of the first alert."""

import csv
from pathlib import Path

import pytest

from alerts.protocol.library import shipped
from alerts.replay import Recording
from domain.alerts import AlertEvent
from domain.instants import MINUTE
from domain.values import Reading, Reason, Rejected
from domain.vocabulary import SITE_SYNONYMS, TEMPERATURE

VECTORS = Path(__file__).parent.parent / "vectors"
PROFILES = ("IDSA_NCCN", "ESMO_2016", "FR_38_5", "FR_RDP", "CTCAE_5", "CAUTIOUS_HOME")
START = 1_795_000_000_000_000


def rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(newline="") as source:
        return list(csv.DictReader(source))


READINGS = rows("febrile_neutropenia_readings.csv")
CASES = [(case, profile) for case in rows("febrile_neutropenia_cases.csv") for profile in PROFILES]


def as_input(row: dict[str, str]) -> Reading | Rejected:
    at = START + round(float(row["measured_minute"]) * MINUTE)
    received = START + round(float(row["arrival_minute"]) * MINUTE)
    if row["valid"] != "yes":
        return Rejected(Reason.IMPLAUSIBLE, "v", "30 to 43 Cel", b"", received, "t", patient="P1")
    site = SITE_SYNONYMS.get(row["route"], row["route"])
    return Reading("P1", TEMPERATURE, float(row["temp_C"]), at, received, site)


def opened(case: dict[str, str], profile: str) -> list[AlertEvent]:
    plan = {"protocol": "chemo-aplasia", "fever_profile": profile, "site_offsets": {}}
    if case["route_offset_C"]:
        site, _, offset = case["route_offset_C"].partition("=")
        plan["site_offsets"] = {site: float(offset)}
    found = [as_input(row) for row in READINGS if row["case_id"] == case["case_id"]]
    recording = Recording(shipped(), {"P1": plan})
    events = recording.play(("P1", reading.received_at, reading) for reading in found)
    return [e for e in events if isinstance(e, AlertEvent) and e.alert.rule == "fever" and e.kind == "opened"]


@pytest.mark.parametrize(("case", "profile"), CASES, ids=[f"{case['case_id']}-{profile}" for case, profile in CASES])
def test_first_alert_is_at_the_expected_minute(case: dict[str, str], profile: str) -> None:
    events = opened(case, profile)
    minute, criterion = case[f"{profile}_alert_minute"], case[f"{profile}_criterion"]
    if minute == "none":
        assert events == []
        return
    assert (events[0].alert.condition_at - START) / MINUTE == float(minute)
    assert events[0].alert.criterion == criterion
    assert events[0].alert.severity == "high"


def test_the_table_of_profiles_is_the_protocol() -> None:
    profiles = shipped().protocols["chemo-aplasia"].fever_profiles
    for row in rows("febrile_neutropenia_profiles.csv"):
        found = profiles[row["profile"]]
        assert found.single_threshold == float(row["single_threshold_C"])
        assert found.single_inclusive == (row["single_inclusive"] == "True")
        assert found.sustained_threshold == float(row["sustained_threshold_C"])
        assert found.sustained_inclusive == (row["sustained_inclusive"] == "True")
        assert found.window_min == float(row["window_min"])
        assert found.window_inclusive == (row["window_inclusive"] == "True")
        assert found.cap_min == (float(row["cap_min"]) if row["cap_min"] else None)
        assert found.hypothermia_below == (float(row["hypothermia_below_C"]) if row["hypothermia_below_C"] else None)
