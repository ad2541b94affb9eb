"""`vigie db migrate` and `vigie db doctor`."""

import msgspec
import typer

from storage import doctor as doctors
from storage import migrate as migrations
from vigie.commands.shell import AsJson, EnvFile, fail, print_json, settings_of, transaction

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


def _print(diagnosis: doctors.Diagnosis) -> None:
    extension = f", TimescaleDB {diagnosis.timescaledb}" if diagnosis.timescaledb else ""
    typer.echo(f"PostgreSQL {diagnosis.server}{extension}, tier {diagnosis.tier}")
    for check in diagnosis.checks:
        line = f"{'ok   ' if check.ok else 'WRONG'} {check.name}: {check.found}"
        typer.echo(line if check.ok else f"{line}, expected {check.expected}")
    for name in diagnosis.pending:
        typer.echo(f"pending {name}")
