"""The example of docs/replay.md is what the command prints."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import typer.testing

from vigie import replay_file
from vigie.cli import app

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs/examples"
PAGE = (ROOT / "docs/replay.md").read_text()


def output() -> str:
    arguments = ["replay", str(EXAMPLES / "readings.csv"), "--context", str(EXAMPLES / "context.json")]
    result = typer.testing.CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def short(event: dict[str, Any]) -> str:
    reason = event["reason"] if isinstance(event["reason"], str) else event["reason"]["en"]
    head = [event["at"], event["event"], event["rule"] or "-", event["severity"] or "-"]
    return "  ".join([*head, reason])


def test_the_example_prints_what_the_page_shows() -> None:
    found = output()
    assert found == (EXAMPLES / "replay.jsonl").read_text()
    shown = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert shown == ["".join(short(json.loads(line)) + "\n" for line in found.splitlines())]


def test_every_column_and_every_field_is_documented() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE))
    assert {*replay_file.REQUIRED, *replay_file.OPTIONAL} <= named
    events = [json.loads(line) for line in output().splitlines()]
    fields = {field for event in events for field in event if event["event"] != "rejected"}
    assert fields <= named
    assert {field for event in events for item in event["evidence"] for field in item} <= named


def test_the_example_uses_every_required_column() -> None:
    with (EXAMPLES / "readings.csv").open(newline="") as source:
        assert set(replay_file.REQUIRED) <= set(csv.DictReader(source).fieldnames or ())
