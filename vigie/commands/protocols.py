"""`vigie protocol`: what protocols there are and say, for the people who sign them; their life: `protocol_life`."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from alerts.protocol import desk, shelf
from alerts.protocol.diff import compare as differences
from alerts.protocol.diff import shown
from alerts.protocol.library import shipped_texts
from alerts.protocol.life import Refused
from alerts.protocol.reading import Protocol, ProtocolError
from clinician_ui.protocol_views import comparison_json, standing_json, whole_json
from domain.instants import Micros, iso
from domain.protocols import Version
from storage import protocols as rows
from storage.connection import Connection
from vigie import sign_off as page
from vigie.commands import protocol_life
from vigie.commands.moments import print_table
from vigie.commands.shell import AsJson, EnvFile, fail, hub_now, print_json, refuse, settings_of, transaction

app = typer.Typer(help="Protocols: drafted, signed, active from a date, retired.", no_args_is_help=True)
Ref = Annotated[str, typer.Argument(metavar="ID[@VERSION]", help="Without a version: what is in force.")]


@app.command("sign-off")
def sign_off() -> None:
    """Print every clinical number with its source and status, as Markdown (docs/sign-off.md)."""
    typer.echo(page.text(), nl=False)


@app.command("list")
def list_(as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """Every version, where it stands, and whether patients are watched by it."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        found = shelf.listed(conn, hub_now(settings))
    if as_json:
        print_json([standing_json(row) for row in found])
        return
    head = ("protocol", "version", "in force", "digest", "standing")
    body = [
        (row.version.id, row.version.version, "yes" if row.in_force else "", row.version.digest[:16], row.standing)
        for row in found
    ]
    print_table([head, *body])


@app.command("show")
def show(ref: Ref, as_json: AsJson = False, env_file: EnvFile = None) -> None:
    """One version: where it stands, who signed, every move, its exact text."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        row = _standing(conn, ref, hub_now(settings))
        moves = rows.moves(conn, row.version.id, row.version.version)
    if as_json:
        print_json(whole_json(row, moves))
        return
    version = row.version
    facts = [
        ("protocol", version.ref), ("title", row.title["en"]), ("standing", row.standing), ("digest", version.digest),
        ("extends", ", ".join(name for name, _ in version.bases) or "-"), ("asks", ", ".join(version.asked)),
    ]  # fmt: skip
    facts += [("signed", f"{each.role} {each.actor} {iso(each.at)}") for each in version.signatures]
    facts += [
        (each.kind, f"{iso(each.act.at)} {each.act.actor} ({each.act.role}) {each.act.reason or ''}") for each in moves
    ]
    print_table(facts)
    typer.echo("\n" + version.text, nl=False)


def _standing(conn: Connection, ref: str, at: Micros) -> shelf.Standing:
    try:
        return shelf.standing(conn, ref, at)
    except Refused as error:
        fail(str(error))


@app.command("compare")
def compare(
    old: Annotated[str, typer.Argument(metavar="A", help="ID[@VERSION], or FILE.toml.")],
    new: Annotated[str, typer.Argument(metavar="B", help="ID[@VERSION], or FILE.toml.")],
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """What changes from A to B, rule by rule, number by number, with the source of each."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        at = hub_now(settings)
        (first, before), (second, after) = (_resolved(conn, ref, at) for ref in (old, new))
    changes = differences(before, after)
    if as_json:
        print_json(comparison_json(first, second, changes))
        return
    typer.echo(f"{first.ref} {first.digest[:16]} -> {second.ref} {second.digest[:16]}: {len(changes)} changes")
    print_table(
        [
            (each.kind, each.part, each.field, f"{shown(each.before)} -> {shown(each.after)}",
             each.source_after or each.source_before or "")
            for each in changes
        ]
    )  # fmt: skip


def _resolved(conn: Connection, ref: str, at: Micros) -> tuple[Version, Protocol]:
    try:
        if ref.endswith(".toml"):
            protocol, version = desk.checked(ref, protocol_life.read_text(Path(ref)), shelf.texts_now(conn, at))
            return version, protocol
        version = shelf.found(conn, ref, at)
    except ProtocolError as error:
        refuse(str(error))
    except Refused as error:
        fail(str(error))
    return version, shelf.protocol_of(version)


@app.command("check")
def check(file: Annotated[Path, typer.Argument(metavar="FILE.toml")], as_json: AsJson = False) -> None:
    """Validate a protocol file over those that ship; no database. Faults name file, line, rule, field, expected."""
    try:
        protocol, version = desk.checked(str(file), protocol_life.read_text(file), shipped_texts())
    except ProtocolError as error:
        refuse(str(error))
    answer = {
        "id": version.id, "version": version.version, "digest": version.digest, "rules": len(protocol.rules),
        "extends": [name for name, _ in version.bases], "asks": list(version.asked),
        "title": msgspec.to_builtins(protocol.title),
    }  # fmt: skip
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{version.ref} can be used: {len(protocol.rules)} rules, digest {version.digest}")


app.command("draft")(protocol_life.draft)
app.command("sign")(protocol_life.sign)
app.command("activate")(protocol_life.activate)
app.command("retire")(protocol_life.retire)
