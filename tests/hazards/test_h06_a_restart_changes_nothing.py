"""H6: a restart changes nothing: alerts, acknowledgements, timers survive.

With real processes: tests/flow/test_hub_restart.py.
"""

import pytest

from domain.alerts import Action, Input, Tick
from domain.instants import MINUTE
from domain.vocabulary import HEART_RATE, TEMPERATURE
from tests.alerts.play import OPEN, Play, at, reading


def done(minute: float, number: int, action: str, **more: object) -> Action:
    """The physician's action on alert P1-`number`."""
    name = f"{action}-{minute}"
    return Action(name, "P1", f"P1-{number}", action, "doc1", "physician", at(minute), "why", **more)  # type: ignore[arg-type]


STORY: list[Input] = [
    reading(0, 38.2),  # pending
    reading(2, 140.0, code=HEART_RATE),  # opens P1-2, high
    Tick(at(7)),  # its first step
    done(8, 2, "acknowledge"),
    Tick(at(30)),
    reading(125, 38.2, seq=2),  # the fever has lasted: P1-1 opens
    Tick(at(130)),
    Tick(at(135)),
    done(136, 1, "snooze", until=at(166)),
    reading(140, 39.4, seq=3),
    Tick(at(150)),
    Tick(at(166)),  # awake again
    Tick(at(171)),
    reading(200, 37.0, seq=4),
    reading(220, 37.0, seq=5),
    reading(221, 80.0, code=HEART_RATE, seq=6),
    reading(240, 80.0, code=HEART_RATE, seq=7),
    done(250, 2, "close"),
    done(251, 1, "acknowledge"),
    reading(260, 141.0, code=HEART_RATE, seq=8),  # P1-3
    done(262, 3, "assign", assignee="nurse1"),
    Tick(at(290)),
]  # fmt: skip


def told(play: Play) -> list[object]:
    return [(event.kind, event.at, event.alert, event.actor, event.note) for event in play.events]


@pytest.mark.parametrize("cut", range(len(STORY) + 1))
def test_restarted_at_any_point_of_a_story_of_people_and_deadlines(cut: int) -> None:
    straight = Play(OPEN).feed(*STORY)
    assert {alert.state for alert in straight.state.alerts.values()} == {"open", "acknowledged"}
    restarted = Play(OPEN).feed(*STORY[:cut])
    said = len(restarted.events)
    restarted.restart()
    assert len(restarted.events) == said  # loading says nothing
    restarted.feed(*STORY[cut:])
    assert told(restarted) == told(straight)
    assert restarted.state.alerts == straight.state.alerts


def test_a_deadline_that_passed_while_the_hub_was_down_is_kept_and_those_after_it_are_not_moved() -> None:
    play = Play(OPEN).feed(reading(0, 39.0)).restart().feed(Tick(at(11)))
    steps = [event.alert.escalation for event in play.events if event.kind == "escalated"]
    assert [(step.step, step.next_at) for step in steps] == [(1, at(10)), (2, at(15))]
    play.restart().feed(Tick(at(15)))
    assert play.state.alerts["fever"].escalation.step == 3


def test_the_same_fever_after_a_restart_is_the_same_alert() -> None:
    play = Play(OPEN).feed(reading(0, 39.0)).restart().feed(reading(10, 39.2, seq=2), reading(0, 39.0))
    assert play.kinds("fever") == ["opened"]
    assert play.state.alerts["fever"].condition_at == at(0)
    assert play.state.heard[TEMPERATURE] == at(0) + 10 * MINUTE
