"""Virtual patients on oral treatment: what they do is what the box and the app send, and what the truth says."""

import itertools
import json
from random import Random

import msgspec
import pytest

from alerts.oral.check import oral_faults
from alerts.questionnaire_files import shipped
from device_sim import fleet, fleet_file
from device_sim.behaviour import BEHAVIOURS
from device_sim.demo import demo_fleet, device_entry
from device_sim.doses import slots
from device_sim.scenarios import Scenario, story
from device_sim.steps import Step
from device_sim.truth import Subject
from domain.decode import Decoded, decode
from domain.instants import DAY, HOUR, MINUTE, Micros, iso, parse_iso
from domain.questionnaire import book
from ingest.accept import Accepted, accept
from ingest.registry import Device, Worn

START: Micros = parse_iso("2026-11-22T08:00:00Z")  # a Sunday
CAPE = {
    "drug": "capecitabine", "dose_mg": 1500, "tablets": 3, "times": ["08:00", "20:00"],
    "cycle": {"on": 14, "off": 7, "start": "2026-11-16"},
}  # fmt: skip


def play(behaviour: str, *, days: float = 10, seed: int = 1, oral=(CAPE,), **more) -> list[Step]:
    subject = Subject("p1", "box", "oral-therapy", {}, tuple(oral))
    scenario = Scenario("oral", onset_s=0, every_s=6 * 3600, behaviour=behaviour, **more)
    steps = story(scenario, subject, start=START, rng=Random(seed))
    return list(itertools.takewhile(lambda step: step.at < START + days * DAY, steps))


def intakes(steps: list[Step]) -> list[dict]:
    return [entry for step in steps for entry in step.message.get("int", ())]


def truths(steps: list[Step]) -> dict[str, dict]:
    return {truth["kind"]: truth for step in steps for truth in step.truths}


def due(days: float, oral=(CAPE,)) -> list[Micros]:
    found = itertools.takewhile(lambda slot: slot.at < START + days * DAY, slots(oral, "Europe/Paris", START))
    return [slot.at for slot in found if slot.kind == "due"]


def test_doses_are_due_at_the_times_of_the_wall_inside_the_cycle_and_outside_holds():
    found = due(10)
    assert [iso(at) for at in found[:3]] == ["2026-11-22T19:00:00Z", "2026-11-23T07:00:00Z", "2026-11-23T19:00:00Z"]
    assert len(found) == 15  # the cycle's 14 days end on the 29th
    held = {**CAPE, "holds": [{"from": "2026-11-23T00:00:00+01:00", "until": "2026-11-25T00:00:00+01:00"}]}
    assert len(due(10, [held])) == 11
    spring = parse_iso("2026-03-28T12:00:00Z")
    times = [slot.at for slot in itertools.islice(slots([{**CAPE, "cycle": None}], "Europe/Paris", spring), 3)]
    assert [iso(at)[11:16] for at in times] == ["19:00", "06:00", "18:00"]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_message_is_one_the_hub_takes_whole_in_order_of_time(behaviour):
    steps = play(behaviour)
    worn = Device("box", "s1", (Worn("p1", START - DAY, None),), START - DAY, book=book(shipped()))
    for number, step in enumerate(steps, start=1):
        body = {"v": 1, "boot": "a", "seq": number, "t": iso(step.measured_at), **step.message}
        payload = json.dumps(body).encode()
        assert isinstance(decode(payload), Decoded)
        judged = accept(payload, "vigie/1/s1/box/obs", received_at=step.at, devices={"box": worn})
        assert isinstance(judged, Accepted)
        assert list(judged.rejected) == []
        assert all(report.version == "oral-daily@1.0.0" for report in judged.reports)
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_who_is_adherent_takes_each_dose_once_near_its_time_and_nothing_is_true():
    steps = play("adherent", days=12)
    taken = intakes(steps)
    assert [parse_iso(entry["due"]) for entry in taken] == due(12)
    assert all(0 <= parse_iso(one["at"]) - parse_iso(one["due"]) <= 20 * MINUTE for one in taken)
    assert truths(steps) == {}


def test_over_taking_is_two_intakes_for_one_dose():
    steps = play("over_taker", days=2)
    of_first = [entry for entry in intakes(steps) if parse_iso(entry["due"]) == due(1)[0]]
    assert [entry["state"] for entry in of_first] == ["taken", "taken"]
    told = truths(steps)["over_taking"]
    assert (told["onset"], told["expected_rules"]) == (of_first[1]["at"], ["extra-dose", "double-dose"])


def test_a_missed_run_counts_six_hours_after_the_second_dose():
    told = truths(play("stopper", days=3))["missed_run"]
    assert told["onset"] == iso(due(3)[1] + 6 * HOUR + MINUTE)
    assert "missed-doses" in told["expected_rules"]
    assert intakes(play("stopper", days=3)) == []


def test_a_weekend_forgetter_forgets_saturday_and_sunday_only():
    taken = {parse_iso(entry["due"]) for entry in intakes(play("weekend_forgetter", days=8))}
    for at in due(8):
        assert (at in taken) is (iso(at)[:10] not in ("2026-11-22", "2026-11-28", "2026-11-29"))


def test_a_vomited_dose_is_taken_by_the_box_and_vomited_by_the_patient():
    steps = play("vomiter", days=6)
    sources = {(step.message["by"], one["state"]) for step in steps for one in step.message.get("int", ())}
    assert sources == {("device", "taken"), ("patient", "vomited")}
    assert truths(steps)["vomited"]["expected_rules"] == ["vomited-doses"]


def test_taking_in_the_off_week_or_during_a_hold_is_told_by_what_it_is():
    off = {**CAPE, "cycle": {"on": 14, "off": 7, "start": "2026-11-07"}}
    assert truths(play("off_taker", days=2, oral=[off]))["intake_not_due"]["expected_rules"] == ["intake-not-due"]
    held = {**CAPE, "holds": [{"from": "2026-11-20T00:00:00Z", "until": None}]}
    steps = play("off_taker", days=2, oral=[held])
    assert truths(steps)["intake_on_hold"]["expected_rules"] == ["intake-during-hold"]
    assert "due" not in intakes(steps)[0]
    assert intakes(play("adherent", days=2, oral=[held])) == []


def test_a_toxic_course_rises_from_grade_to_grade_and_is_severe_on_the_third_day():
    steps = play("toxic", days=6)
    nausea = [one["g"] for step in steps for one in step.message.get("rep", ()) if one["i"] == "nausea"]
    assert nausea == sorted(nausea)
    assert nausea[-1] == 4
    told = truths(steps)["symptom nausea.severity"]
    assert parse_iso(told["onset"]) - START > 2 * DAY
    assert told["expected_rules"] == ["symptom.nausea"]


def test_who_forgets_answers_less_and_the_same_seed_is_the_same_story():
    count = {name: sum("rep" in step.message for step in play(name, days=40)) for name in ("adherent", "forgetful")}
    assert count["adherent"] == 40
    assert 20 <= count["forgetful"] <= 36
    assert play("forgetful", seed=3) == play("forgetful", seed=3)
    assert play("forgetful", seed=3) != play("forgetful", seed=4)


def test_what_is_taken_does_not_depend_on_how_often_vital_signs_are_sent():
    subject = Subject("p1", "box", "oral-therapy", {}, (CAPE,))
    stories = [
        story(Scenario("oral", onset_s=0, every_s=every, behaviour="forgetful"), subject, start=START, rng=Random(5))
        for every in (300, 3600)
    ]
    days = [itertools.takewhile(lambda step: step.at < START + DAY, one) for one in stories]
    both = [[step for step in day if "obs" not in step.message] for day in days]
    assert both[0] == both[1]


def test_who_takes_an_oral_drug_in_the_demo_has_a_plan_that_can_be_used():
    specs = [spec for spec in demo_fleet(40, 0, 1, start=START) if spec.plan["protocol"] == "oral-therapy"]
    assert sorted(spec.scenario["behaviour"] for spec in specs) == sorted(BEHAVIOURS)
    for spec in specs:
        assert oral_faults(spec.plan) == []
        device = msgspec.convert(device_entry(spec, "x"), fleet_file.Device)
        first = next(step for step in fleet.steps_of(device, {}, START) if {"int", "ev"} & step.message.keys())
        assert first.at <= START + 3 * HOUR


def test_a_fleet_file_with_a_plan_that_cannot_be_read_names_the_device(tmp_path):
    box = {"device": "box", "site": "s1", "patient": "p", "password": "x", "scenario": "oral", "oral": [{"drug": "x"}]}
    content = {"broker": "mqtt://x", "truth": "t", "ledger": "l", "outbox": "o", "devices": [box]}
    (tmp_path / "f.json").write_text(json.dumps(content))
    with pytest.raises(fleet_file.FleetError, match=r"devices\[0\] \(box\), oral: expected drug, one dose_mg"):
        fleet_file.read(tmp_path / "f.json")
