"""Two versions of a protocol compared, rule by rule, number by number, with the source of each. Pure.

Works on whatever a protocol holds: a list's parts are known by their `id`, `name` or `code`, so that a rule that moved
is not a rule that changed. Called by `vigie protocol compare` and by the console.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from alerts.protocol.reading import Protocol

_HEADS = ("id", "version", "digest", "clauses")  # said beside the comparison, or made from the rest
_KEYS = ("id", "name", "code", "item", "day")


class Leaf(Struct, frozen=True):
    """One value of a protocol: where it stands, and where it comes from."""

    part: str  # "rule spo2", "defaults", "escalation" ...
    field: str  # "criterion very-low.up_to"
    value: Any
    source: str | None
    status: str | None


class Change(Struct, frozen=True):
    """One value that is not the same in both. `kind`: added, removed, changed. `before` and `after` None: not there."""

    kind: str
    part: str
    field: str
    before: Any
    after: Any
    source_before: str | None
    source_after: str | None


def leaves(protocol: Protocol) -> dict[tuple[str, str], Leaf]:
    """Every value of a protocol by (part, field), in its own order. What is not set has no leaf."""
    found: dict[tuple[str, str], Leaf] = {}
    for leaf in _parts(protocol):
        found.setdefault((leaf.part, leaf.field), leaf)
    return found


def compare(old: Protocol, new: Protocol) -> list[Change]:
    """What changes from one to the other: values of the old one in its order, then what is only in the new one."""
    before, after = leaves(old), leaves(new)
    places = [*before, *(place for place in after if place not in before)]
    return [
        _change(place, before.get(place), after.get(place))
        for place in places
        if _said(before.get(place)) != _said(after.get(place))
    ]


def _said(leaf: Leaf | None) -> tuple[Any, ...] | None:
    return None if leaf is None else (type(leaf.value) is bool, leaf.value)


def _change(place: tuple[str, str], old: Leaf | None, new: Leaf | None) -> Change:
    kind = "added" if old is None else "removed" if new is None else "changed"
    return Change(
        kind, *place, old.value if old else None, new.value if new else None, old.source if old else None,
        new.source if new else None,
    )  # fmt: skip


def _parts(protocol: Protocol) -> Iterator[Leaf]:
    for field in dataclasses.fields(protocol):
        if field.name not in _HEADS:
            value = msgspec.to_builtins(getattr(protocol, field.name))
            yield from _top(field.name.replace("_", " "), value)


def _top(name: str, value: Any) -> Iterator[Leaf]:
    """A list or a table of named parts is cut into them (`rules` into `rule spo2` ...); anything else is one part."""
    one = name.removesuffix("s")
    if isinstance(value, list | tuple) and all(isinstance(each, dict) for each in value):
        for key, each in _named(value):
            yield from _walk(f"{one} {key}", "", each, (None, None))
    elif isinstance(value, dict) and value and all(isinstance(each, dict) for each in value.values()):
        for key, each in value.items():
            yield from _walk(f"{one} {key}", "", each, (None, None))
    else:
        yield from _walk(name, "", value, (None, None))


def _walk(part: str, field: str, value: Any, origin: tuple[str | None, str | None]) -> Iterator[Leaf]:
    if value is None:
        return
    if isinstance(value, dict):
        inner = (value.get("source") or origin[0], value.get("status") or origin[1])
        for key, each in value.items():
            yield from _walk(part, f"{field}.{key}" if field else str(key), each, inner)
    elif isinstance(value, list | tuple) and value and all(isinstance(each, dict) for each in value):
        for key, each in _named(value):
            yield from _walk(part, f"{field} {key}", each, origin)
    elif value not in ([], ()):
        yield Leaf(part, field, tuple(value) if isinstance(value, list) else value, *origin)


def _named(values: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each part with the name it is known by; a second one of a name is numbered, one without a name too."""
    seen: dict[str, int] = {}
    for place, value in enumerate(values, start=1):
        name = next((str(value[key]) for key in _KEYS if isinstance(value.get(key), str | int)), str(place))
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), value


def shown(value: Any) -> str:
    """A value as people read it in a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{value:.10g}"
    if isinstance(value, tuple | list):
        return ", ".join(shown(each) for each in value)
    return str(value)
