"""`vigie fleet make FILE.json`: simulated patients registered with a configured hub, for `python -m device_sim`."""

from pathlib import Path
from typing import Annotated

import typer

from device_sim.demo import demo_fleet
from vigie import fleet
from vigie.broker_ways import accounts_of
from vigie.commands.shell import EnvFile, hub_now, refuse, settings_of, transaction

app = typer.Typer(help="Simulated patients.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `make` a word of its own although it is the only one."""


@app.command()
def make(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="Written: names and passwords of the devices.")],
    virtual: Annotated[int, typer.Option(min=0, help="Virtual patients.")] = 40,
    replayed: Annotated[int, typer.Option(min=0, help="Patients replayed from recordings.")] = 40,
    seed: Annotated[int, typer.Option(help="Same seed, same patients.")] = 1,
    env_file: EnvFile = None,
) -> None:
    """Register simulated patients of the site `demo`; run them with `python -m device_sim FILE.json`."""
    settings = settings_of(env_file, needs=("database_url", "mqtt_url", "broker_acl"))
    at = hub_now(settings)
    try:
        specs = demo_fleet(virtual, replayed, seed, start=at)
    except ValueError as error:
        refuse(f"--{error}")
    with transaction(settings) as conn:
        entries = fleet.register(conn, accounts_of(settings), specs, at=at)
    address, folder = settings.mqtt, file.resolve().parent
    content = {
        "broker": address.bare,
        "mqtt_version": settings.mqtt_version,
        "devices": entries,
        "truth": str(folder / "truth.jsonl"),
        "ledger": str(folder / "ledger.jsonl"),
        "outbox": str(folder / "outbox"),
    }
    if settings.mqtt_ca_file is not None:
        content["ca_file"] = str(settings.mqtt_ca_file)
    fleet.write(file, content)
    typer.echo(f"{len(entries)} patients of site demo; run: python -m device_sim {file}")
