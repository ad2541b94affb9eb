"""The published description of the messages, generated from `domain.wire`: a JSON Schema and an AsyncAPI document.

`vigie schema` prints them; docs/message.schema.json and docs/asyncapi.yaml are their copies, a test holds them equal.
"""

from typing import Any

import msgspec
import yaml

from domain import wire

_ID = "urn:vigie:message:1"
_COMPONENTS = "#/components/schemas/{name}"


def message_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one message of a device."""
    schema = msgspec.json.schema(wire.Message)
    entries = [{"required": [name], "properties": {name: {"minItems": 1}}} for name in ("obs", "rep", "int", "ev")]
    definitions = schema.pop("$defs")
    definitions["Message"]["anyOf"] = entries
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _ID,
        "title": "Message of a device, version 1",
    }
    return {**head, **schema, "$defs": dict(sorted(definitions.items()))}


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0 of every topic, from a device's point of view turned round: the hub receives what devices send."""
    types = (wire.Message, wire.Status, wire.Ack, wire.Command, wire.HubState)
    _, schemas = msgspec.json.schema_components(types, ref_template=_COMPONENTS)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vigie",
            "version": "1",
            "description": "Messages between devices at home and the hub. QoS 1; MQTT 5 preferred, 3.1.1 accepted. "
            f"Payload: UTF-8 JSON, at most {wire.MAX_PAYLOAD} bytes.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(*spec) for name, spec in _CHANNELS.items()},
        "operations": {name: _operation(name) for name in _CHANNELS},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "messages": {kind: _message(kind) for kind in sorted({spec[1] for spec in _CHANNELS.values()})},
        },
    }


def schema_text() -> str:
    """docs/message.schema.json."""
    return msgspec.json.format(msgspec.json.encode(message_schema()), indent=2).decode() + "\n"


def asyncapi_text() -> str:
    """docs/asyncapi.yaml."""
    plain = msgspec.json.decode(msgspec.json.encode(asyncapi()))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


_DEVICE = ("site", "device")
# name -> address, type of the payload, names in the address, what it is
_CHANNELS: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "obs": (wire.device_topic("{site}", "{device}", "obs"), "Message", _DEVICE, "Live messages of a device."),
    "bulk": (
        wire.device_topic("{site}", "{device}", "bulk"),
        "Message",
        _DEVICE,
        "Backlog of a device after an outage; never delays live messages.",
    ),
    "st": (
        wire.device_topic("{site}", "{device}", "st"),
        "Status",
        _DEVICE,
        "Presence, retained; offline as the will.",
    ),
    "ack": (
        wire.device_topic("{site}", "{device}", "ack"),
        "Ack",
        _DEVICE,
        "All of that boot up to `upto` is committed, except the ranges of `miss`.",
    ),
    "cmd": (wire.device_topic("{site}", "{device}", "cmd"), "Command", _DEVICE, "A command to a device."),
    "hub": (wire.hub_topic("{site}"), "HubState", ("site",), "State of the hub, retained; away as the will."),
}
_UP = {"obs", "bulk", "st"}


def _channel(address: str, kind: str, names: tuple[str, ...], description: str) -> dict[str, Any]:
    return {
        "address": address,
        "description": description,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "parameters": {name: {"description": f"{name}: {wire.NAME.pattern}"} for name in names},
        "bindings": {"mqtt": {"bindingVersion": "0.2.0"}},
    }


def _operation(name: str) -> dict[str, Any]:
    action = "receive" if name in _UP else "send"
    binding = {"mqtt": {"qos": 1, "retain": name in ("st", "hub"), "bindingVersion": "0.2.0"}}
    return {"action": action, "channel": {"$ref": f"#/channels/{name}"}, "bindings": binding}


def _message(kind: str) -> dict[str, Any]:
    return {"name": kind, "payload": {"$ref": _COMPONENTS.format(name=kind)}}
