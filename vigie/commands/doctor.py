"""`vigie doctor`: what is wrong with the hub, since when, what it does about it, what a person should do."""

import typer

from vigie.commands.shell import AsJson, EnvFile, print_json, settings_of
from vigie.diagnosis import diagnose


def doctor(as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """Everything that is wrong now, a sentence each. Status 1 when something is."""
    found = diagnose(settings_of(env_file, needs=("database_url", "mqtt_url")))
    if as_json:
        print_json({"ok": not found, "troubles": found})
    else:
        for each in found:
            typer.echo(each["said"])
        typer.echo("Nothing is wrong." if not found else f"{len(found)} to look at.")
    if found:
        raise typer.Exit(1)
