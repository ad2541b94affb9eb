"""What clients may send: strict pydantic models, unknown fields refused. One base model."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from domain.instants import Micros, parse_iso


class Body(BaseModel):
    """Base of every request body: no coercion, no unknown field, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _instant(value: object) -> Micros:
    if not isinstance(value, str):
        raise ValueError("expected ISO 8601 with an offset")
    try:
        return parse_iso(value)
    except OverflowError as error:
        raise ValueError("expected a date and time between year 1 and 9999") from error


def _storable(value: object) -> object:
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise ValueError("expected text without U+0000 or lone surrogates")
    return value


Instant = Annotated[int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Text = Annotated[str, BeforeValidator(_storable), Field(max_length=2000)]
Name = Annotated[str, BeforeValidator(_storable), Field(min_length=1, max_length=64)]
Password = Annotated[str, BeforeValidator(_storable), Field(min_length=1, max_length=200)]


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
