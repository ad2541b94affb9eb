"""Reminders: which browsers, how quiet, and the receipt of the service worker, which alone counts as shown."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from domain.oncall import WebPush
from patient_ui import reminding
from patient_ui.access import GivenCaller, GivenDeps, OwnAccount, look
from patient_ui.bodies import AppPush, AppPushGone, ReminderWish, Shown
from storage import app_reminders
from storage.app_reminders import Wishes
from web.problems import Problem, bad_field

router = APIRouter(prefix="/api", tags=["reminders"])


@router.get("/push-key")
def push_key(_caller: GivenCaller, deps: GivenDeps) -> dict[str, str]:
    """The key that signs web push, as `applicationServerKey` wants it."""
    if not deps.push_key:
        raise Problem(404, "web push is not configured at this hub", kind="urn:vigie:no-web-push")
    return {"key": deps.push_key}


@router.post("/push", status_code=201)
def push_here(body: AppPush, account: OwnAccount, caller: GivenCaller, deps: GivenDeps) -> dict[str, str]:
    """Remind in this browser."""
    browser = WebPush(body.endpoint, body.keys.p256dh, body.keys.auth)
    with deps.pool.connection() as conn:
        app_reminders.add_push(conn, account, browser, deps.clock(), install=caller.session.install)
        look(conn, deps, caller, action="reminders here", subject=f"app:{caller.username}")
    return {"endpoint": body.endpoint}


@router.delete("/push")
def push_no_more(body: AppPushGone, account: OwnAccount, caller: GivenCaller, deps: GivenDeps) -> dict[str, str]:
    """Remind in this browser no more."""
    with deps.pool.connection() as conn:
        if not app_reminders.drop_push(conn, body.endpoint, account):
            raise Problem(404, "no such browser among yours")
        look(conn, deps, caller, action="reminders here no more", subject=f"app:{caller.username}")
    return {"endpoint": body.endpoint}


@router.post("/push/receipts", status_code=204)
def shown(body: Shown, deps: GivenDeps) -> None:
    """The service worker has shown it. Without a session: the id is known to that browser alone."""
    try:
        reminder = UUID(body.reminder)
    except ValueError as error:
        raise bad_field("reminder", "the id that was pushed") from error
    with deps.pool.connection() as conn:
        if not app_reminders.shown(conn, reminder, deps.clock()):
            raise Problem(404, "no such reminder")


@router.get("/reminders")
def wishes(account: OwnAccount, deps: GivenDeps) -> dict[str, Any]:
    """How quiet they are."""
    with deps.pool.connection() as conn:
        return _json(app_reminders.wishes(conn, account))


@router.put("/reminders")
def change(body: ReminderWish, account: OwnAccount, caller: GivenCaller, deps: GivenDeps) -> dict[str, Any]:
    """On or off; quiet hours of my own besides those of the hub."""
    with deps.pool.connection() as conn:
        before = app_reminders.wishes(conn, account)
        start = before.quiet_from if body.quiet_from is None else _minute(body.quiet_from)
        end = before.quiet_to if body.quiet_to is None else _minute(body.quiet_to)
        app_reminders.set_wishes(conn, account, Wishes(body.on, start, end))
        look(conn, deps, caller, action="reminders changed", subject=f"app:{caller.username}", on=body.on)
        return _json(app_reminders.wishes(conn, account))


def _json(found: Wishes) -> dict[str, Any]:
    return {
        "on": found.on,
        "quiet_from": _clock(found.quiet_from),
        "quiet_to": _clock(found.quiet_to),
        "a_day": reminding.A_DAY,
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
