"""Broker accounts through Mosquitto's dynamic security plugin: commands on $CONTROL topics, answers awaited.

The account of VIGIE_MQTT_URL must be an administrator of the plugin. Nothing to reload: changes count at once.
"""

import json
import secrets
import ssl
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from domain.broker_url import BrokerUrl
from vigie.broker_accounts import AccountError, Grants

TOPIC = "$CONTROL/dynamic-security/v1"
WAIT_SECONDS = 10.0
_EXISTS = "already exists"
_ABSENT = "not found"


class DynsecAccounts:
    """The plugin of the broker at `address`. One short connection a call."""

    def __init__(self, address: BrokerUrl, *, ca_file: Path | None = None) -> None:
        self._address = address
        self._ca_file = ca_file

    def put(self, username: str, password: str, *, grants: Grants) -> bool:
        """Add or replace an account whose client id is bound to its name."""
        role = f"vigie-{username}"
        acls = acls_of(grants)
        client = {"username": username, "password": password, "clientid": username, "roles": [{"rolename": role}]}
        with _Session(self._address, self._ca_file) as session:
            if not session.ask({"command": "createRole", "rolename": role, "acls": acls}, unless=_EXISTS):
                session.ask({"command": "modifyRole", "rolename": role, "acls": acls})
            if not session.ask({"command": "createClient", **client}, unless=_EXISTS):
                session.ask({"command": "modifyClient", **client})
        return True

    def drop(self, username: str) -> bool:
        """Remove an account; the broker cuts it off."""
        with _Session(self._address, self._ca_file) as session:
            session.ask({"command": "deleteClient", "username": username}, unless=_ABSENT)
            session.ask({"command": "deleteRole", "rolename": f"vigie-{username}"}, unless=_ABSENT)
        return True


def acls_of(grants: Grants) -> list[dict[str, Any]]:
    """Grants as the plugin's access rules. A filter with wildcards also allows what it covers."""
    kinds = [("publishClientSend", topic) for topic in grants.publish]
    for topic in grants.subscribe:
        wild = "+" in topic or "#" in topic
        kinds += [("subscribePattern" if wild else "subscribeLiteral", topic), ("publishClientReceive", topic)]
    return [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in kinds]


class _Session:
    """One connection as administrator. Messages are handled by the caller's own loop: no thread."""

    def __init__(self, address: BrokerUrl, ca_file: Path | None) -> None:
        self._address = address
        self._answers: list[dict[str, Any]] = []
        self._refusal: str | None = None
        self._ready = False
        self._client = _client(address, ca_file)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> "_Session":
        try:
            self._client.connect(*self._address.place(0))
        except OSError as error:
            raise AccountError(f"VIGIE_MQTT_URL: the broker cannot be reached: {error}") from None
        self._wait(lambda: self._ready, "no answer to the subscription: is the account an administrator of dynsec?")
        return self

    def __exit__(self, *error: object) -> None:
        self._client.disconnect()

    def ask(self, command: dict[str, Any], *, unless: str | None = None) -> bool:
        """Carry out one command. False when it failed because of `unless`; AccountError on any other failure."""
        mark = secrets.token_hex(8)
        self._client.publish(TOPIC, json.dumps({"commands": [{**command, "correlationData": mark}]}), qos=1)
        self._wait(
            lambda: any(answer.get("correlationData") == mark for answer in self._answers), "no answer of dynsec"
        )
        answer = next(answer for answer in self._answers if answer.get("correlationData") == mark)
        fault = answer.get("error")
        if fault is None:
            return True
        if unless is not None and unless in fault.lower():
            return False
        raise AccountError(f"dynsec {command['command']}: {fault}")

    def _wait(self, done: Any, otherwise: str) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not done():
            if self._refusal is not None:
                raise AccountError(f"VIGIE_MQTT_URL: the broker refused the account: {self._refusal}")
            if time.monotonic() > end:
                raise AccountError(f"VIGIE_BROKER_ACL: {otherwise}")
            self._client.loop(0.1)

    def _on_connect(self, client: mqtt.Client, _user: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self._refusal = str(code)
        else:
            client.subscribe(f"{TOPIC}/response", qos=1)

    def _on_subscribe(self, _client: mqtt.Client, _user: Any, _mid: int, _codes: Any, _properties: Any) -> None:
        self._ready = True

    def _on_message(self, _client: mqtt.Client, _user: Any, message: mqtt.MQTTMessage) -> None:
        self._answers += json.loads(message.payload).get("responses", [])


def _client(address: BrokerUrl, ca_file: Path | None) -> mqtt.Client:
    name = f"vigie-admin-{secrets.token_hex(4)}"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
    client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set_context(ssl.create_default_context(cafile=str(ca_file) if ca_file else None))
    return client
