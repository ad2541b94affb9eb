"""What the settings of notifications must be, and their faults by name. No fault repeats a secret or an address.

Called by `vigie.settings` at every start; the channels are made of them in `vigie.notifying`.
"""

import json
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr

from alerts.escalation.channels.smtp import ADDRESS, is_loopback, parse_smtp
from vigie.secrecy import is_default, secret_faults

if TYPE_CHECKING:
    from vigie.settings import Settings


def faults(settings: "Settings") -> list[str]:
    """Everything that is wrong; a channel without its address is not configured, which is no fault."""
    return [
        *_console(settings.console_url),
        *_zone(settings.timezone),
        *_authority(settings.notify_ca_file),
        *_push_key(settings.data_dir),
        *_mail(settings.smtp_url.get_secret_value(), settings.mail_from),
        *_gateway("SMS", settings.sms_url, settings.sms_headers, settings.sms_body),
        *_gateway("VOICE", settings.voice_url, settings.voice_headers, settings.voice_body),
        *_webhook(settings.webhook_url.get_secret_value(), settings.webhook_secret.get_secret_value()),
    ]


def headers_of(text: str) -> dict[str, str]:
    """Headers as written in the settings. Raises ValueError."""
    found = json.loads(text) if text else {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError
    if not all(_line(name) and _line(value) for name, value in found.items()):
        raise ValueError
    return found


def _line(text: str) -> bool:
    return text.isascii() and text.isprintable() and bool(text)


def body_of(text: str) -> Any:
    """The body's template. Raises ValueError."""
    return json.loads(text)


def _console(url: str) -> list[str]:
    return [] if not url or _safe_address(url) else ["VIGIE_CONSOLE_URL: expected https://host, or http:// on loopback"]


def _zone(name: str) -> list[str]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [f"VIGIE_TIMEZONE: expected a name such as Europe/Paris, got {name[:80]!r}"]
    return []


def _authority(path: Path | None) -> list[str]:
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        expected = "expected a certificate authority in PEM that can be read"
        return [f"VIGIE_NOTIFY_CA_FILE: {expected}, got {path} ({error})"]
    return []


def _push_key(folder: Path) -> list[str]:
    if not (folder / "vapid.pem").exists():
        return []
    from alerts.escalation.channels.web_push import (
        load_key,  # only where there is a key: it loads a cryptographic library
    )

    try:
        load_key(folder)
    except (OSError, ValueError) as error:
        return [
            f"VIGIE_DATA_DIR: vapid.pem cannot be read ({type(error).__name__}), expected what `vigie notify keys` made"
        ]
    return []


def _mail(url: str, sender: str) -> list[str]:
    found = [] if not sender or ADDRESS.fullmatch(sender) else ["VIGIE_MAIL_FROM: expected name@domain"]
    if not url:
        return found
    if not sender:
        found.append("VIGIE_MAIL_FROM: missing, expected name@domain with VIGIE_SMTP_URL")
    try:
        server = parse_smtp(url)
    except ValueError as error:
        return [*found, f"VIGIE_SMTP_URL: {str(error).partition(' (')[0]}"]
    if server.username and is_default(server.password, server.username):
        found.append("VIGIE_SMTP_URL: its password is a default one; choose another")
    return found


def _gateway(name: str, url: SecretStr, headers: SecretStr, body: str) -> list[str]:
    found = _address(f"VIGIE_{name}_URL", url.get_secret_value())
    try:
        headers_of(headers.get_secret_value())
    except ValueError:
        found.append(
            f'VIGIE_{name}_HEADERS: expected a JSON object of strings, such as {{"Authorization": "Bearer …"}}'
        )
    try:
        good = not body or ("{to}" in body and "{text}" in body and isinstance(body_of(body), dict | list))
    except (ValueError, RecursionError):
        good = False
    return found if good else [*found, f"VIGIE_{name}_BODY: expected JSON with {{to}} and {{text}} in its strings"]


def _webhook(url: str, secret: str) -> list[str]:
    return [] if not url else _address("VIGIE_WEBHOOK_URL", url) + secret_faults("VIGIE_WEBHOOK_SECRET", secret)


def _address(name: str, url: str) -> list[str]:
    if not url:
        return []
    if not _safe_address(url):
        return [f"{name}: expected https://host/path, or http:// on loopback"]
    parts = urlsplit(url)
    if parts.username is not None and is_default(unquote(parts.password or ""), unquote(parts.username)):
        return [f"{name}: its password is a default one; choose another"]
    return []


def _safe_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
