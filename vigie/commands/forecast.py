"""`vigie forecast`: forecasts of the neutrophil count for a file of requests."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import msgspec
import rich.progress
import typer
from rich.console import Console

from vigie.commands.shell import fail, refuse
from vigie.forecast_file import forecasts

File = Annotated[
    Path, typer.Argument(metavar="FILE.jsonl", help='{"id","drug" or "regimen","doses":[...],...} a line.')
]
Jobs = Annotated[int, typer.Option(min=1, help="Processes.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the draws: the same file and seed give the same answers.")]
Compiled = Annotated[
    bool, typer.Option("--compiled", help="Curves by numba (pip install 'vigie[compiled]'): the same.")
]


def forecast(requests: File, jobs: Jobs = 1, seed: Seed = 0, compiled: Compiled = False) -> None:
    """Forecast each patient of a file; one JSON object a line, in its order. A bad line is answered `refused`."""
    if not requests.is_file():
        refuse(f"{requests}: expected a file")
    if compiled and find_spec("numba") is None:
        refuse("--compiled: expected the package numba: pip install 'vigie[compiled]'")
    answer, shown = sys.stdout, Console(stderr=True)  # while a bar is drawn, sys.stdout is another
    failed = 0
    with rich.progress.open(
        requests, "rb", description="forecasts", console=shown, disable=not sys.stderr.isatty(), transient=True
    ) as lines:
        for found in forecasts(lines, jobs=jobs, seed=seed, compiled=compiled):
            failed += found["field"] == "model"
            answer.write(msgspec.json.encode(found).decode() + "\n")
            answer.flush()
    if failed:
        fail(f"{failed} requests made the model fail; their answers say how")
