"""The daily synthesis on the console: one day of a patient, its review, its PDF, and what the sites have of a day."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from alerts import synthesis_desk as desk
from clinician_ui import synthesis_pdf
from clinician_ui.access import Caller, Verb, person_in_circle
from clinician_ui.deps import Deps
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.spoken import says_something
from clinician_ui.synthesis_text import Section, moment_text, sections
from clinician_ui.synthesis_words import LANGUAGES, word
from domain.instants import Micros, iso
from storage import audit, board, syntheses
from storage.board import PatientRow
from storage.connection import Connection
from web.bodies import Body, Text
from web.problems import Problem, bad_field

FIRST, LAST = 1971, 2199

router = APIRouter(prefix="/api", tags=["daily synthesis"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]
Reviewer = Annotated[Caller, Depends(Allowed(Verb.REVIEW))]


class ReviewWish(Body):
    """POST /api/patients/{patient}/days/{day}/review. `digest`: of the facts that were read."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    comment: Text | None = None


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise bad_field("day", "a date such as 2026-11-25") from None
    if not FIRST <= found.year <= LAST:
        raise bad_field("day", f"a date from {FIRST} to {LAST}")
    return found


def _person(conn: Connection, caller: Caller, patient: str) -> tuple[PatientRow, desk.Person]:
    row = person_in_circle(conn, caller, patient)
    return row, desk.Person(row.id, row.site)


def _audit(conn: Connection, deps: Deps, caller: Caller, *, action: str, patient: str, day: date, **more: Any) -> None:
    detail = {"day": day.isoformat(), **more}
    audit.append(conn, audit.Look(deps.clock(), caller.username, action, f"patient:{patient}", detail))


def _look(conn: Connection, person: desk.Person, day: date, *, at: Micros, kept: bool = False) -> desk.Made:
    try:
        return desk.look(conn, person, day, at=at, kept=kept)
    except desk.Refused as error:
        raise bad_field("day", str(error)) from error


@router.get("/patients/{patient}/days/{day}")
def one_day(patient: str, day: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """The synthesis of one day in both languages, who reviewed it, and earlier versions of it."""
    wanted = _day(day)
    with deps.pool.connection() as conn:
        row, person = _person(conn, caller, patient)
        _audit(conn, deps, caller, action="synthesis", patient=row.id, day=wanted)
        made = _look(conn, person, wanted, at=deps.clock())
    return _made_json(made, row)


@router.post("/patients/{patient}/days/{day}/review", status_code=201)
def review(patient: str, day: str, body: ReviewWish, *, caller: Reviewer, deps: GivenDeps) -> dict[str, Any]:
    """Sign what was read; 412 when data have come since that changed it. Twice is once: the first time counts."""
    wanted = _day(day)
    if body.comment is not None and not says_something(body.comment):
        raise bad_field("comment", "a sentence, or nothing")
    with deps.pool.connection() as conn:
        row, person = _person(conn, caller, patient)
        at = deps.clock()
        _look(conn, person, wanted, at=at)
        done = syntheses.Review(caller.username, caller.role, at, body.comment)
        made = desk.review(conn, person, wanted, digest=body.digest, done=done)
        if made is None:
            raise Problem(412, "data have come that changed this synthesis: read it again, then sign it")
        _audit(conn, deps, caller, action="synthesis.reviewed", patient=row.id, day=wanted, digest=body.digest)
    return _made_json(made, row)


@router.get("/patients/{patient}/days/{day}/pdf", response_class=Response)
def as_pdf(
    patient: str, day: str, caller: Seer, deps: GivenDeps, *, lang: Annotated[Literal["fr", "en"], Query()] = "fr"
) -> Response:
    """The same as a PDF. What was printed is kept, today's too."""
    wanted, at = _day(day), deps.clock()
    with deps.pool.connection() as conn:
        row, person = _person(conn, caller, patient)
        _audit(conn, deps, caller, action="printed", patient=row.id, day=wanted, what="synthesis", lang=lang)
        made = _look(conn, person, wanted, at=at, kept=True)
        site = board.site_names(conn, [row.site]).get(row.site, row.site)
    name = " ".join(part for part in ((row.family_name or "").upper(), row.given_name or "") if part) or row.id
    status, version = _status(made, lang)
    sheet = synthesis_pdf.Sheet(name, site, status, version, at)
    paper = synthesis_pdf.pdf(made.facts, sheet, lang)
    headers = {"Content-Disposition": f'attachment; filename="vigie-{row.id}-{wanted.isoformat()}-{lang}.pdf"'}
    return Response(paper, media_type="application/pdf", headers=headers)


def _status(made: desk.Made, lang: str) -> tuple[tuple[str, ...], str]:
    """What the document says of its review, and its version."""
    now = made.now
    version = word("draft", lang) if now is None else word("version", lang, now.version)
    if now is not None and now.reviews:
        zone = made.facts.zone
        lines = [word("reviewed", lang, each.actor, word(f"by-{each.role}", lang), moment_text(each.at, zone, lang))
                 + (f" « {each.comment} »" if each.comment else "") for each in now.reviews]  # fmt: skip
        return tuple(lines), version
    before = [each.actor for old in made.kept for each in old.reviews]
    changed = (word("changed", lang, ", ".join(dict.fromkeys(before))),) if before else ()
    return (word("automatic", lang), *changed), version


@router.get("/days/{day}")
def of_sites(day: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """Each patient of the caller's sites, and whether anybody reviewed the synthesis of a day."""
    wanted = _day(day)
    with deps.pool.connection() as conn:
        look = audit.Look(deps.clock(), caller.username, "syntheses", "sites",
                          {"sites": list(caller.sites), "day": wanted.isoformat()})  # fmt: skip
        audit.append(conn, look)
        found = syntheses.of_sites(conn, caller.sites, wanted)
    return {"day": wanted.isoformat(), "patients": [_of_day_json(each) for each in found]}


def _of_day_json(row: syntheses.OfDay) -> dict[str, Any]:
    return {
        "id": row.patient,
        "site": row.site,
        "name": {"family": row.family_name, "given": row.given_name},
        "kept": row.kept,
        "reviewed_by": row.reviewed_by,
        "reviewed_at": None if row.reviewed_at is None else iso(row.reviewed_at),
    }


def _made_json(made: desk.Made, row: PatientRow) -> dict[str, Any]:
    facts = made.facts
    return {
        "patient": row.id,
        "site": row.site,
        "name": {"family": row.family_name, "given": row.given_name},
        "day": facts.day.isoformat(),
        "timezone": facts.zone,
        "as_of": iso(facts.upto),
        "whole": facts.whole,
        "digest": facts.digest,
        "version": None if made.now is None else made.now.version,
        "reviews": [] if made.now is None else [_review_json(each) for each in made.now.reviews],
        "versions": [_kept_json(each) for each in made.kept],
        "sections": {lang: [_section_json(each) for each in sections(facts, lang)] for lang in LANGUAGES},
    }


def _section_json(section: Section) -> dict[str, Any]:
    rows = [
        {"when": row.when, "mark": row.mark, "text": row.text, "notes": list(row.notes), "quote": row.quote}
        for row in section.rows
    ]
    return {"id": section.id, "title": section.title, "empty": section.empty, "rows": rows}


def _kept_json(kept: syntheses.Kept) -> dict[str, Any]:
    return {
        "version": kept.version,
        "made_at": iso(kept.made_at),
        "whole": kept.whole,
        "reviews": [_review_json(each) for each in kept.reviews],
    }


def _review_json(review: syntheses.Review) -> dict[str, Any]:
    return {"by": review.actor, "role": review.role, "at": iso(review.at), "comment": review.comment}
