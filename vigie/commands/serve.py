"""`vigie serve`: the hub against configured services. Says what it waits for, and why it refuses."""

import faulthandler
import os
from pathlib import Path
from typing import Annotated

import structlog
import typer

from clinician_ui.first_account import OneTime
from domain.wire import NAME
from storage import servers
from vigie import logs
from vigie.commands.shell import EnvFile, refuse, settings_of
from vigie.hub import Services, Start
from vigie.settings import CRASH, EVERYTHING, SettingsError, crash_point

log = structlog.get_logger("vigie")
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
    served = sites_of(sites)
    settings = settings_of(env_file, needs=EVERYTHING)
    try:
        crash = crash_point(settings.database_url, os.environ.get(CRASH))
    except SettingsError as error:
        refuse(str(error))
    faulthandler.enable()  # a fault in compiled code says in the log where it happened, in every thread
    logs.configure()
    if len(servers.apart(settings.database_url)) > 1 and not _writable(settings.data_dir):
        log.warning(
            "VIGIE_DATA_DIR cannot be written: after a restart a former primary is not known",
            folder=str(settings.data_dir),
        )
    start = Start(
        role=role,  # type: ignore[arg-type]
        sites=served,
        crash=crash,
        take_over=take_over,
        told=_tell,
    )
    try:
        status = Services(settings, start).run()
    except SettingsError as error:
        refuse(str(error))
    raise typer.Exit(status)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def sites_of(text: str) -> tuple[str, ...]:
    """Names of sites between commas, each once; none: every site. A name that no site can have is refused."""
    names = [name.strip() for name in text.split(",")] if text.strip() else []
    for name in names:
        if NAME.fullmatch(name) is None:
            refuse(f"--sites: expected names of sites (a-z, 0-9, -) with commas between, got {name!r}")
    return tuple(dict.fromkeys(names))


def _tell(made: OneTime) -> None:
    typer.echo(
        f"First start: log in as {made.username!r} with the one-time password {made.password!r}; "
        "it must be changed at once and is not printed again."
    )
