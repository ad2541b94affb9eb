"""A refused message judged again by today's registry and tables: only what was refused is stored now. Pure.

Stored as it would have been then, but for the time of receipt, which is now: to the rules it is late data (design,
section 5). What a device said of itself (battery, a wrong clock) is old news and is not told again. Called by
`ingest.rejudging`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct, structs

from domain.instants import Micros
from domain.values import Intake, Reading, Rejected, Report, Retraction
from ingest.accept import Accepted, accept
from ingest.batch import Item, Rows, rows_of
from ingest.buffer import APP, Delivery
from ingest.registry import Device
from storage.messages import MessageRow, RejectedRow
from storage.rejudged import Before, Key, Unit

_ENTRY = re.compile(r"(obs|rep|int|ev)\[(\d+)\]")
_VALUES = ("obs", "rep", "int")
_LISTS = ("messages", "readings", "reports", "intakes", "retractions", "rejected", "boots", "dropped", "identities")
TAKEN = "conflict: this boot and seq were used for other content"
A_STATUS = "identity: a status says how it was then, it is not judged again"

Place = tuple[str, int]
V = TypeVar("V", Reading, Report, Intake, Retraction)


class Again(Struct, frozen=True):
    """What is to be stored, and what became of each refusal by its id: None when it is stored, else why it is not.

    `revived`: messages that were refused as a whole and are not any more.
    """

    rows: Rows
    said: dict[int, str | None]
    revived: tuple[Key, ...] = ()


def judge(unit: Unit, devices: Mapping[str, Device]) -> Accepted | str:
    """The message as it is judged today; or why all of it is refused still."""
    if unit.topic.endswith("/st"):
        return A_STATUS
    judged = accept(unit.payload, unit.topic, received_at=unit.received_at, devices=devices)
    return _said(judged) if isinstance(judged, Rejected) else judged


def refused(unit: Unit, why: str) -> Again:
    """All of it stays refused."""
    return Again(Rows(), {part.id: why for part in unit.parts})


def again(unit: Unit, judged: Accepted, before: Before | None, *, at: Micros) -> Again:
    """What of it is stored now. `before`: what the message table has under its number."""
    if before is not None and before.sha256 != judged.sha256:
        return refused(unit, TAKEN)
    places = [_place(part.path) for part in unit.parts]
    of_all = None in places
    if of_all and before is not None and not before.refused and not _values_were_refused(unit):
        return Again(Rows(), dict.fromkeys(part.id for part in unit.parts))  # sent again and stored meanwhile
    anew = of_all and (before is None or before.refused)
    wanted = None if anew else {place for place in places if place is not None}
    kinds = _VALUES if of_all else ()
    fresh = _restored(judged, wanted, kinds, at=at, anew=anew)
    empty = not (fresh.readings or fresh.reports or fresh.intakes or fresh.retractions or fresh.dropped)
    rows = rows_of([Item(Delivery(unit.payload, unit.topic, 0, 1, 0, APP, unit.received_at), fresh)])
    rows.devices.clear()  # when it was last heard is known better
    faults = {_place(each.path): each for each in judged.rejected}
    if of_all:  # else each entry that may be refused has its row already, and the others are stored
        left = [each for place, each in faults.items() if place not in places]
        rows.rejected += [RejectedRow(each, judged.sha256, b"") for each in left]
    key = (judged.device, judged.boot, judged.seq)
    still = empty and bool(judged.rejected)
    rows.messages = [] if before is not None else [MessageRow(*key, judged.sha256, unit.received_at, still)]
    first = next(iter(judged.rejected), None)
    said: dict[int, str | None] = {}
    for part, place in zip(unit.parts, places, strict=True):
        # entries that are refused by themselves have rows of their own
        fault = (first if empty else None) if place is None else faults.get(place, faults.get(None))
        said[part.id] = None if fault is None else _said(fault)
    revived = (key,) if before is not None and before.refused and not still else ()
    return Again(rows, said, revived)


def together(found: Sequence[Again]) -> Again:
    """All of these in one transaction, in their order."""
    rows = Rows()
    said: dict[int, str | None] = {}
    revived: list[Key] = []
    for one in found:
        for name in _LISTS:
            getattr(rows, name).extend(getattr(one.rows, name))
        for patient, values in one.rows.inputs.items():
            rows.inputs.setdefault(patient, []).extend(values)
        said |= one.said
        revived += one.revived
    return Again(rows, said, tuple(revived))


def _restored(judged: Accepted, wanted: set[Place] | None, kinds: Sequence[str], *, at: Micros, anew: bool) -> Accepted:
    """The message with nothing but what was refused: these places, and all of these kinds of entries."""

    def mine(kind: str, values: Sequence[V]) -> list[V]:
        chosen = [each for each in values if wanted is None or kind in kinds or (kind, each.index) in wanted]
        return [structs.replace(each, received_at=at) for each in chosen]

    device = anew or any(kind == "ev" for kind, _ in wanted or ())  # its boots and gaps: stored once however often told
    return structs.replace(
        judged, readings=mine("obs", judged.readings), reports=mine("rep", judged.reports),
        intakes=mine("int", judged.intakes), retractions=mine("ev", judged.retractions), faults=(), notes=(),
        rejected=(), dropped=judged.dropped if device else (), link=judged.link if device else None, asks=False,
        battery=None, identity=judged.identity if anew else None,
    )  # fmt: skip


def _values_were_refused(unit: Unit) -> bool:
    """Nobody wore the device: its readings and answers were refused in one, what it said of itself was stored."""
    return all(part.path == "" and part.reason == "unassigned" for part in unit.parts)


def _place(path: str) -> Place | None:
    found = _ENTRY.match(path)
    return None if found is None else (found[1], int(found[2]))


def _said(fault: Rejected) -> str:
    return ": ".join(each for each in (fault.reason.value, fault.path, fault.expected) if each)
