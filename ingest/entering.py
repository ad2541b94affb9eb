"""What professionals entered, stored and stepped: one transaction an action, which ends with its row marked as done.

Called by the service, from its thread, for waiting rows of kind `entries`.
"""

from functools import partial

import psycopg
import structlog

from domain.questionnaire import Book
from ingest.decider import Decision
from ingest.entries import Entered, enter
from ingest.oddities import said
from ingest.owner import Conn, LeaseLost, Stopping
from ingest.writer import Tools, write_decision, write_values
from storage import inbox
from storage import messages as sql

log = structlog.get_logger("vigie.ingest")


def apply(tools: Tools, action: inbox.Waiting, book: Book) -> None:
    """Store one action with its decision; without it when deciding fails; as refused when it cannot be stored."""
    at = tools.clock()
    entered = enter(action, at=at, book=book)
    fault = _try(tools, action, entered, decide=True)
    if fault is None:
        return
    if entered.rows.inputs:
        second = _try(tools, action, entered, decide=False)
        if second is None:
            tools.metrics.undecided.inc()
            log.error("an entry was stored without a decision", action=action.id, error=said(fault), exc_info=fault)
            return
        fault = second
    log.error("an entry could not be stored", action=action.id, error=said(fault), exc_info=fault)
    detail = {"stored": 0, "refused": [{"path": "", "reason": "malformed", "expected": said(fault)}]}
    tools.owner.perform(lambda conn: inbox.finish(conn, action.id, "refused", detail=detail, at=at))


def _try(tools: Tools, action: inbox.Waiting, entered: Entered, *, decide: bool) -> Exception | None:
    inputs = entered.rows.inputs
    decision: Decision | None = None
    try:
        if decide and inputs:
            at = entered.at
            decision = tools.owner.read(lambda _: tools.decider.decide(inputs, at=at))
        tools.owner.perform(partial(_write, action, entered, decision))
    except (LeaseLost, Stopping):
        raise
    except Exception as error:
        if not decide and isinstance(error, psycopg.ProgrammingError):
            raise  # the database is not what this program expects: nobody's entry is at fault
        return error  # reported by the caller
    if decision is not None:
        decision.adopt()
    return None


def _write(action: inbox.Waiting, entered: Entered, decision: Decision | None, conn: Conn) -> None:
    sql.insert_messages(conn, entered.rows.messages)
    write_values(conn, entered.rows)
    if decision is not None:
        write_decision(conn, decision)
    inbox.finish(conn, action.id, "applied", detail=entered.detail(), at=entered.at)
