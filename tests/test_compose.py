"""The compose file as far as it can be checked without an engine: health, secrets, pins, files that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
# Channels of notifications: a hub without them has the console alone.
CHANNELS = {
    "VIGIE_CONSOLE_URL",
    "VIGIE_SMTP_URL",
    "VIGIE_MAIL_FROM",
    "VIGIE_SMS_URL",
    "VIGIE_SMS_HEADERS",
    "VIGIE_SMS_BODY",
    "VIGIE_VOICE_URL",
    "VIGIE_VOICE_HEADERS",
    "VIGIE_VOICE_BODY",
    "VIGIE_WEBHOOK_URL",
    "VIGIE_WEBHOOK_SECRET",
}
OPTIONAL = {"VIGIE_MQTTS_PORT", "VIGIE_CONSOLE_PORT", *CHANNELS}


def test_the_services_are_there() -> None:
    assert set(SERVICES) == {"db", "broker", "hub", "simulators"}
    assert SERVICES["simulators"]["profiles"] == ["simulators"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_every_foreign_image_is_pinned_to_a_release(name: str) -> None:
    image = SERVICES[name]["image"]
    assert image == "vigie" or re.search(r":\d+\.\d+\.\d+-\w+", image), image


def test_every_secret_is_required_and_none_has_a_default() -> None:
    used = re.findall(r"(?<!\$)\$\{(\w+)(.*?)\}", TEXT)
    assert used
    for name, rest in used:
        assert rest.startswith(":?" if name not in OPTIONAL else ":-"), name
    made = set(re.findall(r"^(\w+)=", (ROOT / "deploy/make-secrets.sh").read_text(), re.MULTILINE))
    assert {name for name, _ in used} - OPTIONAL <= made


def test_every_mounted_file_is_shipped_or_made_by_the_script() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and "secrets" not in source:
                assert (ROOT / source).is_file(), source


def test_named_volumes_are_declared() -> None:
    declared = set(yaml.safe_load(TEXT)["volumes"])
    used = {v.split(":")[0] for service in SERVICES.values() for v in service.get("volumes", []) if v[0] not in "./"}
    assert used == declared


def test_only_the_broker_is_open_to_other_machines() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert ports["db"] == ports["simulators"] == []
    assert all(port.startswith("127.0.0.1:") for port in ports["hub"])


def test_the_image_has_every_package() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert copied == {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}


def test_the_broker_keeps_what_the_embedded_one_keeps() -> None:
    """Two configurations, one set of limits."""
    from vigie.embedded.mosquitto import _CONFIG

    shipped = (ROOT / "deploy/mosquitto/mosquitto.conf").read_text().splitlines()
    for line in _CONFIG.splitlines():
        if line.split(" ")[0] in ("persistence", "max_queued_messages", "max_queued_bytes", "max_packet_size",
                                  "max_inflight_messages", "allow_anonymous"):  # fmt: skip
            assert line in shipped
