"""A world for benchmarks: patients with plans and devices, and a broker account that may publish for all of them."""

import secrets
from pathlib import Path

from domain import wire
from domain.instants import DAY, Micros
from storage import registry
from vigie import broker_accounts
from vigie.broker_accounts import Grants
from vigie.embedded.world import World

SITE = "bench"
FOLDER = "/var/tmp"  # noqa: S108 - an ordinary user can enter it: the embedded services run as one
PLAN = {"protocol": "chemo-aplasia", "fever_profile": "ESMO_2016", "aplasia": {"from": "2020-01-01T00:00:00Z"}}


def register(world: World, devices: list[str], *, at: Micros, site: str = SITE) -> None:
    """One patient a device, inside the aplasia window, so that every rule runs."""
    with world.connect() as conn:
        registry.add_site(conn, site, site, at)
        for device in devices:
            patient = f"p-{device}"
            registry.add_patient(conn, patient, site, at - DAY)
            registry.add_plan(conn, patient, PLAN, set_by="bench", set_at=at - DAY)
            registry.add_device(conn, device, site, at - DAY)
            registry.wear(conn, device, patient, at - DAY)


def publisher(world: World, name: str = "bench", *, sites: tuple[str, ...] = (SITE,)) -> str:
    """The address of an account that publishes for every device of the sites and reads their acknowledgements."""
    password = secrets.token_urlsafe(16)
    grants = Grants(
        tuple(f"{wire.PREFIX}/{site}/+/{lane}" for site in sites for lane in ("obs", "bulk")),
        tuple(f"{wire.PREFIX}/{site}/+/{leaf}" for site in sites for leaf in ("ack", "obs")),
    )
    broker_accounts.add(world.accounts, name, password, grants=grants)
    return world.broker.url_for(name, password)


def rss_mb(pid: int) -> float:
    """Resident memory of a process, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int, *, ended: bool = False) -> float:
    """Processor time a process has used, s; `ended`: and that of its children which have ended. 0.0: it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11 : 15 if ended else 13]) / 100
