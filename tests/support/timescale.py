"""A real TimescaleDB for the tests: Debian's PostgreSQL 17 with TimescaleDB (Apache edition), unpacked into a folder.

Needs root, mmdebstrap and a Debian archive in the machine's apt configuration. Where it cannot be had, `Unavailable`
says why. Unpacked once into ~/.cache/vigie/timescaledb, outside the repository.
"""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.databases import Server
from vigie.embedded.child import EmbeddedError, RunAs
from vigie.embedded.postgres import EmbeddedPostgres, Install

SUITE = "trixie"
PACKAGES = ("base-files", "dash", "libc-bin", "tzdata", "postgresql-17-timescaledb")
ONLY = os.environ.get("VIGIE_TEST_SERVER") == "timescaledb"  # every test runs on it, and fails without it
ROOT = os.environ.get("VIGIE_TEST_TIMESCALEDB_ROOT")  # a folder made like the one unpacked here, with another build
_USER = 61_874  # an ordinary user id of its own; it needs a name inside the folder only
_SETTINGS = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    "timescaledb.max_background_workers": "0",
}
_DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9)}


class Unavailable(RuntimeError):
    """No TimescaleDB on this machine; the text says why."""


@contextmanager
def start() -> Iterator[Server]:
    """Unpack when needed, start a server with a cluster of its own. Raises Unavailable."""
    with own_postgres() as postgres:
        try:
            postgres.start()
        except EmbeddedError as error:
            raise Unavailable(f"it did not start: {error}") from error
        yield Server("timescaledb", postgres.url_of("{}"))


@contextmanager
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """A server that is still to be started, in a folder of its own: to be stopped, killed and started again."""
    root = Path(ROOT) if ROOT else _unpacked(Path.home() / ".cache" / "vigie" / f"timescaledb-{SUITE}")
    folder = Path(tempfile.mkdtemp(prefix="vigie-", dir=root / "srv"))
    folder.chmod(0o711)
    install = Install("/usr/lib/postgresql/17/bin", RunAs(_USER, _USER, "vigie-test", str(root)), _SETTINGS)
    postgres = EmbeddedPostgres(folder / "pg", install=install)
    try:
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _unpacked(root: Path) -> Path:
    if not (root / "usr/lib/postgresql/17/lib/timescaledb.so").exists():
        _unpack(root)
    return root


def _unpack(root: Path) -> None:
    if os.geteuid() != 0:
        raise Unavailable("only root can run it in a folder of its own")
    if shutil.which("mmdebstrap") is None:
        raise Unavailable("mmdebstrap is not installed (apt-get install mmdebstrap)")
    archive = _debian_archive()
    root.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{root.name}-", dir=root.parent))
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(PACKAGES)}", SUITE, str(making)]
    done = subprocess.run([*command, f"deb {archive} {SUITE} main"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise Unavailable(f"mmdebstrap failed: {done.stderr.strip()[-300:]}")
    _make_home(making)
    try:
        making.rename(root)
    except OSError:  # another test run was faster
        shutil.rmtree(making)


def _make_home(root: Path) -> None:
    """The few things a PostgreSQL wants of its system: a user, devices, shared memory, a place."""
    root.chmod(0o755)
    (root / "etc/passwd").write_text(f"root:x:0:0::/:/bin/sh\nvigie-test:x:{_USER}:{_USER}::/:/bin/sh\n")
    (root / "etc/group").write_text(f"root:x:0:\nvigie-test:x:{_USER}:\n")
    for name, numbers in _DEVICES.items():
        _make_device(root / "dev" / name, numbers)
    (root / "dev/shm").mkdir(exist_ok=True)
    for shared in ("dev/shm", "tmp"):
        (root / shared).chmod(0o1777)
    (root / "srv").mkdir(exist_ok=True)


def _make_device(path: Path, numbers: tuple[int, int]) -> None:
    if path.exists() and stat.S_ISCHR(path.stat().st_mode):
        return
    path.unlink(missing_ok=True)
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(*numbers))
    except PermissionError as error:
        raise Unavailable(f"this machine does not let root make /dev/{path.name}") from error
    path.chmod(0o666)


def _debian_archive() -> str:
    """The address of Debian's archive as apt is configured on this machine."""
    if shutil.which("apt-get") is None:
        raise Unavailable("not a Debian system (no apt-get)")
    command = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages"]
    rows = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")
    for row in rows:
        if row.startswith("Debian Debian "):
            return row.split()[-1]
    raise Unavailable("apt knows no Debian archive (run apt-get update)")
