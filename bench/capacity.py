"""Processor, memory, network and disk against patients and cadence: fitted to runs of the real hub, broker and
PostgreSQL, checked at three sizes that were not fitted, carried on to a million patients. docs/capacity.md

python -m bench.capacity
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console as Terminal
from rich.progress import track
from rich.table import Table

from bench import setting, startup
from bench.capacity_model import PARTS, TIERS, VALUES, Load, Machine, Model, Seen, bottleneck, fit, gb_a_day, over
from bench.load import device_names
from storage import tallies
from vigie.embedded.world import World

# Patients, and the rates they are measured at, messages a second.
FITTED = {200: (0, 50, 500, 2000, 3500), 2000: (0, 500, 2000), 8000: (0, 500)}
CHECKED = {500: (200,), 1000: (3000,), 4000: (1000,)}
SIZES, CADENCES = (100, 1_000, 20_000, 100_000, 1_000_000), (24, 288, 1440)
SECONDS, STILL = 15.0, 20.0
REST, RESTING, WITHIN = 4.0, 0.08, 240.0  # s, cores, s
FILLED = 12  # readings a patient has before, so that the engine remembers as much as it ever does


def runs(folder: Path, patients: int, rates: tuple[int, ...]) -> Iterator[Seen]:
    """One world; each rate in turn."""
    world = World(folder)
    try:
        world.start_services()
        devices = device_names(patients)
        setting.register(world, devices, at=world.clock.now())
        startup.fill(world, devices, FILLED)
        url = setting.publisher(world)
        world.start_hub()
        world.wait_until_ready(120)
        for rate in rates:
            _settled(world)
            yield _run(world, url, patients, rate)
    finally:
        world.close()


def _settled(world: World) -> None:
    """Until hub and database rest: what a start brings (alerts of silence, rollups) is no part of the load."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        before = _parts(world)
        time.sleep(REST)
        if sum(_parts(world)[part] - before[part] for part in PARTS) / REST < RESTING:
            return
    raise RuntimeError(f"hub and database did not come to rest within {WITHIN:.0f} s")


def _parts(world: World) -> dict[str, float]:
    hub, broker, postgres = world.hub, world.broker.pid, world.postgres and world.postgres.pid
    if hub is None or broker is None or not postgres:
        raise RuntimeError("the world does not run")
    return _cores(hub.pid, postgres, broker)


def _run(world: World, url: str, patients: int, rate: int) -> Seen:
    load = _load(url, patients, rate) if rate else None
    with world.connect() as conn:
        stored, weight = tallies.tally(conn).readings, _weight(world)
    before, start = _parts(world), time.monotonic()
    sent = out = 0
    if load is None:
        time.sleep(STILL)
    else:
        answer = json.loads(load.communicate(timeout=120)[0])
        out = round((answer["bytes_out"] + answer["bytes_in"]) * (1 - patients / answer["sent"]))
        sent = answer["sent"] - patients
    spent, after = time.monotonic() - start, _parts(world)
    with world.connect() as conn:
        stored = tallies.tally(conn).readings - stored
    if stored != sent * VALUES:
        raise RuntimeError(f"{patients} patients, {rate}/s: {stored} readings stored of {sent * VALUES}")
    cores = {part: (after[part] - before[part]) / spent for part in PARTS}
    disk = (_weight(world) - weight) / stored if stored else 0.0
    return Seen(
        patients,
        sent / spent,
        cores,
        setting.rss_mb(world.hub.pid) if world.hub else 0.0,
        out / sent if sent else 0.0,
        disk,
    )


def _load(url: str, patients: int, rate: int) -> subprocess.Popen[str]:
    """Started, and past the first message of each device."""
    argv = [sys.executable, "-m", "bench.load", "--url", url, "--site", setting.SITE, "--devices", str(patients)]
    argv += ["--rate", str(rate), "--seconds", str(SECONDS), "--acks", "--warm"]
    load = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    if load.stdout is None or load.stdout.readline() != "begun\n":
        raise RuntimeError("bench.load did not begin")
    return load


def _cores(hub: int, postgres: int, broker: int) -> dict[str, float]:
    """Processor seconds so far: PostgreSQL's of every process it has started, those that have ended too."""
    return {
        "hub": setting.cpu_seconds(hub),
        "database": setting.cpu_seconds(postgres, ended=True) + sum(map(setting.cpu_seconds, _children(postgres))),
        "broker": setting.cpu_seconds(broker),
    }


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _weight(world: World) -> int:
    """Bytes of readings and messages, indexes too."""
    with world.connect() as conn:
        row = conn.execute("SELECT pg_total_relation_size('reading') + pg_total_relation_size('message')").fetchone()
    return 0 if row is None else int(row[0])


def main() -> None:
    """Print what was measured, the model, how well it foretells, and what it says of larger sizes."""
    terminal = Terminal(width=200)
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as name:
        Path(name).chmod(0o711)
        plan = [*FITTED.items(), *CHECKED.items()]
        done = {
            patients: list(runs(Path(name) / str(patients), patients, rates))
            for patients, rates in track(plan, console=terminal, description="runs", disable=not terminal.is_terminal)
        }
    model = fit([one for patients in FITTED for one in done[patients]])
    for table in (_fitted(done, model), _factors(model), _carried_on(model)):
        terminal.print(table)


def _fitted(done: dict[int, list[Seen]], model: Model) -> Table:
    table = Table(title="measured and foretold")
    for head in ("patients", "messages/s", *(f"{part}, cores" for part in PARTS), "all cores", "hub, MB", "used for"):
        table.add_column(head)
    for patients, seen in done.items():
        for one in seen:
            needs = model.needs(Load(one.patients, one.rate * 86_400 / one.patients))
            cells = [f"{one.cores[part]:.3f} / {needs.cores[part]:.3f}" for part in PARTS]
            measured, foretold = sum(one.cores.values()), sum(needs.cores.values())
            whole = f"{measured:.3f} / {foretold:.3f} = {foretold / measured:.2f}"
            memory = f"{one.hub_mb:.0f} / {needs.hub_mb:.0f}"
            used = "the fit" if patients in FITTED else "a check"
            table.add_row(f"{one.patients:,}", f"{one.rate:,.0f}", *cells, whole, memory, used)
    return table


def _factors(model: Model) -> Table:
    table = Table(title="the model")
    for head in ("part", "constant, cores", "µs a message", "µs a batch", "µs a second and patient", "µs more of many"):
        table.add_column(head)
    for part in PARTS:
        constant, *factors = model.cores[part]
        table.add_row(part, f"{constant:.4f}", *(f"{factor * 1e6:.1f}" for factor in factors))
    base, each = model.memory
    table.caption = (
        f"hub: {base:.0f} MB + {each * 1024:.1f} kB a patient; network {model.network:.0f} bytes a message both ways, "
        f"disk {model.disk:.0f} bytes a reading with its share of the message, outside the columnstore"
    )
    return table


def _carried_on(model: Model) -> Table:
    machine = Machine()
    table = Table(
        title=f"carried on; a machine of {machine.cores:.0f} cores, {machine.memory_mb / 1024:.0f} GB, "
        f"{machine.mbit:.0f} Mbit/s, {machine.disk_gb:.0f} GB for {machine.days:.0f} days"
    )
    first = ("patients", "a day each", "messages/s", *PARTS, "hubs, GB", "Mbit/s")
    last = ("scarcest with one group", "groups", "too little of, with these")
    for head in (*first, *(f"GB/day {tier}" for tier in TIERS), *last):
        table.add_column(head)
    for patients in SIZES:
        for a_day in CADENCES:
            load = Load(patients, a_day)
            groups = model.groups(load)
            needs = model.needs(load, groups)
            what, share = bottleneck(model.needs(load), machine)
            table.add_row(
                f"{patients:,}", f"{a_day:,}", f"{load.rate:,.2f}", *(f"{needs.cores[part]:.2f}" for part in PARTS),
                f"{needs.hub_mb / 1024:.2f}", f"{needs.mbit:.2f}",
                *(f"{gb_a_day(load, reading):,.2f}" for reading in TIERS.values()),
                f"{what}: {share:.0%}", str(groups), ", ".join(over(needs, machine)) or "-",
            )  # fmt: skip
    return table


if __name__ == "__main__":
    main()
