"""`vigie predict`: predictive models over a file."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from models.early_warning.values import Refused, Score
from vigie.commands.shell import AsJson, fail, print_json, refuse

app = typer.Typer(help="Predictive models over a file.", no_args_is_help=True)
Source = Annotated[Path, typer.Argument(metavar="FILE.parquet", help="Hourly rows, columns of the Challenge 2019.")]
Out = Annotated[Path, typer.Argument(metavar="OUT.parquet", help="Written when every row has its score.")]
Budget = Annotated[float, typer.Option(help="False alarms per patient-day that are accepted.")]
Trained = Annotated[Path | None, typer.Option(metavar="FILE.skops", help="Another trained file than the shipped one.")]


@app.callback()
def predict() -> None:
    """Predictive models over a file."""


@app.command("early-warning")
def early_warning(
    source: Source, out: Out, budget: Budget = 0.25, model: Trained = None, as_json: AsJson = False
) -> None:
    """Score every hour of every patient: risk of an onset of sepsis within 12 h, alarm, status, reasons."""
    if not source.is_file():
        refuse(f"{source}: expected a file")
    scores = _scored(source, out, budget, model)
    statuses = dict(sorted(Counter(one.status for one in scores).items()))
    told = {"rows": len(scores), "alarms": sum(one.alarm for one in scores), "status": statuses}
    if as_json:
        print_json(told)
    else:
        typer.echo(
            f"{told['rows']} rows, {told['alarms']} alarms; " + ", ".join(f"{n} {s}" for s, n in statuses.items())
        )


def _scored(source: Path, out: Path, budget: float, model: Path | None) -> list[Score]:
    """The scores, written to `out`."""
    # scikit-learn takes a second to import: the other commands do not wait for it
    from models.early_warning import alarms, files
    from vigie.predict_file import NoParquet, predict, write

    loaded = files.load(model or files.SHIPPED)
    if isinstance(loaded, Refused):
        fail(f"the trained file is refused: {loaded.field}: expected {loaded.expected}, found {loaded.found}")
    console = Console(stderr=True)
    try:
        alarms.threshold(loaded.curve, budget)
        with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
            task = bar.add_task("early warning", total=None)
            scores = predict(loaded, source, budget=budget, told=lambda n, of: bar.update(task, completed=n, total=of))
        write(source, out, scores)
    except (NoParquet, ValueError) as error:
        refuse(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}")
    return scores
