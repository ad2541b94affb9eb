"""Runs the evaluations that were asked for: bars of progress, one table, pictures, cards. The outermost loop."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.evaluation import cards
from models.evaluation.figure import Figure, Picture, Sources, Told


def evaluate(names: Sequence[str], sources: Sources, out: Path) -> list[Figure]:
    """Every figure of the named models: printed, drawn and written to `out`."""
    modules = {name: importlib.import_module(f"models.evaluation.{name}") for name in names}
    console = Console(stderr=True)
    found: list[Figure] = []
    with _bars(console) as told:
        for module in modules.values():
            found += list(_figures(module, sources, (out, console), told))
    _printed(found)
    merged = cards.merged(cards.recorded(out), found)
    cards.write(out, merged, [(name, module.CARD) for name, module in modules.items()])
    return found


def _figures(module: ModuleType, sources: Sources, out: tuple[Path, Console], told: Told) -> Iterator[Figure]:
    for found in module.figures(sources, told):
        if isinstance(found, Picture):
            _draw(found, *out)
        else:
            yield found


def _draw(picture: Picture, out: Path, console: Console) -> None:
    try:
        import matplotlib
        from matplotlib.figure import Figure as Canvas
    except ImportError:
        console.print(
            f"picture {picture.file} not drawn: expected the package matplotlib: pip install 'vigie[evaluate]'"
        )
        return
    matplotlib.rcParams["svg.hashsalt"] = picture.file  # the same figures give the same file
    canvas = Canvas(figsize=(8, 4.5), layout="constrained")
    picture.draw(canvas)
    out.mkdir(parents=True, exist_ok=True)
    canvas.savefig(out / picture.file, metadata={"Date": None} if picture.file.endswith(".svg") else None)


@contextmanager
def _bars(console: Console) -> Iterator[Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield told


def _printed(figures: Sequence[Figure]) -> None:
    table = Table("model", *cards.HEAD, title="Models")
    for found in figures:
        table.add_row(found.model, *cards.cells(found))
    wide = Console(width=None if Console().is_terminal else 220)
    wide.print(table)
    missing = [f"{found.model}: {found.name}: {found.note}" for found in figures if found.value is None]
    for line in missing:
        wide.print(f"NOT RUN  {line}", style="bold red", highlight=False, markup=False)
