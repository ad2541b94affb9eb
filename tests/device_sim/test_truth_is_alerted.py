"""What is true of a simulated patient on oral treatment is alerted, by the functions that run live."""

import itertools
import json
from random import Random

import pytest

from alerts.protocol.library import shipped
from alerts.questionnaire_files import shipped as questionnaires
from alerts.replay import Recording
from device_sim.behaviour import BEHAVIOURS
from device_sim.scenarios import Scenario, story
from device_sim.truth import Subject
from domain.alerts import AlertEvent
from domain.instants import DAY, HOUR, MINUTE, Micros, iso, parse_iso
from domain.questionnaire import book
from ingest.accept import Accepted, accept
from ingest.registry import Device, Worn

START: Micros = parse_iso("2026-11-27T06:30:00Z")  # a Friday morning
CAPE = {
    "drug": "capecitabine", "dose_mg": 1500, "tablets": 3, "times": ["08:00", "20:00"],
    "cycle": {"on": 14, "off": 7, "start": "2026-11-20"},
}  # fmt: skip
OFF = {**CAPE, "cycle": {"on": 14, "off": 7, "start": "2026-11-10"}}
WEEKLY = {"drug": "methotrexate oral", "dose_mg": 15, "tablets": 6, "times": ["08:00"], "weekdays": ["fri"]}
HELD = {
    **CAPE,
    "holds": [{"from": "2026-11-20T00:00:00+01:00", "until": None, "reason": "counts", "ordered_by": "Dr Roy"}],
}


def played(behaviour: str, oral: dict, *, days: float = 7, seed: int = 1) -> tuple[list[dict], list[AlertEvent]]:
    """(truth, events) of a week."""
    subject = Subject("p1", "box", "oral-therapy", {}, (oral,))
    scenario = Scenario("oral", onset_s=0, every_s=6 * 3600, behaviour=behaviour)
    steps = story(scenario, subject, start=START, rng=Random(seed))
    worn = Device("box", "s1", (Worn("p1", START - DAY, None),), START - DAY, book=book(questionnaires()))
    rows, truths = [], []
    for number, step in enumerate(itertools.takewhile(lambda step: step.at < START + days * DAY, steps), start=1):
        truths += step.truths
        body = {"v": 1, "boot": "a", "seq": number, "t": iso(step.measured_at), **step.message}
        judged = accept(json.dumps(body).encode(), "vigie/1/s1/box/obs", received_at=step.at, devices={"box": worn})
        assert isinstance(judged, Accepted)
        rows += [("p1", step.at, reading) for reading in judged.readings]
        rows += [(patient, step.at, found) for patient, found in judged.other_inputs()]
    plan = {"protocol": "oral-therapy", "oral": [oral], "timezone": "Europe/Paris"}
    events = [e for e in Recording(shipped(), {"p1": plan}).play(rows) if isinstance(e, AlertEvent)]
    return [truth for truth in truths if parse_iso(truth["onset"]) < START + days * DAY], events


CASES = [(name, CAPE) for name in BEHAVIOURS if name != "off_taker"] + [
    ("off_taker", OFF),
    ("off_taker", HELD),
    ("off_taker", WEEKLY),
]


@pytest.mark.parametrize(("behaviour", "oral"), CASES)
def test_every_truth_is_alerted_when_it_becomes_true(behaviour, oral):
    truths, events = played(behaviour, oral)
    assert truths or behaviour in ("adherent", "weekend_forgetter")
    for truth in truths:
        opened = [e for e in events if e.kind == "opened" and e.alert.rule in truth["expected_rules"]]
        assert opened, truth
        assert min(event.at for event in opened) <= parse_iso(truth["onset"]) + MINUTE, truth


def test_who_takes_every_dose_and_is_well_alerts_nobody():
    _, events = played("adherent", CAPE)
    assert [(event.alert.rule, event.kind) for event in events if event.alert.category == "adherence"] == []
    assert [event.alert.rule for event in events if event.alert.rule.startswith("symptom")] == []


def test_a_hold_silences_missed_doses():
    _, events = played("adherent", HELD)
    assert [event.alert.rule for event in events if event.alert.category == "adherence"] == []


def test_a_forgotten_weekend_is_told_on_the_weekend():
    truths, events = played("weekend_forgetter", CAPE)
    assert [truth["kind"] for truth in truths] == ["missed_run"]
    opened = [event.at for event in events if event.alert.rule == "missed-doses" and event.kind == "opened"]
    assert iso(opened[0])[:10] in ("2026-11-28", "2026-11-29")
    assert opened[0] == parse_iso("2026-11-28T19:00:00Z") + 6 * HOUR
