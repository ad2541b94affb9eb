"""`vigie patient sheet`: who a patient is, how to get there, whom to call; read, or written from another system."""

import json
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from pydantic import ValidationError

from clinician_ui.sheet_bodies import SheetBody
from domain.sheet import Sheet
from storage import registry, sheets
from storage.sheets import Draft
from vigie.clock import real_now
from vigie.commands.shell import EnvFile, fail, hub_now, operator, print_json, record, refuse, settings_of, transaction


def sheet(
    name: Annotated[str, typer.Argument(metavar="PATIENT")],
    file: Annotated[
        Path | None, typer.Option(help="JSON to write, - for standard input; it replaces the sheet as a whole.")
    ] = None,
    env_file: EnvFile = None,
) -> None:
    """Print a patient's sheet as JSON, or write it from a file."""
    wanted = None if file is None else _read(file)
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        if registry.site_of_patient(conn, name) is None:
            fail(f"PATIENT: no patient {name!r}")
        registry.lock_patient(conn, name)
        before, _ = sheets.current(conn, [name])[name]
        if wanted is None:
            print_json(msgspec.to_builtins(before))
            return
        changed = wanted.changed(before)
        if not changed:
            typer.echo("nothing has changed")
            return
        version = sheets.write(conn, Draft(name, wanted, operator(), None, hub_now(settings), None))
        record(conn, "sheet.written", f"patient:{name}", at=real_now(), detail={"fields": changed})
        typer.echo(f"version {version}: {', '.join(changed)}")


def _read(file: Path) -> Sheet:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        return SheetBody.model_validate(json.loads(text)).value()
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        refuse(f"--file: expected a JSON object: {error}")
    except ValidationError as error:
        faults = [(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        refuse("\n".join(f"--file: {field or 'the whole'}: {expected}" for field, expected in faults))
