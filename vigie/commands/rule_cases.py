"""`vigie protocol test`: rule cases that people write, played through the live engine."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alerts.protocol.library import library, shipped
from alerts.protocol.plan import Library
from alerts.protocol.reading import ProtocolError
from alerts.protocol.reading import read as read_protocol
from alerts.trial.cases import CaseFault, Said
from domain.instants import DAY, HOUR, MINUTE, SECOND
from vigie.commands.shell import AsJson, refuse
from vigie.rule_cases import Outcome, check, load, run

HERE = Path("tests/cases")


def play_cases(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILES]", help="Cases, or folders of them.")] = None,
    draft: Annotated[Path | None, typer.Option("--with", metavar="NEW.toml", help="A protocol that is tried.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play rule cases (tests/cases where nothing is named). Status 1 when one does not say what it should."""
    paths = files or [HERE]
    for path in paths:
        if not path.exists():
            refuse(f"{path}: expected a file of cases or a folder of them")
    try:
        cases, protocols = load(paths), _protocols(draft)
        for case in cases:
            check(case, protocols)
        outcomes = [run(case, protocols) for case in cases]
    except (CaseFault, ProtocolError, OSError) as error:
        refuse(str(error))
    failed = [outcome for outcome in outcomes if outcome.differences]
    if as_json:
        typer.echo(json.dumps([plain(outcome) for outcome in outcomes], ensure_ascii=False, indent=2))
    else:
        Console(width=None if Console().is_terminal else 140).print(_table(outcomes))
        typer.echo(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


def _protocols(draft: Path | None) -> Library:
    """The shipped protocols, with a draft in the place of the one of its id."""
    if draft is None:
        return shipped()
    text = draft.read_text("utf-8")
    return library({read_protocol(str(draft), text).id: text})


def plain(outcome: Outcome) -> dict[str, Any]:
    """One outcome as JSON."""
    differing = [
        {"expected": one.expected, "found": [shown(event) for event in one.found]} for one in outcome.differences
    ]
    return {"case": outcome.case.where, "title": outcome.case.title, "passed": not differing, "differences": differing}


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("case", "", "expected", "found instead")
    for outcome in outcomes:
        place = escape(f"{outcome.case.where}\n{outcome.case.title}")
        if not outcome.differences:
            table.add_row(place, "[green]passed[/]")
        for one in outcome.differences:
            found = "\n".join(shown(event) for event in one.found) or "nothing"
            table.add_row(place, "[bold red]FAILED[/]", escape(one.expected), escape(found))
            place = ""
    return table


def shown(said: Said) -> str:
    """An event as a line of `expect` would say it."""
    day, rest = divmod(said.at, DAY)
    clock = f"{rest // HOUR:02d}:{rest % HOUR // MINUTE:02d}"
    clock += f":{rest % MINUTE // SECOND:02d}" if rest % MINUTE else ""
    words = [f"day {day + 1}" if day else "", clock, said.rule, said.kind, said.severity]
    return " ".join(word for word in words if word)
