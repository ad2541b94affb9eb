"""H7: whatever cannot be parsed or evaluated is stored and shown to a person."""

import random

import msgspec
import pytest

from alerts.core import streams
from alerts.core.state import new_state
from alerts.protocol.library import shipped
from alerts.rules.fold import State
from alerts.rules.fold import advance as real_advance
from alerts.rules.level import LevelRule
from alerts.service import Owner
from device_sim.faults import GARBAGE, spoil
from domain.alerts import Tick
from domain.instants import HOUR, SECOND
from domain.values import Reading
from ingest.accept import Accepted, accept
from storage import quarantine
from storage.connection import connect
from tests.alerts.play import OPEN, START, Play, reading
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import DEVICES, NOW, message
from tests.support.broker import Broker

EVERYTHING = quarantine.Circle(("s1",), unrouted=True)


@pytest.mark.parametrize("kind", GARBAGE)
def test_every_kind_of_garbage_is_a_refusal_with_its_bytes_its_reason_and_its_patient(kind: str) -> None:
    raw = spoil(kind, message(7))
    reason, _, _ = GARBAGE[kind]
    judged = accept(raw, "vigie/1/s1/d1/obs", received_at=NOW, devices=DEVICES)
    refusals = judged.rejected if isinstance(judged, Accepted) else [judged]
    assert not isinstance(judged, Accepted) or not judged.readings
    assert [(one.reason, one.raw, one.patient) for one in refusals] == [(reason, raw, "P2")]
    assert refusals[0].expected


def test_no_bytes_at_all_make_the_judge_raise() -> None:
    dice = random.Random(7)
    good = msgspec.json.encode(message(7))
    for _ in range(3000):
        raw = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        judged = accept(bytes(raw), "vigie/1/s1/d1/obs", received_at=NOW, devices=DEVICES)
        if not isinstance(judged, Accepted):
            assert judged.raw == bytes(raw)


@pytest.mark.flow
def test_garbage_is_in_quarantine_and_an_alert_of_the_patient_inside_a_window(
    database_url: str, broker: Broker
) -> None:
    register(database_url, {"h7": "P1"})
    owner = Owner(shipped(), lambda: connect(database_url))  # no plan: the default one, whose window is open
    owner.load(real_now())
    device = Device(broker, "h7")
    sent = {spoil(kind, message(seq, boot="h7", t=real_now())): kind for seq, kind in enumerate(GARBAGE, 1)}
    with running(Wiring(database_url, owner), broker):
        for raw in sent:
            device.send(raw)
        until(lambda: count(database_url, "SELECT count(DISTINCT sha256) FROM rejected") == len(sent), within=20)
    with connect(database_url) as conn:
        shown = quarantine.refused(conn, EVERYTHING, unseen_only=True, limit=500)
        assert {row.payload[:4096] for row in shown} == {raw[:4096] for raw in sent}
        assert {GARBAGE[sent[raw]][0] for raw in sent} == {row.reason for row in shown}
        rules = conn.execute("SELECT rule, severity FROM alert WHERE state = 'open'").fetchall()
    assert ("unusable-reading", "high") in rules
    device.close()


def test_a_rule_that_fails_is_an_alert_of_its_patient_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rule: LevelRule, state: State, found: Reading, value: float, *, counts: bool) -> State:
        if found.patient == "P1" and rule.id == "fever":
            raise ZeroDivisionError("a mistake in a rule")
        return real_advance(rule, state, found, value, counts=counts)

    monkeypatch.setattr(streams, "advance", broken)
    owner = Owner(shipped(), lambda: pytest.fail("nothing needs to be read"))
    hot = reading(0, 39.0)
    for name in ("P1", "P2"):
        owner.states[name] = new_state(name, "s1", OPEN, shipped(), set_at=0, watched_from=START)
    other = msgspec.structs.replace(hot, patient="P2")
    decided = owner.decide({"P1": [hot], "P2": [other]}, at=START)
    assert [(event.alert.patient, event.alert.rule, event.alert.severity) for _, event in decided.events] == [
        ("P1", "engine-fault", "high"),
        ("P2", "fever", "high"),
    ]
    decided.adopt()
    assert owner.states["P1"].alerts["engine-fault"].latched


def test_a_refused_value_does_not_count_as_a_sign_of_life() -> None:
    play = Play(OPEN).feed(reading(0, 37.0))
    for hour in range(1, 20):
        judged = accept(
            spoil("implausible", message(7, t=START + hour * HOUR)), "vigie/1/s1/d1/obs",
            received_at=START + hour * HOUR, devices=DEVICES,
        )  # fmt: skip
        assert isinstance(judged, Accepted)
        play.feed(*judged.rejected)
    play.feed(Tick(START + 20 * HOUR + SECOND))
    assert play.state.alerts["silence.8310-5"].state == "open"
