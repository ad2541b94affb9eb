"""`vigie score`: a clinical score over a file of cases."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.console import Console

from vigie.commands.shell import refuse
from vigie.score_file import UnusableFile, write
from vigie.score_file import score as scored
from vigie.score_names import NAMES


def score(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(NAMES)}.")],
    cases: Annotated[Path, typer.Argument(metavar="FILE.csv", help="RFC 4180, UTF-8, decimal point, one case a row.")],
) -> None:
    """Score every row of a file; prints its columns and the result as got_* columns and got_why."""
    if name not in NAMES:
        refuse(f"NAME: expected one of {', '.join(NAMES)}, got {name!r}")
    if not cases.is_file():
        refuse(f"{cases}: expected a file")
    answer, shown = sys.stdout, Console(stderr=True)  # while a bar is drawn, sys.stdout is another
    progress = rich.progress.open(
        cases, "r", encoding="utf-8-sig", newline="", description=name, console=shown, disable=not sys.stderr.isatty(),
        transient=True,
    )  # fmt: skip
    try:
        with progress as source:
            write(scored(name, source), answer)
    except (UnusableFile, csv.Error) as error:
        refuse(f"{cases}: {error}")
    except UnicodeDecodeError:
        refuse(f"{cases}: expected UTF-8 text")
