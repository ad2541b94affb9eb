"""`vigie plan set`: a checked care plan, in its table and in the inbox of the running hub, in one transaction."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.protocol.plan import check_plan
from alerts.protocol.shelf import rules_at
from storage import actions, registry
from storage.connection import Connection
from vigie.clock import real_now
from vigie.commands.shell import EnvFile, fail, hub_now, json_object, operator, record, refuse, settings_of, transaction
from vigie.settings import Settings

app = typer.Typer(help="Care plans.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `set` a word of its own although it is the only one."""


@app.command("set")
def set_(
    patient: Annotated[str, typer.Argument(metavar="PATIENT")],
    file: Annotated[Path, typer.Argument(metavar="FILE.json")],
    env_file: EnvFile = None,
) -> None:
    """Set the patient's care plan; the running hub follows it from its next step on."""
    plan = json_object(file, like='{"protocol": "chemo-aplasia"}')
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        version = put_plan(conn, settings, patient, plan=plan)
    typer.echo(f"plan {version} of {patient}")


def put_plan(conn: Connection, settings: Settings, patient: str, *, plan: dict[str, Any]) -> int:
    """Store the next version and tell the hub. The version. Refuses naming each field that is wrong.

    Checked against the protocols that are active now, by itself and with the limits of the site.
    """
    at = hub_now(settings)
    site = registry.site_of_patient(conn, patient)
    if site is None:
        fail(f"PATIENT: no patient {patient!r}; make it with `vigie patient add`")
    rules = rules_at(conn, at)
    faults = check_plan(plan, rules.library) or check_plan(rules.plan(site, plan), rules.library)
    if faults:
        refuse("\n".join(faults))
    registry.lock_patient(conn, patient)
    version = registry.add_plan(conn, patient, plan, set_by=operator(), set_at=at)
    wish = actions.Wish(site, patient, "plan", plan, operator(), "operator", str(uuid.uuid4()), at)
    actions.announce(conn, actions.insert(conn, wish))
    record(conn, "plan.set", f"patient:{patient}", at=real_now(), detail={"version": version})
    return version
