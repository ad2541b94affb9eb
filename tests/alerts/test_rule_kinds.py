"""The shared list that every kind of rule must pass, and what each kind says of a few plain series."""

import copy
import random
from collections.abc import Iterable

import pytest
from msgspec import structs

from alerts.core.lateness import needs_history
from alerts.core.oral_memory import MOST
from alerts.core.state import PatientState
from alerts.core.streams import KEPT_TOGETHER, SLACK
from alerts.core.verdict import Verdict, finding
from alerts.engine import step
from domain.alerts import AlertEvent, Input, ModelOutput
from domain.instants import DAY
from domain.values import Reading
from domain.vocabulary import CONSCIOUSNESS, HEART_RATE, OXYGEN_FLOW, RESPIRATORY_RATE, SPO2, SYSTOLIC, TEMPERATURE
from tests.alerts import kinds
from tests.alerts.play import at

SEEDS = range(12)
# a rule on intakes folds the whole treatment again at each: fewer series
CASES = [(rule, seed) for rule in kinds.RULES for seed in (range(2) if rule.startswith("oral-") else SEEDS)]


def groups(inputs: Iterable[Input]) -> list[list[Input]]:
    """Messages: inputs of one instant come together."""
    found: list[list[Input]] = []
    for each in inputs:
        if found and isinstance(each, Reading) and _same(found[-1][-1], each):
            found[-1].append(each)
        else:
            found.append([each])
    return found


def _same(one: Input, other: Reading) -> bool:
    return isinstance(one, Reading) and one.origin == other.origin and one.measured_at == other.measured_at


def play(
    messages: Iterable[list[Input]], state: PatientState | None = None, stored: Iterable[Input] = ()
) -> tuple[PatientState, list[AlertEvent]]:
    """`stored`: what came before the state was loaded."""
    state = state or kinds.state()
    events: list[AlertEvent] = []
    stored = list(stored)
    for message in messages:
        if needs_history(state, message) is not None:
            state = kinds.recalled(state, stored)
        state, said = step(state, message, kinds.LIBRARY)
        events += said
        stored += message
    return state, events


def met(rule: str, seed: int) -> list[tuple[object, ...]]:
    """The episodes of a random series: the series must be worth looking at."""
    return kinds.episodes(play(groups(kinds.series(rule, random.Random(seed))))[0], rule)


@pytest.mark.parametrize("rule", kinds.RULES)
def test_the_series_have_episodes_to_compare(rule: str) -> None:
    assert sum(bool(met(rule, seed)) for seed in SEEDS if (rule, seed) in CASES) >= (
        1 if rule.startswith("oral-") else 3
    )


@pytest.mark.parametrize(("rule", "seed"), CASES)
def test_any_order_of_arrival_gives_the_same_episodes(rule: str, seed: int) -> None:
    dice = random.Random(seed)
    inputs = groups(kinds.series(rule, dice))
    last = max(found.measured_at for message in inputs for found in message)  # type: ignore[union-attr]
    inputs = [[structs.replace(found, received_at=last) for found in message] for message in inputs]  # type: ignore[misc,type-var]
    expected = kinds.episodes(play(inputs)[0], rule)
    for _ in range(3):
        dice.shuffle(inputs)
        assert kinds.episodes(play(inputs)[0], rule) == expected


@pytest.mark.parametrize(("rule", "seed"), CASES)
def test_batches_and_duplicates_change_nothing(rule: str, seed: int) -> None:
    inputs = groups(kinds.series(rule, random.Random(seed)))
    apart, events = play(inputs)
    together, at_once = play([[found for message in inputs for found in message]])
    assert kinds.episodes(together, rule) == kinds.episodes(apart, rule)
    assert [(e.kind, e.alert.rule, e.condition_at) for e in at_once] == [
        (e.kind, e.alert.rule, e.condition_at) for e in events
    ]
    if rule != "count":  # doses have an identity of their own: ingest stores each once
        twice, _ = play([message for message in inputs for _ in range(2)])
        assert kinds.episodes(twice, rule) == kinds.episodes(apart, rule)


@pytest.mark.parametrize(("rule", "seed"), CASES)
def test_shifting_all_times_by_a_week_shifts_the_episodes(rule: str, seed: int) -> None:
    inputs = groups(kinds.series(rule, random.Random(seed)))
    moved = [
        [structs.replace(f, measured_at=f.measured_at + 7 * DAY, received_at=f.received_at + 7 * DAY) for f in message]  # type: ignore[union-attr,misc,type-var]
        for message in inputs
    ]
    if rule == "count" or rule.startswith("oral-"):  # an intake's own time moves too
        moved = [[structs.replace(f, taken_at=f.taken_at + 7 * DAY) for f in message] for message in moved]  # type: ignore[union-attr,operator]
    shifted = kinds.episodes(play(moved, kinds.state(7 * DAY))[0], rule)
    back = [tuple(x - 7 * DAY if isinstance(x, int) and x > DAY else x for x in row) for row in shifted]
    assert back == kinds.episodes(play(inputs)[0], rule)


@pytest.mark.parametrize(("rule", "seed"), CASES)
def test_a_restart_at_any_point_changes_nothing(rule: str, seed: int) -> None:
    dice = random.Random(seed)
    inputs = groups(kinds.series(rule, dice))
    whole, events = play(inputs)
    cut = dice.randrange(len(inputs))
    _, before = play(inputs[:cut])
    stored = [found for message in inputs[:cut] for found in message]
    resumed, after = play(inputs[cut:], kinds.reloaded(stored, before), stored)
    assert kinds.episodes(resumed, rule)[-1:] == kinds.episodes(whole, rule)[-1:]
    assert [(e.kind, e.at, e.alert.rule) for e in (*before, *after)] == [(e.kind, e.at, e.alert.rule) for e in events]


@pytest.mark.parametrize("rule", kinds.RULES)
def test_nothing_is_mutated(rule: str) -> None:
    state, _ = play(groups(kinds.series(rule, random.Random(1))))
    before = {key: (copy.deepcopy(s.rows), copy.deepcopy(s.base)) for key, s in state.streams.items()}
    play(groups(kinds.series(rule, random.Random(2))), state)
    assert {key: (s.rows, s.base) for key, s in state.streams.items()} == before


@pytest.mark.parametrize("rule", kinds.RULES)
def test_without_a_sample_the_answer_is_unknown(rule: str) -> None:
    state = kinds.state()
    [level] = [each for each in state.compiled.levels if each.id == rule]
    assert finding(state, level, at(0)).verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("rule", kinds.RULES)
def test_memory_is_bounded(rule: str) -> None:
    state, _ = play(groups(kinds.series(rule, random.Random(3), count=600 if not rule.startswith("oral-") else 150)))
    for stream in state.streams.values():
        assert len(stream.samples) <= KEPT_TOGETHER + SLACK
        for states in (stream.base, *(row[2] for row in stream.rows)):
            assert all(len(getattr(found, "memory", ())) <= 96 for found in states)
    assert state.oral is not None
    assert len(state.oral.intakes) <= MOST


def vitals(minute: float, **values: float) -> list[Input]:
    codes = {
        "temp": TEMPERATURE, "pulse": HEART_RATE, "spo2": SPO2, "breaths": RESPIRATORY_RATE, "pressure": SYSTOLIC,
        "flow": OXYGEN_FLOW, "mind": CONSCIOUSNESS,
    }  # fmt: skip
    return [Reading("P1", codes[name], float(value), at(minute), at(minute)) for name, value in values.items()]


NORMAL = {"temp": 37, "pulse": 80, "spo2": 97, "breaths": 16, "pressure": 120, "flow": 0, "mind": 0}


def said(events: list[AlertEvent], rule: str) -> list[str]:
    return [event.kind for event in events if event.alert.rule == rule]


def verdict(state: PatientState, rule: str, minute: float) -> Verdict:
    [level] = [each for each in state.compiled.levels if each.id == rule]
    return finding(state, level, at(minute)).verdict


def test_a_score_counts_the_values_of_one_message_together() -> None:
    state, _ = play([vitals(0, **NORMAL)])
    assert verdict(state, "score", 1) == Verdict.NOT_MET
    # each new value beside the old ones of the others would reach five; together they do not
    _, events = play([vitals(0, **NORMAL | {"pulse": 131}), vitals(60, **NORMAL | {"breaths": 25})])
    assert said(events, "score") == []


def test_a_score_with_a_missing_item_is_unknown_until_what_is_known_is_enough() -> None:
    some = {name: value for name, value in NORMAL.items() if name not in ("flow", "mind")}
    state, events = play([vitals(0, **some)])
    assert verdict(state, "score", 1) == Verdict.UNKNOWN
    state, events = play([vitals(10, breaths=25, pulse=131)], state)
    assert said(events, "score") == ["opened"]
    assert [event.alert.severity for event in events if event.alert.rule == "score"] == ["medium"]


def test_a_missing_item_never_clears_a_score() -> None:
    state, _ = play([vitals(0, **NORMAL | {"breaths": 25, "pulse": 131})])
    some = {name: value for name, value in NORMAL.items() if name != "mind"}
    _, events = play([vitals(300, **some), vitals(330, **some), vitals(360, **some)], state)
    assert "cleared" not in said(events, "score")
    _, events = play([vitals(400, **NORMAL), vitals(430, **NORMAL)], state)
    assert "cleared" in said(events, "score")


def test_the_evidence_of_a_score_is_its_items() -> None:
    _, events = play([vitals(0, **NORMAL | {"breaths": 25, "pulse": 131, "spo2": 91})])
    [alert] = [event.alert for event in events if event.alert.rule == "score"]
    assert alert.evidence[0].value == 9
    assert {part.code for part in alert.evidence[1:]} == {
        HEART_RATE, SPO2, RESPIRATORY_RATE, SYSTOLIC, TEMPERATURE, OXYGEN_FLOW, CONSCIOUSNESS,
    }  # fmt: skip
    assert alert.clause == "kinds/score/seven"


def test_a_combination_needs_enough_known_conditions() -> None:
    state, events = play([vitals(0, temp=38.5)])
    assert verdict(state, "together", 1) == Verdict.UNKNOWN
    state, events = play([vitals(10, pressure=95)], state)
    assert said(events, "together") == ["opened"]
    state, events = play([vitals(200, temp=38.5), vitals(201, pulse=120)])
    assert said(events, "together") == ["opened"]


def test_a_models_silence_or_refusal_says_nothing() -> None:
    state, _ = play([[ModelOutput("P1", "early-warning", "1", "refused", 0.9, at(0), at(0))]])
    assert verdict(state, "model", 1) == Verdict.UNKNOWN
    state, events = play([[ModelOutput("P1", "early-warning", "1", "ready", 0.5, at(0), at(0))]])
    assert said(events, "model") == ["opened"]
    _, events = play([[ModelOutput("P1", "early-warning", "1", "ready", 0.0, at(m), at(m))] for m in (60, 120)], state)
    assert said(events, "model") == ["cleared"]  # marked; the alert stays until a person closes it


def test_severe_or_worsening_is_one_alert() -> None:
    from domain.values import Report

    def pain(minute: float, grade: int) -> list[Input]:
        return [Report("P1", "daily", "pain", "severity", grade, None, None, at(minute), at(minute), "patient")]

    _, events = play([pain(0, 0), pain(60, 2)])
    assert [(e.kind, e.alert.criterion, e.alert.severity) for e in events] == [("opened", "worsening", "medium")]
    _, events = play([pain(0, 1), pain(60, 3)])
    assert [(e.kind, e.alert.criterion, e.alert.severity) for e in events] == [("opened", "severe", "high")]
    _, events = play([pain(0, 2)])
    assert events == []
