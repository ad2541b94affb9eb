"""What clients of the console may send: strict pydantic models, unknown fields refused."""

from typing import Literal

from web.bodies import Body, Instant, Name, Password, Text


class Login(Body):
    """POST /api/session."""

    username: Name
    password: Password


class PasswordChange(Body):
    """POST /api/me/password."""

    current: Password
    new: Password


class AlertAction(Body):
    """POST /api/alerts/{id}/actions. `reason`: for acknowledge, close and comment required; `until`: for snooze."""

    action: Literal["acknowledge", "snooze", "assign", "comment", "close", "reopen"]
    reason: Text | None = None
    until: Instant | None = None
    assignee: Name | None = None
