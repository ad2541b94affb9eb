"""Does it live, does it store, its figures: of every process of the hub. No patient in it, and no login."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from domain.instants import Micros
from web.guard import Guard
from web.standing import Standing
from web.troubles import rows

Ready = Callable[[], list[str]]  # the parts that are away


def router(ready: Ready, standing: Standing, clock: Callable[[], Micros], registry: CollectorRegistry) -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> str:
        """The process answers."""
        return "ok"

    @routes.get("/readyz")
    def readyz() -> JSONResponse:
        """200 while readings are stored; 503 with the parts that are away, what each means and what to do."""
        away = ready()
        said = rows(standing.note(away, clock()))
        return JSONResponse({"ready": not away, "away": away, "troubles": said}, 503 if away else 200)

    @routes.get("/metrics")
    def metrics() -> Response:
        """Prometheus text. No patient in it."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes


def create_operations_app(routes: APIRouter) -> FastAPI:
    """For a process without a console: nothing but these routes."""
    app = FastAPI(title="Vigie", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(routes)
    app.add_middleware(Guard)
    return app
