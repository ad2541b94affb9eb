"""PostgreSQL, a broker and a hub process of our own, in one folder: what the demo, the benches and the fault tests run.

Every process is a child that dies with this one. Nothing of the surroundings' settings reaches them.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.instants import iso
from storage.connection import Connection, connect
from storage.migrate import migrate
from vigie import broker_accounts
from vigie.broker_accounts import FileAccounts
from vigie.clock import Clock, real_now
from vigie.embedded import child
from vigie.embedded.child import EmbeddedError
from vigie.embedded.mosquitto import EmbeddedMosquitto, free_port
from vigie.embedded.postgres import EmbeddedPostgres

READY_WITHIN = 60.0


class World:
    """Services and hub. `start_services`, register what is needed, `start_hub`; each part can be killed and restarted.

    `database_url`: another PostgreSQL than the embedded one (it must exist and be empty or migrated).
    `postgres`: an embedded one in another folder or of another kind, not yet started; it is stopped with the world.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        speed: float = 1.0,
        database_url: str | None = None,
        postgres: EmbeddedPostgres | None = None,
    ) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # the services' users pass through; what is inside is theirs or ours alone
        self.postgres = postgres
        if postgres is None and database_url is None:
            self.postgres = EmbeddedPostgres(folder / "postgres")
        self.broker = EmbeddedMosquitto(folder / "broker")
        self.port = port or free_port()
        self.clock = Clock(speed, epoch := real_now(), epoch)
        self.hub: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, str] = {}  # of the hub, besides those below
        self._database_url = database_url
        self._hub_password = secrets.token_urlsafe(24)
        self._secret = secrets.token_hex(32)
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The console's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The hub's database."""
        if self._database_url is not None:
            return self._database_url
        if self.postgres is None:
            raise EmbeddedError("database_url: expected when there is no embedded PostgreSQL")
        return self.postgres.url_of("vigie_test")

    @property
    def accounts(self) -> FileAccounts:
        """The broker's accounts."""
        return FileAccounts(self.broker.accounts)

    @property
    def env(self) -> dict[str, str]:
        """Settings of the hub process."""
        return {
            "VIGIE_DATABASE_URL": self.database_url,
            "VIGIE_MQTT_URL": self.broker.url_for("hub", self._hub_password),
            "VIGIE_BROKER_ACL": f"file:{self.broker.accounts}",
            "VIGIE_SECRET_KEY": self._secret,
            "VIGIE_HTTP_PORT": str(self.port),
            "VIGIE_DATA_DIR": str(self.folder),
            "VIGIE_CLOCK_SPEED": repr(self.clock.speed),
            "VIGIE_CLOCK_EPOCH": iso(self.clock.epoch),
        } | self.settings

    def start_services(self) -> None:
        """PostgreSQL with a migrated database, and the broker with the hub's accounts."""
        if self.postgres is not None:
            self.postgres.start()
            with connect(self.postgres.url) as conn:
                conn.autocommit = True
                conn.execute("CREATE DATABASE vigie_test")
        self.broker.start()
        broker_accounts.add_hub(self.accounts, "hub", self._hub_password)
        with connect(self.database_url) as conn:
            migrate(conn)

    def connect(self) -> Connection:
        """A connection of the caller's own."""
        return connect(self.database_url, application_name="vigie-world")

    def spawn(self, argv: list[str], log: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """A child with exactly these settings; its output goes to a log in the folder."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")} | dict(env)
        process = child.spawn(argv, run_as=None, log=self.folder / log, death_signal=signal.SIGTERM, env=clean)
        self._children.append(process)
        return process

    def start_hub(
        self, *, crash: str | None = None, role: str = "all", settings: Mapping[str, str] | None = None
    ) -> None:
        """Start the hub process. `crash`: a point at which it kills itself. `settings`: besides those of this world."""
        argv = [sys.executable, "-m", "vigie", "serve", "--role", role]
        more = dict(settings or {}) | ({"VIGIE_CRASH_AT": crash} if crash else {})
        self.hub = self.spawn(argv, "hub.log", self.env | more)

    def start_group(self, sites: Sequence[str], port: int) -> subprocess.Popen[bytes]:
        """An ingest group of its own for these sites, with broker accounts of its own; it says on `port` how it is.

        Each of the files' accounts is one client: two groups cannot share one.
        """
        name, password = f"hub-of-{sites[0]}", secrets.token_urlsafe(24)
        broker_accounts.add_hub(self.accounts, name, password)
        own = {"VIGIE_MQTT_URL": self.broker.url_for(name, password), "VIGIE_HEALTH_PORT": str(port)}
        argv = [sys.executable, "-m", "vigie", "serve", "--role", "ingest", "--sites", ",".join(sites)]
        return self.spawn(argv, f"{name}.log", self.env | own)

    def kill_hub(self) -> None:
        """`kill -9` of the hub, if it still runs."""
        if self.hub is not None:
            child.kill(self.hub)
            self.hub = None

    def ready(self, port: int = 0) -> bool:
        """Whether the hub is storing, or the group that says so on `port`."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_until_ready(self, seconds: float = READY_WITHIN, port: int = 0) -> float:
        """Wait until the hub, or the group on `port`, is storing; how long that took.

        Raises EmbeddedError when the hub ended, or after `seconds`.
        """
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            if self.hub is not None and (status := self.hub.poll()) is not None:
                raise EmbeddedError(f"the hub ended with status {status}: {child.tail(self.folder / 'hub.log')}")
            if self.ready(port):
                return time.monotonic() - start
            time.sleep(0.05)
        raise EmbeddedError(f"the hub is not ready after {seconds:.0f} s: {child.tail(self.folder / 'hub.log')}")

    def close(self) -> None:
        """End every process."""
        for process in reversed(self._children):
            child.stop(process, signal.SIGTERM, seconds=15)
        self.broker.stop()
        if self.postgres is not None:
            self.postgres.stop()


def check_port(port: int) -> None:
    """Raises EmbeddedError when somebody listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EmbeddedError(
                f"--port {port}: expected a free port ({error.strerror}); choose another one"
            ) from error
