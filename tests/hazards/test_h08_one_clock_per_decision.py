"""H8: one clock per decision, passed in: nothing that decides asks the machine or the database what time it is."""

import ast
import re
from pathlib import Path

import pytest
import time_machine

from domain.alerts import AlertEvent, Tick
from ingest.accept import accept
from tests.alerts.play import OPEN, Play, at, reading
from tests.ingest.support import DEVICES, NOW, payload

ROOT = Path(__file__).parents[2]
SQL_CLOCK = re.compile(
    r"\b(now\s*\(|current_(timestamp|date|time)|localtime|clock_timestamp|statement_timestamp)", re.I
)
MACHINE = {"time", "time_ns", "now", "utcnow", "today", "localtime", "gmtime"}
STORAGE = sorted((ROOT / "storage").glob("*.py")) + sorted((ROOT / "storage/migrations").glob("*.sql"))


def events() -> list[AlertEvent]:
    play = Play(OPEN).feed(reading(0, 38.2), Tick(at(60)), reading(121, 38.4, seq=2), Tick(at(127)), Tick(at(1200)))
    return play.events


def test_the_machine_s_clock_does_not_matter() -> None:
    with time_machine.travel("1971-01-01T00:00:00Z", tick=False):
        early, judged = events(), accept(payload(), "vigie/1/s1/d1/obs", received_at=NOW, devices=DEVICES)
    with time_machine.travel("2199-01-01T00:00:00Z", tick=True):
        late, again = events(), accept(payload(), "vigie/1/s1/d1/obs", received_at=NOW, devices=DEVICES)
    assert early == late
    assert judged == again
    assert len(early) > 3


@pytest.mark.parametrize("path", STORAGE, ids=lambda path: path.name)
def test_no_statement_asks_the_database_for_the_time(path: Path) -> None:
    text = path.read_text()
    if path.name == "migrate.py":  # when a migration was applied decides nothing
        text = text.replace("applied_at timestamptz NOT NULL DEFAULT now()", "")
    if path.name in ("0006_delivery.sql", "0008_clock.sql"):
        # when a step and a receipt were written down, compared with each other alone: the scaled clock of a
        # demonstration cannot date what real people and real consoles did
        text = re.sub(r"(written|recorded)_at timestamptz NOT NULL DEFAULT (clock_timestamp|now)\(\)", "", text)
    if path.name == "lease.py":
        # whether another process is alive is no clinical decision, and the machines that ask must agree: its one clock
        # is the database's, in `seen_at` and nowhere else
        lines = [line for line in text.splitlines() if SQL_CLOCK.search(line)]
        assert all("seen_at" in line or line.startswith("VALUES (%(group)s") for line in lines), lines
        text = "\n".join(line for line in text.splitlines() if line not in lines)
    assert not SQL_CLOCK.search(text)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "alerts").rglob("*.py")) + sorted((ROOT / "ingest").glob("*.py")), ids=lambda path: path.name
)
def test_what_decides_never_reads_the_wall_clock(path: Path) -> None:
    """`time.monotonic` and `time.perf_counter` measure waiting; they are no date and decide nothing about a patient."""
    asked = [
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("time", "datetime", "date")
        and node.attr in MACHINE
    ]
    assert asked == []


def test_every_event_of_one_step_carries_the_instant_of_its_input() -> None:
    play = Play(OPEN).feed(reading(0, 38.2))
    said = len(play.events)
    play.feed(reading(125, 39.5, seq=2))
    assert {event.at for event in play.events[said:]} == {at(125)}
    said = len(play.events)
    play.feed(Tick(at(140)))
    assert len(play.events) - said == 3
    assert {event.at for event in play.events[said:]} == {at(140)}
