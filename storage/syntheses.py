"""Daily syntheses as they were kept, and who reviewed them. Append-only.

Called by `alerts.synthesis_desk`; the caller has checked the patient or the sites against the circle of care.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment
from domain.synthesis import Synthesis


class Review(Struct, frozen=True):
    """Somebody has reviewed one. `comment`: in their own words."""

    actor: str
    role: str
    at: Micros
    comment: str | None


class Kept(Struct, frozen=True):
    """One that was kept, without its facts. `version`: 1 is the first of the day."""

    id: int
    digest: str
    version: int
    whole: bool
    made_at: Micros
    reviews: tuple[Review, ...]


class OfDay(Struct, frozen=True):
    """What is kept of one patient's day: whether anything is, and the newest review of any version."""

    patient: str
    site: str
    family_name: str | None
    given_name: str | None
    kept: bool
    reviewed_by: str | None
    reviewed_at: Micros | None


def keep(conn: Connection[Any], found: Synthesis, at: Micros) -> None:
    """Keep the facts; those that are there already stay as they are."""
    conn.execute(
        """INSERT INTO synthesis (patient, day, digest, whole, body, made_at) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (patient, day, digest) DO NOTHING""",
        (found.patient, found.day, found.digest, found.whole, Jsonb(msgspec.to_builtins(found)), moment(at)),
    )


def of_day(conn: Connection[Any], patient: str, day: date) -> list[Kept]:
    """What is kept of a day, the first first, each with its reviews."""
    rows = conn.execute(
        """SELECT id, digest, whole, made_at FROM synthesis WHERE patient = %s AND day = %s ORDER BY id""",
        (patient, day),
    ).fetchall()
    reviews: dict[int, list[Review]] = {row[0]: [] for row in rows}
    for number, actor, role, at, comment in conn.execute(
        """SELECT synthesis, actor, role, at, comment FROM synthesis_review
           WHERE synthesis = ANY (%s) ORDER BY at, actor""",
        (list(reviews),),
    ):
        reviews[number].append(Review(actor, role, micros(at), comment))
    return [
        Kept(number, digest, place, whole, micros(made_at), tuple(reviews[number]))
        for place, (number, digest, whole, made_at) in enumerate(rows, start=1)
    ]


def body(conn: Connection[Any], number: int) -> dict[str, Any]:
    """The facts of one that was kept, as they were kept."""
    row = conn.execute("SELECT body FROM synthesis WHERE id = %s", (number,)).fetchone()
    if row is None:
        raise LookupError(f"synthesis {number}")
    found: dict[str, Any] = row[0]
    return found


def review(conn: Connection[Any], number: int, done: Review) -> bool:
    """Write a review; False when this person has reviewed it before: the first time counts."""
    written = conn.execute(
        """INSERT INTO synthesis_review (synthesis, actor, role, at, comment) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (synthesis, actor) DO NOTHING""",
        (number, done.actor, done.role, moment(done.at), done.comment),
    )
    return written.rowcount == 1


def of_sites(conn: Connection[Any], sites: Sequence[str], day: date) -> list[OfDay]:
    """Each patient under watch at these sites, and what is kept of a day."""
    rows = conn.execute(
        """SELECT patient.id, site, family_name, given_name,
                  EXISTS (SELECT FROM synthesis WHERE synthesis.patient = patient.id AND day = %(day)s),
                  newest.actor, newest.at
           FROM patient LEFT JOIN identity.person ON person.patient = patient.id
           LEFT JOIN LATERAL (
               SELECT review.actor, review.at FROM synthesis JOIN synthesis_review AS review ON synthesis = synthesis.id
               WHERE synthesis.patient = patient.id AND day = %(day)s ORDER BY review.at DESC LIMIT 1) AS newest ON true
           WHERE site = ANY (%(sites)s) AND ended_at IS NULL AND kind = 'person'
           ORDER BY family_name NULLS LAST, given_name, patient.id""",
        {"sites": list(sites), "day": day},
    ).fetchall()
    return [
        OfDay(patient, site, family, given, kept, by, None if at is None else micros(at))
        for patient, site, family, given, kept, by, at in rows
    ]
