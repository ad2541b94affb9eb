"""`vigie protocol draft`, `sign`, `activate`, `retire`: the life of a protocol's version from the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from alerts.protocol import desk
from alerts.protocol.life import Refused, missing
from alerts.protocol.reading import ProtocolError
from clinician_ui.access import Verb, may
from domain.instants import iso
from domain.protocols import Act, Version
from storage import audit, people
from vigie.clock import real_now
from vigie.commands.moments import instant
from vigie.commands.shell import EnvFile, fail, hub_now, operator, refuse, settings_of, transaction
from vigie.settings import Settings
from web import attempts, tokens
from web.problems import Problem

Exact = Annotated[str, typer.Argument(metavar="ID@VERSION")]
Several = Annotated[list[str], typer.Argument(metavar="ID@VERSION...", help="Several are moved together.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, kept with the move.")]


def read_text(file: Path) -> str:
    """The exact text of a file: line ends and all, since its digest is signed."""
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        refuse(f"FILE.toml: {error.strerror}: {file}")
    except UnicodeDecodeError:
        refuse(f"FILE.toml: expected UTF-8: {file}")


def draft(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml")],
    over: Annotated[
        list[str] | None,
        typer.Option("--over", metavar="ID@VERSION", help="A version of what it extends, when not the one in force."),
    ] = None,
    reason: Reason = None,
    env_file: EnvFile = None,
) -> None:
    """Enter a file as a draft; prints the digest to be signed."""
    text = read_text(file)
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        act = Act(operator(), "operator", hub_now(settings), reason)
        try:
            version = desk.draft(conn, str(file), text, act=act, over=over or ())
        except ProtocolError as error:
            refuse(str(error))
        except Refused as error:
            fail(str(error))
    typer.echo(f"{version.ref} is a draft, digest {version.digest}, asks for {', '.join(version.asked)}")


def sign(
    ref: Exact,
    username: Annotated[str, typer.Option("--as", metavar="USERNAME", help="Who signs, in the role of the account.")],
    digest: Annotated[str, typer.Option("--digest", metavar="SHA", help="Of the text that was read.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    reason: Reason = None,
    env_file: EnvFile = None,
) -> None:
    """Sign the digest of a version's exact text. Refused on another digest."""
    if not password_stdin:
        refuse("--password-stdin: expected, the password is read from standard input and never from the command line")
    password = sys.stdin.readline().rstrip("\r\n")
    settings = settings_of(env_file)
    role = _proven_role(settings, username, password)
    with transaction(settings) as conn:
        try:
            version = desk.sign(conn, ref, act=Act(username, role, hub_now(settings), reason), digest=digest)
        except Refused as error:
            fail(str(error))
    waits = ", ".join(missing(version))
    typer.echo(f"{version.ref} signed by {username} as {role}, " + (f"waits for {waits}" if waits else "signed by all"))


def _proven_role(settings: Settings, username: str, password: str) -> str:
    """The role of the person who knows the password; refused attempts count like those at the console."""
    attempt = attempts.Attempt(username, "command-line", real_now())
    with transaction(settings) as conn:
        try:
            attempts.begin(conn, attempt)
        except Problem as error:
            fail(f"--as: {error.detail}")
        account = people.account_by_name(conn, username)
    right = account is not None and tokens.same_password(account.password_hash, password)
    with transaction(settings) as conn:
        if right:
            attempts.withdraw(conn, attempt)
        else:
            audit.append(conn, audit.Look(hub_now(settings), username, "login refused", f"account:{username}"))
    if account is None or account.disabled or not right:
        fail("--as: user name or password is wrong")
    if account.must_change:
        fail("--as: the one-time password must be changed first, at the console")
    if not may(account.role, Verb.PROTOCOL_SIGN):
        fail(f"--as: the role {account.role} may not sign protocols")
    return account.role


def activate(
    refs: Several,
    from_: Annotated[str, typer.Option("--from", metavar="DATE", help="now, a date, or an instant with an offset.")],
    reason: Reason = None,
    env_file: EnvFile = None,
) -> None:
    """Make signed versions active from a date; what they replace is retired at that moment."""
    settings = settings_of(env_file)
    now = hub_now(settings)
    from_at = instant("--from", from_, now=now)
    with transaction(settings) as conn:
        try:
            done = desk.activate(conn, refs, act=Act(operator(), "operator", now, reason), from_at=from_at)
        except Refused as error:
            fail(str(error))
    _say(done)


def retire(refs: Several, reason: Reason = None, env_file: EnvFile = None) -> None:
    """End versions now. A protocol that then has no active version falls back to the project default, unsigned."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        try:
            done = desk.retire(conn, refs, act=Act(operator(), "operator", hub_now(settings), reason))
        except Refused as error:
            fail(str(error))
    _say(done)


def _say(done: list[Version]) -> None:
    for version in done:
        when = version.retired_at if version.state == "retired" else version.active_from
        typer.echo(f"{version.ref} {version.state} from {iso(when or 0)}")
