"""deploy/make-secrets.sh: what it makes is what Mosquitto and the hub accept, and it never overwrites."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from domain.broker_url import BrokerUrl
from vigie import broker_accounts
from vigie.broker_dynsec import DynsecAccounts
from vigie.embedded import child
from vigie.embedded.mosquitto import EmbeddedMosquitto, free_port
from vigie.settings import Settings, check

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with its secrets made."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("secrets"))
    subprocess.run(["sh", "deploy/make-secrets.sh"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def secrets(checkout: Path) -> dict[str, str]:
    lines = (checkout / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.fixture(scope="module")
def address(checkout: Path, secrets: dict[str, str], service_folder: Path) -> Iterator[BrokerUrl]:
    """A Mosquitto with the TLS certificate and the accounts that the script made."""
    service = EmbeddedMosquitto(service_folder / "tls")
    user = child.ordinary_user("mosquitto", "nobody")
    for folder in (service.folder, service.accounts):
        child.own_folder(folder, user)
    for file in (checkout / "deploy/secrets/broker").iterdir():
        shutil.copy(file, service.accounts)
        if user is not None:
            shutil.chown(service.accounts / file.name, user.uid, user.gid)
    port = free_port()
    plugin = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    service.start(
        security=f"plugin {plugin}\nplugin_opt_config_file {{accounts}}/dynamic-security.json\n"
        f"listener {port} 127.0.0.1\ncertfile {{accounts}}/server.crt\nkeyfile {{accounts}}/server.key\n"
    )
    yield BrokerUrl(True, "vigie-hub", secrets["MQTT_HUB_PASSWORD"], (("localhost", port),))
    service.stop()


def _lets_in(address: BrokerUrl, username: str, password: str, ca_file: Path) -> bool:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=username, protocol=mqtt.MQTTv5)
    client.username_pw_set(username, password)
    client.tls_set_context(ssl.create_default_context(cafile=str(ca_file)))
    answers: list[bool] = []
    client.on_connect = lambda _client, _user, _flags, code, _more: answers.append(not code.is_failure)
    client.connect(*address.place(0))
    while not answers:
        client.loop(0.1)
    client.disconnect()
    return answers[0]


def test_the_hub_makes_a_device_account_over_tls(address: BrokerUrl, checkout: Path) -> None:
    authority = checkout / "deploy/secrets/ca.crt"
    made = broker_accounts.add_device(DynsecAccounts(address, ca_file=authority), "lyon", "pulse-1")
    assert _lets_in(address, made.username, made.password, authority)
    assert not _lets_in(address, made.username, "wrong", authority)


def test_the_health_check_s_account_works(address: BrokerUrl, checkout: Path, secrets: dict[str, str]) -> None:
    command = [
        "mosquitto_sub",
        "-h",
        "localhost",
        "-p",
        str(address.places[0][1]),
        "-u",
        "health",
        "-i",
        "health",
        "-W",
        "8",
    ]
    program = shutil.which(command[0])
    if program is None:  # a package of its own: mosquitto-clients
        assert _lets_in(address, "health", secrets["MQTT_HEALTH_PASSWORD"], checkout / "deploy/secrets/ca.crt")
        return
    more = ["-P", secrets["MQTT_HEALTH_PASSWORD"], "--cafile", str(checkout / "deploy/secrets/ca.crt")]
    done = subprocess.run([*command, *more, "-t", "$SYS/broker/uptime", "-C", "1"], capture_output=True, check=False)
    assert b"seconds" in done.stdout, done


def test_both_sessions_of_the_hub_have_an_account(address: BrokerUrl, checkout: Path, secrets: dict[str, str]) -> None:
    for username in broker_accounts.hub_usernames("vigie-hub"):
        assert _lets_in(address, username, secrets["MQTT_HUB_PASSWORD"], checkout / "deploy/secrets/ca.crt")


def test_the_secrets_are_ones_the_hub_accepts(secrets: dict[str, str]) -> None:
    settings = Settings(
        database_url=f"postgresql://vigie:{secrets['POSTGRES_PASSWORD']}@db:5432/vigie",
        mqtt_url=f"mqtts://vigie-hub:{secrets['MQTT_HUB_PASSWORD']}@broker:8883",
        secret_key=secrets["VIGIE_SECRET_KEY"],
        broker_acl="dynsec",
    )
    assert check(settings, ("database_url", "mqtt_url", "secret_key", "broker_acl")) == []
    assert len(set(secrets.values())) == len(secrets)


def test_only_the_owner_can_read_them(checkout: Path) -> None:
    for path in [checkout / ".env", *(checkout / "deploy/secrets").rglob("*.key")]:
        assert path.stat().st_mode & 0o077 == 0


def test_nothing_is_overwritten(checkout: Path) -> None:
    before = (checkout / ".env").read_text()
    done = subprocess.run(["sh", "deploy/make-secrets.sh"], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert (checkout / ".env").read_text() == before
