"""`vigie score`: a clinical score over a file of cases."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.console import Console

from vigie.asked_events import Events
from vigie.asked_file import answers, read_events
from vigie.asked_names import ASKED
from vigie.commands.shell import refuse
from vigie.score_file import UnusableFile, write
from vigie.score_file import score as scored
from vigie.score_names import NAMES


def score(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join((*NAMES, *ASKED))}.")],
    cases: Annotated[Path, typer.Argument(metavar="FILE.csv", help="RFC 4180, UTF-8, decimal point, one case a row.")],
    ask: Annotated[
        Path | None,
        typer.Option("--ask", metavar="ASK.csv", help=f"What is asked of the events of FILE.csv: {', '.join(ASKED)}."),
    ] = None,
) -> None:
    """Score every row of a file; prints its columns and the result as got_* columns and got_why."""
    if name not in NAMES and name not in ASKED:
        refuse(f"NAME: expected one of {', '.join((*NAMES, *ASKED))}, got {name!r}")
    if (name in ASKED) != (ask is not None):
        refuse(f"--ask: expected {'ASK.csv' if name in ASKED else 'no --ask'} with {name}")
    for file in (cases, ask):
        if file is not None and not file.is_file():
            refuse(f"{file}: expected a file")
    if ask is not None:
        events = _events(name, cases)
    rows = ask or cases  # the file whose rows are answered
    answer, shown = sys.stdout, Console(stderr=True)  # while a bar is drawn, sys.stdout is another
    progress = rich.progress.open(
        rows, "r", encoding="utf-8-sig", newline="", description=name, console=shown, disable=not sys.stderr.isatty(),
        transient=True,
    )  # fmt: skip
    try:
        with progress as source:
            write(scored(name, source) if ask is None else answers(name, events, source), answer)
    except (UnusableFile, csv.Error) as error:
        refuse(f"{rows}: {error}")
    except UnicodeDecodeError:
        refuse(f"{rows}: expected UTF-8 text")


def _events(name: str, file: Path) -> Events:
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            return read_events(name, source)
    except (UnusableFile, csv.Error) as error:
        refuse(f"{file}: {error}")
    except UnicodeDecodeError:
        refuse(f"{file}: expected UTF-8 text")
