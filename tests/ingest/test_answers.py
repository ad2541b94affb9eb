"""Answers judged against the version of the questionnaire they name: each by itself, the rest stored."""

from typing import Any

import msgspec
import pytest
from msgspec import structs

from alerts.questionnaire_files import shipped
from domain.questionnaire import book
from ingest.accept import Accepted, accept
from ingest.entries import enter
from storage.inbox import Waiting
from tests.ingest.support import DEVICES, NOW, message

TOPIC = "vigie/1/s1/d1/obs"
QV = "oral-daily@1.0.0"
GOOD = {"q": "daily", "qv": QV, "i": "nausea", "a": "severity", "g": 2}


def judged(*rep: dict[str, Any], known: bool = True) -> Accepted:
    devices = {name: structs.replace(device, book=book(shipped()) if known else {}) for name, device in DEVICES.items()}
    found = accept(msgspec.json.encode(message(obs=[], rep=list(rep))), TOPIC, received_at=NOW, devices=devices)
    assert isinstance(found, Accepted)
    return found


def refused(found: Accepted) -> list[tuple[str, str, str]]:
    return [(one.reason.value, one.path, one.expected) for one in found.rejected]


def test_the_version_is_recorded_with_the_answer():
    found = judged(GOOD, {**GOOD, "i": "other", "a": "text", "g": None, "s": "<b>x</b>\u202e"})
    assert [(one.item, one.version) for one in found.reports] == [("nausea", QV), ("other", QV)]
    assert refused(found) == []


@pytest.mark.parametrize(
    ("change", "reason", "path"),
    [
        ({"i": "nausae"}, "unknown_code", "rep[1].i"),
        ({"a": "frequency"}, "unknown_code", "rep[1].a"),
        ({"q": "icans"}, "unknown_code", "rep[1].q"),
        ({"i": "rash", "a": "presence", "g": 2}, "implausible", "rep[1].g"),
        ({"g": None, "n": 2}, "malformed", "rep[1].g"),
        ({"g": 5}, "malformed", "rep[1].g"),
        ({"i": "other", "a": "text", "g": None, "s": "x" * 2001}, "implausible", "rep[1].s"),
        ({"i": "other", "a": "text", "g": None, "s": "a\u0000b"}, "malformed", "rep[1].s"),
        ({"qv": "x" * 101}, "malformed", "rep[1].qv"),
    ],
)
def test_what_the_version_does_not_have_is_refused_by_itself_with_its_reason(change, reason, path):
    found = judged(GOOD, {**GOOD, **change}, {**GOOD, "i": "pain"})
    assert [one.item for one in found.reports] == ["nausea", "pain"]
    assert [one.index for one in found.reports] == [0, 2]
    [(why, where, expected)] = refused(found)
    assert (why, where) == (reason, path)
    assert expected
    assert found.rejected[0].patient == "P2"


@pytest.mark.parametrize("qv", [None, "oral-daily@9.0.0", "theirs@1"])
def test_without_a_version_or_with_one_that_is_not_known_nothing_is_lost(qv):
    found = judged({**GOOD, "qv": qv, "i": "something-new", "g": 4})
    assert [(one.item, one.version) for one in found.reports] == [("something-new", qv)]
    assert refused(found) == []


def test_a_device_of_a_site_without_questionnaires_is_judged_as_before():
    assert len(judged({**GOOD, "i": "nausae"}, known=False).reports) == 1


def entered(body: dict[str, Any]):
    action = Waiting("0b8f", 1, "s1", "P2", "entries", None, None, body, "nurse1", "nurse", NOW)
    return enter(action, at=NOW, book=book(shipped()))


def test_what_a_nurse_hears_on_the_telephone_is_judged_alike_and_says_so():
    dose = {"drug": "capecitabine", "state": "taken", "n": 3}
    found = entered({"rep": [GOOD, {**GOOD, "i": "nausae"}], "int": [dose], "channel": "telephone"})
    assert [(one.item, one.by, one.channel, one.version) for one in found.rows.reports] == [
        ("nausea", "nurse", "telephone", QV)
    ]
    assert [(one.drug, one.channel) for one in found.rows.intakes] == [("capecitabine", "telephone")]
    assert [fault.path for fault in found.faults] == ["rep[1].i"]


def test_a_channel_that_does_not_exist_is_named():
    [fault] = entered({"rep": [GOOD], "channel": "pigeon"}).faults
    assert (fault.path, fault.reason.value) == ("channel", "malformed")
    [empty] = entered({"channel": "telephone"}).faults
    assert empty.expected == "at least one entry in obs, rep, int, given or retract"
