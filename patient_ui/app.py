"""The patient's app, put together from its parts: mounted by the wiring under /app of the console's server."""

from fastapi import FastAPI

from patient_ui import consent_routes, factor, message_routes, push_routes, session_routes, today_routes
from patient_ui.deps import Deps
from patient_ui.shell import shell
from web import problems


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
    app.mount("/", shell(), name="shell")
    return app
