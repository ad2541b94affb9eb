"""What must hold for every sequence: order of arrival, batches, duplicates, restarts, shifts of time."""

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.engine import step
from alerts.protocol.library import shipped
from domain.alerts import Action, AlertEvent, Tick
from domain.instants import DAY, MINUTE
from domain.values import Reading
from domain.vocabulary import HEART_RATE, NEUTROPHILS, SPO2, TEMPERATURE
from tests.alerts.play import Play, episodes, fresh, reading

_VALUES = {
    TEMPERATURE: [35.5, 36.0, 37.0, 38.0, 38.1, 38.4, 39.5],
    HEART_RATE: [39.0, 70.0, 90.0, 115.0, 140.0],
    SPO2: [88.0, 92.0, 97.0],
    NEUTROPHILS: [0.2, 0.7, 1.4],
}
_sample = st.sampled_from([(code, value) for code, values in _VALUES.items() for value in values])
_minute = st.integers(0, 600)


@st.composite
def series(draw: st.DrawFn, most: int = 60) -> list[Reading]:
    """Readings with distinct times, in measured order, each received when measured."""
    minutes = sorted(draw(st.sets(_minute, min_size=1, max_size=most)))
    values = draw(st.lists(_sample, min_size=len(minutes), max_size=len(minutes)))
    return [
        reading(minute, value, code=code, seq=place)
        for place, (minute, (code, value)) in enumerate(zip(minutes, values, strict=True), 1)
    ]


def told(events: list[AlertEvent]) -> list[tuple[str, str, int]]:
    return [(event.kind, event.alert.rule, event.alert.version) for event in events]


@settings(max_examples=300, deadline=None)
@given(series(), st.randoms(use_true_random=False))
def test_shuffled_arrival_gives_the_same_episodes(rows: list[Reading], rng: random.Random) -> None:
    shuffled = rows.copy()
    rng.shuffle(shuffled)
    late = [
        msgspec.structs.replace(row, received_at=rows[-1].measured_at + place) for place, row in enumerate(shuffled)
    ]
    assert episodes(Play().feed(*late).state) == episodes(Play().feed(*rows).state)


@settings(max_examples=150, deadline=None)
@given(series(), st.randoms(use_true_random=False))
def test_shuffled_arrival_alerts_for_every_condition_of_the_ordered_one(
    rows: list[Reading], rng: random.Random
) -> None:
    shuffled = rows.copy()
    rng.shuffle(shuffled)
    ordered, late = Play().feed(*rows), Play().feed(*shuffled)
    for rule, alert in ordered.state.alerts.items():
        if alert.state != "pending" and alert.category == "clinical":
            assert late.state.alerts[rule].condition_at == alert.condition_at
            assert late.state.alerts[rule].disproved == alert.disproved


@settings(max_examples=150, deadline=None)
@given(series())
def test_one_at_a_time_equals_all_at_once(rows: list[Reading]) -> None:
    one_by_one = Play().feed(*rows)
    together, events = step(fresh(), rows, shipped())
    assert told(events) == told(one_by_one.events)
    assert episodes(together) == episodes(one_by_one.state)


@settings(max_examples=150, deadline=None)
@given(series(), st.integers(0, 60))
def test_a_restart_at_any_point_changes_nothing(rows: list[Reading], where: int) -> None:
    straight = Play().feed(*rows)
    restarted = Play().feed(*rows[:where]).restart().feed(*rows[where:])
    assert told(restarted.events) == told(straight.events)
    assert restarted.state.alerts == straight.state.alerts
    assert episodes(restarted.state) == episodes(straight.state)


@settings(max_examples=100, deadline=None)
@given(series(), st.randoms(use_true_random=False))
def test_a_duplicate_changes_nothing(rows: list[Reading], rng: random.Random) -> None:
    doubled = [twin for row in rows for twin in ([row, row] if rng.random() < 0.5 else [row])]
    assert told(Play().feed(*doubled).events) == told(Play().feed(*rows).events)


@settings(max_examples=100, deadline=None)
@given(series())
def test_shifting_all_times_changes_nothing(rows: list[Reading]) -> None:
    moved = [
        msgspec.structs.replace(row, measured_at=row.measured_at + 3 * DAY, received_at=row.received_at + 3 * DAY)
        for row in rows
    ]
    assert told(Play().feed(*moved).events) == told(Play().feed(*rows).events)


@settings(max_examples=50, deadline=None)
@given(series())
def test_step_does_not_change_the_state_it_was_given(rows: list[Reading]) -> None:
    play = Play().feed(*rows)
    before = (
        episodes(play.state),
        dict(play.state.alerts),
        dict(play.state.heard),
        play.state.window,
        play.state.number,
    )
    step(play.state, [reading(700, 39.9), reading(5, 39.9), reading(650, 0.1, code=NEUTROPHILS)], shipped())
    after = (
        episodes(play.state),
        dict(play.state.alerts),
        dict(play.state.heard),
        play.state.window,
        play.state.number,
    )
    assert after == before


def long_series(rng: random.Random) -> list[Reading]:
    """More samples of few streams than the engine keeps in memory, drifting so that runs are long."""
    value, rows = 37.5, []
    for place, minute in enumerate(sorted(rng.sample(range(3000), 200)), 1):
        value = min(40.0, max(35.0, value + rng.choice([-0.4, -0.2, -0.1, 0.1, 0.2, 0.4])))
        rows.append(reading(minute, round(value, 1), seq=place))
        if rng.random() < 0.2:
            rows.append(reading(minute + 0.5, rng.choice(_VALUES[SPO2]), code=SPO2, seq=1000 + place))
    return rows


def test_the_same_for_more_samples_than_memory_keeps() -> None:
    for seed in range(30):
        rng = random.Random(seed)
        rows = long_series(rng)
        late = rows.copy()
        rng.shuffle(late)
        ordered = Play().feed(*rows)
        assert episodes(Play().feed(*late).state) == episodes(ordered.state), seed
        where = rng.randrange(len(rows))
        restarted = Play().feed(*rows[:where]).restart().feed(*rows[where:])
        assert restarted.state.alerts == ordered.state.alerts, seed


def played(rng: random.Random, *, restart: bool) -> Play:
    """A story of drifting samples with people acting in between, with or without a restart as the service does it."""
    play, rows = Play(), long_series(rng)
    where, acts = rng.randrange(len(rows)), rng.random()
    for place, row in enumerate(rows):
        if place == where and restart:
            play.restart(as_service=True)
        play.feed(row)
        alerts = [alert for alert in play.state.alerts.values() if alert.state != "pending"]
        if alerts and rng.random() < 0.1 * acts:
            alert = rng.choice(alerts)
            action = rng.choice(["acknowledge", "close", "comment", "snooze"])
            until = row.received_at + rng.randrange(1, 600) * MINUTE
            play.feed(Action("a", "P1", alert.id, action, "dr", "physician", row.received_at, "because", until))
        if rng.random() < 0.05:
            play.feed(Tick(row.received_at))
    return play


def test_a_restart_as_the_service_does_it_changes_nothing_whatever_people_did() -> None:
    for seed in range(60):
        straight, restarted = (played(random.Random(seed), restart=restart) for restart in (False, True))
        assert told(restarted.events) == told(straight.events), seed
