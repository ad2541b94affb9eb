"""A broker for tests: an embedded Mosquitto with the hub's accounts, and devices added as a test needs them."""

import socket
import time
from pathlib import Path

from msgspec import Struct

from vigie import broker_accounts
from vigie.broker_accounts import Credentials, FileAccounts
from vigie.embedded.mosquitto import EmbeddedMosquitto

HUB = "vigie-hub"
HUB_PASSWORD = "hub-password-of-a-test"


class Broker(Struct, frozen=True):
    """A running Mosquitto with the hub's two accounts made."""

    service: EmbeddedMosquitto
    accounts: FileAccounts

    @property
    def port(self) -> int:
        """Port on 127.0.0.1."""
        return self.service.port

    @property
    def hub_url(self) -> str:
        """VIGIE_MQTT_URL of the hub."""
        return self.service.url_for(HUB, HUB_PASSWORD)

    def add_device(self, site: str, device: str) -> Credentials:
        """Make the account of a device and have the broker load it."""
        credentials = broker_accounts.add_device(self.accounts, site, device)
        _wait_until_accepted(self.port, credentials)
        return credentials

    def url_for(self, credentials: Credentials) -> str:
        """Address with the account of a device."""
        return self.service.url_for(credentials.username, credentials.password)


def start_broker(folder: Path) -> Broker:
    """A new broker in `folder`; the caller stops `service`."""
    service = EmbeddedMosquitto(folder).start()
    accounts = FileAccounts(service.accounts)
    for credentials in broker_accounts.add_hub(accounts, HUB, HUB_PASSWORD):
        _wait_until_accepted(service.port, credentials)
    return Broker(service, accounts)


def _wait_until_accepted(port: int, credentials: Credentials) -> None:
    """The broker reads its accounts again a moment after SIGHUP; tests begin when it has."""
    end = time.monotonic() + 10
    while not _accepts(port, credentials):
        if time.monotonic() > end:
            raise RuntimeError(f"the broker did not load the account {credentials.username!r}")
        time.sleep(0.01)


def _accepts(port: int, credentials: Credentials) -> bool:
    """One MQTT 3.1.1 CONNECT by hand: true when the CONNACK's return code is 0."""
    fields = (credentials.username, credentials.username, credentials.password)
    body = b"\x00\x04MQTT\x04\xc2\x00\x05" + b"".join(len(text).to_bytes(2) + text.encode() for text in fields)
    if len(body) > 127:
        raise ValueError("credentials: too long for a one-byte packet length")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(bytes([0x10, len(body)]) + body)
        answer = connection.recv(4)
        return len(answer) == 4 and answer[3] == 0
