"""Mosquitto from the system's packages on a free loopback port, configured as the hub needs it. Demo and tests."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from vigie import broker_files
from vigie.embedded import child
from vigie.embedded.child import EmbeddedError

_PORTS = range(15_000, 32_000)
_PORT_TRIES = 200
_HELLO = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"  # MQTT 3.1.1 CONNECT without an account: always refused

# Every line has its reason in the operators' guide ("The broker"). Works with Mosquitto 2.0 and 2.1.
_CONFIG = """\
per_listener_settings false
listener {port} 127.0.0.1
allow_anonymous false
{security}
allow_zero_length_clientid false
persistence true
persistence_location {store}/
autosave_interval 300
max_queued_messages 1000000
max_queued_bytes 1073741824
max_inflight_messages 2000
max_packet_size 131072
set_tcp_nodelay true
sys_interval 2
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
"""

_FILES = """\
password_file {accounts}/passwords
acl_file {accounts}/acl
use_username_as_clientid true
"""


class EmbeddedMosquitto:
    """One broker in `folder`, on one port for its whole life. May be started again after `stop` or `kill9`.

    Accounts: the folder `accounts` (VIGIE_BROKER_ACL=file:...), see `vigie.broker_accounts`.
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        """Nothing happens before `start`. Without a port a free one is taken now and kept."""
        self.folder = folder.resolve()
        self.accounts = self.folder / "accounts"
        self.store = self.folder / "store"
        self.log = self.folder / "mosquitto.log"
        self.port = port or free_port()
        self._run_as = child.ordinary_user("mosquitto", "nobody")
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address without account: `mqtt://127.0.0.1:PORT`."""
        return f"mqtt://127.0.0.1:{self.port}"

    def url_for(self, username: str, password: str) -> str:
        """Address with account, as VIGIE_MQTT_URL wants it."""
        return f"mqtt://{username}:{password}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id, None when it does not run."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self, *, security: str = _FILES) -> Self:
        """Start the broker, return when it accepts connections. `security`: another way of accounts than files."""
        if self.pid is not None:
            return self
        program = child.find_program("mosquitto", package="mosquitto")
        for folder in (self.folder, self.accounts, self.store):
            child.own_folder(folder, self._run_as)
        broker_files.make_folder(self.accounts)
        self._child = child.spawn(
            [program, "-c", str(self._write_config(security))],
            run_as=self._run_as,
            log=self.log,
            death_signal=signal.SIGTERM,
        )
        if not child.wait_until(self._answers, self._child, log=self.log):
            raise EmbeddedError(f"Mosquitto did not start: {child.tail(self.log)}")
        (self.accounts / broker_files.PID).write_text(str(self._child.pid))
        return self

    def stop(self) -> None:
        """Orderly end: sessions and queues are written to the store."""
        if self._child is not None:
            child.stop(self._child, signal.SIGTERM)
            self._forget()

    def kill9(self) -> None:
        """`kill -9`, as a crash would: whatever was not saved is gone."""
        if self._child is not None:
            child.kill(self._child)
            self._forget()

    def wipe(self) -> None:
        """Delete sessions and queues, as a lost disk would. The broker must not run."""
        if self.pid is not None:
            raise EmbeddedError("wipe: stop the broker first")
        shutil.rmtree(self.store, ignore_errors=True)

    def reload(self) -> None:
        """Read the accounts again."""
        broker_files.reload(self.accounts)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _write_config(self, security: str) -> Path:
        path = self.folder / "mosquitto.conf"
        security = security.format(accounts=self.accounts)
        path.write_text(_CONFIG.format(port=self.port, store=self.store, security=security))
        if self._run_as is not None:
            os.chown(path, self._run_as.uid, self._run_as.gid)
        return path

    def _forget(self) -> None:
        self._child = None
        (self.accounts / broker_files.PID).unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Whether it reads what it is sent: it listens a moment before it has its signal handlers, and until it has
        them the reload of an account (SIGHUP) would end it. Any answer will do, a refusal or a cut connection too.
        """
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(_HELLO)
                connection.recv(1)
        except ConnectionResetError:
            return True
        except OSError:
            return False
        return True


def free_port() -> int:
    """A TCP port nobody listens on at this moment.

    Outside the range from which the system takes the ports of outgoing connections (32768 and up): a service that is
    started again must find its port free.
    """
    for _ in range(_PORT_TRIES):
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise EmbeddedError(f"no free TCP port found between {_PORTS.start} and {_PORTS.stop - 1}")
