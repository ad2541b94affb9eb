"""The settings of one process: environment or an env file, read once, frozen, checked. Passed down, never read again.

Refuses missing and default secrets by name. Called by the commands only.
"""

import ssl
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import psycopg
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.broker_url import EXPECTED, BrokerUrl, parse_broker_url
from domain.instants import Micros, parse_iso
from storage import servers
from vigie import notify_settings
from vigie.secrecy import is_default, secret_faults

Need = Literal["database_url", "mqtt_url", "secret_key", "broker_acl"]
CRASH = "VIGIE_CRASH_AT"  # not a setting: the fault tests' way to kill the hub at a point
EVERYTHING: tuple[Need, ...] = ("database_url", "mqtt_url", "secret_key", "broker_acl")


class SettingsError(ValueError):
    """Settings cannot be used. One line a fault, each naming the setting and what was expected."""


class Settings(BaseSettings):
    """Everything a process is told from outside. Clinical limits are not settings: they are protocols and plans."""

    model_config = SettingsConfigDict(
        env_prefix="VIGIE_", frozen=True, extra="ignore", env_file_encoding="utf-8", env_ignore_empty=True
    )

    database_url: str = Field("", description="PostgreSQL: postgresql://user:password@host:port,host:port/database")
    mqtt_url: str = Field("", description="broker, with the hub's account: mqtt(s)://user:password@host:port,host:port")
    mqtt_version: Literal["5", "3.1.1"] = Field("5", description="what the hub speaks with the broker: 5 or 3.1.1")
    mqtt_ca_file: Path | None = Field(
        None, description="certificate authority of an mqtts:// broker, when not a public one"
    )
    http_host: str = Field("127.0.0.1", description="address the console listens on")
    http_port: int = Field(8000, ge=1, le=65535, description="port the console listens on")
    health_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="port of a process without a console: /healthz, /readyz, /metrics",
    )
    secret_key: SecretStr = Field(SecretStr(""), description="at least 32 random characters")
    data_dir: Path = Field(Path("var"), description="folder for what the hub keeps beside the database")
    broker_acl: str = Field("", description="how broker accounts are made: dynsec, file:DIRECTORY or rabbitmq:URL")
    console_url: str = Field("", description="address of the console in notifications: https://host")
    timezone: str = Field("Europe/Paris", description="zone in which notifications say the time")
    notify_ca_file: Path | None = Field(
        None, description="certificate authority of the mail server and the gateways, when not a public one"
    )
    smtp_url: SecretStr = Field(SecretStr(""), description="mail server: smtp(s)://user:password@host:port")
    mail_from: str = Field("", description="sender of e-mails, and whom push services may write to")
    sms_url: SecretStr = Field(SecretStr(""), description="SMS gateway: https address that takes JSON")
    sms_method: Literal["POST", "PUT"] = Field("POST", description="method of the SMS gateway")
    sms_headers: SecretStr = Field(SecretStr(""), description="headers of the SMS gateway as a JSON object")
    sms_body: str = Field("", description="body for the SMS gateway: JSON with {to}, {text}, {id} in its strings")
    voice_url: SecretStr = Field(SecretStr(""), description="voice gateway: https address that takes JSON")
    voice_method: Literal["POST", "PUT"] = Field("POST", description="method of the voice gateway")
    voice_headers: SecretStr = Field(SecretStr(""), description="headers of the voice gateway as a JSON object")
    voice_body: str = Field("", description="body for the voice gateway, as for SMS")
    webhook_url: SecretStr = Field(SecretStr(""), description="https address that is told of every step")
    webhook_secret: SecretStr = Field(SecretStr(""), description="signs webhooks: at least 32 random characters")
    unattended_minutes: float = Field(
        5.0, ge=0.5, le=1440, description="minutes without an attended console until a site is told so"
    )
    clock_speed: float = Field(1.0, gt=0, le=100_000, description="hub seconds per real second (demo only)")
    clock_epoch: str | None = Field(None, description="instant from which the hub's clock runs at VIGIE_CLOCK_SPEED")

    @property
    def mqtt(self) -> BrokerUrl:
        """The broker's address. Raises SettingsError when VIGIE_MQTT_URL cannot be read."""
        return parse_mqtt(self.mqtt_url)

    @property
    def epoch(self) -> Micros | None:
        """VIGIE_CLOCK_EPOCH as an instant."""
        return None if self.clock_epoch is None else parse_iso(self.clock_epoch)


def load(env_file: Path | None = None, *, needs: tuple[Need, ...] = EVERYTHING) -> Settings:
    """Settings from the environment, then the file. Raises SettingsError listing every fault of what is needed."""
    if env_file is not None and not env_file.is_file():
        raise SettingsError(f"--env-file: expected a file, got {env_file}")
    try:
        settings = Settings(_env_file=env_file)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(fault["loc"], fault["msg"]) for fault in error.errors())) from None
    faults = check(settings, needs)
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def check(settings: Settings, needs: tuple[Need, ...]) -> list[str]:
    """Faults of the settings a command needs, and of the clock."""
    checks = {
        "database_url": lambda: _database_faults(settings.database_url),
        "mqtt_url": lambda: _mqtt_faults(settings.mqtt_url) + _ca_faults(settings.mqtt_ca_file),
        "secret_key": lambda: secret_faults("VIGIE_SECRET_KEY", settings.secret_key.get_secret_value()),
        "broker_acl": lambda: _acl_faults(settings.broker_acl),
    }
    found = [fault for need in needs for fault in checks[need]()] + _clock_faults(settings.clock_epoch)
    return found + notify_settings.faults(settings)


def parse_mqtt(url: str) -> BrokerUrl:
    """`mqtt://user:password@host:port,host:port` or `mqtts://`. Raises SettingsError saying what was expected."""
    try:
        found = parse_broker_url(url)
    except ValueError as error:
        raise SettingsError(f"VIGIE_MQTT_URL: {error}") from None
    if not found.username or not found.password:
        anonymous = "user or password is missing, and no broker of ours is anonymous"
        raise SettingsError(f"VIGIE_MQTT_URL: {EXPECTED}; {anonymous}")
    return found


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    return f"VIGIE_{'_'.join(str(part) for part in location).upper()}: {message}"


def _database_faults(url: str) -> list[str]:
    if not url:
        return ["VIGIE_DATABASE_URL: missing, expected postgresql://user:password@host:port/database"]
    if urlsplit(url).scheme not in ("postgresql", "postgres"):
        return ["VIGIE_DATABASE_URL: expected postgresql://user:password@host:port/database"]
    try:
        parts = urlsplit(url)
        ports = servers.ports(url)
    except (ValueError, psycopg.Error) as error:
        return [f"VIGIE_DATABASE_URL: {str(error).strip()[:80]}"]
    wrong = [port for port in ports if not (port.isdigit() and 0 < int(port) < 65536)]
    if wrong:
        return [f"VIGIE_DATABASE_URL: expected ports from 1 to 65535, got {', '.join(wrong)}"]
    if parts.password is not None and is_default(unquote(parts.password), parts.username):
        return ["VIGIE_DATABASE_URL: its password is a default one; choose another"]
    return []


def _mqtt_faults(url: str) -> list[str]:
    if not url:
        return ["VIGIE_MQTT_URL: missing, expected mqtt://user:password@host:port or mqtts://"]
    try:
        address = parse_mqtt(url)
    except SettingsError as error:
        return [str(error)]
    if is_default(address.password, address.username):
        return ["VIGIE_MQTT_URL: its password is a default one; choose another"]
    return []


def _ca_faults(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        return [f"VIGIE_MQTT_CA_FILE: expected a certificate authority in PEM that can be read, got {path} ({error})"]
    return []


def crash_point(database_url: str, point: str | None) -> str | None:
    """What VIGIE_CRASH_AT says. Raises SettingsError unless the database is one of the tests."""
    if point and "test" not in urlsplit(database_url).path:
        raise SettingsError(f"{CRASH}: expected only with a database whose name contains test; it kills the hub")
    return point or None


_RABBIT = "rabbitmq:https://ADMINISTRATOR:PASSWORD@HOST:PORT"


def _acl_faults(how: str) -> list[str]:
    if how == "dynsec" or (how.startswith("file:") and len(how) > len("file:")):
        return []
    if how.startswith("rabbitmq:"):
        parts = urlsplit(how.removeprefix("rabbitmq:"))
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.username and parts.password
        if not whole:
            return [f"VIGIE_BROKER_ACL: expected {_RABBIT}"]
        default = is_default(unquote(parts.password or ""), unquote(parts.username or ""))
        return ["VIGIE_BROKER_ACL: a default password, expected one of RabbitMQ's own administrator"] if default else []
    found = f"got {how!r}" if how else "missing"
    return [f"VIGIE_BROKER_ACL: {found}, expected dynsec or file:DIRECTORY or {_RABBIT}"]


def _clock_faults(epoch: str | None) -> list[str]:
    if epoch is None:
        return []
    try:
        parse_iso(epoch)
    except ValueError as error:
        return [f"VIGIE_CLOCK_EPOCH: {error}"]
    return []
