"""A second hub that waits beside the first, which is killed: how long until the second stores what comes.

The second runs in a process namespace of its own, so that it cannot look whether the first one's process is there: it
has to judge by the database alone, as on another machine. Needs root (`unshare`). python -m bench.standby
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from bench import setting
from bench.line import Line
from bench.load import AckBook, device_names
from domain import wire
from domain.instants import iso
from vigie.embedded.mosquitto import free_port
from vigie.embedded.world import World

PATIENTS = 850
WITHIN = 60.0
APART = [shutil.which("unshare") or "unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


class Hub:
    """One of the two, in a namespace of its own."""

    def __init__(self, world: World, name: str) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        env = world.env | {"VIGIE_HTTP_PORT": str(port)}
        self.process = world.spawn([*APART, sys.executable, "-m", "vigie", "serve", "--role", "all"], name, env)

    def said(self) -> tuple[int, str]:
        """Status and text of /readyz; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def until(self, what: str) -> None:
        """Wait until it is storing, or waits for the lease."""
        end = time.monotonic() + WITHIN
        while time.monotonic() < end:
            status, text = self.said()
            if (status == 200) if what == "storing" else ("lease held by" in text):
                return
            time.sleep(0.05)
        raise TimeoutError(f"the hub is not {what} within {WITHIN:.0f} s: {self.said()}")

    def kill(self) -> None:
        """As a power cut does, but that the machine's kernel still closes its connections."""
        self.process.kill()
        self.process.wait()


def measure(folder: Path, *, times: int = 5, patients: int = PATIENTS) -> dict[str, Any]:
    """Seconds from the kill to the acknowledgement of a message that was published at the kill."""
    if os.geteuid() != 0 or subprocess.run([*APART, "true"], check=False, capture_output=True).returncode != 0:
        raise SystemExit("bench.standby: expected root and `unshare`, for a process namespace of its own")
    world = World(folder)
    took = []
    try:
        world.start_services()
        devices = device_names(patients)
        setting.register(world, devices, at=world.clock.now())
        line = Line(setting.publisher(world), 2000)
        line.subscribe(f"vigie/1/{setting.SITE}/+/ack")
        first = Hub(world, "first.log")
        first.until("storing")
        for number in range(1, times + 1):
            second = Hub(world, f"standby-{number}.log")
            second.until("waiting for the lease")
            time.sleep(2.0)
            killed = time.monotonic()
            first.kill()
            took.append(_acknowledged(world, line, devices[0], number) - killed)
            second.until("storing")
            first = second
    finally:
        world.close()
    return {"times": times, "median_s": round(statistics.median(took), 2), "longest_s": round(max(took), 2)}


def _acknowledged(world: World, line: Line, device: str, number: int) -> float:
    """When a message that is published now is acknowledged end to end."""
    boot = f"standby-{number}"
    body = {
        "v": 1,
        "boot": boot,
        "seq": 1,
        "t": iso(world.clock.now()),
        "obs": [{"c": "8310-5", "v": 36.9, "u": "Cel"}],
    }
    topic = wire.device_topic(setting.SITE, device, "obs").encode()
    line.publish(len(topic).to_bytes(2) + topic, json.dumps(body).encode())
    book = AckBook(boot, {device: [time.monotonic()]})
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        line.flush()
        for topic, payload in line.receive():
            book.take(topic.split("/")[3], payload, time.monotonic())
        if book.last_at is not None:
            return book.last_at
        time.sleep(0.01)
    raise TimeoutError(f"nothing was acknowledged within {WITHIN:.0f} s of the kill")


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        print(json.dumps(measure(Path(folder)), indent=1))


if __name__ == "__main__":
    main()
