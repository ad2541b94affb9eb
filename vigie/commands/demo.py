"""`vigie demo`: everything embedded with simulated patients; ends cleanly, says what is missing when something is."""

import sys
from collections.abc import Callable
from typing import Annotated

import msgspec
import typer

from vigie.commands.shell import AsJson, fail, print_json, refuse
from vigie.demo import PEOPLE, RECORDINGS, Demo, Wish, terminated_like_interrupted
from vigie.embedded.child import EmbeddedError


def demo(
    patients: Annotated[int, typer.Option(help="Virtual patients, and as many replayed ones (at most 40).")] = 40,
    speed: Annotated[float, typer.Option(help="Hub seconds per real second.")] = 60.0,
    seconds: Annotated[float | None, typer.Option(help="End by itself after so many real seconds.")] = None,
    port: Annotated[int, typer.Option(help="The console's port; 0: any free one.")] = 8000,
    headless: Annotated[bool, typer.Option(help="Do not print the console's address and logins.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start the whole hub with simulated patients. Ctrl-C ends it."""
    if not 1 <= patients <= 500:
        refuse(f"--patients: expected 1 to 500, got {patients}")
    if not 1 <= speed <= 3600:
        refuse(f"--speed: expected 1 to 3600, got {speed}")
    if seconds is not None and seconds <= 0:
        refuse(f"--seconds: expected more than 0, got {seconds}")

    def say(line: str) -> None:
        typer.echo(line, err=as_json)

    wish = Wish(patients, speed, seconds, port)
    try:
        with terminated_like_interrupted(), Demo(wish, say) as running:
            if not headless:
                _welcome(running, say=say)
            _watch(running)
            found = running.summary()
    except EmbeddedError as error:
        fail(str(error))
    except KeyboardInterrupt:
        say("ended")
        return
    summary = msgspec.to_builtins(found)
    if as_json:
        print_json(summary)
    else:
        for name, value in summary.items():
            typer.echo(f"{name}: {value}")
    if found.lost or found.missed:
        sys.exit(1)


def _watch(running: Demo) -> None:
    """Until the time is over; Ctrl-C of a demo without end still prints its summary."""
    try:
        running.watch()
    except KeyboardInterrupt:
        running.say("ending: waiting for the last acknowledgements (Ctrl-C again to leave at once) ...")


def _welcome(running: Demo, *, say: Callable[[str], None]) -> None:
    wish = running.wish
    replayed = min(wish.patients, RECORDINGS)
    say("")
    say(f"  Console   {running.url}")
    for name, _ in PEOPLE:
        say(f"  Login     {name:<10} password {running.passwords[name]}")
    say(f"  App       {running.url}/app/  code {running.app_code} (works once)")
    say(f"  Patients  {wish.patients} simulated, {replayed} replayed recordings; the clock runs x{wish.speed:g}")
    say(f"  Logs      {running.folder}")
    say("  Ctrl-C ends everything.")
    say("")
