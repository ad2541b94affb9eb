"""Settings of notifications: what cannot work or is no secret is refused by name, and no refusal repeats a secret."""

import re
from pathlib import Path

import pytest

from alerts.escalation.channels.gateway import BODY, Gateway
from alerts.escalation.channels.smtp import Smtp
from alerts.escalation.channels.web_push import make_key, public_key
from alerts.escalation.channels.webhook import Webhook
from vigie.notifying import channels_of, push_key
from vigie.settings import Settings, SettingsError, load

GOOD = {
    "VIGIE_DATABASE_URL": "postgresql://hub:xQ93-aa1Zm@db/vigie",
    "VIGIE_CONSOLE_URL": "https://console.test",
    "VIGIE_SMTP_URL": "smtps://hub:kD83-xv0Qm@mail.test",
    "VIGIE_MAIL_FROM": "vigie@ward.test",
    "VIGIE_SMS_URL": "https://sms.test/send?key=kD83-xv0Qm",
    "VIGIE_SMS_HEADERS": '{"Authorization": "Bearer kD83-xv0Qm"}',
    "VIGIE_SMS_BODY": '{"messages": [{"to": "{to}", "content": "{text}"}]}',
    "VIGIE_VOICE_URL": "http://127.0.0.1:9/call",
    "VIGIE_WEBHOOK_URL": "https://hook.test",
    "VIGIE_WEBHOOK_SECRET": "0123456789abcdef" * 4,
}


def _load(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    for name, value in {**GOOD, **changes}.items():
        monkeypatch.setenv(name, value)
    return load(None, needs=("database_url",))


def test_what_is_configured_is_a_channel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = _load(monkeypatch, VIGIE_DATA_DIR=str(tmp_path))
    found = channels_of(settings, lambda *_: False)
    assert set(found) == {"console", "email", "sms", "voice", "webhook"}
    sms, voice, email, webhook = (found[name] for name in ("sms", "voice", "email", "webhook"))
    assert isinstance(sms, Gateway)
    assert sms.body == {"messages": [{"to": "{to}", "content": "{text}"}]}
    assert sms.headers == {"Authorization": "Bearer kD83-xv0Qm"}
    assert isinstance(voice, Gateway)
    assert voice.body == BODY
    assert isinstance(email, Smtp)
    assert (email.server.port, email.sender) == (465, "vigie@ward.test")
    assert isinstance(webhook, Webhook)
    assert "kD83" not in repr(settings)


def test_without_settings_there_is_the_console_alone(tmp_path: Path) -> None:
    assert set(channels_of(Settings(data_dir=tmp_path), lambda *_: False)) == {"console"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("VIGIE_CONSOLE_URL", "http://console.test", "expected https://host"),
        ("VIGIE_CONSOLE_URL", "javascript:alert(1)", "expected https://host"),
        ("VIGIE_TIMEZONE", "Paris", "expected a name such as Europe/Paris"),
        ("VIGIE_TIMEZONE", "../../etc/passwd", "expected a name such as Europe/Paris"),
        ("VIGIE_NOTIFY_CA_FILE", "/absent", "expected a certificate authority"),
        ("VIGIE_SMTP_URL", "http://mail.test", "expected smtp://"),
        ("VIGIE_SMTP_URL", "smtp://hub:changeme@mail.test", "default"),
        ("VIGIE_SMTP_URL", "smtp://mail.test:kD83-xv0Qm", "expected smtp://"),
        ("VIGIE_MAIL_FROM", "Vigie <a@b>", "expected name@domain"),
        ("VIGIE_SMS_URL", "http://sms.test/send?key=kD83-xv0Qm", "expected https://host/path"),
        ("VIGIE_SMS_URL", "file:///etc/passwd", "expected https://host/path"),
        ("VIGIE_SMS_URL", "https://hub:changeme@sms.test", "default"),
        ("VIGIE_SMS_METHOD", "DELETE", "'POST' or 'PUT'"),
        ("VIGIE_SMS_HEADERS", "Authorization: kD83-xv0Qm", "expected a JSON object of strings"),
        ("VIGIE_SMS_HEADERS", '{"X": "kD83-xv0Qm\\r\\nY: 1"}', "expected a JSON object of strings"),
        ("VIGIE_SMS_BODY", '{"to": "{to}"}', "expected JSON with {to} and {text}"),
        ("VIGIE_SMS_BODY", "to={to}&text={text}", "expected JSON with {to} and {text}"),
        ("VIGIE_VOICE_URL", "https://", "expected https://host/path"),
        ("VIGIE_VOICE_HEADERS", "[]", "expected a JSON object of strings"),
        ("VIGIE_WEBHOOK_SECRET", "short", "at least 32 characters, got 5"),
        ("VIGIE_WEBHOOK_SECRET", "a" * 40, "not random"),
        ("VIGIE_WEBHOOK_URL", "ftp://hook.test", "expected https://host/path"),
    ],
)
def test_what_cannot_work_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        _load(monkeypatch, **{name: value})
    assert re.match(rf"{name}: ", str(refusal.value))
    assert words in str(refusal.value)
    assert "kD83" not in str(refusal.value)


def test_a_mail_server_needs_a_sender_and_a_webhook_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refusal:
        _load(monkeypatch, VIGIE_MAIL_FROM="", VIGIE_WEBHOOK_SECRET="")
    named = [line.partition(":")[0] for line in str(refusal.value).splitlines()]
    assert named == ["VIGIE_MAIL_FROM", "VIGIE_WEBHOOK_SECRET"]


def test_a_key_of_web_push_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "vapid.pem").write_text("-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----\n")
    with pytest.raises(SettingsError, match=r"^VIGIE_DATA_DIR: vapid.pem cannot be read"):
        _load(monkeypatch, VIGIE_DATA_DIR=str(tmp_path))
    (tmp_path / "vapid.pem").unlink()
    made = make_key(tmp_path)
    settings = _load(monkeypatch, VIGIE_DATA_DIR=str(tmp_path))
    assert "web-push" in channels_of(settings, lambda *_: False)
    assert push_key(settings) == public_key(made)


def test_browsers_get_no_key_without_the_file_or_the_sender(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert push_key(_load(monkeypatch, VIGIE_DATA_DIR=str(tmp_path))) == ""
    make_key(tmp_path)
    no_sender = {"VIGIE_SMTP_URL": "", "VIGIE_MAIL_FROM": ""}
    assert push_key(_load(monkeypatch, VIGIE_DATA_DIR=str(tmp_path), **no_sender)) == ""
