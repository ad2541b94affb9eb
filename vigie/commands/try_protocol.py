"""`vigie protocol try`: what a new protocol would have said of what is recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from alerts.protocol.library import library
from alerts.protocol.reading import ProtocolError
from alerts.trial.compare import Comparison, Span
from alerts.trial.replay_many import Failed
from domain.instants import DAY, HOUR, Micros, iso, parse_iso
from vigie import known_events, picture
from vigie.commands.shell import AsJson, EnvFile, fail, hub_now, print_json, record, refuse, settings_of, transaction
from vigie.replay_file import LARGE, cores
from vigie.replay_rows import UnusableFile
from vigie.try_protocol import Wish, active_texts, against_file, against_history
from vigie.try_text import shown

INTERRUPTED = 130
New = Annotated[Path, typer.Argument(metavar="NEW.toml", help="The new protocol; it may extend shipped ones.")]
Against = Annotated[str, typer.Option(metavar="history|FILE.csv", help="The database, or a file as of `vigie replay`.")]
Context = Annotated[Path | None, typer.Option(help="Care plans of a file, as of `vigie replay`.")]
InsteadOf = Annotated[str | None, typer.Option(help="A new id takes the patients of this protocol only.")]
Since = Annotated[str | None, typer.Option("--from", help="Count alerts from this date or time on.")]
Until = Annotated[str | None, typer.Option("--to", help="Up to this date or time.")]
Events = Annotated[Path | None, typer.Option(help="Known events: CSV patient,kind,at or a truth file (.jsonl).")]
Before = Annotated[float, typer.Option(min=0, help="Hours before an event in which an alert tells of it.")]
After = Annotated[float, typer.Option(min=0, help="Hours after it.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes. Default: all cores.")]
Cluster = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="Play on a Dask cluster; its workers reach the database.")
]
Picture = Annotated[Path | None, typer.Option("--picture", metavar="OUT.svg", help="Write a picture as well.")]


def try_(
    new: New,
    against: Against,
    context: Context = None,
    instead_of: InsteadOf = None,
    since: Since = None,
    until: Until = None,
    events: Events = None,
    before_h: Before = 48,
    after_h: After = 6,
    jobs: Jobs = None,
    cluster: Cluster = None,
    out: Picture = None,
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """Play what is recorded under the protocols in use and under NEW: alerts gained and lost, events seen."""
    for path in (new, context, events, None if against == "history" else Path(against)):
        if path is not None and not path.is_file():
            refuse(f"{path}: expected a file")
    with _told() as told:
        wish = Wish(
            _text(new),
            instead_of=instead_of,
            since=_instant("--from", since, last=False) or 0,
            until=_instant("--to", until, last=True),
            known=None if events is None else known_events.read(events),
            span=Span(round(before_h * HOUR), round(after_h * HOUR)),
            jobs=jobs or (1 if against != "history" and Path(against).stat().st_size < LARGE else cores()),
            cluster=cluster,
            told=told,
        )
        if wish.until is not None and wish.until <= wish.since:
            raise UnusableFile("--to: expected a time after --from")
        wish, found = _history(wish, env_file) if against == "history" else _file(wish, Path(against), context)
        now_name, new_name = _names(wish)
    if out is not None:
        out.write_text(picture.svg(found, now=now_name, new=new_name), "utf-8")
    if as_json:
        print_json({"now": now_name, "new": new_name, **_plain(found)})
    else:
        Console(width=None if Console().is_terminal else 130).print(
            shown(found, now=now_name, new=new_name, span=wish.span), markup=False, highlight=False
        )


def _file(wish: Wish, readings: Path, context: Path | None) -> tuple[Wish, Comparison]:
    return wish, against_file(wish, readings, context)


def _history(wish: Wish, env_file: Path | None) -> tuple[Wish, Comparison]:
    settings = settings_of(env_file)
    now = hub_now(settings)
    with transaction(settings) as conn:
        wish = msgspec.structs.replace(wish, texts=active_texts(conn, now))
        record(conn, "protocol.try", f"protocol:{wish.id}", at=now)
    until = now if wish.until is None else min(now, wish.until)
    return wish, against_history(wish, settings.database_url, until=until)


def _names(wish: Wish) -> tuple[str, str]:
    """The two sides by name: the protocol that is replaced, and the new one."""
    now, new = library(wish.texts).protocols, library({**wish.texts, wish.id: wish.new}).protocols
    there = now.get(wish.instead_of or wish.id)
    name = f"{there.id} {there.version}" if there is not None else "the protocols in use"
    return name, f"{wish.id} {new[wish.id].version}"


@contextmanager
def _told() -> Iterator[Callable[[int, int], None]]:
    """Progress on a terminal, and every way in which a trial can end without an answer."""
    console = Console(stderr=True)
    columns = (TextColumn("playing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=console, disable=not console.is_terminal)
    playing = bar.add_task("playing", total=None)
    try:
        with bar:
            yield lambda done, of: bar.update(playing, completed=done, total=of)
    except (UnusableFile, ProtocolError) as error:
        refuse(str(error.args[0]))
    except Failed as error:
        fail(str(error))
    except ImportError as error:
        refuse(f"--cluster: expected the package distributed: pip install 'vigie[fleet]' ({error})")
    except OSError as error:
        fail(str(error))
    except psycopg.Error as error:
        fail(f"the database refused: {str(error).strip().splitlines()[0]}")
    except KeyboardInterrupt:
        typer.echo("vigie: interrupted, nothing was finished", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"{path}: expected UTF-8 text") from error


def _instant(option: str, text: str | None, *, last: bool) -> Micros | None:
    """A date (UTC; as an end, its last instant) or a time with an offset."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            return parse_iso(text)
        except ValueError as error:
            raise UnusableFile(f"{option}: expected a date YYYY-MM-DD or a time: {error}") from error
    return parse_iso(f"{day.isoformat()}T00:00:00Z") + (DAY if last else 0)


def _plain(found: Comparison) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(found)
    return {**plain, "days": [{"day": iso(day.at)[:10], "now": day.now, "new": day.new} for day in found.days]}
