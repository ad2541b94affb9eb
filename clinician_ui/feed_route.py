"""The websocket: ticket, replay from the cursor, then live, in order and without a hole. One task per console."""

import asyncio
import contextlib
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from clinician_ui import receipts
from clinician_ui.access import Caller, Verb, may
from clinician_ui.deps import Deps
from clinician_ui.feed import AWAY, PAGE, SESSION_ENDED, TOO_OLD, TOO_SLOW, Console, Feed, line
from clinician_ui.recent import Line
from clinician_ui.sessions import caller_from
from storage import audit, people
from storage import feed as events
from web import tokens

SEND_WITHIN = 20.0  # seconds a replayed frame may take
CLOSE_WITHIN = 5.0
router = APIRouter()


@router.websocket("/api/feed")
async def feed(socket: WebSocket) -> None:
    """Frames after `cursor`, then live ones, and beats."""
    await socket.accept()
    live: Feed = socket.app.state.feed
    caller = await run_in_threadpool(_admit, live.deps, socket.query_params.get("ticket", ""))
    cursor = _number(socket.query_params.get("cursor", ""))
    if caller is None:
        await _close(socket, SESSION_ENDED)
    elif live.position < 0:
        await _close(socket, AWAY)
    elif cursor is None:
        await _close(socket, TOO_OLD)
    else:
        await _serve(socket, live, caller, cursor)


async def _serve(socket: WebSocket, live: Feed, caller: Caller, cursor: int) -> None:
    begun = live.begun
    prev = await run_in_threadpool(_place, live.deps, caller, cursor)
    if prev is None:
        await _close(socket, TOO_OLD)
        return
    console = Console(caller, cursor, prev, live.deps.feed_queue)
    try:
        async with asyncio.timeout(None) as limit:
            await _replay(socket, live, console, limit)
    except TimeoutError:
        live.metrics.cut.labels(TOO_SLOW).inc()
        await _close(socket, TOO_SLOW)
    except WebSocketDisconnect:
        return
    else:
        if live.begun != begun:
            console.end(TOO_OLD)
        await _follow(socket, live, console)


async def _replay(socket: WebSocket, live: Feed, console: Console, limit: asyncio.Timeout) -> None:
    """Send what is between the cursor and the feed's position, until there is nothing left; then attach."""
    loop = asyncio.get_running_loop()
    while not live.attach(console):
        upto = live.position
        kept = live.recent.between(console.sites, console.cursor, upto)
        lines = await run_in_threadpool(_page, live.deps, console, upto) if kept is None else kept
        for item in lines:
            limit.reschedule(loop.time() + SEND_WITHIN)
            frame = console.take(item)
            if frame is not None:
                await socket.send_text(frame)
        limit.reschedule(None)
        if kept is not None or len(lines) < PAGE:
            console.cursor = max(console.cursor, upto)


async def _follow(socket: WebSocket, live: Feed, console: Console) -> None:
    console.push(live.beat_text(max(live.position, console.cursor)))
    tasks: set[asyncio.Future[Any]] = {
        asyncio.create_task(_send(socket, console)),
        asyncio.create_task(_hear(socket, live, console)),
    }
    try:
        await asyncio.wait({*tasks, console.closed}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        live.detach(console)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if console.closed.done():
        code = console.closed.result()
        live.metrics.cut.labels(code).inc()
        await _close(socket, code)


async def _send(socket: WebSocket, console: Console) -> None:
    while True:
        await socket.send_text(await console.queue.get())


async def _hear(socket: WebSocket, live: Feed, console: Console) -> None:
    """Note what the page says it shows, until it leaves. What cannot be read is ignored."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        live.presence.take(console.caller, message.get("text"))
        said = receipts.read(message.get("text"))
        if said is not None:
            console.got = live.receipts.take(console.caller, said, after=console.got, upto=console.cursor)


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(CLOSE_WITHIN):
            await socket.close(code)


def _admit(deps: Deps, ticket: str) -> Caller | None:
    """The caller of a good ticket; the look at the feed is on record."""
    now = deps.wall()
    with deps.pool.connection() as conn:
        taken = people.take_ticket(conn, tokens.digest(deps.secret_key, ticket), now)
        found = people.live_sessions(conn, [taken.session], now) if taken else []
        if not found or found[0].must_change or not may(found[0].role, Verb.SEE):
            return None
        caller = caller_from(found[0])
        look = audit.Look(deps.clock(), caller.username, "feed", "sites", {"sites": list(caller.sites)})
        audit.append(conn, look)
    return caller


def _place(deps: Deps, caller: Caller, cursor: int) -> int | None:
    """The caller's newest id up to the cursor, or None when the cursor is not among what is kept."""
    with deps.pool.connection() as conn:
        oldest, newest = events.bounds(conn)
        if not oldest - 1 <= cursor <= newest:
            return None
        return events.newest_upto(conn, caller.sites, cursor)


def _page(deps: Deps, console: Console, upto: int) -> list[Line]:
    with deps.pool.connection() as conn:
        found = events.events_between(conn, console.caller.sites, after=console.cursor, upto=upto, limit=PAGE)
    return [line(event) for event in found]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
