"""Channels: one file a way of telling somebody, behind one small Protocol. Called by the notifier's workers.

A channel raises nothing for what the world does: a refusal is a value with its reason. It never says a secret.
"""

from typing import Protocol

from msgspec import Struct

from domain.instants import Micros
from domain.oncall import WebPush

WITHIN_SECONDS = 20.0  # what a channel may take, whatever the other side does


class Message(Struct, frozen=True):
    """What a channel may say. No identity and no value: those are read on the console, by somebody who logged in.

    `id`: the same for every try. `at`: when the step was due.
    """

    id: str
    alert: str
    patient: str
    site: str
    rule: str
    title_fr: str
    title_en: str
    category: str
    severity: str
    event_kind: str
    version: int
    step: int
    at: Micros


class Contact(Struct, frozen=True):
    """Whom to tell, and where. `person` None: an endpoint of the settings."""

    person: str | None
    role: str
    email: str | None = None
    sms: str | None = None
    voice: str | None = None
    webpush: tuple[WebPush, ...] = ()


class Sent(Struct, frozen=True):
    """The other side took it. `delivered`: it is known to have been shown to somebody. `gone`: as of Failed."""

    detail: str = ""
    external_id: str | None = None
    delivered: bool = False
    gone: tuple[str, ...] = ()


class Failed(Struct, frozen=True):
    """It was not taken. `lasting`: trying again would not help. `retry_after`: µs, when the other side asked for it.

    `status`: of the HTTP answer, None without one. `gone`: browsers (endpoints) that their push service knows no more.
    """

    reason: str
    lasting: bool = False
    retry_after: Micros | None = None
    status: int | None = None
    gone: tuple[str, ...] = ()


class Channel(Protocol):
    """One way of telling somebody. Must come back within about 20 s, whatever the other side does."""

    def send(self, message: Message, contact: Contact) -> Sent | Failed:
        """Tell the contact. The same message id again must not tell them twice where the other side can help it."""


def obstacle(channel: str, contact: Contact) -> str | None:
    """Why the channel has no way to this contact: the address that is missing."""
    addresses = {"email": contact.email, "sms": contact.sms, "voice": contact.voice, "web-push": contact.webpush}
    return None if channel not in addresses or addresses[channel] else f"no address for {channel}"
