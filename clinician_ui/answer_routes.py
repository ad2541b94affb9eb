"""Answers that raised no alert: what nobody has read yet, and reading many of them at once. The app shows it."""

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from alerts.questionnaire_shelf import sets_of
from clinician_ui.access import Caller, Verb
from clinician_ui.sessions import Allowed, GivenDeps
from domain.answer_names import answer_name
from domain.instants import DAY, HOUR, Micros, iso
from domain.questionnaire import Words
from storage import answers_read, audit
from storage.answers_read import Message, Unread
from storage.connection import Connection
from web.bodies import Body, Name
from web.problems import Problem

SHOWN_FOR: Micros = 7 * DAY  # older answers stay in the patient's file
MOST = 500
SEVERE = 3  # from this grade on of 4, an answer is looked at by itself: not chosen beforehand

router = APIRouter(prefix="/api/answers", tags=["answers"])
Reader = Annotated[Caller, Depends(Allowed(Verb.ACKNOWLEDGE))]


class MessageName(Body):
    """One message of answers."""

    device: Name
    boot: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
    seq: Annotated[int, Field(ge=1, lt=1 << 62)]


class ReadWish(Body):
    """POST /api/answers/read."""

    messages: Annotated[list[MessageName], Field(min_length=1, max_length=MOST)]


@router.get("/unread")
def unread(caller: Reader, deps: GivenDeps) -> dict[str, Any]:
    """Answers of the last seven days that raised no alert and nobody has read, the oldest first."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(now, caller.username, "answers", "sites", {"sites": list(caller.sites)}))
        found = answers_read.unread(conn, caller.sites, since=now - SHOWN_FOR, limit=MOST + 1)
        names = _names(conn, caller.sites, found)
    return {
        "now": iso(now),
        "since": iso(now - SHOWN_FOR),
        "more": len(found) > MOST,
        "messages": [_message_json(each, names) for each in found[:MOST]],
    }


Names = dict[tuple[str, str], Words]


def _names(conn: Connection, sites: tuple[str, ...], found: list[Unread]) -> Names:
    """How the questions were asked, for items without a name."""
    if not found:
        return {}
    asked = [questionnaire for site in sites for questionnaire in sets_of(conn, site)]
    return {(each.name, question.code): question.text for each in asked for question in each.questions}


def _message_json(message: Unread, names: Names) -> dict[str, Any]:
    grades = [each["grade"] for each in message.answers if each["grade"] is not None]
    texts = any(each["text"] for each in message.answers)
    return {
        "patient": message.patient,
        "device": message.device,
        "boot": message.boot,
        "seq": message.seq,
        "by": message.by,
        "at": iso(message.at),
        "received_at": iso(message.received_at),
        "worst": max(grades, default=None),
        "look_first": [
            reason
            for reason, so in (
                ("text", texts),
                ("severe", max(grades, default=0) >= SEVERE),
                ("alerting", message.alerting),
            )
            if so
        ],
        "answers": [_answer_json(each, names) for each in message.answers],
    }


def _answer_json(each: dict[str, Any], names: Names) -> dict[str, Any]:
    question = names.get((each["questionnaire"], f"{each['item']}.{each['attribute'] or 'severity'}"))
    name = answer_name(each["item"], each["attribute"], question)
    return {
        "name": {"fr": name.fr, "en": name.en},
        "grade": each["grade"],
        "number": each["number"],
        "text": each["text"],
    }


@router.post("/read")
def read(body: ReadWish, caller: Reader, deps: GivenDeps) -> dict[str, Any]:
    """Mark these as read, all or none; again changes nothing, and who was first stays. The patient's app shows it."""
    wanted: list[Message] = list(dict.fromkeys((each.device, each.boot, each.seq) for each in body.messages))
    now = deps.clock()
    with deps.pool.connection() as conn:
        before = answers_read.read_before(conn, wanted, caller.sites)
        green = answers_read.unread(conn, caller.sites, since=now - SHOWN_FOR - HOUR, limit=4 * MOST)
        patients = {(each.device, each.boot, each.seq): each.patient for each in green}
        of = {message: patients[message] for message in wanted if message in patients}
        if len(of.keys() | before) < len(wanted):
            raise Problem(
                409, "an alert came of one of these answers, or it is not of your circle: read the list again"
            )
        new = answers_read.mark(conn, of, who=caller.username, role=caller.role, at=now)
        by_patient: dict[str, list[str]] = defaultdict(list)
        for message in sorted(new):
            by_patient[of[message]].append("/".join(str(part) for part in message))
        for patient, messages in sorted(by_patient.items()):
            look = audit.Look(now, caller.username, "answers.read", f"patient:{patient}", {"messages": messages})
            audit.append(conn, look)
    return {"read": len(new), "before": len(wanted) - len(new), "at": iso(now)}
