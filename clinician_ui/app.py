"""The console's app, put together from its parts. Called by the wiring, which serves it with uvicorn."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import Counter

from clinician_ui import (
    account_routes,
    action_routes,
    adherence_routes,
    answer_routes,
    asked_routes,
    board_routes,
    care_routes,
    contact_routes,
    delivery_routes,
    device_routes,
    enrolment_routes,
    feed_route,
    figures_routes,
    forecast_routes,
    health_routes,
    model_routes,
    oncall_routes,
    operations,
    pause_routes,
    protocol_routes,
    push_routes,
    quarantine_routes,
    sessions,
    sheet_routes,
    synthesis_routes,
    unit_routes,
    window_routes,
)
from clinician_ui.deps import Deps
from clinician_ui.feed import Feed
from web import problems
from web.guard import Guard

STATIC = Path(__file__).parent / "static"


def create_app(deps: Deps) -> FastAPI:
    """The whole console. The feed starts and stops with the app's lifespan; the caller opens and closes the pool."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.feed.start()
        yield
        await app.state.feed.stop()

    app = FastAPI(title="Vigie", version=deps.hub.version, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.deps, app.state.feed = deps, Feed(deps)
    problems.install(app)
    care = (
        adherence_routes,
        board_routes,
        asked_routes,
        action_routes,
        pause_routes,
        quarantine_routes,
        figures_routes,
        forecast_routes,
        model_routes,
        protocol_routes,
        delivery_routes,
        oncall_routes,
        contact_routes,
        push_routes,
        enrolment_routes,
        window_routes,
        unit_routes,
        account_routes,
        device_routes,
        health_routes,
        synthesis_routes,
        care_routes,
        sheet_routes,
        answer_routes,
    )
    for part in (sessions, *care, feed_route):
        app.include_router(part.router)
    app.include_router(operations.router(deps.ready, deps.standing, deps.clock, deps.registry))
    _pages(app)
    _count(app, deps)
    # 850 patients are 2.5 MB of words that repeat. Cookies are SameSite=Strict: no other site can have an answer sent
    # and its compressed length measured.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)
    app.add_middleware(Guard)
    return app


def _pages(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/", include_in_schema=False)
    def console() -> FileResponse:
        return FileResponse(STATIC / "index.html")


def _count(app: FastAPI, deps: Deps) -> None:
    requests = Counter(
        "vigie_http_requests_total", "requests answered", ["method", "route", "status"], registry=deps.registry
    )

    @app.middleware("http")
    async def count(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        route: Any = request.scope.get("route")
        requests.labels(request.method, getattr(route, "path", "other"), response.status_code).inc()
        return response
