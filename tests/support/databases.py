"""Fresh test databases, cloned from a migrated template. Refuses any database that does not name itself a test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from storage.connection import connect
from storage.migrate import migrate

TIERS = {"embedded": ("plain",), "timescaledb": ("apache", "community")}  # by the label of a server
TEMPLATE = "vigie_test_template"
_TRIES = 5
_numbers = itertools.count(1)


class NotATestDatabase(RuntimeError):
    """Hazard H9: tests only ever touch a database whose name contains `test`."""


def guard(url: str) -> str:
    """The url, unless its database does not call itself a test database."""
    name = conninfo_to_dict(url).get("dbname")
    if not isinstance(name, str) or "test" not in name:
        raise NotATestDatabase(f"database name: expected one that contains 'test', got {name!r}")
    return url


class Server:
    """A PostgreSQL server that hands out fresh migrated databases. `label`: embedded or timescaledb."""

    def __init__(self, label: str, base: str) -> None:
        """`base`: url with `{}` where the database name goes."""
        self.label = label
        self._base = base
        self._has_template = False

    def url_of(self, database: str) -> str:
        """Guarded url of one database."""
        return guard(self._base.format(database))

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """Url of a new database, dropped afterwards whoever is still connected."""
        if migrated and not self._has_template:
            self._make_template()
        name = f"vigie_test_{next(_numbers)}"
        self._create(name, template=TEMPLATE if migrated else "template1")
        try:
            yield self.url_of(name)
        finally:
            self._admin(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make_template(self) -> None:
        self._admin(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(TEMPLATE)))
        self._create(TEMPLATE, template="template1")
        with connect(self.url_of(TEMPLATE)) as conn:
            migrate(conn)
        self._quiet_template()
        self._has_template = True

    def _quiet_template(self) -> None:
        """A background worker of TimescaleDB in the template would forbid to clone it."""
        self._admin(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(sql.Identifier(TEMPLATE)))
        self._cut_off(TEMPLATE)

    def _create(self, name: str, *, template: str) -> None:
        """TimescaleDB's launcher looks into every database now and then: a template in use is tried again."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        for tries_left in range(_TRIES, -1, -1):
            try:
                self._admin(statement)
            except psycopg.errors.ObjectInUse:
                if not tries_left:
                    raise
                self._cut_off(template)
            else:
                return

    def _cut_off(self, database: str) -> None:
        wanted = sql.Literal(database)
        self._admin(sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(wanted))

    def _admin(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._base.format("postgres"), autocommit=True, connect_timeout=5) as conn:
            conn.execute(statement)
