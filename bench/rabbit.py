"""Three RabbitMQ nodes of one cluster in one folder, with MQTT on quorum queues. Needs Debian's `rabbitmq-server`."""

import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

import httpx

from vigie.broker_rabbitmq import RabbitAccounts
from vigie.embedded import child
from vigie.embedded.child import EmbeddedError
from vigie.embedded.mosquitto import free_port

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
NAMES = ("one", "two", "three")
WITHIN = 120.0
# docs/cluster.md gives the reason of each line
_CONFIG = """\
listeners.tcp.default = 127.0.0.1:{amqp}
mqtt.listeners.tcp.default = 127.0.0.1:{mqtt}
mqtt.allow_anonymous = false
mqtt.durable_queue_type = quorum
mqtt.prefetch = 2000
mqtt.subscription_ttl = 604800000
management.tcp.ip = 127.0.0.1
management.tcp.port = {http}
default_user = {user}
default_pass = {password}
cluster_partition_handling = pause_minority
net_ticktime = 10
cluster_formation.peer_discovery_backend = classic_config
"""


class RabbitCluster:
    """As `EmbeddedMosquitto`, of three nodes: `start`, `stop`, `url_for`; `kill9` and `restart` one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.accounts = folder  # where files of accounts would be: there are none
        self.ports = {name: free_port() for name in NAMES}
        self._http = {name: free_port() for name in NAMES}
        self._dist = {name: free_port() for name in NAMES}
        self._epmd = free_port()
        self._password = secrets.token_urlsafe(24)
        self._run_as = child.ordinary_user("rabbitmq")
        self._nodes: dict[str, subprocess.Popen[bytes]] = {}
        self._names: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """All nodes, without account."""
        return f"mqtt://{','.join(f'127.0.0.1:{port}' for port in self.ports.values())}"

    def url_for(self, username: str, password: str) -> str:
        """All nodes with account, as VIGIE_MQTT_URL wants it."""
        return self.url.replace("://", f"://{username}:{password}@")

    @property
    def management(self) -> str:
        """The first node that runs, with the administrator's account."""
        name = next(name for name in NAMES if name in self._nodes)
        return f"http://vigie-admin:{self._password}@127.0.0.1:{self._http[name]}"

    @property
    def ways(self) -> RabbitAccounts:
        """How accounts are made."""
        return RabbitAccounts(self.management)

    def start(self) -> None:
        """The nodes, found by each other."""
        if not PROGRAM.exists():
            raise EmbeddedError(f"{PROGRAM}: not found; install the system package 'rabbitmq-server'")
        child.own_folder(self.folder, self._run_as)
        self._write(".erlang.cookie", secrets.token_hex(16)).chmod(0o400)
        epmd = [child.find_program("epmd", package="erlang-base"), "-address", "127.0.0.1", "-port", str(self._epmd)]
        self._names = child.spawn(
            epmd, run_as=self._run_as, log=self.folder.parent / "epmd.log", death_signal=signal.SIGKILL
        )
        for name in NAMES:
            self._configure(name)
            self.restart(name)
        self.wait_for(len(NAMES))

    def restart(self, name: str) -> None:
        """Start one node; it joins by itself."""
        place = self.folder / name
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("RABBITMQ_", "VIGIE_"))},
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._epmd),
            "RABBITMQ_NODENAME": f"{name}@localhost",
            "RABBITMQ_DIST_PORT": str(self._dist[name]),
            "RABBITMQ_MNESIA_BASE": str(place),
            "RABBITMQ_LOG_BASE": str(place),
            "RABBITMQ_CONFIG_FILE": str(place / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(place / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        }
        log = self.folder.parent / f"rabbit-{name}.log"
        self._nodes[name] = child.spawn(
            [str(PROGRAM)], run_as=self._run_as, log=log, death_signal=signal.SIGTERM, env=env
        )

    def kill9(self, name: str) -> None:
        """`kill -9` of one node: the script that started it and the machine in it."""
        node = self._nodes.pop(name)
        os.killpg(node.pid, signal.SIGKILL)
        node.wait(10)

    def freeze(self, name: str) -> None:
        """One node stands still: its connections stay and say nothing, as of a machine without power."""
        os.killpg(self._nodes[name].pid, signal.SIGSTOP)

    def wait_for(self, nodes: int) -> None:
        """Until so many nodes say that they run."""
        end = time.monotonic() + WITHIN
        while (found := self.running()) < nodes:
            if time.monotonic() > end:
                raise EmbeddedError(f"RabbitMQ: {found} of {nodes} nodes run after {WITHIN:.0f} s, see {self.folder}")
            time.sleep(0.5)

    def running(self) -> int:
        """How many nodes run, as the fewest say that one knows of."""
        found = []
        for name in self._nodes:
            url = f"http://127.0.0.1:{self._http[name]}/api/nodes"
            try:
                answer = httpx.get(url, auth=("vigie-admin", self._password), timeout=5, trust_env=False)
                found.append(sum(node["running"] for node in answer.raise_for_status().json()))
            except httpx.HTTPError:
                return 0
        return min(found, default=0)

    def stop(self) -> None:
        """End every node."""
        for name in list(self._nodes):
            self.kill9(name)
        if self._names is not None:
            child.kill(self._names)
            self._names = None

    def _configure(self, name: str) -> None:
        child.own_folder(self.folder / name, self._run_as)
        ports = {"amqp": free_port(), "mqtt": self.ports[name], "http": self._http[name]}
        text = _CONFIG.format(user="vigie-admin", password=self._password, **ports)
        peers = "".join(
            f"cluster_formation.classic_config.nodes.{n} = {peer}@localhost\n" for n, peer in enumerate(NAMES, 1)
        )
        self._write(f"{name}/rabbitmq.conf", text + peers)
        self._write(f"{name}/plugins", "[rabbitmq_mqtt,rabbitmq_management].\n")

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        if self._run_as is not None:
            os.chown(path, self._run_as.uid, self._run_as.gid)
        return path
