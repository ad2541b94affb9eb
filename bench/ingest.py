"""Ingest of one hub process, committed and acknowledged end to end, beside `mosquitto_sub | COPY` of the same messages.

python -m bench.ingest --seconds 60
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import setting
from bench.load import device_names
from storage import tallies
from vigie.embedded.world import World

DEVICES = 1000
RATE = 6000.0  # messages offered a second


def measure(folder: Path, *, seconds: float, rate: float, profile: bool = False) -> dict[str, Any]:
    """Offers `rate` messages a second for `seconds`: rates, hub CPU and memory, and the ratio to the bare pipe."""
    world = World(folder)
    try:
        world.start_services()
        devices = device_names(DEVICES)
        setting.register(world, devices, at=world.clock.now())
        url = setting.publisher(world)
        world.start_hub()
        started = world.wait_until_ready()
        messages = round(rate * seconds)
        found = _hub(world, url, messages=messages, rate=rate, profile=profile)
        world.kill_hub()
        found["start_s"] = round(started, 2)
        found["pipe"] = _pipe(world, messages)
    finally:
        world.close()
    found["ratio_to_pipe"] = round(found["acked_per_s"] / found["pipe"]["stored_per_s"], 3)
    return found


def _load(url: str, messages: int, *, rate: float | None, acks: bool) -> dict[str, Any]:
    argv = [sys.executable, "-m", "bench.load", "--url", url, "--site", setting.SITE, "--devices", str(DEVICES)]
    argv += ["--messages", str(messages), "--seconds", "300", "--window", "4000", *(["--acks"] if acks else [])]
    argv += ["--rate", str(rate)] if rate else []
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=400)
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _hub(world: World, url: str, *, messages: int, rate: float, profile: bool) -> dict[str, Any]:
    hub = world.hub
    if hub is None:
        raise RuntimeError("the hub does not run")
    cpu, start = setting.cpu_seconds(hub.pid), time.monotonic()
    spy = None
    if profile:
        length = str(max(5, int(messages / rate)))
        argv = [
            "py-spy",
            "record",
            "-p",
            str(hub.pid),
            "-d",
            length,
            "-o",
            f"{setting.FOLDER}/vigie-hub-stacks.txt",
            "-f",
            "raw",
        ]
        spy = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    answer = _load(url, messages, rate=rate, acks=True)
    spent = time.monotonic() - start
    with world.connect() as conn:
        stored = tallies.tally(conn)
    if spy is not None:
        spy.wait(60)
    return {
        "offered_per_s": rate,
        "sent": answer["sent"],
        "acked": answer["acked"],
        "acked_per_s": round(answer["acked"] / (answer["acked_after"] or answer["seconds"])),
        "seconds": round(answer["acked_after"] or answer["seconds"], 1),
        "ack_latency_p50_s": answer["latency_p50"],
        "ack_latency_p99_s": answer["latency_p99"],
        "stored_messages": stored.messages,
        "stored_readings": stored.readings,
        "hub_cpu_share": round((setting.cpu_seconds(hub.pid) - cpu) / spent, 2),
        "hub_rss_mb": round(setting.rss_mb(hub.pid)),
    }


def _pipe(world: World, messages: int) -> dict[str, Any]:
    """The ceiling: no judging, no duplicates removed, nothing acknowledged to a device."""
    with world.connect() as conn:
        conn.execute("CREATE TABLE pipe (line text)")
    user, _, rest = setting.publisher(world, "pipe").removeprefix("mqtt://").partition(":")
    password, _, place = rest.partition("@")
    host, _, port = place.partition(":")
    argv = ["mosquitto_sub", "-h", host, "-p", port, "-u", user, "-P", password, "-q", "1", "-t"]
    argv += [f"vigie/1/{setting.SITE}/+/obs", "-i", user]
    copy = subprocess.Popen([sys.executable, "-m", "bench.pipe", world.database_url, *argv])
    time.sleep(1.5)
    start = time.monotonic()
    answer = _load(setting.publisher(world, "pipe-load"), messages, rate=None, acks=False)
    stored = 0
    while stored < answer["sent"] and time.monotonic() < start + 120:
        with world.connect() as conn:
            row = conn.execute("SELECT count(*) FROM pipe").fetchone()
        stored = row[0] if row is not None else 0
        time.sleep(0.1)
    spent = time.monotonic() - start
    copy.terminate()
    copy.wait(10)
    return {"sent": answer["sent"], "stored": stored, "stored_per_s": round(stored / spent)}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=RATE, help="messages offered a second")
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        found = measure(Path(folder), seconds=asked.seconds, rate=asked.rate, profile=asked.profile)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
