"""Wrong settings: refused by name, with what was expected."""

from pathlib import Path

import pytest

from vigie.listening import listening
from vigie.settings import EVERYTHING, SettingsError, crash_point, load, parse_mqtt

GOOD = {
    "VIGIE_DATABASE_URL": "postgresql://hub:kD83-xv0Qm@db:5432/vigie",
    "VIGIE_MQTT_URL": "mqtt://vigie-hub:pW8%2F2kfnb@broker:1884",
    "VIGIE_SECRET_KEY": "b7d0c1f2a9e84d6f93a5b1c7e2f40d68",
    "VIGIE_BROKER_ACL": "dynsec",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*GOOD, "VIGIE_HTTP_PORT", "VIGIE_CLOCK_SPEED", "VIGIE_CLOCK_EPOCH"):
        monkeypatch.delenv(name, raising=False)


def _file(folder: Path, **changes: str) -> Path:
    path = folder / "settings.env"
    path.write_text("".join(f"{name}={value}\n" for name, value in {**GOOD, **changes}.items() if value))
    return path


def test_good_settings_are_read_from_a_file(tmp_path: Path) -> None:
    settings = load(_file(tmp_path, VIGIE_HTTP_PORT="8080"))
    assert settings.http_port == 8080
    assert settings.mqtt.password == "pW8/2kfnb"
    assert settings.mqtt.places == (("broker", 1884),)
    assert settings.mqtt_version == "5"
    assert "b7d0" not in repr(settings)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_HTTP_PORT", "9001")
    assert load(_file(tmp_path, VIGIE_HTTP_PORT="8080")).http_port == 9001


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        load(None)
    named = [line.split(":")[0] for line in str(refusal.value).splitlines()]
    assert named == ["VIGIE_" + need.upper() for need in EVERYTHING]


def test_a_command_asks_only_for_what_it_needs() -> None:
    with pytest.raises(SettingsError, match=r"^VIGIE_DATABASE_URL: missing, expected postgresql://\S+$"):
        load(None, needs=("database_url",))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("VIGIE_SECRET_KEY", "short", "at least 32 characters, got 5"),
        ("VIGIE_SECRET_KEY", "a" * 40, "not random"),
        ("VIGIE_SECRET_KEY", "changeme-changeme-0123456789-abcdef", "not random"),
        ("VIGIE_DATABASE_URL", "postgresql://postgres:postgres@db/vigie", "default"),
        ("VIGIE_DATABASE_URL", "mysql://x:y8723hk@db/vigie", "expected postgresql://"),
        ("VIGIE_MQTT_URL", "mqtt://hub:mosquitto@broker", "default"),
        ("VIGIE_MQTT_URL", "mqtt://broker:1883", "user or password is missing"),
        ("VIGIE_MQTT_VERSION", "4", "'5' or '3.1.1'"),
        ("VIGIE_MQTT_URL", "mqtt://hub:kjh3487@one,two:x", "expected mqtt://"),
        ("VIGIE_MQTT_URL", "http://hub:kjh3487@broker", "expected mqtt://"),
        ("VIGIE_MQTT_URL", "mqtt://hub:kjh3487@broker:99999", "expected mqtt://"),
        ("VIGIE_BROKER_ACL", "file:", "expected dynsec or file:DIRECTORY"),
        ("VIGIE_BROKER_ACL", "rabbitmq:https://broker:15671", "expected rabbitmq:https://ADMINISTRATOR"),
        ("VIGIE_BROKER_ACL", "rabbitmq:https://guest:guest@broker:15671", "default"),
        ("VIGIE_BROKER_ACL", "none", "expected dynsec or file:DIRECTORY"),
        ("VIGIE_HTTP_PORT", "eighty", "valid integer"),
        ("VIGIE_HTTP_PORT", "70000", "less than or equal to 65535"),
        ("VIGIE_CLOCK_SPEED", "0", "greater than 0"),
        ("VIGIE_CLOCK_EPOCH", "2026-11-22T05:00:00", "expected an offset from UTC"),
    ],
)
def test_a_wrong_value_is_refused_by_name(tmp_path: Path, name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(_file(tmp_path, **{name: value}))
    assert str(refusal.value).startswith(f"{name}: ")
    assert words in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--env-file: expected a file"):
        load(tmp_path / "absent.env")


def test_default_ports_follow_the_scheme() -> None:
    assert parse_mqtt("mqtt://a:b@h").places == (("h", 1883),)
    assert parse_mqtt("mqtts://a:b@h").places == (("h", 8883),)


def test_a_certificate_authority_must_be_one(tmp_path: Path) -> None:
    text = tmp_path / "ca.crt"
    text.write_text("not a certificate")
    for path in (text, tmp_path, tmp_path / "absent"):
        with pytest.raises(SettingsError, match=r"^VIGIE_MQTT_CA_FILE: expected a certificate authority"):
            load(_file(tmp_path, VIGIE_MQTT_CA_FILE=str(path)))


def test_a_port_that_is_no_number_is_refused(tmp_path: Path) -> None:
    for port in ("port", "99999"):
        with pytest.raises(SettingsError, match=r"^VIGIE_DATABASE_URL: "):
            load(_file(tmp_path, VIGIE_DATABASE_URL=f"postgresql://hub:kD83-xv0Qm@db:{port}/vigie"))


def test_a_database_of_several_servers_is_taken_and_each_port_checked(tmp_path: Path) -> None:
    url = "postgresql://hub:kD83-xv0Qm@one:{},two:5432/vigie?target_session_attrs=read-write"
    assert load(_file(tmp_path, VIGIE_DATABASE_URL=url.format(5433))).database_url == url.format(5433)
    with pytest.raises(SettingsError, match=r"^VIGIE_DATABASE_URL: expected ports from 1 to 65535, got 99999$"):
        load(_file(tmp_path, VIGIE_DATABASE_URL=url.format(99999)))
    with pytest.raises(SettingsError, match=r"^VIGIE_DATABASE_URL: its password is a default one"):
        load(_file(tmp_path, VIGIE_DATABASE_URL="postgresql://postgres:postgres@one:5432,two:5432/vigie"))


def test_a_point_to_crash_at_is_for_databases_of_tests() -> None:
    assert crash_point("postgresql://h/vigie_test", "after_commit") == "after_commit"
    assert crash_point("postgresql://h/vigie", "") is None
    assert crash_point("postgresql://h/vigie", None) is None
    for url in ("postgresql://h/vigie", "postgresql://test:test@test/vigie"):
        with pytest.raises(SettingsError, match=r"^VIGIE_CRASH_AT: "):
            crash_point(url, "after_commit")


def test_a_host_that_cannot_be_listened_on_is_refused() -> None:
    for host in ("192.0.2.7", "no host", "a" * 300):
        with pytest.raises(SettingsError, match=r"^VIGIE_HTTP_HOST, VIGIE_HTTP_PORT: "):
            listening(host, 8000)
    with listening("127.0.0.1", 0) as taken, pytest.raises(SettingsError, match="in use"):
        listening(*taken.getsockname())
