"""The present password, asked for again before an account is changed."""

from fastapi import Request

from patient_ui.access import Caller
from patient_ui.deps import Deps
from storage import app_people
from web import passwords
from web.problems import bad_field


def verify(deps: Deps, caller: Caller, password: str, *, request: Request) -> app_people.Account:
    """The caller's own account, once the present password was given again."""
    attempt = passwords.attempt_of(request, caller.username, deps.wall())
    door = passwords.Door(deps.pool, deps.gate, deps.clock)
    found = passwords.verified(door, attempt, password, find=app_people.by_name)
    if found is None:
        raise bad_field("password", "the present password")
    return found
