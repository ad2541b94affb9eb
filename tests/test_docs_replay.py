"""The examples of docs/replay.md are what the commands print."""

import csv
import json
import re

from tests.support import examples
from tests.support.examples import EXAMPLES, PAGE
from vigie import replay_file

ANEW = "python -m tests.support.examples writes the examples anew"


def test_the_example_prints_what_the_page_shows() -> None:
    found = examples.replayed()
    assert found == (EXAMPLES / "replay.jsonl").read_text(), ANEW
    assert examples.block("text") == examples.shown(found), ANEW


def test_the_trial_prints_what_the_page_shows() -> None:
    table, picture = examples.tried()
    assert table == examples.block("table"), ANEW
    assert picture == (EXAMPLES / "calmer.svg").read_text(), ANEW


def test_every_column_and_every_field_is_documented() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE.read_text()))
    assert {*replay_file.REQUIRED, *replay_file.OPTIONAL} <= named
    events = [json.loads(line) for line in examples.replayed().splitlines()]
    fields = {field for event in events for field in event if event["event"] != "rejected"}
    assert fields <= named
    assert {field for event in events for item in event["evidence"] for field in item} <= named


def test_the_example_uses_every_required_column() -> None:
    with (EXAMPLES / "readings.csv").open(newline="") as source:
        assert set(replay_file.REQUIRED) <= set(csv.DictReader(source).fieldnames or ())
