"""The watch over rosters and consoles put together: which roles escalation names at each site, by what is active.

Wiring only. Called by the hub.
"""

import threading
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import CollectorRegistry

from alerts.escalation import watch_service
from alerts.protocol.library import library, shipped
from alerts.protocol.life import escalation_roles
from alerts.protocol.plan import Library
from alerts.protocol.reading import ProtocolError
from alerts.service import DEFAULT_PLAN
from domain.instants import MINUTE, Micros
from storage import protocols, rosters
from storage.connection import Connection, connect
from vigie.clock import Clock, real_now
from vigie.settings import Settings

LEAST_SECONDS = 5.0
log = structlog.get_logger("watch")


def start_watch(
    settings: Settings, clock: Clock, sites: Sequence[str], *, stop: threading.Event, registry: CollectorRegistry
) -> threading.Thread:
    """The watch of this process, started. Once a minute by the hub's clock, every five real seconds at most."""
    given = watch_service.Watch(
        connect=lambda: connect(settings.database_url, application_name="vigie-watch"),
        clock=clock.now,
        wall=real_now,
        roles=roles,
        sites=tuple(sites),
        zone=ZoneInfo(settings.timezone),
        unattended_minutes=settings.unattended_minutes,
        metrics=watch_service.Metrics(registry),
        every_seconds=max(LEAST_SECONDS, clock.real_seconds(MINUTE)),
    )
    return watch_service.start(given, stop)


def roles(conn: Connection, at: Micros) -> Mapping[str, Sequence[str]]:
    """Site with patients -> the roles that the escalation of their protocols calls, in order of their first call."""
    known, found = _active(conn, at), dict[str, Sequence[str]]()
    for site, used in rosters.protocols_in_use(conn).items():
        names = {name or DEFAULT_PLAN["protocol"] for name in used}
        called = [
            role for name in sorted(names & set(known.protocols)) for role in escalation_roles(known.protocols[name])
        ]
        found[site] = tuple(dict.fromkeys(called))
    return found


def _active(conn: Connection, at: Micros) -> Library:
    try:
        return library(protocols.active_texts(conn, at))
    except ProtocolError:
        log.exception("an active protocol cannot be read: the roles of the shipped ones are watched")
        return shipped()
