"""A wish put into the inbox once, and its outcome waited for. Called by routes whose answer says what was done."""

import time
from typing import Any
from uuid import UUID

from msgspec import structs
from psycopg.errors import UniqueViolation

from clinician_ui.deps import Deps
from storage import actions, audit
from web.problems import FieldFault, Problem, bad_field

WAIT_FOR = 3.0  # seconds until a wish is answered with "recorded"
LOOK_EVERY = 0.05


def file_once(deps: Deps, wish: actions.Wish, look: audit.Look) -> UUID:
    """File it with its line in the audit trail; the row of before when its idempotency key was used for the same."""
    try:
        with deps.pool.connection() as conn:
            action = actions.insert(conn, wish)
            actions.announce(conn, action)
            audit.append(conn, structs.replace(look, detail={**look.detail, "action": str(action)}))
            return action
    except UniqueViolation:
        with deps.pool.connection() as conn:
            earlier = actions.by_key(conn, wish.actor, wish.idempotency_key)
        if earlier is None:
            raise
        same(earlier, wish)
        return earlier.id


def key_of(key: str | None) -> str:
    """The idempotency key of a request. 428 without one, 422 when it cannot be one."""
    if key is None:
        fault = FieldFault("Idempotency-Key", "a text of your own, new for each action")
        raise Problem(428, "Idempotency-Key: expected a text of your own, new for each action", faults=[fault])
    if not 1 <= len(key) <= 128 or not key.isprintable():
        raise bad_field("Idempotency-Key", "1 to 128 printable characters")
    return key


def version_of(if_match: str | None, *, of: str) -> int:
    """The version of something that the caller has seen. 428 without one, 422 when it cannot be one."""
    if if_match is None:
        raise Problem(428, f"If-Match: expected {of}'s version", faults=[FieldFault("If-Match", f"{of}'s version")])
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise bad_field("If-Match", f"{of}'s version, a whole number")
    return int(text)


def same(earlier: actions.Filed, wish: actions.Wish) -> dict[str, Any]:
    """What a repeated wish is answered. 422 when the key was used for something else."""
    if (earlier.kind, earlier.patient, earlier.alert, earlier.body) != (wish.kind, wish.patient, wish.alert, wish.body):
        raise bad_field("Idempotency-Key", "a new key: this one was used for something else")
    return {"action": str(earlier.id), "state": "recorded"}


def wait_for(deps: Deps, action: UUID) -> actions.Filed:
    """The row when it is done, or as it stands after three seconds."""
    end = time.monotonic() + WAIT_FOR
    while True:
        with deps.pool.connection() as conn:
            filed = actions.by_id(conn, action)
        if filed is None:
            raise Problem(500, "what was filed has gone from the inbox")
        if filed.done or time.monotonic() >= end:
            return filed
        time.sleep(LOOK_EVERY)
