"""What professionals enter, judged with the same rules as a device's message. Pure; called by the service."""

from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from domain.alerts import Input
from domain.decode import Fault, decode_entries
from domain.instants import DAY, Micros
from domain.questionnaire import Book
from domain.values import Given, Origin, Reason, Rejected, Retraction
from domain.wire import Entries
from ingest import judge
from ingest.accept import AHEAD
from ingest.batch import Rows
from ingest.judge import Context, Stamp
from storage.inbox import Waiting
from storage.messages import MessageRow, RejectedRow

CONSOLE = "console"
TOPIC = "entries"
OLDEST: Micros = 3653 * DAY


class Entered(Struct, frozen=True):
    """The rows of one action and what the person is told."""

    rows: Rows
    stored: int
    faults: tuple[Fault, ...]
    at: Micros

    def detail(self) -> dict[str, Any]:
        """As kept with the action."""
        refused = [
            {"path": fault.path, "reason": fault.reason.value, "expected": fault.expected} for fault in self.faults
        ]
        return {"stored": self.stored, "refused": refused}


def enter(action: Waiting, *, at: Micros, book: Book | None = None) -> Entered:
    """Judge one waiting action at the hub's time. `book`: the questionnaires of its site."""
    payload = msgspec.json.encode(action.body)
    origin = _origin(action)
    rows = Rows()
    decoded = decode_entries(payload)
    faults = (
        decoded
        if isinstance(decoded, list)
        else _fill(rows, decoded, _context(decoded, action, at=at, book=book or {}))
    )
    values: list[Input] = [*rows.readings, *rows.reports, *rows.retractions, *rows.intakes, *rows.given]
    stored = len(values)
    digest = sha256(payload).digest()
    rows.messages.append(MessageRow(CONSOLE, origin.boot, 1, digest, at, not stored))
    for number, fault in enumerate(faults):
        refusal = Rejected(
            fault.reason, fault.path, fault.expected, payload, at, f"{TOPIC}/{origin.boot}", action.site, CONSOLE,
            action.patient, origin.boot, 1,
        )  # fmt: skip
        rows.rejected.append(RejectedRow(refusal, digest, b"" if number else payload))
    if values:
        rows.inputs[action.patient] = values
    return Entered(rows, stored, tuple(faults), at)


def _origin(action: Waiting) -> Origin:
    return Origin(CONSOLE, action.id.replace("-", ""), 1)


def _context(entries: Entries, action: Waiting, *, at: Micros, book: Book) -> Context:
    def stamp(when: datetime) -> Stamp | Fault:
        return _stamp(when, action.patient, at)

    base = Stamp(min(action.created_at, at), action.patient)
    return Context(_origin(action), at, action.role, base, stamp, book, entries.channel)


def _fill(rows: Rows, entries: Entries, context: Context) -> list[Fault]:
    faults: list[Fault] = []
    rows.readings += judge.readings(entries.obs, context, places=None, faults=faults)
    rows.reports += judge.reports(entries.rep, context, places=None, faults=faults)
    rows.intakes += judge.intakes(entries.int_, context, places=None, faults=faults)
    rows.retractions += _retractions(entries, context)
    rows.given += _given(entries, context, faults)
    return faults


def _stamp(when: datetime, patient: str, at: Micros) -> Stamp | Fault:
    """A typed time is corrected by the person who typed it, never repaired."""
    typed = judge.micros_of(when)
    if typed > at + AHEAD:
        return Fault(Reason.MALFORMED, ".t", "a time that is not in the future")
    if typed < at - OLDEST:
        return Fault(Reason.MALFORMED, ".t", "a time of the last ten years")
    return Stamp(typed, patient)


def _retractions(entries: Entries, context: Context) -> list[Retraction]:
    """Intakes of the patient that a professional takes back, whoever said them."""
    return [
        Retraction(
            context.base.patient or "", Origin(entry.device, entry.boot, entry.seq), entry.i, context.base.at,
            context.received_at, context.by, context.origin, place, context.channel, entry.why,
        )
        for place, entry in enumerate(entries.retract)
    ]  # fmt: skip


def _given(entries: Entries, context: Context, faults: list[Fault]) -> list[Given]:
    good = []
    for place, entry in enumerate(entries.given):
        stamp = context.stamp(entry.at)
        amount = judge.number(entry.amount)
        if isinstance(stamp, Fault):
            faults.append(Fault(stamp.reason, f"given[{place}].at", stamp.expected))
        elif amount is not None and not 0 <= amount < float("inf"):
            faults.append(Fault(Reason.IMPLAUSIBLE, f"given[{place}].amount", "at least 0"))
        elif stamp.patient is not None:
            head = (stamp.patient, entry.k, entry.name, stamp.at, context.received_at, amount, entry.unit)
            good.append(Given(*head, context.by, context.origin, place))
    return good
