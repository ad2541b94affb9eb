"""What is wrong is said in one sentence: what, since when, what the hub does, what a person should do."""

import pytest
from structlog.testing import capture_logs

from domain.instants import MINUTE, parse_iso
from web.standing import LASTED, Standing
from web.troubles import SECTIONS, of_part, rows, sentence, trouble

AT = parse_iso("2026-11-26T03:00:00Z")
PARTS = [
    ("database", "database-away"),
    ("former: only a primary that was replaced takes writes (one is on timeline 1, 2 was seen)", "database-former"),
    ("broker", "broker-away"),
    ("ingest", "not-storing"),
    ("database: fsync: off, expected on", "refused"),
    ("ingest: host-7/12", "standby"),
    ("lease of paris lost", "given-up"),
    ("ingest could not start: vital.toml:3: rules", "given-up"),
]


@pytest.mark.parametrize(("part", "section"), PARTS)
def test_each_part_that_the_hub_names_is_known(part: str, section: str) -> None:
    found = of_part(part, AT)
    assert (found.section, found.since) == (section, AT)
    detail = part.partition(": ")[2]
    assert detail in found.what


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_each_trouble_is_one_sentence_with_where_to_read_on(section: str) -> None:
    said = sentence(trouble(section, AT, "two of them"))
    assert " since 2026-11-26T03:00:00" in said
    assert "To do: " in said
    assert said.endswith(f"(docs/runbook.md#{section}).")
    assert "{" not in said


def test_since_when_lasts_while_the_part_is_away_and_begins_anew_afterwards() -> None:
    clock = [0.0]
    standing = Standing(lambda: clock[0])
    standing.note(["broker"], AT)
    found = standing.note(["broker", "database"], AT + MINUTE)
    assert [(each["section"], each["since"]) for each in rows(found)] == [
        ("broker-away", "2026-11-26T03:00:00Z"),
        ("database-away", "2026-11-26T03:01:00Z"),
    ]
    assert standing.note([], AT + 2 * MINUTE) == []
    [again] = standing.note(["broker"], AT + 3 * MINUTE)
    assert again.since == AT + 3 * MINUTE


def test_the_log_is_told_once_what_has_lasted_and_when_it_is_over() -> None:
    clock = [0.0]
    standing = Standing(lambda: clock[0])
    with capture_logs() as logs:
        standing.note(["broker"], AT)
        standing.note([], AT)  # a moment: nothing to tell
        standing.note(["broker"], AT)
        for _ in range(3):
            clock[0] += LASTED
            standing.note(["broker"], AT)
        standing.note([], AT)
    assert [(each["event"], each["section"]) for each in logs] == [
        ("trouble", "broker-away"),
        ("trouble is over", "broker-away"),
    ]
    assert "To do: " in logs[0]["said"]
