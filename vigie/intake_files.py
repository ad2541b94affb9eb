"""Openings of a pill cap as entries of a patient: judged as entries are, then filed in the inbox. Wiring only.

Once is enough: what is stored or already waiting is left out, so that a second import changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from domain.instants import Micros, iso
from ingest.entries import enter
from ingest.pill_caps.export import Export, Opening, Refused
from storage import actions, imports
from storage.connection import Connection
from storage.inbox import Waiting

AT_ONCE = 200
ROLE = "operator"


@dataclass(frozen=True)
class Import:
    """Whose openings, of which drug, and who brings them in."""

    patient: str
    site: str
    drug: str
    actor: str
    at: Micros


@dataclass
class Outcome:
    """What came of a file."""

    fresh: list[Opening] = field(default_factory=list)
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    files: int = 0


def sort_out(conn: Connection, wanted: Import, export: Export) -> Outcome:
    """What is new, what is there already, what is refused: rows of the file, and openings that entries would refuse."""
    outcome = Outcome(refused=list(export.refused))
    if not export.openings:
        return outcome
    span = {"first": export.openings[0].at, "last": export.openings[-1].at}
    there = imports.known(conn, wanted.patient, wanted.drug, **span)
    fresh = [opening for opening in export.openings if opening.at not in there]
    outcome.known = len(export.openings) - len(fresh)
    for part in _parts(fresh):
        faults = _faults(wanted, part)
        outcome.refused += [
            Refused(part[place].line, "time", expected, iso(part[place].at)) for place, expected in faults.items()
        ]
        outcome.fresh += [opening for place, opening in enumerate(part) if place not in faults]
    outcome.refused.sort(key=lambda one: one.line)
    return outcome


def file_away(conn: Connection, wanted: Import, outcome: Outcome) -> None:
    """Put the new openings into the inbox of the patient's owner; it steps them as it steps every entry."""
    for part in _parts(outcome.fresh):
        body = _body(wanted, part)
        digest = sha256(repr((wanted.patient, wanted.drug, [opening.at for opening in part])).encode()).hexdigest()
        wish = actions.Wish(
            wanted.site, wanted.patient, "entries", body, wanted.actor, ROLE, f"{imports.KEY}{wanted.at}:{digest}",
            wanted.at,
        )  # fmt: skip
        actions.announce(conn, actions.insert(conn, wish))
        outcome.files += 1


def _parts(openings: Sequence[Opening]) -> Iterator[Sequence[Opening]]:
    for place in range(0, len(openings), AT_ONCE):
        yield openings[place : place + AT_ONCE]


def _body(wanted: Import, part: Sequence[Opening]) -> dict[str, Any]:
    """A cap says that it was opened, not how many tablets came out: no amount is entered."""
    return {"int": [{"drug": wanted.drug, "state": "taken", "at": iso(opening.at)} for opening in part]}


def _faults(wanted: Import, part: Sequence[Opening]) -> dict[int, str]:
    """What the judgement of entries says against each, by place. A fault of none of them is a fault of all."""
    row = Waiting("0", 0, wanted.site, wanted.patient, "entries", None, None, _body(wanted, part), wanted.actor, ROLE,
                  wanted.at)  # fmt: skip
    found: dict[int, str] = {}
    for fault in enter(row, at=wanted.at).faults:
        place = fault.path.removeprefix("int[").partition("]")[0]
        for each in [int(place)] if place.isdigit() else range(len(part)):
            found[each] = fault.expected
    return found
