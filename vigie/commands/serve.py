"""`vigie serve`: the hub against configured services. Says what it waits for, and why it refuses."""

import os
from typing import Annotated

import typer

from clinician_ui.first_account import OneTime
from vigie import logs
from vigie.commands.shell import EnvFile, refuse, settings_of
from vigie.hub import Services, Start
from vigie.settings import EVERYTHING, SettingsError

ROLES = ("all", "ingest", "web")


def serve(
    role: Annotated[str, typer.Option(help="all, ingest or web.")] = "all",
    sites: Annotated[str, typer.Option(help="Sites of this ingest group, with commas; none: every site.")] = "",
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Stop another ingest of these sites that still runs, and replace it.")
    ] = False,
    env_file: EnvFile = None,
) -> None:
    """The hub: ingest, alerts and the console."""
    if role not in ROLES:
        refuse(f"--role: expected one of {', '.join(ROLES)}, got {role!r}")
    settings = settings_of(env_file, needs=EVERYTHING)
    logs.configure()
    start = Start(
        role=role,  # type: ignore[arg-type]
        sites=tuple(site for site in sites.split(",") if site),
        crash=os.environ.get("VIGIE_CRASH_AT"),
        take_over=take_over,
        told=_tell,
    )
    try:
        status = Services(settings, start).run()
    except SettingsError as error:
        refuse(str(error))
    raise typer.Exit(status)


def _tell(made: OneTime) -> None:
    typer.echo(
        f"First start: log in as {made.username!r} with the one-time password {made.password!r}; "
        "it must be changed at once and is not printed again."
    )
