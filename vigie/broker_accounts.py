"""Broker accounts of devices and of the hub: names, passwords, and exactly the topics each may use.

How they are made is VIGIE_BROKER_ACL: `file:DIRECTORY` (Mosquitto's password and ACL files), `dynsec` (its dynamic
security plugin) or `rabbitmq:URL` (the management of a RabbitMQ cluster). Called by the command line and the demo.
"""

import re
import secrets
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from domain import wire
from vigie import broker_files

# No site can have that name.
HEARTBEAT = f"{wire.PREFIX}/_hub"
_FORBIDDEN = re.compile(r"[+#/$:\s\x00-\x1f]")


class AccountError(ValueError):
    """An account cannot be made. The text names the field and what was expected."""


class Grants(Struct, frozen=True):
    """Topics an account may publish to and subscribe to, as MQTT filters; nothing else is granted."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


class Credentials(Struct, frozen=True):
    """What a device is given once. The client id is the user name."""

    username: str
    password: str
    reloaded: bool = True  # False: the broker must be told to reload its accounts


class Accounts(Protocol):
    """A way of making accounts."""

    def put(self, username: str, password: str, *, grants: Grants) -> bool:
        """Add or replace; False when the broker must still be told to reload."""

    def drop(self, username: str) -> bool:
        """Remove; False when the broker must still be told to reload."""


def device_grants(site: str, device: str) -> Grants:
    """What a device may do: its own topics and its site's hub state."""
    grants = wire.device_grants(site, device)
    return Grants(tuple(grants["publish"]), tuple(grants["subscribe"]))


def hub_grants() -> Grants:
    """What the hub may do: read every device's messages, answer them, see its own heartbeat and the broker's drops."""
    beat = f"{HEARTBEAT}/#"
    lanes = tuple(f"{wire.PREFIX}/+/+/{lane}" for lane in ("obs", "bulk", "st"))
    answers = tuple(f"{wire.PREFIX}/+/+/{leaf}" for leaf in ("ack", "cmd"))
    return Grants(
        publish=(*answers, f"{wire.PREFIX}/+/hub", beat),
        subscribe=(*lanes, beat, "$SYS/broker/publish/messages/dropped"),
    )


def hub_usernames(username: str) -> tuple[str, str]:
    """The hub's two accounts: live and bulk lane are two sessions, and a session is bound to its account's name."""
    return username, f"{username}-bulk"


def add_device(accounts: Accounts, site: str, device: str) -> Credentials:
    """Make (or renew) the account of a device: client id = user name = device."""
    return add(accounts, device, secrets.token_urlsafe(24), grants=device_grants(site, device))


def add_hub(accounts: Accounts, username: str, password: str) -> tuple[Credentials, ...]:
    """Make (or renew) the hub's two accounts, same password. For files: with dynsec the administrator exists."""
    return tuple(add(accounts, name, password, grants=hub_grants()) for name in hub_usernames(username))


def add(accounts: Accounts, username: str, password: str, *, grants: Grants) -> Credentials:
    """Make one account. Raises AccountError on a name the broker could misread."""
    check_username(username)
    return Credentials(username, password, accounts.put(username, password, grants=grants))


def check_username(username: str) -> None:
    """Refuse what means something in a topic filter or in the account files."""
    if not username or len(username) > 64 or _FORBIDDEN.search(username):
        raise AccountError(f"username: expected 1 to 64 characters without + # / $ : or blanks, got {username!r}")


class FileAccounts:
    """Mosquitto's password and ACL files in one folder."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when missing."""
        self.folder = folder
        broker_files.make_folder(folder)

    def put(self, username: str, password: str, *, grants: Grants) -> bool:
        """Add or replace an account."""
        rules = [f"topic write {topic}" for topic in grants.publish]
        rules += [f"topic read {topic}" for topic in grants.subscribe]
        return broker_files.put(self.folder, username, password, rules=rules)

    def drop(self, username: str) -> bool:
        """Remove an account."""
        return broker_files.drop(self.folder, username)
