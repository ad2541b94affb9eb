"""`vigie notify test`, `vigie notify lateness`, `vigie notify keys`: whether notifications arrive, and in time."""

from typing import Annotated, Any

import psycopg
import typer

from alerts.escalation.channels import Channel, Contact, Failed, Message
from alerts.escalation.channels.web_push import load_key, make_key, public_key
from alerts.escalation.delivery import CHANNELS, attempt_id
from domain.instants import DAY, SECOND, Micros
from storage import deliveries
from vigie.clock import real_now
from vigie.commands.shell import (
    AsJson,
    EnvFile,
    fail,
    hub_now,
    print_json,
    record,
    refuse,
    settings_of,
    transaction,
)
from vigie.notifying import channels_of, contacts
from vigie.settings import Settings

app = typer.Typer(help="Notifications of alerts.", no_args_is_help=True)
LONGEST_DAYS = 3660


@app.command("test")
def try_channel(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help=", ".join(CHANNELS[1:]))],
    to: Annotated[str, typer.Argument(metavar="TO", help="Number, address or account; a webhook needs none.")] = "",
    env_file: EnvFile = None,
) -> None:
    """Send one test message and say what became of it."""
    if channel not in CHANNELS or channel == "console":
        refuse(f"CHANNEL: expected one of {', '.join(CHANNELS[1:])}, got {channel!r}")
    if not to and channel != "webhook":
        refuse("TO: missing, expected a number with its country (+33…), an e-mail address, or an account for web-push")
    settings = settings_of(env_file)
    way = channels_of(settings, lambda *_: False).get(channel)
    if way is None:
        refuse(f"CHANNEL: {channel} is not configured, see the settings of notifications")
    with transaction(settings) as conn:
        contact = _contact(conn, channel, to)
        record(conn, "notify.test", f"channel:{channel}", at=real_now(), detail={"to": to})
    _say(way, _message(settings, to), contact)


def _contact(conn: psycopg.Connection[Any], channel: str, to: str) -> Contact:
    match channel:
        case "email":
            return Contact(to, "", email=to)
        case "sms":
            return Contact(to, "", sms=to)
        case "voice":
            return Contact(to, "", voice=to)
        case "web-push":
            found = contacts(conn, [to]).get(to)
            if found is None or not found.webpush:
                fail(f"TO: no browser of an account {to!r} is subscribed")
            return found
    return Contact(None, "")


def _message(settings: Settings, to: str) -> Message:
    now = hub_now(settings)
    name = str(attempt_id(-now, to, "test"))
    title = ("Essai, aucune alerte", "Test, no alert")
    return Message(name, "test", "test", "test", "test", *title, "technical", "low", "test", 0, 0, now)


def _say(way: Channel, message: Message, contact: Contact) -> None:
    answer = way.send(message, contact)
    if isinstance(answer, Failed):
        fail(f"failed: {answer.reason}")
    known = f", their id {answer.external_id!r}" if answer.external_id else ""
    typer.echo(f"{'delivered' if answer.delivered else 'sent'}: {answer.detail}{known}")


@app.command("lateness")
def lateness(
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How far back.")] = 30,
    as_json: AsJson = False,
    env_file: EnvFile = None,
) -> None:
    """How late deliveries were begun and taken, against when they were due: per channel and for all."""
    settings = settings_of(env_file)
    with transaction(settings) as conn:
        found = deliveries.lateness(conn, hub_now(settings) - days * DAY)
    channels = sorted({row.channel for row in found})
    rows = [_figures(name, [row for row in found if name in (row.channel, "all")]) for name in (*channels, "all")]
    if as_json:
        print_json({"days": days, "channels": rows})
        return
    typer.echo(f"{'channel':<10}{'count':>7}{'begun p95 s':>13}{'begun max s':>13}{'sent p95 s':>12}{'sent max s':>12}")
    for row in rows:
        figures = [row[name] for name in ("begun_p95_s", "begun_max_s", "sent_p95_s", "sent_max_s")]
        shown = ["-" if figure is None else f"{figure:.1f}" for figure in figures]
        typer.echo(f"{row['channel']:<10}{row['count']:>7}{shown[0]:>13}{shown[1]:>13}{shown[2]:>12}{shown[3]:>12}")


def _figures(channel: str, rows: list[deliveries.Late]) -> dict[str, Any]:
    begun = sorted(row.begun_at - row.due_at for row in rows)
    sent = sorted(row.sent_at - row.due_at for row in rows)
    return {
        "channel": channel, "count": len(rows),
        "begun_p95_s": _at(begun, 0.95), "begun_max_s": _at(begun, 1.0),
        "sent_p95_s": _at(sent, 0.95), "sent_max_s": _at(sent, 1.0),
    }  # fmt: skip


def _at(spans: list[Micros], share: float) -> float | None:
    """The span that this share of them does not exceed, in seconds."""
    place = min(max(-(-int(len(spans) * share * 1000) // 1000) - 1, 0), len(spans) - 1)
    return spans[place] / SECOND if spans else None


@app.command("keys")
def keys(env_file: EnvFile = None) -> None:
    """Make the key that signs web push, in VIGIE_DATA_DIR, if there is none; print what browsers subscribe with."""
    settings = settings_of(env_file, needs=())
    try:
        made = make_key(settings.data_dir)
    except FileExistsError:
        made = load_key(settings.data_dir)
    except OSError as error:
        fail(f"VIGIE_DATA_DIR: expected a folder that can be written: {error.strerror}")
    typer.echo(public_key(made))
