"""Refused messages judged again because a person asked, a little at a time.

Called by the service, from its thread, for waiting rows of kind `rejudge`. An action that asks for many is done over
several cycles, so that what arrives meanwhile is not held up; it ends with its row marked as done.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial

import psycopg
import structlog

from ingest.decider import Decision
from ingest.oddities import said
from ingest.owner import Conn, LeaseLost, Stopping
from ingest.registry import Device
from ingest.rejudge import Again, again, judge, refused, together
from ingest.writer import Tools, write_decision, write_values
from storage import inbox, rejudged
from storage import messages as sql

A_CYCLE = 0.05  # s of a cycle
AT_ONCE = 50  # messages a transaction

log = structlog.get_logger("vigie.ingest")


class _Meanwhile(Exception):
    """Another message of these has the same number, or somebody else has stored it."""


def apply(tools: Tools, action: inbox.Waiting, devices: Mapping[str, Device]) -> bool:
    """Judge what an action asks for, as long as a cycle may take. True once there is nothing left."""
    ids = [each for each in action.body.get("refusals", ()) if isinstance(each, int)]
    end = time.monotonic() + A_CYCLE
    while time.monotonic() < end:
        units = tools.owner.read(lambda conn: rejudged.next_units(conn, action.id, ids, AT_ONCE))
        if not units:
            tools.owner.perform(partial(_finish, action=action, ids=ids, at=tools.clock()))
            return True
        found = together(_again(tools, units, devices))
        same = len(set(found.revived)) < len(found.revived)  # two under one number: the second has to see the first
        if same or _try(tools, action, found, decide=True) is not None:
            for unit in units:
                _alone(tools, action, unit, devices)
    return False


def _again(tools: Tools, units: Sequence[rejudged.Unit], devices: Mapping[str, Device]) -> list[Again]:
    judged = [(unit, judge(unit, devices)) for unit in units]
    keys = [(one.device, one.boot, one.seq) for _, one in judged if not isinstance(one, str)]
    known = tools.owner.read(lambda conn: rejudged.before(conn, keys)) if keys else {}
    at = tools.clock()
    return [
        refused(unit, one) if isinstance(one, str) else
        again(unit, one, known.get((one.device, one.boot, one.seq)), at=at) for unit, one in judged
    ]  # fmt: skip


def _alone(tools: Tools, action: inbox.Waiting, unit: rejudged.Unit, devices: Mapping[str, Device]) -> None:
    """One by itself: without a decision if that was at fault, else refused for what the database said."""
    [found] = _again(tools, [unit], devices)
    fault = _try(tools, action, found, decide=True)
    if fault is not None and found.rows.inputs and not isinstance(fault, _Meanwhile):
        fault = _try(tools, action, found, decide=False)
        if fault is None:
            tools.metrics.undecided.inc()
            log.error("what was judged again was stored without a decision", action=action.id)
    if fault is None or isinstance(fault, _Meanwhile):
        return  # the next look finds what is left of it
    log.error("what was judged again cannot be stored", action=action.id, error=said(fault), exc_info=fault)
    tools.owner.perform(partial(_write, tools, action, refused(unit, f"malformed: {said(fault)}"), None))


def _try(tools: Tools, action: inbox.Waiting, found: Again, *, decide: bool) -> Exception | None:
    inputs = found.rows.inputs
    decision: Decision | None = None
    try:
        if decide and inputs:
            at = tools.clock()
            decision = tools.owner.read(lambda _: tools.decider.decide(inputs, at=at))
        tools.owner.perform(partial(_write, tools, action, found, decision))
    except (LeaseLost, Stopping):
        raise
    except Exception as error:
        if not decide and isinstance(error, psycopg.ProgrammingError):
            raise  # the database is not what this program expects: no message is at fault
        return error  # reported by the caller
    for message in found.rows.messages:
        tools.seen.stored((message.device, message.boot), message.seq)
    if decision is not None:
        decision.adopt()
    return None


def _write(tools: Tools, action: inbox.Waiting, found: Again, decision: Decision | None, conn: Conn) -> None:
    rows = found.rows
    if rows.messages and sql.insert_messages(conn, rows.messages).rowcount != len(rows.messages):
        raise _Meanwhile
    write_values(conn, rows)
    if found.revived:
        rejudged.revive(conn, found.revived)
    if not rejudged.settle(conn, action.id, found.said, by=action.actor, at=tools.clock()):
        raise _Meanwhile
    if decision is not None:
        write_decision(conn, decision)


def _finish(conn: Conn, *, action: inbox.Waiting, ids: list[int], at: int) -> None:
    found = rejudged.tally(conn, action.id, ids)
    detail = {"stored": found.stored, "refused": found.refused}
    inbox.finish(conn, action.id, "applied", detail=detail, at=at)
