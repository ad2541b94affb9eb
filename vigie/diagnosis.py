"""Everything that may be wrong with a hub, looked for from outside it: database, broker, hub, queues, disk, consoles.

Reads only; each look is by itself, so that one that fails hides no other. Called by `vigie doctor`.
"""

import shutil
import socket
import ssl
from collections.abc import Callable, Iterator

import httpx
import psycopg

from domain.instants import MINUTE, Micros, iso
from storage import doctor, estate, presence, rosters, servers
from storage.connection import Connection, connect
from vigie.clock import clock_of, real_now
from vigie.settings import Settings
from web.troubles import Row, Trouble, rows, trouble

SECONDS = 5.0  # longest wait for an answer
QUIET_FOR: Micros = 15 * MINUTE
SECTION_AFTER = {
    "actions": ("entries-waiting", MINUTE, "entries"),
    "notifications": ("notifications-waiting", 5 * MINUTE, "steps"),
    "quarantine": ("quarantine-waiting", 0, "messages"),
}
LEAST_FREE = 0.1  # of the disk


def diagnose(settings: Settings) -> list[Row]:
    """What is wrong now, each once, as `/readyz` gives it; what the hub says of itself is in its own words."""
    looks: tuple[Callable[[Settings], Iterator[Trouble]], ...] = (_database, _broker, _disk)
    found = _hub(settings) + rows(one for look in looks for one in look(settings))
    once: dict[str | None, Row] = {}
    for each in found:
        key = each["said"] if each["section"] == "database-check" else each["section"]
        once.setdefault(key, each)
    return list(once.values())


def _database(settings: Settings) -> Iterator[Trouble]:
    try:
        with connect(settings.database_url, application_name="vigie-doctor") as conn:
            yield from _checks(conn)
            yield from _waiting(conn, settings)
    except psycopg.errors.UndefinedTable:
        yield trouble("database-check", detail="no schema of Vigie, or an old one")
    except servers.Replaced as error:
        yield trouble("database-former", detail=str(error))
    except psycopg.Error:
        yield trouble("database-away")
    yield from _servers(settings)


def _servers(settings: Settings) -> Iterator[Trouble]:
    """Where the URL names several: those that do not answer, and those that take writes beside the promoted one."""
    found = servers.look(settings.database_url)
    away = [each.name for each in found if each.fault]
    if away and len(away) < len(found):
        yield trouble("database-node-away", detail=", ".join(away))
    former = servers.former(found)
    if former:
        yield trouble("database-split", detail=", ".join(former))


def _checks(conn: Connection) -> Iterator[Trouble]:
    for check in doctor.diagnose(conn).checks:
        if not check.ok:
            yield trouble("database-check", detail=f"{check.name}: {check.found}, expected {check.expected}")


def _waiting(conn: Connection, settings: Settings) -> Iterator[Trouble]:
    now = clock_of(settings).now()
    for queue in estate.queues(conn):
        section, after, of = SECTION_AFTER[queue.name]
        if queue.oldest_at is not None and now - queue.oldest_at >= after:
            yield trouble(section, queue.oldest_at, f"{queue.waiting} {of}")
    last = estate.last_received(conn)
    if last is not None and now - last > QUIET_FOR:
        yield trouble("silent", last, f"the newest sign of life is of {iso(last)}")
    sites = sorted(rosters.protocols_in_use(conn))
    since = real_now() - round(settings.unattended_minutes * MINUTE)
    unattended = [site for site in sites if site not in presence.attended(conn, sites, since)]
    if unattended:
        yield trouble("unattended", detail=", ".join(unattended))


def _broker(settings: Settings) -> Iterator[Trouble]:
    """A connection, and the handshake where there is TLS: logging in as the hub would end the hub's own session."""
    away = [f"{host}:{port}" for host, port in settings.mqtt.places if not _answers(settings, host, port)]
    if away and len(settings.mqtt.places) == 1:
        yield trouble("broker-away")
    elif len(away) == len(settings.mqtt.places):
        yield trouble("broker-away", detail="all nodes: " + ", ".join(away))
    elif away:
        yield trouble("broker-node-away", detail=", ".join(away))


def _answers(settings: Settings, host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as raw:
            if settings.mqtt.tls:
                context = ssl.create_default_context(cafile=settings.mqtt_ca_file)
                context.wrap_socket(raw, server_hostname=host).close()
    except OSError:
        return False
    return True


def _hub(settings: Settings) -> list[Row]:
    host = "127.0.0.1" if settings.http_host in ("0.0.0.0", "::") else settings.http_host  # noqa: S104 - compared
    url = f"http://{host}:{settings.http_port}"
    try:
        answer = httpx.get(f"{url}/readyz", timeout=SECONDS, trust_env=False)
        told: list[Row] = answer.json()["troubles"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return rows([trouble("hub-away", detail=url)])
    return told


def _disk(settings: Settings) -> Iterator[Trouble]:
    folder = settings.data_dir
    if not folder.exists():
        return
    usage = shutil.disk_usage(folder)
    if usage.free < LEAST_FREE * usage.total:
        yield trouble("disk-low", detail=f"{usage.free / usage.total:.0%} of the disk of {folder} is free")
