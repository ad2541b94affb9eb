"""`vigie db migrate`, `vigie db doctor`, `vigie db backup` and `vigie db restore`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from domain.instants import iso
from storage import doctor as doctors
from storage import migrate as migrations
from vigie import backup as backups
from vigie.clock import real_now
from vigie.commands.shell import AsJson, EnvFile, fail, print_json, reachable, settings_of, transaction

app = typer.Typer(help="The database: schema and health.", no_args_is_help=True)


@app.command()
def migrate(env_file: EnvFile = None) -> None:
    """Bring the schema to this version; may be run again."""
    with transaction(settings_of(env_file)) as conn:
        try:
            done = migrations.migrate(conn)
        except migrations.MigrationError as error:
            fail(str(error))
    for name in done.applied:
        typer.echo(f"applied {name}")
    for note in done.notes:
        typer.echo(f"not on this server: {note}", err=True)
    typer.echo(f"tier {done.tier}, {len(migrations.shipped())} migrations, {len(done.applied)} applied now")


@app.command()
def doctor(as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """Tier, versions, settings, migrations, checks. Status 1 when something is wrong."""
    with transaction(settings_of(env_file)) as conn:
        diagnosis = doctors.diagnose(conn)
    if as_json:
        print_json(msgspec.to_builtins(diagnosis))
    else:
        _print(diagnosis)
    if not diagnosis.ok:
        raise typer.Exit(1)


Folder = Annotated[Path, typer.Argument(help="Folder of the backup.", show_default=False)]


@app.command()
def backup(folder: Folder, env_file: EnvFile = None) -> None:
    """Dump the database into a new FOLDER, with the proof of what it holds. The hub goes on meanwhile."""
    settings = settings_of(env_file)
    with reachable():
        kept = _done(lambda: backups.backup(settings.database_url, folder, made_at=iso(real_now()), told=_progress))
    typer.echo(f"{folder}: {_held(kept)}")


@app.command()
def restore(folder: Folder, env_file: EnvFile = None) -> None:
    """Bring a backup into the empty database of VIGIE_DATABASE_URL, and prove by its ledger that all of it is there."""
    settings = settings_of(env_file)
    with reachable():
        kept = _done(lambda: backups.restore(settings.database_url, folder, told=_progress))
    typer.echo(f"restored and proven, as of {kept.made_at}: {_held(kept)}")


def _done(step: Callable[[], backups.Kept]) -> backups.Kept:
    try:
        return step()
    except backups.BackupError as error:
        fail(str(error))


def _progress(what: str) -> None:
    typer.echo(f"{what} ...", err=True)


def _held(kept: backups.Kept) -> str:
    rows = sum(table.rows for table in kept.proof.tables)
    messages = sum(boot.messages for boot in kept.proof.ledger)
    devices = len({boot.device for boot in kept.proof.ledger})
    return f"{rows} rows in {len(kept.proof.tables)} tables, {messages} messages of {devices} devices"


def _print(diagnosis: doctors.Diagnosis) -> None:
    extension = f", TimescaleDB {diagnosis.timescaledb}" if diagnosis.timescaledb else ""
    typer.echo(f"PostgreSQL {diagnosis.server}{extension}, tier {diagnosis.tier}")
    for check in diagnosis.checks:
        line = f"{'ok   ' if check.ok else 'WRONG'} {check.name}: {check.found}"
        typer.echo(line if check.ok else f"{line}, expected {check.expected}")
    for name in diagnosis.pending:
        typer.echo(f"pending {name}")
