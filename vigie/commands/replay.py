"""`vigie replay`: the live engine over a file, one alert event a line."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vigie.commands.shell import refuse
from vigie.replay_file import UnusableFile
from vigie.replay_file import replay as play


def replay(
    readings: Annotated[Path, typer.Argument(metavar="READINGS.csv", help="patient,measured_at,received_at,code,...")],
    context: Annotated[Path | None, typer.Option(help='{"patients":{"P1":{...plan...}}}')] = None,
    verdicts: Annotated[bool, typer.Option(help="At the end: MET, NOT_MET or UNKNOWN of every rule.")] = False,
) -> None:
    """Play a readings file through the engine that runs live; one JSON object a line."""
    for path in (readings, context):
        if path is not None and not path.is_file():
            refuse(f"{path}: expected a file")
    try:
        for line in play(readings, context, verdicts=verdicts):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    except UnusableFile as error:
        refuse(str(error))
    except UnicodeDecodeError:
        refuse(f"{readings}: expected UTF-8 text")
