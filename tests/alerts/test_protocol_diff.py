"""Two versions of a protocol compared: every number that changes is said once, with its source, and no other."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.protocol.diff import Change, compare, leaves, shown
from alerts.protocol.library import shipped, shipped_texts
from alerts.protocol.reading import Protocol, resolve

NAME = "vital-signs"
TEXT = shipped_texts()[NAME]
BOUNDS = list(re.finditer(r"\b(?:up_to|from|above|below) = (\d+(?:\.\d+)?)", TEXT))


def protocol(text: str) -> Protocol:
    """The text resolved by itself."""
    return resolve(NAME, {NAME: text})


def changed(*edits: tuple[str, str]) -> list[Change]:
    """What changes when these parts of the shipped text are replaced, each once."""
    text = TEXT
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after, 1)
    return compare(protocol(TEXT), protocol(text))


@pytest.mark.parametrize("name", sorted(shipped_texts()))
def test_a_protocol_does_not_differ_from_itself(name: str) -> None:
    found = shipped().protocols[name]
    assert compare(found, found) == []
    assert len(leaves(found)) > 20


def test_a_changed_number_is_said_with_its_source() -> None:
    [change] = changed(("up_to = 91", "up_to = 90"))
    assert (change.kind, change.part, change.before, change.after) == ("changed", "rule spo2", 91, 90)
    assert change.field == "criterion very-low.up_to"
    assert change.source_before == change.source_after
    assert "RCP 2017" in str(change.source_after)


def test_a_changed_source_is_a_change() -> None:
    [change] = changed(("NEWS2 item = 3, RCP 2017 chart 1", "another book"))
    assert change.field.endswith(".source")
    assert change.after == "another book"


def test_a_changed_version_comment_or_order_is_none() -> None:
    blocks = re.split(r"(?m)^(?=\[\[)", TEXT)
    head, rules = blocks[0], [block for block in blocks[1:] if block.startswith("[[rule]]")]
    rest = [block for block in blocks[1:] if not block.startswith("[[rule]]")]
    moved = "".join([head, *rest, *reversed(rules)])
    assert compare(protocol(TEXT), protocol(moved)) == []
    assert changed(('version = "', 'version = "9.')) == []
    assert compare(protocol(TEXT), protocol(TEXT + "\n# a word\n")) == []


def test_a_removed_rule_is_removed_value_by_value_and_an_added_one_added() -> None:
    blocks = re.split(r"(?m)^(?=\[\[)", TEXT)
    without = protocol("".join(block for block in blocks if 'id = "spo2"' not in block))
    gone = compare(protocol(TEXT), without)
    assert {(change.kind, change.part) for change in gone} == {("removed", "rule spo2")}
    assert {change.before for change in gone} >= {91, 93}
    back = compare(without, protocol(TEXT))
    assert {(change.kind, change.part) for change in back} == {("added", "rule spo2")}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(BOUNDS) - 1), st.integers(1, 9)), min_size=1, max_size=4, unique_by=lambda e: e[0]
    )
)
def test_every_edited_bound_is_said_and_swapping_says_the_contrary(edits: list[tuple[int, int]]) -> None:
    text = TEXT
    for place, more in sorted(edits, reverse=True):
        match = BOUNDS[place]
        text = text[: match.start(1)] + f"{float(match[1]) + more / 1000:g}" + text[match.end(1) :]
    old, new = protocol(TEXT), protocol(text)
    there, back = compare(old, new), compare(new, old)
    assert len(there) == len(edits)
    assert {(c.part, c.field, c.before, c.after) for c in there} == {(c.part, c.field, c.after, c.before) for c in back}
    after = {place: leaf.value for place, leaf in leaves(new).items()}
    patched = {place: leaf.value for place, leaf in leaves(old).items()}
    patched |= {(change.part, change.field): change.after for change in there}
    assert patched == after


@pytest.mark.parametrize(("value", "words"), [
    (None, "-"), (True, "yes"), (91.0, "91"), (37.55, "37.55"), ((5.0, 10.0), "5, 10"), ("high", "high"),
])  # fmt: skip
def test_values_are_shown_as_people_read_them(value: object, words: str) -> None:
    assert shown(value) == words
