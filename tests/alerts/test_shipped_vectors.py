"""The shared vectors of reported symptoms, CRS and ICANS, through the shipped protocols and the live engine."""

import csv
from pathlib import Path

import pytest

from domain.values import Origin, Reading, Report
from domain.vocabulary import OXYGEN_FLOW, SYSTOLIC
from tests.alerts.play import Play, at, reading
from tests.alerts.test_shipped_protocols import taken

VECTORS = Path(__file__).parents[1] / "vectors"
AFTER_DOSE = {"protocol": "bispecific-crs", "aplasia": None}  # no dose known counts as after one


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((VECTORS / name).read_text().splitlines()))


def answer(minute: float, item: str, grade: int | None, number: float | None = None) -> Report:
    origin = Origin("tablet", "b", round(minute) + 1)
    return Report("P1", "daily", item, "severity", grade, number, None, at(minute), at(minute), "patient", origin)


@pytest.mark.parametrize("row", rows("pro_alert_star_rule.csv"), ids=lambda row: str(row["id"]))
def test_a_symptom_alerts_as_the_vectors_say(row: dict[str, str]) -> None:
    play = Play({"protocol": "oral-therapy"})
    if row["previous_0_4"]:
        play.feed(answer(0, row["symptom"], int(row["previous_0_4"])))
    play.feed(answer(1440, row["symptom"], int(row["current_0_4"])))
    [rule] = [rule for rule in play.state.compiled.levels if rule.id == f"symptom.{row['symptom']}"]
    current = play.state.streams[rule.stream].track(rule).current
    assert (current is not None and current.last_met_at == at(1440)) == (row["exp_alert"] == "yes")


GRADED = {"voice": 2, "touch": 3, "vigorous": 4, "unarousable": 4}  # as the item `sleepiness` is graded


@pytest.mark.parametrize(
    "row", [row for row in rows("astct_icans.csv") if row["icp_or_oedema"] == "none"], ids=lambda row: str(row["id"])
)
def test_neurotoxicity_is_high_from_grade_2_and_medium_at_1(row: dict[str, str]) -> None:
    """Without what only a hospital can see (pressure, oedema)."""
    play = Play(AFTER_DOSE)
    if row["ice_score"]:
        play.feed(answer(0, "ice", None, float(row["ice_score"])))
    if row["consciousness"] in GRADED:
        play.feed(answer(1, "sleepiness", GRADED[row["consciousness"]]))
    if row["seizure"] != "none":
        play.feed(answer(2, "seizure", 1))
    if row["motor"] != "none":
        play.feed(answer(3, "focal-weakness", 1))
    found = {alert.severity for alert in play.state.alerts.values() if alert.cause == "icans"}
    grade = int(row["exp_grade"])
    assert found == set() if grade == 0 else ("high" in found) == (grade >= 2) and found


@pytest.mark.parametrize("row", rows("astct_crs.csv"), ids=lambda row: str(row["id"]))
def test_cytokine_release_alerts_by_fever_and_by_what_goes_with_it(row: dict[str, str]) -> None:
    play = Play(AFTER_DOSE)
    hidden = {"antipyretic_given": "paracetamol", "anticytokine_given": "dexamethasone"}.get(row["context"])
    if hidden is not None:
        play.feed(taken(0, hidden))
    inputs: list[Reading] = [reading(1, float(row["temp_C"]))]
    inputs.append(reading(2, 85 if row["hypotension"] == "yes" else 120, code=SYSTOLIC))
    if row["oxygen"] not in ("none", ""):
        inputs.append(reading(3, 4.0, code=OXYGEN_FLOW))
    play.feed(*inputs)
    febrile = float(row["temp_C"]) >= 38.0
    expected = {"crs-fever"} if febrile else set()
    expected |= {"crs-hypotension"} if row["hypotension"] == "yes" and (febrile or hidden) else set()
    expected |= {"crs-hypoxia"} if row["oxygen"] not in ("none", "") and (febrile or hidden) else set()
    assert {rule for rule in play.state.alerts if rule.startswith("crs-")} == expected
    assert all(play.state.alerts[rule].severity == "high" for rule in expected)
    if int(row["exp_grade"]) >= 2:
        assert expected & {"crs-hypotension", "crs-hypoxia"}
