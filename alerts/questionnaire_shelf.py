"""Questionnaires of the hub and of its sites together: what is asked, what answers are judged by, what may be imported.

Reads the database; writes only in `put`. Called by the wiring, `alerts.day_desk` and `vigie questionnaire`.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from psycopg import Connection

from alerts.asking import for_protocol
from alerts.protocol.library import shipped as protocols
from alerts.protocol.reading import codes_of
from alerts.questionnaire_files import shipped, shipped_texts
from domain.instants import Micros
from domain.questionnaire import Book, Questionnaire, book
from domain.questionnaire_fhir import read
from storage import questionnaires
from storage.questionnaires import Imported


class Refused(Exception):
    """A questionnaire that cannot be taken in; the words name the field and what was expected."""


def books(conn: Connection[Any]) -> Mapping[str, Book]:
    """What answers are judged by: {site: every version by ID@VERSION}, under `` those that ship alone."""
    found: dict[str, list[Questionnaire]] = {}
    for row in questionnaires.imported(conn):
        found.setdefault(row.site, []).append(_read(row.body, row.licence))
    return {"": _own(), **{site: book(shipped(), each) for site, each in found.items()}}


@cache
def _own() -> Book:
    return book(shipped())


@lru_cache(maxsize=256)
def _read(text: str, licence: str) -> Questionnaire:
    return read("questionnaire", text, licence=licence)


def sets_of(conn: Connection[Any], site: str) -> tuple[Questionnaire, ...]:
    """What patients of a site are asked: those that ship, then the newest of each that the site has in use."""
    return (*shipped(), *in_use(questionnaires.imported(conn, site)))


def text_of(conn: Connection[Any], site: str, name: str) -> str | None:
    """The exact FHIR text of what patients of a site are asked under an id, the newest version; None: no such id."""
    own = [row.body for row in questionnaires.imported(conn, site) if row.id == name]
    return own[-1] if own else shipped_texts().get(f"{name}.json")


def in_use(rows: Sequence[Imported]) -> tuple[Questionnaire, ...]:
    """The newest version of each id that is not withdrawn."""
    newest = {row.id: row for row in rows if row.withdrawn_at is None}
    return tuple(_read(row.body, row.licence) for row in newest.values())


def put(
    conn: Connection[Any], site: str, text: str, *, questionnaire: Questionnaire, by: str, at: Micros
) -> Questionnaire:
    """Keep a checked questionnaire for a site. Raises Refused when it would take an alerting question away."""
    if questionnaire.id in {each.id for each in shipped()}:
        raise Refused(f"id: expected one that does not come with the hub, got {questionnaire.id}")
    missing = taken_away(questionnaire)
    if missing:
        raise Refused(f"item: expected also {', '.join(missing)}: rules look at them, and it would be asked instead")
    digest = sha256(text.encode()).digest()
    row = Imported(
        site, questionnaire.id, questionnaire.version, text, digest, questionnaire.licence, by, None, None
    )  # fmt: skip
    known = {(each.id, each.version): each.sha256 for each in questionnaires.imported(conn, site)}
    before = known.get((row.id, row.version))
    if before is not None:
        same = "it is there already" if before == digest else "the text of that version is another"
        raise Refused(f"version: expected one that {site} does not have, got {questionnaire.ref}: {same}")
    if not questionnaires.insert(conn, row, at):
        raise Refused(f"version: somebody imported {questionnaire.ref} at the same time")
    return questionnaire


def taken_away(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Answers that rules look at and that could not be given any more if it stood for the shipped one of its name."""
    missing: dict[str, None] = {}
    for protocol in questionnaire.protocols:
        before = {each.name: each for each in for_protocol(shipped(), protocol)}.get(questionnaire.name)
        if before is not None:
            missing |= dict.fromkeys(code for code in watched(protocol, before) if code not in questionnaire.codes)
    return tuple(missing)


def watched(protocol: str, questionnaire: Questionnaire) -> tuple[str, ...]:
    """The codes of a questionnaire that rules of a protocol look at."""
    found = protocols().protocols.get(protocol)
    if found is None:
        return ()
    seen = {code.removeprefix("answer:") for rule in found.rules for code in codes_of(rule)}
    alarming = {item for answer in found.answers for item in answer.items}
    return tuple(q.code for q in questionnaire.questions if q.code in seen or q.item in alarming)
