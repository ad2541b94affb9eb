"""`vigie site models` switches a model at a site; `vigie models shadow-report` compares alarms with what happened."""

from typing import Annotated, Any

import msgspec
import typer

from alerts.predict import mode_desk
from alerts.predict.shadow import Report
from alerts.predict.shadow_desk import shadow_report
from domain.instants import Micros, iso, micros, parse_iso
from domain.protocols import Act
from storage import model_modes, people, registry
from vigie.commands.shell import (
    AsJson,
    EnvFile,
    fail,
    hub_now,
    operator,
    print_json,
    record,
    refuse,
    settings_of,
    transaction,
)

app = typer.Typer(help="What the predictive models said, against what happened.", no_args_is_help=True)


@app.callback()
def _models() -> None:
    """Keeps `models` a group of commands."""


def models(
    site: Annotated[str, typer.Argument(metavar="SITE")],
    model: Annotated[str, typer.Argument(metavar="MODEL", help="early-warning, lapse")],
    mode: Annotated[str | None, typer.Argument(metavar="MODE", help="off, shadow, on; without: shows it.")] = None,
    *,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decided.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, kept with the decision.")] = None,
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """Switch a model on, to shadow or off at a site, with a name and a reason; every decision is kept."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        if not registry.has_site(conn, site):
            fail(f"SITE: no site {site!r}; make it with `vigie site add`")
        if mode is not None:
            if not (by or "").strip() or not (reason or "").strip():
                refuse("--by, --reason: expected who decided, and why")
            act = Act(f"{(by or '').strip()} ({operator()})", "operator", hub_now(settings), reason)
            try:
                mode_desk.set_mode(conn, site, model, mode, act=act)
            except mode_desk.Refused as error:
                refuse(str(error))
        history = [mode_json(row) for row in model_modes.history(conn, site, model)]
    now = history[0]["mode"] if history else model_modes.DEFAULT
    if as_json:
        print_json({"site": site, "model": model, "mode": now, "history": history})
    else:
        typer.echo(f"{model} at {site}: {now}")


def mode_json(row: model_modes.Mode) -> dict[str, Any]:
    """One decision."""
    return {
        "mode": row.mode,
        "by": row.actor,
        "reason": row.reason,
        "at": iso(micros(row.set_at)),
        "by_watch": row.by_watch,
    }


@app.command("shadow-report")
def report(
    start: Annotated[str, typer.Option("--from", metavar="INSTANT", help="ISO 8601 with an offset.")],
    end: Annotated[str, typer.Option("--to", metavar="INSTANT", help="ISO 8601 with an offset.")],
    *,
    site: Annotated[str | None, typer.Option("--site", help="One site only.")] = None,
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """By site: the early warning's alarms, stored in shadow or on, against alerts, transfers and antibiotics."""
    begins, ends = _instant("--from", start), _instant("--to", end)
    if ends <= begins:
        refuse("--to: expected an instant after --from")
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        known = people.all_sites(conn)
        if site is not None and site not in known:
            refuse(f"--site: no site {site!r}, expected one of: {', '.join(known)}")
        wanted = known if site is None else [site]
        detail = {"what": "shadow-report", "from": iso(begins), "to": iso(ends), "sites": wanted}
        record(conn, "models", "sites", at=hub_now(settings), detail=detail)
        found = [shadow_report(conn, each, start=begins, end=ends) for each in wanted]
    if as_json:
        print_json({"from": iso(begins), "to": iso(ends), "sites": msgspec.to_builtins(found)})
    else:
        for each in found:
            _print(each)


def _instant(name: str, text: str) -> Micros:
    try:
        return parse_iso(text)
    except (ValueError, OverflowError) as error:
        refuse(f"{name}: {error}")


def _print(found: Report) -> None:
    typer.echo(found.site)
    rows = msgspec.to_builtins(found)
    for name in ("scores", "patients", "patient_days", "alarms", "false_alarms_per_patient_day", "lead_h"):
        typer.echo(f"  {name.replace('_', ' '):<32} {'-' if rows[name] is None else rows[name]}")
    for name, each in (("alarms that were followed", found.followed), *found.foreseen.items()):
        share = "-" if each.share is None else f"{each.share:.2f} ({each.low:.2f} to {each.high:.2f})"
        typer.echo(f"  {name:<32} {each.n} of {each.of}, {share}")
