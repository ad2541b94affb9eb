"""The patient's app, put together from its parts: mounted by the wiring under /app of the console's server."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from patient_ui import consent_routes, factor, message_routes, push_routes, session_routes, today_routes
from patient_ui.deps import Deps
from web import problems

STATIC = Path(__file__).parent / "static"


def create_app(deps: Deps) -> FastAPI:
    """The whole app. Nothing runs of its own; the caller opens and closes the pool."""
    app = FastAPI(
        title="Vigie, the patient's app", version=deps.hub.version, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json",
    )  # fmt: skip
    app.state.deps = deps
    problems.install(app)
    for part in (session_routes, factor, message_routes, today_routes, consent_routes, push_routes):
        app.include_router(part.router)
    _pages(app)
    return app


def _pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    def shell() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    app.mount("/", StaticFiles(directory=STATIC, check_dir=False), name="static")
