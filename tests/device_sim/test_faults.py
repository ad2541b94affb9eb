"""Faults: a good message is repeated, delayed or reordered, never lost or changed; garbage is what it says it is."""

import itertools
import json
from collections import Counter
from random import Random

import pytest

from device_sim import faults
from device_sim.scenarios import Scenario, story
from device_sim.steps import Step
from device_sim.truth import Subject
from domain.decode import Decoded, Unreadable, decode
from domain.instants import HOUR, parse_iso
from domain.vocabulary import MEASURES

START = parse_iso("2026-11-22T08:00:00Z")
SUBJECT = Subject("p1", "d1", "chemo-aplasia", {})
EVERY = [
    {"kind": "duplicates", "rate": 0.3},
    {"kind": "late", "rate": 0.3, "by_s": 7200},
    {"kind": "shuffled", "block": 7},
    {"kind": "skewed", "ahead_s": 3600, "deaf": True},
    {"kind": "clock_1970", "after_s": 3600},
    {"kind": "garbage", "rate": 0.5},
    {"kind": "outage", "after_s": 3600, "for_s": 7200},
]


def clean() -> list[Step]:
    steps = story(Scenario("febrile_neutropenia"), SUBJECT, start=START, rng=Random(3))
    return list(itertools.takewhile(lambda step: step.at < START + 10 * HOUR, steps))


def bent(fault: dict, steps: list[Step], seed: int = 4) -> list[Step]:
    return list(faults.apply(iter(steps), fault, subject=SUBJECT, start=START, rng=Random(seed)))


def multiset(steps: list[Step]) -> Counter:
    good = [step for step in steps if step.message is not None and step.spoil is None]
    return Counter((step.measured_at, json.dumps(step.message)) for step in good)


def truths(steps: list[Step]) -> list[str]:
    kinds = [truth for step in steps for truth in step.truths if truth["kind"] != "clock"]
    return sorted(json.dumps(truth) for truth in kinds)


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault["kind"])
def test_a_fault_keeps_every_good_message_once_and_its_truth(fault):
    steps = clean()
    after = bent(fault, steps)
    assert multiset(after) == multiset(steps)
    assert truths(after) == truths(steps)
    assert [step.at for step in after] == sorted(step.at for step in after)
    assert all(step.at >= step.measured_at for step in after)
    assert after != steps


def test_all_faults_at_once_keep_every_good_message():
    steps = clean()
    after = steps
    for fault in EVERY:
        after = bent(fault, after)
    assert multiset(after) == multiset(steps)


def test_a_clock_that_cannot_be_right_is_told_once_when_the_device_is_deaf():
    for fault, expected in (
        ({"kind": "skewed", "ahead_s": 3600, "deaf": True}, 1),
        ({"kind": "skewed", "ahead_s": 3600}, 0),
        ({"kind": "skewed", "ahead_s": -3600, "deaf": True}, 0),
        ({"kind": "clock_1970", "after_s": 3600}, 1),
        ({"kind": "clock_1970", "after_s": 3600, "deaf": False}, 0),
    ):
        told = [truth for step in bent(fault, clean()) for truth in step.truths if truth["kind"] == "clock"]
        assert len(told) == expected, fault
    late = bent({"kind": "clock_1970", "after_s": 3600}, clean())[-1]
    assert 0 < late.measured_at / 1e6 + late.skew_s < 24 * 3600


def test_an_outage_cuts_the_link_and_restores_it():
    steps = bent({"kind": "outage", "after_s": 3600, "for_s": 7200}, clean())
    assert [(step.link, step.at - START) for step in steps if step.link] == [("down", HOUR), ("up", 3 * HOUR)]


@pytest.mark.parametrize("kind", faults.GARBAGE)
def test_garbage_is_refused_by_the_hubs_reading_for_the_reason_it_states(kind):
    reason, entry_only, _ = faults.GARBAGE[kind]
    message = {"v": 1, "boot": "7f3a", "seq": 12, "t": "2026-11-22T05:50:02Z", "toff": 0.0, **clean()[3].message}
    read = decode(faults.spoil(kind, message))
    if reason in ("unknown_code", "unknown_unit", "implausible"):  # readable; refused by the vocabulary
        assert isinstance(read, Decoded)
        (entry,) = read.message.obs
        known = entry.c in MEASURES and entry.u in MEASURES[entry.c].units
        assert not known if reason != "implausible" else not 20 <= entry.v <= 250
    elif isinstance(read, Unreadable):
        assert (read.fault.reason, entry_only) == (reason, False)
    else:
        assert {fault.reason for fault in read.faults} == {reason}
        assert not read.message.obs


def test_an_unknown_fault_is_named():
    with pytest.raises(ValueError, match=r"faults\.kind: expected one of duplicates, .*got 'gremlins'"):
        bent({"kind": "gremlins"}, [])
    with pytest.raises(ValueError, match=r"faults\.kinds: expected some of"):
        bent({"kind": "garbage", "kinds": ["slime"]}, clean())
