"""`vigie figures`: the aplasia clock of a month, the alert budget, each rule's yield, over all sites or one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from alerts import aplasia_clock
from alerts.budget import Stretch
from clinician_ui import figures as counted
from clinician_ui import figures_views as views
from clinician_ui.figures_routes import NO_BUDGET, NO_CHANNEL, NO_YIELD
from domain.instants import Micros, iso, parse_iso
from storage import answer_channels, people
from storage.connection import Connection
from vigie.commands.shell import AsJson, EnvFile, hub_now, print_json, record, refuse, settings_of, transaction

app = typer.Typer(help="Aplasia clock, alert budget, yield of the rules.", no_args_is_help=True)
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]
Site = Annotated[str | None, typer.Option("--site", help="One site only.")]
From = Annotated[str, typer.Option("--from", metavar="INSTANT", help="ISO 8601 with an offset.")]
To = Annotated[str, typer.Option("--to", metavar="INSTANT", help="ISO 8601 with an offset.")]
NO_MONTH = views.figure_json(aplasia_clock.figure("", [], now=0))


@app.command("aplasia-clock")
def month(
    month: Annotated[str, typer.Option("--month", metavar="YYYY-MM")],
    *, site: Site = None, as_json: AsJson = False, as_csv: AsCsv = False, env_file: EnvFile = None,
) -> None:  # fmt: skip
    """From the first signal to the antibiotic, by site, against the one-hour target."""
    try:
        stretch = counted.month_of(month)
    except ValueError as error:
        refuse(f"--month: {error}")
    settings = settings_of(env_file)
    now = hub_now(settings)
    with transaction(settings) as conn:
        sites = _sites(conn, site)
        record(conn, "figures", "sites", at=now, detail={"what": "aplasia-clock", "month": month, "sites": sites})
        clocks = counted.clocks(conn, sites, stretch)
    figures = [aplasia_clock.figure(each, [one for one in clocks if one.site == each], now=now) for each in sites]
    rows = [views.figure_json(each) for each in figures]
    answer = {"month": month, "target": views.TARGET, "sites": rows,
              "clocks": [views.clock_json(each, now) for each in clocks]}  # fmt: skip
    _print(answer, rows, NO_MONTH, as_json=as_json, as_csv=as_csv)


@app.command("budget")
def budget(
    start: From, end: To,
    *, site: Site = None, as_json: AsJson = False, as_csv: AsCsv = False, env_file: EnvFile = None,
) -> None:  # fmt: skip
    """Alerts a console in ten minutes, shares of the priorities, alerts a patient-day, by site."""
    with _asked("budget", _stretch(start, end), site, env_file=env_file) as (conn, sites, stretch, now):
        bins = counted.bins_of(conn, sites, stretch)
        rows = [views.budget_json(each) for each in counted.budgets_of(conn, sites, stretch, found=bins, now=now)]
    answer = {"from": iso(stretch.start), "to": iso(stretch.end), "reference": views.REFERENCE, "sites": rows,
              "bins": [views.bin_json(each) for each in bins]}  # fmt: skip
    _print(answer, rows, NO_BUDGET, as_json=as_json, as_csv=as_csv)


@app.command("yield")
def yield_(
    start: From, end: To,
    *, site: Site = None, as_json: AsJson = False, as_csv: AsCsv = False, env_file: EnvFile = None,
) -> None:  # fmt: skip
    """Of the alerts each rule opened, how many a person acted on within 24 h."""
    with _asked("yield", _stretch(start, end), site, env_file=env_file) as (conn, sites, stretch, now):
        rows = [views.yield_json(each) for each in counted.yields_of(conn, sites, stretch, now=now)]
    answer = {"from": iso(stretch.start), "to": iso(stretch.end), "rules": rows}
    _print(answer, rows, NO_YIELD, as_json=as_json, as_csv=as_csv)


@app.command("answers")
def answers(
    start: From, end: To,
    *, site: Site = None, as_json: AsJson = False, as_csv: AsCsv = False, env_file: EnvFile = None,
) -> None:  # fmt: skip
    """Rounds of answers by channel (app, tablet, telephone, visit, console, device) and by who answered."""
    with _asked("answers", _stretch(start, end), site, env_file=env_file) as (conn, sites, stretch, _now):
        found = answer_channels.counts(conn, sites, stretch.start, stretch.end)
        rows = [views.channel_json(each) for each in found]
    answer = {"from": iso(stretch.start), "to": iso(stretch.end), "channels": rows}
    _print(answer, rows, NO_CHANNEL, as_json=as_json, as_csv=as_csv)


@contextmanager
def _asked(
    what: str, stretch: Stretch, site: str | None, *, env_file: Any
) -> Iterator[tuple[Connection, list[str], Stretch, Micros]]:
    """A transaction in which the look is already on record."""
    settings = settings_of(env_file)
    now = hub_now(settings)
    with transaction(settings) as conn:
        sites = _sites(conn, site)
        detail = {"what": what, "from": iso(stretch.start), "to": iso(stretch.end), "sites": sites}
        record(conn, "figures", "sites", at=now, detail=detail)
        yield conn, sites, stretch, now


def _sites(conn: Connection, only: str | None) -> list[str]:
    known = people.all_sites(conn)
    if only is not None and only not in known:
        refuse(f"--site: no site {only!r}, expected one of: {', '.join(known)}")
    return known if only is None else [only]


def _stretch(start: str, end: str) -> Stretch:
    found = []
    for name, text in (("--from", start), ("--to", end)):
        try:
            found.append(parse_iso(text))
        except (ValueError, OverflowError) as error:
            refuse(f"{name}: {error}")
    stretch = Stretch(*found)
    fault = counted.stretch_fault(stretch)
    if fault is not None:
        refuse(f"--to: expected {fault}")
    return stretch


def _print(
    answer: Any, rows: Sequence[Mapping[str, Any]], empty: Mapping[str, Any], *, as_json: bool, as_csv: bool
) -> None:
    if as_json and as_csv:
        refuse("--json and --csv: expected one of them")
    if as_json:
        print_json(answer)
    elif as_csv:
        typer.echo(views.csv_text(rows, empty), nl=False)
    else:
        _table(rows)


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    """One block a row: too many columns for a terminal's width."""
    if not rows:
        typer.echo("none")
    for row in rows:
        shown = views.flat(row)
        head = " ".join(str(shown.pop(name)) for name in ("site", "rule") if name in shown)
        typer.echo(head)
        for name, value in shown.items():
            typer.echo(f"  {name.replace('_', ' '):<28} {value}")
