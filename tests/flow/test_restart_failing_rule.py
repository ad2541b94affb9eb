"""A rule that fails on what is stored keeps no hub from starting: it is out for its patient; the first tick says so."""

import pytest

from alerts.core import streams
from alerts.protocol.library import shipped
from alerts.rules import fold
from alerts.rules.fold import State
from alerts.rules.level import LevelRule
from alerts.service import Owner
from domain.instants import DAY, MINUTE, SECOND
from domain.values import Reading
from domain.vocabulary import HEART_RATE
from storage import connection, registry
from tests.flow import console_world as world

WRONG = "heart-rate"


@pytest.fixture
def url(plain_database_url: str) -> str:
    """Two patients under `vital-signs`, one of them with a heart rate that is stored."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        for patient in ("P1", "P2"):
            registry.add_plan(conn, patient, {"protocol": "vital-signs"}, set_by="doc1", set_at=world.now() - DAY)
        world.add_reading(conn, "P1", HEART_RATE, 140.0)
    return plain_database_url


def fails(rule: LevelRule, state: State, reading: Reading, value: float, *, counts: bool = True) -> State:
    if rule.id == WRONG and reading.patient == "P1":
        raise ZeroDivisionError("a mistake in a rule")
    return fold.advance(rule, state, reading, value, counts=counts)


def test_the_hub_starts_says_so_at_once_and_judges_the_others(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "advance", fails)
    owner = Owner(shipped(), lambda: connection.connect(url))
    at = world.now() + MINUTE
    assert owner.load(at) >= 2
    assert owner.states["P1"].muted == {WRONG}
    for _ in range(2):  # the first decision is not adopted: its transaction failed
        decided = owner.next_tick(at + SECOND)
        assert decided is not None
        [fault] = [event.alert for _, event in decided.events if event.alert.rule == "engine-fault"]
        assert (fault.patient, fault.criterion, fault.severity) == ("P1", WRONG, "high")
    with connection.connect(url) as conn:
        decided.write(conn)
    decided.adopt()
    while (later := owner.next_tick(at + 2 * SECOND)) is not None:
        assert [event for _, event in later.events if event.alert.rule == "engine-fault"] == []
        later.adopt()
    judged = owner.decide({"P2": [Reading("P2", HEART_RATE, 140.0, at, at)]}, at=at + 3 * SECOND)
    assert [event.alert.rule for _, event in judged.events] == [WRONG]
