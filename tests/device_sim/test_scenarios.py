"""Virtual patients: what is emitted and what the truth says agree; who is well stays inside every limit."""

import itertools
import json
from random import Random

import pytest

from device_sim.scenarios import DIALECTS, SCENARIOS, Scenario, story
from device_sim.steps import Step
from device_sim.truth import Subject
from domain.decode import Decoded, decode
from domain.instants import HOUR, Micros, iso, parse_iso
from domain.units import convert
from domain.vocabulary import HEART_RATE, MEASURES, NEUTROPHILS, SYSTOLIC, TEMPERATURE, WEIGHT, canonical

START: Micros = parse_iso("2026-11-22T08:00:00Z")
CADENCE = {TEMPERATURE: 600, HEART_RATE: 600}


def play(name: str, *, hours: float = 12, seed: int = 1, protocol: str = "chemo-aplasia", **more) -> list[Step]:
    scenario = Scenario(name, **more)
    steps = story(scenario, Subject("p1", "d1", protocol, CADENCE), start=START, rng=Random(seed))
    return list(itertools.takewhile(lambda step: step.at < START + hours * HOUR, steps))


def values(steps: list[Step], code: str) -> list[tuple[Micros, float]]:
    """Canonical values of a code, by a reading of the messages that shares nothing with the scenario."""
    found = []
    for step in steps:
        for entry in step.message["obs"]:
            if entry["c"] == code:
                measure = MEASURES[canonical(code, None)[0]]
                found.append((step.measured_at, convert(measure.quantity, entry["v"], entry["u"], measure.unit)))
    return found


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_message_is_one_the_hub_can_read_in_order_of_measurement(name, dialect):
    steps = play(name, dialect=dialect, onset_s=3600)
    for number, step in enumerate(steps, start=1):
        body = {"v": 1, "boot": "a", "seq": number, "t": iso(step.measured_at), **step.message}
        decoded = decode(json.dumps(body).encode())
        assert isinstance(decoded, Decoded)
        assert decoded.faults == ()
        assert all(one.u in MEASURES[one.c].units for one in decoded.message.obs)
    assert [step.at for step in steps] == sorted(step.at for step in steps)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_who_is_well_crosses_no_limit_day_or_night(seed, dialect):
    steps = play("stable", hours=48, seed=seed, dialect=dialect)
    assert [truth for step in steps for truth in step.truths] == []
    temperatures = [value for _, value in values(steps, TEMPERATURE)]
    assert 36.0 <= min(temperatures) <= max(temperatures) < 38.0


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("dialect", ["metric", "fahrenheit"])
def test_fever_begins_with_the_first_value_sent_at_or_above_38_3(seed, dialect):
    steps = play("febrile_neutropenia", seed=seed, dialect=dialect)
    truths = [truth for step in steps for truth in step.truths if truth["kind"] == "fever"]
    hot = [at for at, value in values(steps, TEMPERATURE) if value >= 38.3]
    assert [truth["onset"] for truth in truths] == [iso(hot[0])]
    assert truths[0]["expected_rules"] == ["fever"]
    sender = next(step for step in steps if truths[0] in step.truths)
    sent = sender.message["obs"][truths[0]["index"]]
    assert (sent["c"], sent["v"], sent["u"]) == (truths[0]["code"], truths[0]["value"], truths[0]["unit"])
    assert max(value for _, value in values(steps, TEMPERATURE)) > 38.8  # every national profile agrees in the end


def test_febrile_neutropenia_is_a_low_count_a_fast_pulse_and_a_falling_pressure():
    steps = play("febrile_neutropenia", hours=16, onset_s=0)
    assert values(steps, NEUTROPHILS)[0][1] < 0.5
    kinds = {truth["kind"] for step in steps for truth in step.truths}
    assert {"fever", "tachycardia", "hypotension"} <= kinds
    pressures = [value for _, value in values(steps, SYSTOLIC)]
    assert pressures[-1] < pressures[0] - 25


@pytest.mark.parametrize("seed", range(6))
def test_desaturation_is_told_once_a_severity(seed):
    steps = play("desaturation", hours=10, seed=seed)
    truths = [truth for step in steps for truth in step.truths if truth["kind"] == "desaturation"]
    assert [truth["severity"] for truth in truths] in (["medium", "high"], ["high"])
    assert all(truth["expected_rules"] == ["spo2"] for truth in truths)


def test_dehydration_loses_weight_while_the_pulse_rises():
    steps = play("dehydration", hours=24, onset_s=0, weigh_every=12)
    weights, pulses = values(steps, WEIGHT), values(steps, HEART_RATE)
    assert weights[-1][1] < weights[0][1] - 2
    assert pulses[-1][1] > pulses[0][1] + 20


def test_a_device_in_a_drawer_sends_the_rooms_temperature_and_no_pulse():
    steps = play("drawer", onset_s=3600)
    late = [step for step in steps if step.at >= START + HOUR]
    assert {entry["c"] for step in late for entry in step.message["obs"]} == {TEMPERATURE}
    assert all(20 < value < 23 for _, value in values(late, TEMPERATURE))
    truths = [truth for step in steps for truth in step.truths]
    assert [truth["expected_rules"] for truth in truths] == [["unusable-reading"], ["silence.8867-4"]]
    assert truths[1]["onset"] == iso(values(steps, HEART_RATE)[-1][0] + 1200 * 1_000_000)
    outside = play("drawer", onset_s=3600, protocol="vital-signs")
    assert [truth["kind"] for step in outside for truth in step.truths] == ["silence"]


def test_a_dying_battery_is_announced_then_the_device_is_silent():
    steps = play("battery_death", hours=48, onset_s=3600)
    levels = [event["v"] for step in steps for event in step.message.get("ev", ())]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] <= 2
    assert steps[-1].at < START + 3 * HOUR
    rules = [truth["expected_rules"][0] for step in steps for truth in step.truths]
    assert rules == ["battery", "silence.8310-5", "silence.8867-4"]


def test_artefacts_are_implausible_and_tell_of_an_unusable_reading():
    steps = play("stable", artefacts=0.2)
    pulses = [value for _, value in values(steps, HEART_RATE)]
    assert {0, 255, 290} & set(pulses)
    assert {truth["kind"] for step in steps for truth in step.truths} == {"unusable"}


def test_the_same_seed_is_the_same_story():
    assert play("febrile_neutropenia", seed=5) == play("febrile_neutropenia", seed=5)
    assert play("febrile_neutropenia", seed=5) != play("febrile_neutropenia", seed=6)


def test_a_wrong_scenario_is_named():
    with pytest.raises(ValueError, match=r"scenario: expected one of stable, .*got 'sleepy'"):
        Scenario("sleepy")
