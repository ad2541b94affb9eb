"""Rule cases: a YAML file of readings over time and the events that are expected, and how they compare. Pure.

The lines are read by `alerts.trial.case_lines`; `vigie.rule_cases` plays a case through the live engine.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import yaml
from msgspec import Struct

from alerts.trial.case_lines import Act, Expected, Line, LineFault, expectation, happens
from domain.instants import Micros, micros

READING = "reading"  # stands for the rule where a value was refused
MATTERS = ("opened", "worsened", "recurred", "reopened")  # kinds that `nothing else` speaks of
KEYS = ("title", "protocol", "plan", "starts", "readings", "expect")
STARTS = date(2026, 11, 22)


class CaseFault(ValueError):
    """A file of cases that cannot be used; the message names file, line, field, and what was expected."""


class Case(Struct, frozen=True):
    """One case. `plan` is a whole care plan, its protocol included."""

    where: str  # file:line
    title: str
    plan: dict[str, Any]
    starts: date
    lines: tuple[Line, ...]
    expected: tuple[Expected, ...]

    def instant(self, after: Micros) -> Micros:
        """An instant of a line (µs after midnight of day 1), by the clock on the wall of the plan's time zone."""
        zone = ZoneInfo(self.plan.get("timezone") or "Europe/Paris")
        midnight = datetime(self.starts.year, self.starts.month, self.starts.day)  # noqa: DTZ001
        return micros((midnight + timedelta(microseconds=after)).replace(tzinfo=zone))

    def clock(self, at: Micros) -> Micros:
        """The opposite of `instant`, for days without a change of the clock."""
        return at - self.instant(0)


class Said(Struct, frozen=True):
    """An event as far as a case speaks of it; `at` in µs after midnight of day 1."""

    at: Micros
    rule: str
    kind: str
    severity: str


class Difference(Struct, frozen=True):
    """An expectation that was not kept, and the events it should be compared with."""

    expected: str
    found: tuple[Said, ...]


def read(file: str, text: str) -> list[Case]:
    """The cases of a file: one, or several under `cases`. Raises CaseFault."""
    try:
        if any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text)):
            raise CaseFault(f"{file}: expected no & and no *")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CaseFault(f"{file}: expected YAML: {' '.join(str(error).split())}") from error
    if not isinstance(root, yaml.MappingNode):
        raise CaseFault(f"{file}: line 1: expected {', '.join(KEYS)}, or cases")
    if [key.value for key, _ in root.value] == ["cases"]:
        return [_case(file, node) for node in _items(file, "cases", root.value[0][1])]
    return [_case(file, root)]


def _case(file: str, node: yaml.Node) -> Case:
    fields = _fields(file, node)
    for name in ("title", "readings", "expect"):
        if name not in fields:
            raise CaseFault(f"{file}: line {_line(node)}: {name}: expected in every case")
    lines = tuple(_read(file, "readings", item, happens) for item in _items(file, "readings", fields["readings"]))
    _in_order(file, fields["readings"], lines)
    expected = tuple(_read(file, "expect", item, expectation) for item in _items(file, "expect", fields["expect"]))
    return Case(f"{file}:{_line(node)}", _title(file, fields["title"]), _plan(file, fields), _starts(file, fields),
                lines, expected)  # fmt: skip


def _fields(file: str, node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise CaseFault(f"{file}: line {_line(node)}: expected {', '.join(KEYS)}")
    fields: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value not in KEYS or key.value in fields:
            raise CaseFault(f"{file}: line {_line(key)}: {key.value}: expected each of {', '.join(KEYS)} once at most")
        fields[key.value] = value
    return fields


def _items(file: str, field: str, node: yaml.Node) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise CaseFault(f"{file}: line {_line(node)}: {field}: expected a list, each line beginning with -")
    found: list[yaml.Node] = node.value
    return found


def _read(file: str, field: str, node: yaml.Node, reads: Callable[[str], Any]) -> Any:
    where = f"{file}: line {_line(node)}: {field}"
    if not isinstance(node, yaml.ScalarNode):
        raise CaseFault(f"{where}: expected a line of words (a colon is followed by no space)")
    try:
        return reads(node.value)
    except LineFault as error:
        raise CaseFault(f"{where}: {node.value!r}: {error}") from error


def _in_order(file: str, node: yaml.Node, lines: Sequence[Line]) -> None:
    for item, before, line in zip(node.value[1:], lines, lines[1:], strict=False):
        if line.at < before.at:
            raise CaseFault(
                f"{file}: line {_line(item)}: readings: {item.value!r}: expected a time not before the line above it "
                "(what comes late is written when it arrives, with `measured` behind it)"
            )


def _title(file: str, node: yaml.Node) -> str:
    found = _plain(node)
    if isinstance(found, dict) and found and set(found) <= {"en", "fr"}:
        found = " / ".join(str(text) for text in found.values())
    if not isinstance(found, str) or not found.strip():
        raise CaseFault(f"{file}: line {_line(node)}: title: expected a sentence, or en and fr")
    return found


def _plan(file: str, fields: dict[str, yaml.Node]) -> dict[str, Any]:
    plan = _plain(fields["plan"]) if "plan" in fields else {}
    if not isinstance(plan, dict) or "protocol" in plan:
        raise CaseFault(f"{file}: line {_line(fields['plan'])}: plan: expected the care plan without its protocol")
    if "protocol" in fields:
        plan = {"protocol": _plain(fields["protocol"])} | plan
    return plan


def _starts(file: str, fields: dict[str, yaml.Node]) -> date:
    if "starts" not in fields:
        return STARTS
    try:
        return date.fromisoformat(str(fields["starts"].value))
    except ValueError as error:
        raise CaseFault(f"{file}: line {_line(fields['starts'])}: starts: expected a date YYYY-MM-DD") from error


def _plain(node: yaml.Node) -> Any:
    """Text, numbers, true, false and null; nothing else is guessed from how a word looks."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if not isinstance(node, yaml.ScalarNode):
        return None
    if node.style is None and re.fullmatch(r"-?\d+(\.\d+)?", node.value):
        return msgspec.json.decode(node.value) if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", node.value) else node.value
    words = {"true": True, "false": False, "null": None, "": None}
    return words.get(node.value, node.value) if node.style is None else node.value


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def faults(case: Case, rules: Sequence[str]) -> Iterator[str]:
    """Rules a case names that its protocol does not have."""
    named = {found.rule for found in case.expected if found.rule}
    named |= {line.rule for line in case.lines if isinstance(line, Act)}
    for rule in sorted(named - {*rules, READING}):
        yield f"{case.where}: {rule!r}: expected a rule of the protocol, one of {', '.join(sorted(rules))}"


def differences(case: Case, said: Sequence[Said]) -> list[Difference]:
    """What was expected and did not happen, or happened although it was not expected."""
    found = []
    claimed: set[int] = set()
    for expected in case.expected:
        places = [place for place, event in enumerate(said) if _fits(expected, event)]
        if expected.how in ("at", "once"):
            claimed |= set(places)
            if len(places) != 1:
                found.append(Difference(expected.text, _near(expected, said)))
        elif expected.how == "never" and places:
            found.append(Difference(expected.text, tuple(said[place] for place in places)))
    for expected in case.expected:
        others = [event for place, event in enumerate(said) if place not in claimed and event.kind in MATTERS]
        if expected.how == "nothing else" and others:
            found.append(Difference(expected.text, tuple(others)))
    return found


def _fits(expected: Expected, event: Said) -> bool:
    if expected.how == "nothing else":
        return False
    if expected.how == "at" and not expected.at <= event.at < expected.at + expected.width:
        return False
    return (
        event.rule == expected.rule and expected.kind in ("", event.kind) and expected.severity in ("", event.severity)
    )


def _near(expected: Expected, said: Sequence[Said]) -> tuple[Said, ...]:
    """What there was of the rule; of nothing, what there was at all."""
    return tuple(event for event in said if event.rule == expected.rule) or tuple(said[:5])
