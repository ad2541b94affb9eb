"""What the app is given by the wiring: one frozen struct per process, no globals."""

from collections.abc import Callable

from fastapi.requests import HTTPConnection
from msgspec import Struct, field

from domain.instants import Micros
from storage.connection import Pool
from web.gate import Gate


class Hub(Struct, frozen=True):
    """What the page says of the hub. `speed`: how much faster than real time its clock runs (the demo)."""

    version: str = "0"
    speed: float = 1.0
    demo: bool = False


class Deps(Struct, frozen=True):
    """Everything the app needs.

    `clock` is the hub's clock, `wall` real time (sessions, codes, whether a console is attended). `entering`: roles of
    the staff who may enter values, and so may use the app on a visit; `acting`: roles whose look at a patient counts as
    having read. `console_url`: where the hub is reached from outside, for QR codes.
    """

    pool: Pool
    clock: Callable[[], Micros]
    wall: Callable[[], Micros]
    secret_key: bytes
    entering: frozenset[str]
    acting: frozenset[str]
    hub: Hub = Hub()
    gate: Gate = field(default_factory=Gate)
    timezone: str = "Europe/Paris"
    console_url: str = ""
    push_key: str = ""


def deps_of(connection: HTTPConnection) -> Deps:
    """FastAPI dependency: the process's Deps."""
    found: Deps = connection.app.state.deps
    return found
