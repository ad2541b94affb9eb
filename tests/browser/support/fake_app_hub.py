"""A hub of the app's interface (docs/app-api.md) in memory, for what a real one cannot be made to do on command.

It is away, loses answers, refuses, ends a session. Keeps what was posted by (boot, seq) and counts what came twice.
"""

# ruff: noqa: E501  (rows of values read better on one line)

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from patient_ui.shell import shell
from tests.browser.support import app_days
from web.guard import Guard

CODE, PASSWORD, NAME = "K7MQ2X4P", "trois mots ensemble", "fleur-4821"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h3v3h-3zM6 0h3v3h-3zM0 6h3v3h-3zM5 5h2v3h-2z"/></svg>'


def iso(at: float) -> str:
    """Seconds of the epoch as the interface writes instants."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class FakeHub:
    """The state that a test sets and reads."""

    role: str = "patient"
    person: str = NAME  # who is signed in; another one has other devices
    scopes: list[str] = field(default_factory=lambda: ["answer", "see", "be_told"])
    patients: list[str] = field(default_factory=lambda: ["P1"])
    mode: str = "full"  # full: much is due; empty: nothing
    advice: list[dict[str, Any]] = field(default_factory=list)
    noted: list[dict[str, Any]] = field(default_factory=list)  # what was said of the dose that is late
    ahead: bool = False  # whether the days to come are told
    storing: bool = True
    looking: bool = True  # whether today is answered
    lose_answers: int = 0  # posts whose answer is lost on the way
    refuse: str | None = None  # a LOINC code that is refused as implausible
    read: bool = False
    session: bool = False
    otp: bool = False
    second_factor: bool = False
    code_used: bool = False
    version: int = 1
    stored: dict[tuple[str, str, int], bytes] = field(default_factory=dict)
    order: list[tuple[str, str, int]] = field(default_factory=list)
    received: dict[tuple[str, str, int], float] = field(default_factory=dict)
    twice: int = 0
    conflicts: int = 0
    posts: int = 0
    consents: list[dict[str, Any]] = field(default_factory=list)
    caregivers: list[dict[str, Any]] = field(default_factory=lambda: [dict(app_days.CAREGIVER)])
    url: str = ""

    def me(self) -> dict[str, Any]:
        """GET /me."""
        relation = {"patient": "self", "caregiver": "caregiver", "tablet": "resident", "nurse": "care"}[self.role]
        people = [
            {**app_days.patient(each, relation, self.role), "scopes": self.scopes, "device": self.device(each)}
            for each in self.patients
        ]
        return {
            "person": self.person, "role": self.role, "language": None, "install": "i", "device": "i",
            "second_factor": self.second_factor, "now": iso(time.time()), "emergency": ["15", "112"],
            "hub": {"version": "0.1.0", "speed": 1.0, "demo": False}, "patients": people,
        }  # fmt: skip

    def device(self, patient: str) -> str:
        """Under which name the one who is signed in sends for a patient."""
        return f"app-{patient.lower()}" + ("" if self.person == NAME else f"-{self.person}")

    def messages(self) -> list[dict[str, Any]]:
        """Everything stored, in order of arrival."""
        return [json.loads(self.stored[key]) for key in self.order]

    def take(self, device: str, raw: str) -> dict[str, Any]:
        """Store a list of messages; the answer of the interface."""
        acks: dict[str, int] = {}
        refused: list[dict[str, Any]] = []
        for text in app_days.split(raw):
            message = json.loads(text)
            key = (device, message["boot"], message["seq"])
            self._keep(key, text.encode())
            acks[message["boot"]] = message["seq"]
            refused += [
                app_days.refusal(message, n)
                for n, each in enumerate(message.get("obs", []))
                if each["c"] == self.refuse
            ]
        rows = [{"boot": boot, "upto": seq, "miss": self._miss(device, boot, seq)} for boot, seq in acks.items()]
        return {**rows[-1], "acks": rows, "refused": refused}

    def _miss(self, device: str, boot: str, upto: int) -> list[list[int]]:
        return [[seq, seq] for seq in range(1, upto + 1) if (device, boot, seq) not in self.stored]

    def _keep(self, key: tuple[str, str, int], raw: bytes) -> None:
        if key in self.stored:
            self.twice += 1
            self.conflicts += self.stored[key] != raw
            return
        self.stored[key] = raw
        self.received[key] = time.time()
        self.order.append(key)
        self.version += 1

    def receipts(self, device: str) -> list[dict[str, Any]]:
        """The newest first."""
        rows = [key for key in reversed(self.order) if key[0] == device][:30]
        return [
            {"boot": boot, "seq": seq, "device": device, "by": self.role, "received_at": iso(self.received[device, boot, seq]),
             "read_at": iso(self.received[device, boot, seq] + 480) if self.read else None, "read_by_role": "nurse" if self.read else None}
            for _, boot, seq in rows
        ]  # fmt: skip


def _routes(hub: FakeHub) -> list[Route | Mount]:
    def guarded(path: str, methods: list[str], work: Any) -> Route:
        async def endpoint(request: Request) -> Response:
            if not hub.session:
                return problem(401, "sign in")
            patient = request.query_params.get("patient")
            if patient is not None and patient not in hub.patients:
                return problem(404, "not your patient")
            answer = work(request, (await request.body()).decode())
            return answer if isinstance(answer, Response) else JSONResponse(answer)

        return Route(f"/app/api/{path}", endpoint, methods=methods)

    def messages(request: Request, raw: str) -> Any:
        hub.posts += 1
        if not hub.storing:
            return problem(503, "not storing", "urn:vigie:not-stored", {"Retry-After": "1"})
        answer = hub.take(hub.device(request.query_params["patient"]), raw)
        if hub.lose_answers:
            hub.lose_answers -= 1
            return Response("gone", 200)
        return answer

    def today(request: Request, _raw: str) -> Any:
        if not hub.looking:
            return problem(503, "away")
        device = hub.device(request.query_params["patient"])
        found = app_days.today(hub.mode, time.time(), hub.advice, hub.receipts(device), str(hub.version))
        if hub.ahead:
            found["ahead"] = app_days.ahead(time.time())
            found["due"] = app_days.until_midnight(found["due"], time.time())
            for item in found["due"]:
                item["every_min"] = 1440
                item["until"] = item["until"] or app_days.midnight(time.time())
        for item in [
            each for each in found["due"] if hub.noted and each["kind"] == "intake" and each["state"] == "late"
        ]:
            item["said"] = [{"state": "taken", "at": item["due_at"], **each} for each in hub.noted]
            item["state"] = "done"
        return found

    def pulse(_request: Request, _raw: str) -> Any:
        return {
            "now": iso(time.time()),
            "patients": hub.patients,
            "version": f"{hub.version}{hub.read}{len(hub.advice)}{len(hub.scopes)}",
        }

    def consent(request: Request, raw: str) -> Any:
        if request.method == "POST":
            body = json.loads(raw)
            hub.consents.append(
                {**body, "person": body.get("person"), "at": iso(time.time()), "by": NAME, "by_role": "patient"}
            )
            return hub.consents[-1]
        return {"consents": hub.consents, "texts": app_days.CONSENT_TEXTS}

    def caregivers(request: Request, raw: str) -> Any:
        if request.method == "GET":
            return {"caregivers": hub.caregivers}
        if request.method == "DELETE":
            hub.caregivers = [each for each in hub.caregivers if each["person"] != request.path_params["person"]]
            return {}
        hub.caregivers.append(
            {**app_days.CAREGIVER, "person": "lune-77", "scopes": json.loads(raw)["scopes"], "claimed": False}
        )
        return JSONResponse(
            {"person": "lune-77", "code": "QX7K2M4P", "qr": SVG, "expires_at": iso(time.time() + 72 * 3600)}, 201
        )

    def factor(request: Request, _raw: str) -> Any:
        hub.second_factor = {"PUT": True, "DELETE": False}.get(request.method, hub.second_factor)
        if request.method == "POST":
            return {"secret": "JBSWY3DPEHPK3PXP", "uri": "otpauth://totp/x", "qr": SVG}
        return {"second_factor": hub.second_factor}

    def out(_request: Request, _raw: str) -> Any:
        hub.session = False
        return Response(status_code=204)

    page = {"GET": lambda _request, _raw: hub.me()}
    return [
        Route("/app/api/session", _session(hub), methods=["POST"]), Route("/app/api/claim", _claim(hub), methods=["POST"]),
        guarded("session", ["DELETE"], out), guarded("me", ["GET"], page["GET"]), guarded("me/password", ["POST"], page["GET"]),
        guarded("me/language", ["PUT"], lambda _request, raw: json.loads(raw)),
        guarded("me/second-factor", ["POST", "PUT", "DELETE"], factor), guarded("pulse", ["GET"], pulse),
        guarded("messages", ["POST"], messages), guarded("today", ["GET"], today),
        guarded("history", ["GET"], lambda request, _raw: app_days.history(hub.mode, request.query_params["code"], time.time())),
        guarded("questionnaires/{id}", ["GET"], lambda _request, _raw: app_days.QUESTIONNAIRE),
        guarded("consents", ["GET", "POST"], consent), guarded("caregivers", ["GET", "POST"], caregivers),
        guarded("caregivers/{person}", ["DELETE"], caregivers),
        guarded("push-key", ["GET"], lambda _request, _raw: problem(404, "not configured")),
        guarded("reminders", ["GET"], lambda _request, _raw: {"quiet_from": "21:00", "quiet_to": "08:00", "a_day": 2, "on": True}),
        Mount("/app", shell()),
    ]  # fmt: skip


def problem(status: int, detail: str, kind: str = "about:blank", headers: dict[str, str] | None = None) -> Response:
    """An error of the interface."""
    return JSONResponse({"type": kind, "status": status, "detail": detail}, status, headers)


def _session(hub: FakeHub) -> Any:
    async def session(request: Request) -> Response:
        body = await request.json()
        if (body["username"], body["password"]) != (NAME, PASSWORD):
            return problem(401, "wrong")
        if hub.otp and body.get("otp") != "123456":
            return problem(401, "second factor", "urn:vigie:otp")
        hub.session = True
        return JSONResponse(hub.me())

    return session


def _claim(hub: FakeHub) -> Any:
    async def claim(request: Request) -> Response:
        body = await request.json()
        if body["code"].replace("-", "").replace(" ", "").upper() != CODE:
            return problem(404, "unknown", "urn:vigie:code-unknown")
        if hub.code_used:
            return problem(410, "used", "urn:vigie:code-used")
        if len(body["password"]) < 12:
            return JSONResponse({"status": 422, "errors": [{"field": "password", "expected": "12 characters"}]}, 422)
        hub.code_used = hub.session = True
        return JSONResponse(hub.me())

    return claim


@contextmanager
def served(hub: FakeHub) -> Iterator[FakeHub]:
    """The hub on a port of its own, in a thread."""
    app = Starlette(routes=_routes(hub))
    server = uvicorn.Server(uvicorn.Config(Guard(app), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = datetime.now(UTC) + timedelta(seconds=10)
    while not server.started and datetime.now(UTC) < until:
        time.sleep(0.02)
    hub.url = f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    yield hub
    server.should_exit = True
    thread.join(5)
