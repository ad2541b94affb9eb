"""`vigie ledger DEVICE` or `--missing`: the proof from sequence numbers that nothing is missing, or what is."""

from typing import Annotated

import msgspec
import typer

from storage import registry
from storage.ledger import BootLedger
from storage.ledger import ledger as read_ledger
from storage.ledger import missing as read_missing
from vigie.commands.shell import AsJson, EnvFile, fail, print_json, settings_of, transaction
from vigie.settings import Settings


def ledger(
    device: Annotated[str, typer.Argument(metavar="DEVICE")] = "",
    missing: Annotated[bool, typer.Option("--missing", help="what is missing, of every device")] = False,
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """Per boot of a device: first, last, stored, rejected, dropped ranges, missing ranges."""
    if missing == bool(device):
        fail("DEVICE: expected the name of a device, or --missing for what is missing of all")
    if missing:
        _missing(settings_of(env_file), as_json=as_json)
        return
    with transaction(settings_of(env_file)) as conn:
        boots = read_ledger(conn, device)
        if not boots and registry.site_of_device(conn, device) is None:
            fail(f"DEVICE: no device {device!r} and no message of it")
    if as_json:
        print_json({"device": device, "boots": [_plain(boot) for boot in boots]})
        return
    for boot in boots:
        known = f"{boot.boot}: {boot.first} to {boot.last}, {boot.stored} stored, {boot.rejected} rejected"
        typer.echo(known if boot.stored or boot.rejected else f"{boot.boot}: no message of this boot was ever seen")
        for gone in boot.dropped:
            typer.echo(f"  dropped {gone.from_seq} to {gone.to_seq}, the device says: {_shown(gone.why)}")
        for first, last in boot.missing:
            typer.echo(f"  MISSING {first} to {last}")


def _missing(settings: Settings, *, as_json: bool) -> None:
    with transaction(settings) as conn:
        found = read_missing(conn)
    if as_json:
        print_json({"missing": [msgspec.to_builtins(each) for each in found]})
        return
    for each in found:
        typer.echo(f"{each.device} {_shown(each.boot)[1:-1]}: MISSING {each.first} to {each.last}")
    if not found:
        typer.echo("nothing is missing of any device")


def _shown(text: str) -> str:
    """What a device wrote, on one line: it cannot pass for a line of ours, nor speak to the terminal."""
    return repr("".join(letter if letter.isprintable() else "?" for letter in text))


def _plain(boot: BootLedger) -> dict[str, object]:
    answer: dict[str, object] = msgspec.to_builtins(boot)
    dropped = [{"from": gone.from_seq, "to": gone.to_seq, "why": gone.why} for gone in boot.dropped]
    return {**answer, "dropped": dropped}
