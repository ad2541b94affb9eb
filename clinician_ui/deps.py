"""What the console is given by the wiring: one frozen struct per process, no globals."""

from collections.abc import Callable

from fastapi.requests import HTTPConnection
from msgspec import Struct, field
from prometheus_client import CollectorRegistry

from domain.instants import Micros
from storage.connection import Pool
from web.gate import Gate
from web.standing import Standing


class Hub(Struct, frozen=True):
    """What the page says of the hub. `speed`: how much faster than real time its clock runs (the demo)."""

    version: str = "0"
    speed: float = 1.0
    phone: str = ""  # the number to call when the console is not live
    demo: bool = False


class Deps(Struct, frozen=True):
    """Everything the console needs.

    `clock` is the hub's clock (what alerts are dated with), `wall` real time (sessions, lock-out). `ready` says which
    parts the hub cannot reach now: an empty list means it is storing; it is called from a thread and may block briefly.
    """

    pool: Pool
    database_url: str
    clock: Callable[[], Micros]
    wall: Callable[[], Micros]
    secret_key: bytes
    hub: Hub = Hub()
    ready: Callable[[], list[str]] = list
    standing: Standing = field(default_factory=Standing)  # since when a part is away
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    feed_queue: int = 256  # frames a console may be behind before it is cut off
    beat_seconds: float = 5.0
    gate: Gate = field(default_factory=Gate)
    console_url: str = ""  # where the hub is reached from outside: what QR codes lead to
    push_key: str = ""  # what browsers subscribe to web push with; empty: web push is not configured


def deps_of(connection: HTTPConnection) -> Deps:
    """FastAPI dependency: the process's Deps."""
    found: Deps = connection.app.state.deps
    return found
