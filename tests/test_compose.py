"""The compose file as far as it can be checked without an engine: health, secrets, pins, files that exist."""

import re
import subprocess
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
CLUSTER = {
    "rabbit-one", "rabbit-two", "rabbit-three", "pg-one", "pg-two", "hub-one", "hub-two", "web-one", "web-two",
}  # fmt: skip
# Of the cluster alone: an older .env has none of them, and Compose reads the whole file whatever it starts.
CLUSTER_SECRETS = {"REPLICATION_PASSWORD", "RABBITMQ_PASSWORD", "RABBITMQ_COOKIE"}
OPTIONAL = {"VIGIE_MQTTS_PORT", "VIGIE_CONSOLE_PORT", *CHANNELS}


def test_the_services_are_there() -> None:
    assert {name for name in SERVICES if "profiles" not in SERVICES[name]} == {"db", "broker", "hub"}
    assert SERVICES["simulators"]["profiles"] == ["simulators"]
    assert {name for name in SERVICES if SERVICES[name].get("profiles") == ["cluster"]} == CLUSTER


def test_the_cluster_is_started_by_its_two_web_processes() -> None:
    """Everything it needs, and nothing of the hub on one machine."""
    wanted, found = ["web-one", "web-two"], set[str]()
    while wanted:
        name = wanted.pop()
        found.add(name)
        wanted += [each for each in SERVICES[name].get("depends_on", ()) if each not in found]
    assert found == CLUSTER


def test_the_cluster_is_the_one_that_was_tried() -> None:
    """The brokers' settings are those that `make cluster` ran with; each node and server is named to the hub."""
    from bench.rabbit import _CONFIG

    tried = {line for line in _CONFIG.splitlines() if line.startswith(("mqtt.", "cluster_", "net_"))}
    shipped = set((ROOT / "deploy/rabbitmq/rabbitmq.conf").read_text().splitlines())
    assert {line for line in tried if "{" not in line} <= shipped
    nodes = [name for name in SERVICES if name.startswith("rabbit-")]
    assert [SERVICES[name]["hostname"] for name in nodes] == nodes
    settings = SERVICES["hub-one"]["environment"]
    for name in nodes:
        assert any(line.endswith(f"= rabbit@{name}") for line in shipped)
        assert f"{name}:8883" in settings["VIGIE_MQTT_URL"]
        assert f"DNS:{name}" in (ROOT / "deploy/make-secrets.sh").read_text()
    for name in ("pg-one", "pg-two"):
        assert f"{name}:5432" in settings["VIGIE_DATABASE_URL"]
    for name in ("hub-two", "web-one", "web-two"):
        assert SERVICES[name]["environment"] == settings


def test_every_service_writes_to_a_volume_of_its_own() -> None:
    used = [v.split(":")[0] for service in SERVICES.values() for v in service.get("volumes", []) if v[0] not in "./"]
    assert len(used) == len(set(used))


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
        if name in CLUSTER_SECRETS:
            assert rest == ":-", name
        else:
            assert rest.startswith(":?" if name not in OPTIONAL else ":-"), name
    made = set(re.findall(r"^(\w+)=", (ROOT / "deploy/make-secrets.sh").read_text(), re.MULTILINE))
    assert {name for name, _ in used} - OPTIONAL <= made


@pytest.mark.parametrize(
    ("service", "secret"),
    [
        ("rabbit-one", "RABBITMQ_DEFAULT_PASS"),
        ("rabbit-one", "RABBITMQ_ERLANG_COOKIE"),
        ("pg-one", "REPLICATION_PASSWORD"),
        ("pg-two", "REPLICATION_PASSWORD"),
    ],
)
def test_a_server_of_the_cluster_refuses_an_empty_secret(service: str, secret: str, tmp_path: Path) -> None:
    mounted = dict(reversed(volume.split(":")[:2]) for volume in SERVICES[service]["volumes"])
    words = [mounted.get(word, word).replace("$$", "$") for word in SERVICES[service]["entrypoint"]]
    # no program is found: a script that went on would change nothing here
    given = {**dict.fromkeys(SERVICES[service]["environment"], "given"), "PGDATA": str(tmp_path), "PATH": str(tmp_path)}
    done = subprocess.run([*words, "true"], cwd=ROOT, env={**given, secret: ""}, capture_output=True, text=True)
    assert done.returncode != 0
    assert f"{secret}: run deploy/make-secrets.sh" in done.stderr


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


def test_only_brokers_are_open_to_other_machines() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    for name, open_to in ports.items():
        if name == "broker" or name.startswith("rabbit-"):
            assert all(port.endswith(":8883") for port in open_to), name  # TLS only
        else:
            assert all(port.startswith("127.0.0.1:") for port in open_to), name


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
