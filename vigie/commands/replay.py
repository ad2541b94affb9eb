"""`vigie replay`: the live engine over a file, one alert event a line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from alerts.trial.replay_many import Failed
from vigie.commands.shell import fail, refuse
from vigie.replay_file import Options, Progress, UnusableFile
from vigie.replay_file import replay as play

Jobs = Annotated[int | None, typer.Option(min=1, help="Processes. Default: all cores when the file is large.")]
Cluster = Annotated[str | None, typer.Option(metavar="tcp://HOST:PORT", help="A Dask scheduler that shall play it.")]
INTERRUPTED = 130


def replay(
    readings: Annotated[Path, typer.Argument(metavar="READINGS.csv", help="patient,measured_at,received_at,code,...")],
    context: Annotated[Path | None, typer.Option(help='{"patients":{"P1":{...plan...}}}')] = None,
    verdicts: Annotated[bool, typer.Option(help="At the end: MET, NOT_MET or UNKNOWN of every rule.")] = False,
    jobs: Jobs = None,
    cluster: Cluster = None,
) -> None:
    """Play a readings file through the engine that runs live; one JSON object a line."""
    for path in (readings, context):
        if path is not None and not path.is_file():
            refuse(f"{path}: expected a file")
    try:
        with shown(readings.stat().st_size) as progress:
            for text in play(readings, context, Options(verdicts, jobs, cluster, progress)):
                sys.stdout.write(text + "\n")
    except UnusableFile as error:
        refuse(str(error.args[0]))
    except UnicodeDecodeError:
        refuse(f"{context}: expected UTF-8 text")
    except Failed as error:
        fail(str(error))
    except ImportError as error:
        refuse(f"--cluster: expected the package distributed: pip install 'vigie[fleet]' ({error})")
    except OSError as error:
        fail(str(error))
    except KeyboardInterrupt:
        typer.echo("vigie: interrupted, nothing was finished", err=True)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def shown(size: int) -> Iterator[Progress]:
    """A progress bar on a terminal's standard error; elsewhere nothing."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Progress()
        return
    with Bar(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console) as bar:
        reading, playing = bar.add_task("reading", total=size), bar.add_task("playing", total=None)
        bar.update(playing, total=size)
        yield Progress(lambda some: bar.advance(reading, some), lambda some: bar.advance(playing, some))
