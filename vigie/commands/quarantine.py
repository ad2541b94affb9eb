"""`vigie quarantine list`, `again`: what was refused and is not stored, and judging it again after a repair."""

from typing import Annotated, Any
from uuid import uuid4

import msgspec
import typer

from domain.instants import iso
from domain.values import Reason
from storage import actions, quarantine
from vigie.commands.moments import print_table
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

app = typer.Typer(help="Refused messages.", no_args_is_help=True)
AT_ONCE = 5000
Device = Annotated[str | None, typer.Option("--device", help="Those of one device.")]
Why = Annotated[str | None, typer.Option("--reason", help="|".join(Reason))]


@app.command("list")
def list_(device: Device = None, reason: Why = None, as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """What is refused and not stored, by site, device and reason, the newest last."""
    _known(reason)
    with transaction(settings_of(env_file)) as conn:
        found = quarantine.kinds(conn, device=device, reason=reason)
    if as_json:
        print_json(
            [{**msgspec.to_builtins(one), "first_at": iso(one.first_at), "last_at": iso(one.last_at)} for one in found]
        )
        return
    print_table([_cells(one) for one in found])


def _cells(one: quarantine.Kind) -> tuple[str, ...]:
    head = (one.site or "-", one.device or "-", one.reason, str(one.count))
    return *head, iso(one.last_at), one.last_said or one.expected


def _json(one: quarantine.Kind) -> dict[str, Any]:
    return {**msgspec.to_builtins(one), "first_at": iso(one.first_at), "last_at": iso(one.last_at)}


@app.command()
def again(device: Device = None, reason: Why = None, env_file: EnvFile = None) -> None:
    """Judge again what was refused, by today's registry and tables: the running hub does it, oldest first."""
    if device is None and reason is None:
        refuse("--device or --reason: expected at least one of them")
    _known(reason)
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        found = quarantine.of_kind(conn, device=device, reason=reason, limit=AT_ONCE)
        if not found:
            fail("no refused message that could be judged again")
        now = hub_now(settings)
        for site, ids in found.items():
            body = {"refusal": ids[0], "alike": True, "refusals": ids}
            wish = actions.Wish(site, "", "rejudge", body, operator(), "operator", f"again:{uuid4()}", now)
            actions.announce(conn, actions.insert(conn, wish))
            record(conn, "judged-again", f"refused:{ids[0]}", at=now, detail={"site": site, "refusals": len(ids)})
    for site, ids in found.items():
        typer.echo(
            f"{site}: {len(ids)} to be judged again by the running hub; `vigie quarantine list` shows what is left"
        )
    if sum(map(len, found.values())) == AT_ONCE:
        typer.echo(f"the oldest {AT_ONCE} of them: ask again for the others")


def _known(reason: str | None) -> None:
    if reason is not None and reason not in list(Reason):
        refuse(f"--reason: expected one of {', '.join(Reason)}")
