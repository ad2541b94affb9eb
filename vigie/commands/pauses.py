"""`vigie pause set`, `list`, `revoke`: the only thing that replaces silence, with dates, a reason and a name."""

from typing import Annotated

import typer

from alerts import pause_desk as desk
from clinician_ui.access import Verb, may
from clinician_ui.protocol_views import pause_json
from domain.instants import Micros
from domain.protocols import Act
from storage import pauses, people, registry
from storage.connection import Connection
from vigie.commands.moments import instant, print_table
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

app = typer.Typer(help="Patients' pauses.", no_args_is_help=True)
Patient = Annotated[str, typer.Argument(metavar="PATIENT")]
Username = Annotated[str, typer.Option("--as", metavar="USER", help="Whose decision it is.")]
Why = Annotated[str, typer.Option("--reason", help="A sentence that says why.")]


@app.command("set")
def set_(
    patient: Patient,
    kind: Annotated[str, typer.Option("--kind", help="|".join(desk.KINDS))],
    from_: Annotated[str, typer.Option("--from", help="now, a date, or an instant with an offset.")],
    reason: Why,
    username: Username,
    until: Annotated[str | None, typer.Option("--until", help="Required except for death and end.")] = None,
    env_file: EnvFile = None,
) -> None:
    """Pause rules and schedules of a patient; they resume by themselves at the end."""
    settings = settings_of(env_file)
    now = hub_now(settings)
    ends = None if until is None else instant("--until", until, now=now)
    wish = pauses.Set(patient, kind, instant("--from", from_, now=now), ends, reason)
    try:
        desk.check(wish, now)
    except desk.Refused as error:
        refuse(f"--{error}")
    with transaction(settings) as conn:
        act = _act(conn, patient, username, at=now, reason=None)
        try:
            number = desk.put(conn, wish, act=act, by=operator())
        except desk.Refused as error:
            fail(str(error))
    typer.echo(f"pause {number} of {patient}")


@app.command("revoke")
def revoke(
    patient: Patient,
    pause: Annotated[int, typer.Argument(metavar="NUMBER")],
    reason: Why,
    username: Username,
    env_file: EnvFile = None,
) -> None:
    """End a pause now, or take it back when it has not begun."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        act = _act(conn, patient, username, at=hub_now(settings), reason=reason)
        try:
            desk.revoke(conn, patient, pause, act=act, by=operator())
        except desk.Refused as error:
            fail(str(error))
    typer.echo(f"pause {pause} of {patient} revoked")


@app.command("list")
def list_(patient: Patient, as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """Every pause of a patient, revoked ones too, the latest first."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        if registry.site_of_patient(conn, patient) is None:
            fail(f"PATIENT: no patient {patient!r}")
        record(conn, "pauses", f"patient:{patient}", at=hub_now(settings))
        found = [pause_json(row, hub_now(settings)) for row in pauses.of_patient(conn, patient)]
    if as_json:
        print_json(found)
        return
    head = ("pause", "state", "kind", "from", "until", "by", "reason")
    body = [
        (str(each["id"]), each["state"], each["kind"], each["from"], each["until"] or "-", each["by"], each["reason"])
        for each in found
    ]
    print_table([head, *body])


def _act(conn: Connection, patient: str, username: str, *, at: Micros, reason: str | None) -> Act:
    """The person whose decision it is, who must be of the patient's circle and may pause."""
    site = registry.site_of_patient(conn, patient)
    if site is None:
        fail(f"PATIENT: no patient {patient!r}")
    role = people.role_at(conn, username, site)
    if role is None or not may(role, Verb.PAUSE):
        fail(f"--as: expected somebody of the circle of care of {patient} who may set pauses, got {username!r}")
    return Act(username, role, at, reason)
