"""Notifications put together: channels from the settings, people from the rosters, titles from the protocols.

Wiring only. Called by the hub and by `vigie notify`.
"""

import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg
from prometheus_client import CollectorRegistry

from alerts.escalation.channels import Channel, Contact, Message
from alerts.escalation.channels.console import Attended, Console
from alerts.escalation.channels.gateway import BODY, Gateway
from alerts.escalation.channels.smtp import Smtp, parse_smtp
from alerts.escalation.channels.texts import Wording, short, spoken
from alerts.escalation.channels.web_push import KEY_FILE, PushServices, load_key, public_key
from alerts.escalation.channels.webhook import Webhook
from alerts.escalation.courier import Tools
from alerts.escalation.notifier import Metrics, Notifier
from alerts.escalation.oncall.roster import on_call
from alerts.protocol.library import rule_titles
from domain.alerts import Said
from domain.instants import Micros
from domain.oncall import OnCall
from storage import deliveries, rosters
from storage.connection import Connection, connect
from vigie.clock import Clock, real_now
from vigie.notify_settings import body_of, headers_of
from vigie.settings import Settings

Crash = Callable[[str], None]


def start_notifier(
    settings: Settings, clock: Clock, *, registry: CollectorRegistry, stop: threading.Event, crash: Crash
) -> Notifier:
    """The notifier of this process, started."""
    tools = Tools(
        connect=lambda: _connect(settings),
        clock=clock.now,
        channels=channels_of(settings, _Presence(settings)),
        resolve=resolve,
        contacts=contacts,
        metrics=Metrics(registry),
        titles=lambda rule: Said(rule_titles()(rule).fr, rule_titles()(rule).en),
        crash=crash,
    )
    notifier = Notifier(tools, stop)
    notifier.start()
    return notifier


def _connect(settings: Settings) -> Connection:
    return connect(settings.database_url, application_name="vigie-notifier")


def channels_of(settings: Settings, attended: Attended) -> dict[str, Channel]:
    """The channels that the settings configure; the console always, web push once its key was made."""
    wording = Wording(settings.console_url, settings.timezone)
    tls = _trusted(settings.notify_ca_file)
    found: dict[str, Channel] = {"console": Console(attended)}
    if settings.smtp_url.get_secret_value():
        found["email"] = Smtp(parse_smtp(settings.smtp_url.get_secret_value()), settings.mail_from, wording, tls)
    if settings.sms_url.get_secret_value():
        found["sms"] = _gateway(settings, "sms", lambda message: short(message, wording), tls)
    if settings.voice_url.get_secret_value():
        found["voice"] = _gateway(settings, "voice", lambda message: spoken(message, wording), tls)
    if settings.webhook_url.get_secret_value():
        secret = settings.webhook_secret.get_secret_value().encode()
        found["webhook"] = Webhook(settings.webhook_url.get_secret_value(), secret, real_now, wording, tls)
    services = push_services(settings)
    if services is not None:
        found["web-push"] = services
    return found


def push_services(settings: Settings) -> PushServices | None:
    """Web push, None without its key or its sender."""
    if not _pushes(settings):
        return None
    wording, tls = Wording(settings.console_url, settings.timezone), _trusted(settings.notify_ca_file)
    return PushServices(load_key(settings.data_dir), f"mailto:{settings.mail_from}", real_now, wording, tls=tls)


def _pushes(settings: Settings) -> bool:
    return (settings.data_dir / KEY_FILE).is_file() and bool(settings.mail_from)


def push_key(settings: Settings) -> str:
    """What browsers subscribe to web push with; empty without its key or its sender."""
    return public_key(load_key(settings.data_dir)) if _pushes(settings) else ""


def _gateway(settings: Settings, name: str, words: Callable[[Message], str], tls: ssl.SSLContext) -> Gateway:
    body = getattr(settings, f"{name}_body")
    return Gateway(
        url=getattr(settings, f"{name}_url").get_secret_value(),
        number=lambda contact: getattr(contact, name),
        words=words,
        method=getattr(settings, f"{name}_method"),
        headers=headers_of(getattr(settings, f"{name}_headers").get_secret_value()),
        body=body_of(body) if body else BODY,
        tls=tls,
    )


def _trusted(authority: Path | None) -> ssl.SSLContext:
    """Public authorities, and the one of the settings besides."""
    tls = httpx.create_ssl_context(trust_env=False)
    if authority is not None:
        tls.load_verify_locations(cafile=authority)
    return tls


class _Presence:
    """Whether a console has an alert, on a connection of its own: the console's one courier asks again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._conn: Connection | None = None

    def __call__(self, message: Message, contact: Contact) -> bool:
        if self._conn is None or self._conn.closed:
            self._conn = _connect(self._settings)
            self._conn.autocommit = True
        return contact.person is not None and deliveries.attended(self._conn, message.id, contact.person)


def resolve(conn: psycopg.Connection[Any], site: str, role: str, at: Micros) -> Sequence[OnCall]:
    """Who is on call at a site."""
    return on_call(rosters.for_site(conn, site, since=at), role, at)


def contacts(conn: psycopg.Connection[Any], names: Sequence[str]) -> Mapping[str, Contact]:
    """How people are reached."""
    found = rosters.contacts(conn, names)
    return {name: Contact(name, "", one.email, one.sms, one.voice, one.webpush) for name, one in found.items()}
