"""What `vigie db doctor` says of a database, and what makes the hub refuse to start. Reads only."""

from msgspec import Struct

from domain.instants import HOUR
from storage import chunks, migrate, rollup, tiers
from storage.connection import Connection

OLDEST_SERVER = 150_000
_MUST_BE_ON = {
    "fsync": "a crash of the machine would lose acknowledged readings",
    "full_page_writes": "a crash of the machine could leave torn pages",
    "synchronous_commit": "a commit would be reported before it is on disk",
}


class Check(Struct, frozen=True):
    """One line of the doctor's answer."""

    name: str
    ok: bool
    found: str
    expected: str = ""


class Diagnosis(Struct, frozen=True):
    """The doctor's whole answer."""

    ok: bool
    tier: str
    server: str
    timescaledb: str | None
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    checks: tuple[Check, ...]


def refusals(conn: Connection) -> list[str]:
    """Why the hub must not start on this database; empty when it may."""
    return [f"{check.name}: {check.found}, expected {check.expected}" for check in _required(conn) if not check.ok]


def diagnose(conn: Connection) -> Diagnosis:
    """Everything an operator wants to know, whether or not the schema is there."""
    migrations, done, waiting = _migrations(conn)
    checks = [*_required(conn), migrations, _no_nan(conn, migrated=not waiting), _timezone(conn), _connections(conn)]
    if not waiting:
        checks += [*_chunks(conn), *_standbys(conn), _rollups(conn)]
    return Diagnosis(
        ok=all(check.ok for check in checks),
        tier=tiers.tier(conn),
        server=_setting(conn, "server_version"),
        timescaledb=tiers.timescaledb_version(conn),
        applied=done,
        pending=waiting,
        checks=tuple(checks),
    )


def _required(conn: Connection) -> list[Check]:
    version = int(_setting(conn, "server_version_num"))
    checks = [Check("server version", version >= OLDEST_SERVER, _setting(conn, "server_version"), "15 or newer")]
    for name, why in _MUST_BE_ON.items():
        found = _setting(conn, name)
        checks.append(Check(name, found != "off", found, f"on: {why}"))
    return checks


def _migrations(conn: Connection) -> tuple[Check, tuple[str, ...], tuple[str, ...]]:
    done = tuple(name for name, _ in migrate.applied(conn).values())
    try:
        waiting = tuple(migration.name for migration in migrate.pending(conn))
    except migrate.MigrationError as error:
        return Check("migrations", False, str(error), "as shipped"), done, ()
    found = f"{len(done)} applied, {len(waiting)} pending"
    return Check("migrations", not waiting, found, "none pending (vigie db migrate)"), done, waiting


def _no_nan(conn: Connection, *, migrated: bool) -> Check:
    row = conn.execute(
        """
        SELECT count(*) FROM pg_constraint
        WHERE contype = 'c' AND conrelid = to_regclass('public.reading') AND pg_get_constraintdef(oid) LIKE '%Infinity%'
        """
    ).fetchone()
    present = bool(row and row[0])
    return Check(
        "reading refuses NaN", present or not migrated, "yes" if present else "no CHECK", "CHECK on reading.value"
    )


def _timezone(conn: Connection) -> Check:
    found = _setting(conn, "timezone")
    return Check("timezone", found in ("UTC", "Etc/UTC"), found, "UTC (set by every connection of the hub)")


def _connections(conn: Connection) -> Check:
    found = _setting(conn, "max_connections")
    return Check("max_connections", int(found) >= 60, found, "60 or more")


def _chunks(conn: Connection) -> list[Check]:
    """What TimescaleDB has to do with the readings, where it is there."""
    table = tiers.hypertable(conn)
    if table is None:
        return []
    found = f"{table.chunks} chunks of {table.interval}, {table.columnar} in the columnstore"
    checks = [Check("chunks of reading", table.interval is not None, found, "a hypertable")]
    length = chunks.look(conn, rollup.state(conn).rolled)  # by the hub's clock: the last hour that is whole
    if length is not None:
        room = f"{length.memory >> 20} MB of shared_buffers"
        found = f"{length.present // HOUR} h at {length.a_day:,} readings a day, {room}"
        checks.append(Check("length of a chunk", not length.far, found, f"{length.wanted // HOUR} h"))
    if tiers.tier(conn) == "community":
        found = "no policy" if table.policy is None else f"policy: {table.policy}"
        checks.append(
            Check("columnstore of reading", table.policy not in (None, "Failed"), found, "a policy that runs")
        )
    return checks


def _standbys(conn: Connection) -> list[Check]:
    """Where commits wait for a standby: whether one is connected."""
    wanted = _setting(conn, "synchronous_standby_names")
    if not wanted:
        return []
    row = conn.execute("SELECT count(*) FROM pg_stat_replication").fetchone()
    count = 0 if row is None else int(row[0])
    return [Check("synchronous standby", count > 0, f"{count} connected, {wanted!r}", "one: commits wait for it")]


def _rollups(conn: Connection) -> Check:
    at, marks = rollup.state(conn), rollup.due(conn)
    left = (at.closed - at.rolled) // HOUR
    found = f"{left} hours closed and not rolled up, {marks} late readings"
    return Check("rollups for charts", left <= 24, found, "at most 24: a running hub brings them up to date")


def _setting(conn: Connection, name: str) -> str:
    row = conn.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return "" if row is None else str(row[0])
