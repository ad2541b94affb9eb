"""What every command does alike: settings, a database transaction, answers on standard output, refusals with a status.

Exit status: 0 done, 1 failed (the world said no), 2 wrong usage or settings.
"""

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import psycopg
import typer

from domain.instants import Micros
from storage import audit, servers
from storage.connection import Connection, connect
from storage.servers import memory
from vigie.broker_accounts import AccountError
from vigie.clock import clock_of
from vigie.settings import Need, Settings, SettingsError, load

EnvFile = Annotated[Path | None, typer.Option("--env-file", help="Settings as NAME=value lines; the environment wins.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable answer.")]


def fail(message: str) -> NoReturn:
    """The command failed: say why on standard error, status 1."""
    typer.echo(f"vigie: {message}", err=True)
    raise typer.Exit(1)


def refuse(message: str) -> NoReturn:
    """The command was used wrongly: name the field and what was expected, status 2."""
    for line in message.splitlines():
        typer.echo(f"vigie: {line}", err=True)
    raise typer.Exit(2)


def settings_of(env_file: Path | None, *, needs: tuple[Need, ...] = ("database_url",)) -> Settings:
    """Settings, or refusal with status 2."""
    try:
        settings = load(env_file, needs=needs)
    except SettingsError as error:
        refuse(str(error))
    try:
        memory.keep_in(settings.data_dir)
    except (OSError, ValueError) as error:
        refuse(f"VIGIE_DATA_DIR: {servers.FILE} in it: expected what a hub wrote there: {error}")
    return settings


@contextmanager
def transaction(settings: Settings) -> Iterator[Connection]:
    """One connection and one transaction, committed at the end. What the database refuses is status 1."""
    with reachable(), connect(settings.database_url, application_name="vigie-command") as conn:
        yield conn


@contextmanager
def reachable() -> Iterator[None]:
    """What the database refuses inside is status 1 with its reason, or 2 where a value was to blame."""
    try:
        yield
    except psycopg.OperationalError as error:
        fail(f"VIGIE_DATABASE_URL: the database cannot be reached: {_first_line(error)}")
    except psycopg.errors.UndefinedTable:
        fail("the database has no schema of Vigie, or an old one: run `vigie db migrate`")
    except psycopg.errors.CheckViolation as error:
        refuse(f"{error.diag.constraint_name}: expected a value the table accepts: {error.diag.message_primary}")
    except psycopg.Error as error:
        fail(f"the database refused: {_first_line(error)}")
    except AccountError as error:
        fail(str(error))


def json_object(file: Path, *, like: str) -> dict[str, Any]:
    """The object of a JSON file, or refusal with status 2. `like`: an example of one."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        refuse(f"FILE.json: {error.strerror}: {file}")
    except ValueError as error:
        refuse(f"FILE.json: expected JSON: {error}")
    if not isinstance(found, dict):
        refuse(f"FILE.json: expected an object such as {like}")
    return found


def record(conn: Connection, action: str, subject: str, *, at: Micros, detail: dict[str, Any] | None = None) -> None:
    """Put what the operator did on the audit trail."""
    audit.append(conn, audit.Look(at, operator(), action, subject, detail or {}))


def hub_now(settings: Settings) -> Micros:
    """The hub's time now."""
    return clock_of(settings).now()


def operator() -> str:
    """Who runs the command, as the audit trail names them: the machine's account."""
    return f"cli:{os.environ.get('SUDO_USER') or getpass.getuser()}"


def print_json(answer: Any) -> None:
    """One JSON document on standard output."""
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
