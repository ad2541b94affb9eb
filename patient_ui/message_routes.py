"""POST /app/api/messages: what the app sends, answered once ingest has committed it, alerts included."""

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from patient_ui import posting
from patient_ui.access import Caller, GivenCaller, GivenDeps, device_name, link_to, speaker
from patient_ui.deps import Deps
from storage import app_people
from web.problems import Problem, bad_field

WAIT_FOR = 8.0
LOOK_FIRST, LOOK_SLOWEST = 0.05, 0.5  # s; each look later than the one before: many may wait at once
RETRY_SECONDS = "5"

router = APIRouter(prefix="/api", tags=["sending"])
PatientId = Annotated[str, Query(min_length=1, max_length=64)]


@router.post("/messages")
async def post(patient: PatientId, request: Request, caller: GivenCaller, *, deps: GivenDeps) -> dict[str, Any]:
    """Judged, stored and stepped like a device's message; nothing is acknowledged that is not committed."""
    body = await request.body()
    batch = await run_in_threadpool(_file, deps, caller, patient, body=body)
    end, pause = time.monotonic() + WAIT_FOR, LOOK_FIRST
    while (found := await run_in_threadpool(_outcome, deps, batch)) is None:
        if time.monotonic() >= end:
            headers, said = {"Retry-After": RETRY_SECONDS}, "the hub is not storing now: send the same again"
            raise Problem(503, said, kind="urn:vigie:not-stored", headers=headers)
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, LOOK_SLOWEST)
    return found


def _file(deps: Deps, caller: Caller, patient: str, *, body: bytes) -> posting.Batch:
    posts = posting.taken_apart(body)
    if not 1 <= len(posts) <= posting.MOST or not body.strip():
        raise bad_field("body", f"one message, or a list of 1 to {posting.MOST}")
    with deps.pool.connection() as conn:
        link = link_to(conn, caller, patient, "answer")
        who = speaker(caller, link)
        device = app_people.device_of(conn, who) or app_people.add_device(conn, device_name(who), who, deps.clock())
        app_people.set_speaker(conn, device, who.by)
        batch = posting.Batch(link.site, device, tuple(posts))
        posting.file(conn, batch, deps.clock())
    return batch


def _outcome(deps: Deps, batch: posting.Batch) -> dict[str, Any] | None:
    with deps.pool.connection() as conn:
        return posting.outcome(conn, batch)
