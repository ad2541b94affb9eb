"""Messages a second, committed and acknowledged end to end, beside `mosquitto_sub | COPY` of the same messages.

python -m bench.ingest --seconds 60
python -m bench.ingest --seconds 300 --groups 2 --rate 8500

One process takes every site; with `--groups` so many ingest processes run, each with a site of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import setting
from bench.load import device_names
from storage import tallies
from vigie.embedded import child
from vigie.embedded.mosquitto import free_port
from vigie.embedded.world import World

DEVICES = 1000
RATE = 6000.0  # messages offered a second
GROUPS_RATE = 8500.0  # to two groups


def measure(folder: Path, *, seconds: float, rate: float, groups: int = 1, profile: bool = False) -> dict[str, Any]:
    """Offers `rate` messages a second for `seconds`: rates, processor and memory of the hub, the ratio to the pipe."""
    world = World(folder)
    sites = [setting.SITE, *(f"{setting.SITE}{number}" for number in range(2, groups + 1))]
    try:
        world.start_services()
        for site in sites:
            setting.register(world, device_names(DEVICES // groups, site), at=world.clock.now(), site=site)
        urls = {site: setting.publisher(world, f"load-{site}", sites=(site,)) for site in sites}
        started, hubs = _start(world, sites)
        pids = [hub.pid for hub in hubs]
        found = _hub(world, urls, pids, messages=round(rate * seconds / groups), rate=rate / groups, profile=profile)
        for hub in hubs:
            child.kill(hub)
        found["start_s"] = round(started, 2)
        found["pipe"] = _pipe(world, round(rate * seconds))
    finally:
        world.close()
    found["ratio_to_pipe"] = round(found["acked_per_s"] / found["pipe"]["stored_per_s"], 3)
    return found


def _start(world: World, sites: Sequence[str]) -> tuple[float, list[subprocess.Popen[bytes]]]:
    """One hub, or an ingest group a site: seconds until all are storing, and their processes."""
    if len(sites) == 1:
        world.start_hub()
        if world.hub is None:
            raise RuntimeError("the hub does not run")
        return world.wait_until_ready(), [world.hub]
    ports = [free_port() for _ in sites]
    hubs = [world.start_group([site], port) for site, port in zip(sites, ports, strict=True)]
    return max(world.wait_until_ready(port=port) for port in ports), hubs


def _load(url: str, messages: int, *, rate: float | None, acks: bool, site: str, devices: int) -> dict[str, Any]:
    argv = [sys.executable, "-m", "bench.load", "--url", url, "--site", site, "--devices", str(devices)]
    argv += ["--prefix", site, "--messages", str(messages), "--seconds", "400", "--window", "4000"]
    argv += ["--acks"] if acks else []
    argv += ["--rate", str(rate)] if rate else []
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=500)
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _hub(
    world: World, urls: dict[str, str], pids: list[int], *, messages: int, rate: float, profile: bool
) -> dict[str, Any]:
    """`messages` and `rate` of each site."""
    cpu, start = _cpu(pids), time.monotonic()
    spy = _spy(pids[0], max(5, int(messages / rate))) if profile else None
    with ThreadPoolExecutor(len(urls)) as pool:
        loads = [
            pool.submit(_load, url, messages, rate=rate, acks=True, site=site, devices=DEVICES // len(urls))
            for site, url in urls.items()
        ]
    answers = [load.result() for load in loads]
    spent = time.monotonic() - start
    with world.connect() as conn:
        stored = tallies.tally(conn)
    if spy is not None:
        spy.wait(60)
    acked, took = sum(one["acked"] for one in answers), max(one["acked_after"] or one["seconds"] for one in answers)
    return {
        "groups": len(urls),
        "offered_per_s": rate * len(urls),
        "sent": sum(one["sent"] for one in answers),
        "acked": acked,
        "acked_per_s": round(acked / took),
        "seconds": round(took, 1),
        "ack_latency_p50_s": max(one["latency_p50"] for one in answers),
        "ack_latency_p99_s": max(one["latency_p99"] for one in answers),
        "stored_messages": stored.messages,
        "stored_readings": stored.readings,
        "hub_cpu_share": round((_cpu(pids) - cpu) / spent, 2),
        "hub_rss_mb": round(sum(setting.rss_mb(pid) for pid in pids)),
    }


def _cpu(pids: Sequence[int]) -> float:
    return sum(setting.cpu_seconds(pid) for pid in pids)


def _spy(pid: int, seconds: int) -> subprocess.Popen[bytes]:
    argv = ["py-spy", "record", "-p", str(pid), "-d", str(seconds), "-f", "raw"]
    return subprocess.Popen([*argv, "-o", f"{setting.FOLDER}/vigie-hub-stacks.txt"], stdout=subprocess.DEVNULL)


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
    url = setting.publisher(world, "pipe-load")
    answer = _load(url, messages, rate=None, acks=False, site=setting.SITE, devices=DEVICES)
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
    parser.add_argument("--groups", type=int, default=1, choices=(1, 2, 4), help="ingest processes")
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        given = {"seconds": asked.seconds, "rate": asked.rate, "groups": asked.groups, "profile": asked.profile}
        found = measure(Path(folder), **given)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
