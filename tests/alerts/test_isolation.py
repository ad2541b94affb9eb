"""A rule that fails or runs away is out for its patient; the others go on, and an alert says so within a minute."""

import time

import msgspec
import pytest

from alerts.core import refill, streams
from alerts.core.refill import History
from alerts.core.state import PatientState
from alerts.isolation import PATIENTS, Guarded, RanAway, Watch
from alerts.protocol.library import shipped
from alerts.rules import fold
from alerts.rules.fold import State
from alerts.rules.level import LevelRule
from domain.alerts import AlertEvent, Input
from domain.values import Reading
from domain.vocabulary import HEART_RATE
from tests.alerts.play import at, fresh, reading


def broken(monkeypatch: pytest.MonkeyPatch, wrong: str, how: object) -> None:
    def advance(rule: LevelRule, state: State, found: Reading, value: float, *, counts: bool = True) -> State:
        if rule.id == wrong:
            how()  # type: ignore[operator]
        return fold.advance(rule, state, found, value, counts=counts)

    monkeypatch.setattr(streams, "advance", advance)


def fails() -> None:
    raise ZeroDivisionError("a mistake in a rule")


def runs_away() -> None:
    began = time.monotonic()
    while time.monotonic() - began < 30:
        pass


def step(*inputs: Input, state: PatientState | None = None) -> tuple[PatientState, list[AlertEvent]]:
    watch = Watch(longest=0.3)
    try:
        return Guarded(watch).step(state or fresh(), inputs, shipped(), at=at(0))
    finally:
        watch.close()


@pytest.mark.parametrize("how", [fails, runs_away])
def test_the_other_rules_judge_the_same_readings(monkeypatch: pytest.MonkeyPatch, how: object) -> None:
    broken(monkeypatch, "fever", how)
    began = time.monotonic()
    state, events = step(reading(0, 39.5), reading(0, 140, code=HEART_RATE))
    assert time.monotonic() - began < 20
    rules = {event.alert.rule: event.alert for event in events}
    assert rules["engine-fault"].severity == "high"
    assert rules["engine-fault"].criterion == "fever"
    assert "heart-rate" in rules
    assert "fever" not in rules
    assert state.muted == {"fever"}


def test_it_stays_out_and_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "fever", fails)
    state, _ = step(reading(0, 39.5))
    state, events = step(reading(1, 39.6), reading(1, 120, code=HEART_RATE), state=state)
    assert [event.alert.rule for event in events] == ["heart-rate"]


def test_a_second_rule_that_fails_is_named_beside_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "fever", fails)
    state, _ = step(reading(0, 39.5))
    broken(monkeypatch, "heart-rate", fails)
    state, events = step(reading(1, 120, code=HEART_RATE), state=state)
    assert [(event.kind, event.alert.criterion) for event in events] == [("recurred", "fever heart-rate")]


def test_a_failure_that_no_rule_made_is_the_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.core import flags

    monkeypatch.setattr(flags, "answered", lambda *_: fails())
    from tests.alerts.test_window_and_flags import answer

    _, events = step(answer(0, "rigors", 2), reading(0, 140, code=HEART_RATE))
    assert {event.alert.rule for event in events} == {"engine-fault", "heart-rate"}


def loaded(guarded: Guarded, *readings: Reading) -> PatientState:
    return guarded.load(fresh(), History(readings), open_alerts=(), closed_alerts=(), number=0)


@pytest.mark.parametrize("how", [fails, runs_away])
def test_a_rule_that_fails_on_what_is_stored_keeps_nobody_from_being_watched(
    monkeypatch: pytest.MonkeyPatch, how: object
) -> None:
    broken(monkeypatch, "fever", how)
    watch = Watch(longest=0.3)
    guarded = Guarded(watch)
    state = loaded(guarded, reading(0, 39.5), reading(1, 140, code=HEART_RATE))
    watch.close()
    assert state.muted == {"fever"}
    assert len(state.streams["8867-4"].samples) == 1
    for _ in range(2):  # a decision that was not adopted is made again
        assert guarded.owes(state)
        after, events = guarded.said(state, at(2))
        assert [(event.kind, event.alert.rule, event.alert.criterion) for event in events] == [
            ("opened", "engine-fault", "fever")
        ]
    assert not guarded.owes(after)
    assert guarded.said(after, at(3)) == (after, [])


def test_a_history_that_no_rule_is_to_blame_for_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refill, "note_treatment", lambda *_: fails())
    guarded = Guarded(Watch())
    dose = Reading("P1", "taken:N02BE01", 1.0, at(0), at(0))
    state = loaded(guarded, dose, reading(1, 36.8))
    assert (state.muted, state.heard) == (frozenset(), {})
    _, events = guarded.said(state, at(2))
    assert [event.alert.criterion for event in events] == ["fault"]


def test_a_rule_that_fails_on_late_samples_is_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "fever", fails)
    history = History([reading(0, 39.5), reading(1, 140, code=HEART_RATE)])
    state, events = Guarded(Watch()).remember(fresh(), history, at=at(2))
    assert [event.alert.criterion for event in events] == ["fever"]
    assert state.muted == {"fever"}
    assert len(state.streams["8867-4"].samples) == 1


def test_a_rule_that_ran_away_for_several_patients_is_off_for_everybody_and_said_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def advance(rule: LevelRule, state: State, found: Reading, value: float, *, counts: bool = True) -> State:
        if rule.id == "fever":
            asked.append(found.patient)
            raise RanAway
        return fold.advance(rule, state, found, value, counts=counts)

    monkeypatch.setattr(streams, "advance", advance)
    guarded, library = Guarded(Watch()), shipped()

    def judged(name: str) -> list[AlertEvent]:
        state = fresh()
        state.patient = name
        hot = msgspec.structs.replace(reading(0, 39.5), patient=name)
        return guarded.step(state, [hot], library, at=at(0))[1]

    names = [f"P{number}" for number in range(PATIENTS + 3)]
    assert [[event.alert.criterion for event in judged(name)] for name in names] == [["fever"]] * len(names)
    assert asked == names[:PATIENTS]
    state = loaded(guarded, reading(0, 39.5))
    assert (state.muted, guarded.owes(state)) == ({"fever"}, True)
    assert guarded.step(fresh(), [reading(0, 39.5)], msgspec.structs.replace(library), at=at(0))[1] != []
    assert asked[PATIENTS:] == ["P1"], "other protocols: the rule may have been mended"
