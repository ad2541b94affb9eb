"""`vigie device add` and `vigie device stop`: a device, who wears it, and its broker account."""

import re
from typing import Annotated

import typer

from domain import wire
from domain.instants import Micros
from storage import registry
from storage.connection import Connection
from vigie import broker_accounts
from vigie.broker_ways import accounts_of
from vigie.clock import real_now
from vigie.commands.shell import (
    AsJson,
    EnvFile,
    fail,
    hub_now,
    print_json,
    record,
    refuse,
    settings_of,
    transaction,
)

DEVICE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
app = typer.Typer(help="Devices and who wears them.", no_args_is_help=True)


@app.command()
def add(
    device: Annotated[str, typer.Argument(metavar="DEVICE")],
    site: Annotated[str, typer.Option(help="The device's site.")],
    patient: Annotated[str, typer.Option(help="Who wears it from now on.")],
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """A device worn by a patient, with a new broker password; again for the same patient renews the password."""
    if not DEVICE_NAME.fullmatch(device):
        refuse(f"DEVICE: expected lower-case letters, digits and hyphens, at most 63, got {device!r}")
    settings = settings_of(env_file, needs=("database_url", "mqtt_url", "broker_acl"))
    if device in broker_accounts.hub_usernames(settings.mqtt.username):
        refuse(f"DEVICE: {device!r} is the hub's own account, choose another name")
    with transaction(settings) as conn:
        put_on(conn, device, site, patient=patient, at=hub_now(settings))
        record(conn, "device.add", f"device:{device}", at=real_now(), detail={"site": site, "patient": patient})
        made = broker_accounts.add_device(accounts_of(settings), site, device)
    if not made.reloaded:
        typer.echo("vigie: tell the broker to read its accounts again (SIGHUP) before the device connects", err=True)
    topics = wire.device_grants(site, device)
    answer = {
        "device": device,
        "client_id": device,
        "username": made.username,
        "password": made.password,
        "topics": topics,
    }
    if as_json:
        print_json(answer)
        return
    for name in ("device", "client_id", "username", "password"):
        typer.echo(f"{name}: {answer[name]}")
    for use, names in topics.items():
        typer.echo(f"may {use}: {' '.join(names)}")


@app.command()
def stop(device: Annotated[str, typer.Argument(metavar="DEVICE")], env_file: EnvFile = None) -> None:
    """The patient gives the device back: what it measures from now on belongs to nobody."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        patient = registry.stop_wearing(conn, device, hub_now(settings))
        if patient is None:
            fail(f"DEVICE: {device!r} is worn by nobody")
        record(conn, "device.stop", f"device:{device}", at=real_now(), detail={"patient": patient})


def put_on(conn: Connection, device: str, site: str, *, patient: str, at: Micros) -> None:
    """The device exists at the site and the patient wears it; fails by name where that cannot be."""
    home = registry.site_of_patient(conn, patient)
    if home != site:
        fail(
            f"--patient: expected a patient of {site!r}, "
            + (f"{patient!r} is of {home!r}" if home else f"no {patient!r}")
        )
    if not registry.add_device(conn, device, site, at) and registry.site_of_device(conn, device) != site:
        fail(f"DEVICE: {device!r} belongs to another site")
    wearer = registry.wearer(conn, device)
    if wearer is None:
        registry.wear(conn, device, patient, at)
    elif wearer != patient:
        fail(f"DEVICE: {device!r} is worn by {wearer!r}; end that with `vigie device stop {device}`")
