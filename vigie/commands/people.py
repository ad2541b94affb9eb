"""`vigie site add`, `vigie patient add`, `vigie user add`."""

import re
import sys
from typing import Annotated

import typer

from clinician_ui.access import TABLE
from clinician_ui.first_account import NewUser
from clinician_ui.first_account import add_user as make_user
from storage import registry
from vigie.clock import real_now
from vigie.commands.shell import EnvFile, fail, hub_now, operator, record, refuse, settings_of, transaction

SITE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
PATIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
site = typer.Typer(help="Establishments and units.", no_args_is_help=True)
patient = typer.Typer(help="Patients, by opaque id.", no_args_is_help=True)
user = typer.Typer(help="People who log in.", no_args_is_help=True)


@site.callback()
@patient.callback()
@user.callback()
def _group() -> None:
    """Keep `add` a word of its own although it is the only one."""


@site.command("add")
def add_site(
    name: Annotated[str, typer.Argument(metavar="SITE")],
    title: Annotated[str | None, typer.Option(help="Name shown to people; the site's id without.")] = None,
    env_file: EnvFile = None,
) -> None:
    """A new site."""
    if not SITE_NAME.fullmatch(name):
        refuse(f"SITE: expected lower-case letters, digits and hyphens, at most 63, got {name!r}")
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        if not registry.add_site(conn, name, title or name, hub_now(settings)):
            fail(f"SITE: {name!r} exists already")
        record(conn, "site.add", f"site:{name}", at=real_now())


@patient.command("add")
def add_patient(
    name: Annotated[str, typer.Argument(metavar="PATIENT", help="Opaque id; never a name or a national number.")],
    site: Annotated[str, typer.Option(help="The patient's site.")],
    env_file: EnvFile = None,
) -> None:
    """A new patient, by opaque id."""
    if not PATIENT_ID.fullmatch(name):
        refuse(f"PATIENT: expected letters, digits, . _ or -, at most 63, got {name!r}")
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        if not registry.has_site(conn, site):
            fail(f"--site: no site {site!r}; make it with `vigie site add`")
        if not registry.add_patient(conn, name, site, hub_now(settings)):
            fail(f"PATIENT: {name!r} exists already")
        record(conn, "patient.add", f"patient:{name}", at=real_now(), detail={"site": site})


@user.command("add")
def add_user(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    role: Annotated[str, typer.Option(help=", ".join(TABLE))],
    site: Annotated[list[str], typer.Option(help="Circle of care; may be given several times.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    env_file: EnvFile = None,
) -> None:
    """A new person who may log in."""
    password = _password(password_stdin=password_stdin)
    if not USER_NAME.fullmatch(name):
        refuse(f"NAME: expected letters, digits, . _ @ or -, at most 64, got {name!r}")
    with transaction(settings_of(env_file)) as conn:
        try:
            made = make_user(conn, NewUser(name, role, password, tuple(site)), real_now(), actor=operator())
        except ValueError as error:
            refuse(str(error))
        if made is None:
            fail(f"NAME: {name!r} exists already")


def _password(*, password_stdin: bool) -> str:
    if not password_stdin:
        refuse("--password-stdin: expected, the password is read from standard input and never from the command line")
    return sys.stdin.readline().rstrip("\r\n")
