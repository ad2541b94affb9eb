"""Registering simulated patients with a hub: patients, devices, care plans, broker accounts. For `vigie fleet make`.

The simulators themselves know nothing of this: they get a file with names and passwords, and speak MQTT.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from device_sim.demo import PatientSpec, device_entry
from domain.instants import Micros
from storage import registry
from storage.connection import Connection
from vigie import broker_accounts
from vigie.broker_accounts import Accounts


def register(conn: Connection, accounts: Accounts, specs: Iterable[PatientSpec], *, at: Micros) -> list[dict[str, Any]]:
    """Make what is missing, renew the passwords. The devices of a fleet file. The caller owns the transaction."""
    entries = []
    for spec in specs:
        registry.add_site(conn, spec.site, spec.site, at)
        if registry.add_patient(conn, spec.patient, spec.site, at):
            registry.add_plan(conn, spec.patient, spec.plan, set_by="vigie fleet make", set_at=at)
        registry.add_device(conn, spec.device, spec.site, at)
        if registry.wearer(conn, spec.device) is None:
            registry.wear(conn, spec.device, spec.patient, at)
        made = broker_accounts.add_device(accounts, spec.site, spec.device)
        entries.append(device_entry(spec, made.password))
    return entries


def write(path: Path, fleet: dict[str, Any]) -> None:
    """Write a fleet file that only we can read: it holds passwords."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(fleet, out, indent=1)
    making.replace(path)
