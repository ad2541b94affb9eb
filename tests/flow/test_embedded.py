"""The embedded services: they keep what they stored, and leave nobody behind when their parent is killed."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.connection import connect
from vigie.embedded import child
from vigie.embedded.child import EmbeddedError, RunAs
from vigie.embedded.mosquitto import EmbeddedMosquitto
from vigie.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def folder(service_folder: Path) -> Path:
    made = Path(tempfile.mkdtemp(dir=service_folder))
    made.chmod(0o711)
    return made


@pytest.fixture
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder / "pg") as service:
        yield service


def test_what_was_committed_survives_a_killed_postgres_on_the_same_address(postgres: EmbeddedPostgres) -> None:
    url = postgres.url
    with connect(url) as conn:
        conn.execute("CREATE TABLE kept (number integer)")
    for number in range(3):
        with connect(url) as conn:
            conn.execute("INSERT INTO kept VALUES (%s)", (number,))
        postgres.kill9()
        postgres.start()
    assert postgres.url == url
    with connect(url) as conn:
        assert conn.execute("SELECT count(*) FROM kept").fetchone() == (3,)


def test_postgres_never_runs_as_root(postgres: EmbeddedPostgres) -> None:
    assert _uid(postgres.pid) != 0


def test_a_broker_keeps_its_port_and_its_accounts(folder: Path) -> None:
    broker = EmbeddedMosquitto(folder / "mqtt").start()
    port, first = broker.port, broker.pid
    assert _uid(first) != 0
    broker.kill9()
    assert broker.pid is None
    broker.start()
    assert (broker.port, broker.pid != first) == (port, True)
    broker.stop()


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EmbeddedError, match="no-such-broker: not found; install the system package 'mosquitto'"):
        child.find_program("no-such-broker", package="mosquitto")


def test_a_folder_the_service_cannot_enter_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match="VIGIE_DATA_DIR"):
        child.own_folder(closed / "pg", RunAs(1, 1, "daemon"))


_PARENT = """
import sys, time
from pathlib import Path
from vigie.embedded.mosquitto import EmbeddedMosquitto
from vigie.embedded.postgres import EmbeddedPostgres
folder = Path(sys.argv[1])
services = EmbeddedPostgres(folder / "pg").start(), EmbeddedMosquitto(folder / "mqtt").start()
print(*(service.pid for service in services), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_service_outlives_a_killed_parent(folder: Path, how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT, str(folder)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.send_signal(how)
    _until(lambda: not any(_alive(pid) for pid in pids))


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def _alive(pid: int) -> bool:
    """A process that ended but was not collected by its new parent does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _uid(pid: int | None) -> int:
    return Path(f"/proc/{pid}").stat().st_uid
