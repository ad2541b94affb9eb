"""Errors as application/problem+json (RFC 9457) that name the field and what was expected."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from msgspec import Struct
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException


class FieldFault(Struct, frozen=True):
    """One field and what was expected of it."""

    field: str
    expected: str


class Problem(Exception):
    """A request that cannot be done, as its answer."""

    def __init__(
        self, status: int, detail: str, *, faults: Sequence[FieldFault] = (), kind: str = "about:blank",
        extra: dict[str, Any] | None = None, headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.detail, self.faults, self.kind = status, detail, tuple(faults), kind
        self.extra, self.headers = extra or {}, headers or {}


def bad_field(field: str, expected: str) -> Problem:
    """422 for one field."""
    return Problem(422, f"{field}: expected {expected}", faults=[FieldFault(field, expected)])


def answer(problem: Problem) -> JSONResponse:
    """The response of a problem."""
    body: dict[str, Any] = {
        "type": problem.kind,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": _sayable(problem.detail),
        **problem.extra,
    }
    if problem.faults:
        body["errors"] = [
            {"field": _sayable(fault.field), "expected": _sayable(fault.expected)} for fault in problem.faults
        ]
    return JSONResponse(body, problem.status, headers=problem.headers, media_type="application/problem+json")


def _sayable(text: str) -> str:
    """What was sent may be repeated in a fault: half a letter (a lone surrogate) is spelt out."""
    return text.encode("utf-8", "backslashreplace").decode()


def install(app: FastAPI) -> None:
    """Make every error of the app a problem, the framework's own too."""
    app.add_exception_handler(Problem, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    for kind in (PoolTimeout, psycopg.OperationalError):
        app.add_exception_handler(kind, _database_away)


def _own(_request: Request, error: Exception) -> JSONResponse:
    return answer(error) if isinstance(error, Problem) else answer(Problem(500, "unexpected error"))


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    details = error.errors() if isinstance(error, RequestValidationError) else []
    faults = [FieldFault(_path(detail["loc"]), _expected(detail)) for detail in details]
    text = "; ".join(f"{fault.field}: {fault.expected}" for fault in faults[:5]) or "the request cannot be read"
    return answer(Problem(422, text, faults=faults))


def _path(location: Sequence[Any]) -> str:
    """("body", "obs", 0, "v") as obs[0].v; the head (body, query, header, path) only when nothing follows."""
    text = ""
    for part in location[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or str(location[0] if location else "body")


def _expected(detail: dict[str, Any]) -> str:
    if detail["type"] == "json_invalid":
        return "a JSON document"
    return str(detail["msg"]).removeprefix("Value error, ")


def _framework(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return answer(Problem(500, "unexpected error"))
    headers = dict(error.headers or {})
    if error.status_code == 405:
        return answer(Problem(405, f"{request.method} is not possible here", headers=headers))
    if error.status_code == 404:
        return answer(Problem(404, "nothing here", headers=headers))
    return answer(Problem(error.status_code, str(error.detail), headers=headers))


def _database_away(_request: Request, _error: Exception) -> JSONResponse:
    return answer(Problem(503, "the database cannot be reached now", headers={"Retry-After": "2"}))
