"""H5: live, replay and tests run the same functions, and say the same of the same readings."""

import ast
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alerts import engine, isolation, replay, service
from alerts.core import ticking
from alerts.core.state import new_state
from alerts.core.ticking import GRID
from alerts.protocol.library import shipped
from alerts.replay import Recording
from alerts.service import Owner
from domain.alerts import AlertEvent
from domain.values import Reading
from domain.vocabulary import HEART_RATE, SPO2, TEMPERATURE
from tests.alerts import play
from tests.alerts.play import OPEN, reading
from vigie import replay_file

ROOT = Path(__file__).parents[2]
USUAL = {TEMPERATURE: (36.2, 39.4), HEART_RATE: (60.0, 140.0), SPO2: (88.0, 99.0)}


def test_there_is_one_engine() -> None:
    assert isolation.engine.step is replay.step is play.step is engine.step
    assert service.next_due is replay.next_due is ticking.next_due
    assert replay_file.Recording is Recording
    defined = Counter(
        node.name
        for path in (ROOT / "alerts").rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    )
    deciding = ("step", "compile_plan", "next_due")
    assert {name: defined[name] for name in deciding} == dict.fromkeys(deciding, 1)
    assert defined["advance"] == 3  # a level, a derived value, and the fold that picks between them


def nothing_stored() -> AbstractContextManager[psycopg.Connection[Any]]:
    raise AssertionError("this story needs no history")


def live(rows: Sequence[Reading], dice: random.Random) -> list[AlertEvent]:
    """The service's owner, given batches of any size and the time on its grid."""
    owner = Owner(shipped(), nothing_stored)
    first = rows[0].received_at
    owner.states["P1"] = new_state("P1", "replay", OPEN, shipped(), set_at=0, watched_from=first)
    events: list[AlertEvent] = []
    clock = first
    place = 0
    while place < len(rows):
        batch = [rows[place]]
        while place + len(batch) < len(rows) and rows[place + len(batch)].received_at == batch[0].received_at:
            batch.append(rows[place + len(batch)])
        place += len(batch)
        for tick in range(-(-(clock + 1) // GRID) * GRID, batch[0].received_at + 1, GRID):
            while (decided := owner.next_tick(tick)) is not None:
                events += [event for _, event in decided.events]
                decided.adopt()
        clock = batch[0].received_at
        cut = dice.randint(0, len(batch))
        for part in (batch[:cut], batch[cut:]):
            if part:
                found = owner.decide({"P1": part}, at=clock)
                events += [event for _, event in found.events]
                found.adopt()
    return events


def story(dice: random.Random) -> list[Reading]:
    """Half a day of three streams, some of it received late, some of it at one moment."""
    rows = []
    for minute in range(0, 720, 10):
        for code, (low, high) in USUAL.items():
            if dice.random() < 0.7:
                delay = dice.choice([0, 0, 0, 20])
                value = round(dice.uniform(low, high), 1)
                rows.append(reading(minute, value, code=code, received=minute + delay, seq=len(rows) + 1))
    return sorted(rows, key=lambda row: row.received_at)


@pytest.mark.parametrize("seed", range(4))
def test_live_and_replay_say_the_same(seed: int) -> None:
    rows = story(random.Random(seed))
    recording = Recording(shipped(), {"P1": OPEN})
    replayed = [
        event for event in recording.play(("P1", row.received_at, row) for row in rows) if isinstance(event, AlertEvent)
    ]
    assert len(replayed) > 5
    assert live(rows, random.Random(seed)) == replayed
