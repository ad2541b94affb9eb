"""The published schemas are what the types say, and accept what the hub accepts."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from domain import wire
from vigie import schemas

DOCS = Path(__file__).parents[1] / "docs"

EXAMPLE: dict[str, Any] = {
    "v": 1, "boot": "7f3a", "seq": 123, "t": "2026-11-22T05:50:02.123Z", "toff": -1.8, "by": "device",
    "obs": [{"c": "8310-5", "v": 38.4, "u": "Cel", "site": "axilla"}, {"c": "59408-5", "v": 96.5, "u": "%"}],
    "rep": [{"q": "daily", "i": "pain", "a": "severity", "g": 2}],
    "int": [{"drug": "capecitabine", "due": "2026-11-22T07:00:00Z", "at": "2026-11-22T07:12:00Z", "n": 3,
             "state": "taken"}],
    "ev": [{"k": "battery", "v": 12}, {"k": "dropped", "boot": "7f3a", "from": 40, "to": 52, "why": "outbox full"}],
}  # fmt: skip
GOOD = [
    EXAMPLE,
    {
        "v": 1,
        "boot": "b",
        "seq": 1,
        "t": "2026-11-22T06:50:02+01:00",
        "ev": [{"k": "boot", "prev": "77aa", "last": 412}],
    },
    {"v": 1, "boot": "b", "seq": 2, "t": "2026-11-22T05:50:02Z", "obs": [{"c": "80288-4", "s": "A"}]},
]
BAD = {
    "no version": {"boot": "b", "seq": 1, "t": "2026-11-22T05:50:02Z", "ev": [{"k": "x"}]},
    "seq from 1": {**EXAMPLE, "seq": 0},
    "boot of letters": {**EXAMPLE, "boot": "a b"},
    "who": {**EXAMPLE, "by": "somebody"},
    "grade above 4": {**EXAMPLE, "rep": [{"q": "daily", "i": "pain", "g": 5}]},
    "state of an intake": {**EXAMPLE, "int": [{"drug": "x", "state": "eaten"}]},
    "text for a number": {**EXAMPLE, "obs": [{"c": "8310-5", "v": "38.4", "u": "Cel"}]},
}


def test_the_files_in_docs_are_what_is_generated() -> None:
    assert (DOCS / "message.schema.json").read_text() == schemas.schema_text(), "run `make schemas`"
    assert (DOCS / "asyncapi.yaml").read_text() == schemas.asyncapi_text(), "run `make schemas`"


def test_the_schema_is_a_valid_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.message_schema())


@pytest.mark.parametrize("message", GOOD)
def test_what_the_hub_reads_the_schema_accepts(message: dict[str, Any]) -> None:
    msgspec.json.decode(json.dumps(message), type=wire.Message)
    jsonschema.validate(message, schemas.message_schema())


@pytest.mark.parametrize("name", BAD)
def test_what_the_hub_refuses_the_schema_refuses(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(BAD[name]), type=wire.Message)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(BAD[name], schemas.message_schema())


def test_a_message_without_any_entry_is_refused() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"v": 1, "boot": "b", "seq": 1, "t": "2026-11-22T05:50:02Z"}, schemas.message_schema())


def test_every_channel_is_a_topic_the_code_knows() -> None:
    document = yaml.safe_load(schemas.asyncapi_text())
    addresses = {channel["address"].format(site="lyon", device="d1") for channel in document["channels"].values()}
    grants = wire.device_grants("lyon", "d1")
    assert addresses == {*grants["publish"], *grants["subscribe"]}


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = yaml.safe_load(schemas.asyncapi_text())
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for value in node.values() for each in _references(value)]
    return [each for value in node for each in _references(value)] if isinstance(node, list) else []
