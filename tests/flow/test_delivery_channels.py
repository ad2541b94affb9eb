"""Channels against servers that hang, drip, fail, redirect and flood: each ends in time, says why, leaks nothing."""

import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from email import message_from_string, policy
from pathlib import Path

import http_ece
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from alerts.escalation.channels import Failed, Sent
from alerts.escalation.channels.gateway import Gateway as Way
from alerts.escalation.channels.gateway import external_id, filled
from alerts.escalation.channels.smtp import Smtp, SmtpServer, parse_smtp
from alerts.escalation.channels.texts import Wording, short
from alerts.escalation.channels.web_push import PushServices, load_key, make_key, public_key
from alerts.escalation.channels.webhook import Webhook, signature
from domain.instants import SECOND, parse_iso
from domain.oncall import WebPush
from tests.alerts.escalation.channels.support import ID, NURSE, a_message
from tests.support.certificates import loopback_certificate
from tests.support.gateways import Gateway, MailServer, gateway, mail_server

SECRET = "Bearer s3cret-of-the-gateway"
WORDING = Wording("https://console.test", "Europe/Paris")


@pytest.fixture
def server() -> Iterator[Gateway]:
    with gateway() as found:
        yield found


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


def sms(url: str, **changes: object) -> Way:
    way = Way(
        f"{url}/sms?key=s3cret", lambda contact: contact.sms, lambda message: short(message, WORDING),
        headers={"Authorization": SECRET}, within=0.5,
    )  # fmt: skip
    return msgspec.structs.replace(way, **changes)


def test_a_gateway_gets_number_text_and_id(server: Gateway) -> None:
    answer = sms(server.url).send(a_message(), NURSE)
    assert answer == Sent("answered 200", "gw-1")
    [got] = server.got
    assert got.json() == {"to": "+33612345678", "text": short(a_message(), WORDING), "id": ID}
    assert (got.headers["authorization"], got.headers["idempotency-key"]) == (SECRET, ID)


def test_a_template_puts_values_into_strings_only_and_once(server: Gateway) -> None:
    body = {"messages": [{"dst": "{to}", "n": 1, "t": "A: {text} ({id})"}], "x": None, "{to}": True}
    title = 'a", "to": "+33999", "{id}'
    sms(server.url, body=body, words=lambda message: message.title_fr).send(a_message(title_fr=title), NURSE)
    [got] = server.got
    assert got.json()["messages"] == [{"dst": "+33612345678", "n": 1, "t": f"A: {title} ({ID})"}]
    assert filled(7, {}) == 7


@pytest.mark.parametrize("number", [None, "", "0612345678", "+336\n12345678", "+33612345678,+33612345679"])
def test_what_is_no_number_is_refused_before_the_gateway(server: Gateway, number: str | None) -> None:
    answer = sms(server.url).send(a_message(), msgspec.structs.replace(NURSE, sms=number))
    assert answer == Failed("number: expected + and 7 to 15 digits", lasting=True)
    assert server.got == []


@pytest.mark.parametrize(
    ("does", "words", "lasting"),
    [
        ("500", "answered 500", False),
        ("503", "answered 503", False),
        ("429", "answered 429", False),
        ("400", "answered 400", True),
        ("401", "answered 401", True),
        ("redirect", "answered 302, redirects are not followed", True),
        ("hang", "no answer within 0.5 s", False),
        ("drip", "no answer within 0.5 s", False),
    ],
)
def test_what_a_gateway_does_ends_in_time_and_says_no_secret(
    server: Gateway, does: str, words: str, lasting: bool
) -> None:
    server.does = does
    begun = time.monotonic()
    answer = sms(server.url).send(a_message(), NURSE)
    assert time.monotonic() - begun < 3
    assert isinstance(answer, Failed)
    assert answer.reason.startswith(words)
    assert answer.lasting is lasting
    assert "s3cret" not in repr(answer)
    assert len(server.got) == 1


def test_a_gateway_says_when_to_come_back(server: Gateway) -> None:
    server.does = "503"
    answer = sms(server.url).send(a_message(), NURSE)
    assert isinstance(answer, Failed)
    assert answer.retry_after == 2 * SECOND


def test_ten_megabytes_are_not_read(server: Gateway) -> None:
    server.does = "flood"
    begun = time.monotonic()
    assert sms(server.url, within=5.0).send(a_message(), NURSE) == Sent("answered 200")
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.0.0.1:99999", "http://[", "nonsense"])
def test_an_address_nobody_listens_on_is_a_failure(url: str) -> None:
    answer = sms(url).send(a_message(), NURSE)
    assert isinstance(answer, Failed)
    assert "s3cret" not in answer.reason


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 100_000, b'{"id": null}', b"\xff", b'{"id": {"a": 1}}'])
def test_an_answer_without_an_id_has_none(body: bytes) -> None:
    assert external_id(body) is None


def test_a_webhook_is_signed_over_time_and_body(server: Gateway) -> None:
    way = Webhook(f"{server.url}/hook", b"k" * 32, lambda: parse_iso("2026-11-22T05:13:00Z"), WORDING, within=0.5)
    assert isinstance(way.send(a_message(), NURSE), Sent)
    way = msgspec.structs.replace(way, wall=lambda: parse_iso("2026-11-22T05:14:00Z"))
    assert isinstance(way.send(a_message(), NURSE), Sent)
    first, second = server.got
    assert first.body == second.body
    assert first.headers["vigie-id"] == second.headers["vigie-id"] == ID
    for got in (first, second):
        expected = signature(b"k" * 32, got.headers["vigie-timestamp"], got.body)
        assert got.headers["vigie-signature"] == f"v1={expected}"
    assert first.headers["vigie-signature"] != second.headers["vigie-signature"]
    assert first.json()["at"] == "2026-11-22T05:12:00Z"
    assert "nurse1" not in first.body.decode()


def smtp(port: int, **changes: object) -> Smtp:
    way = Smtp(SmtpServer("127.0.0.1", port, False, "", ""), "vigie@ward.test", WORDING, within=1.0)
    return msgspec.structs.replace(way, **changes)


def test_a_mail_arrives_with_one_id_for_all_tries(mails: MailServer) -> None:
    for _ in range(2):
        assert smtp(mails.port).send(a_message(), NURSE) == Sent("taken by the server")
    first, second = (message_from_string(text, policy=policy.default) for text in mails.mails)
    assert first["Message-ID"] == second["Message-ID"] == f"<{ID}@ward.test>"
    assert first["To"] == "nurse1@ward.test"
    assert first["Subject"] == "[Vigie] paris : alerte haute, P1, Fièvre"
    assert "https://console.test/#alert/P1-1" in first.get_content()


def test_a_mail_is_encrypted_and_logged_in_where_the_server_can(tmp_path: Path) -> None:
    of_server, of_client = loopback_certificate(tmp_path)
    with mail_server(of_server) as mails:
        way = smtp(mails.port, tls=of_client, server=SmtpServer("127.0.0.1", mails.port, False, "hub", "pW8kfnb"))
        assert isinstance(way.send(a_message(), NURSE), Sent)
        assert {"AUTH tls", "MAIL tls", "DATA tls"} <= set(mails.said)
        stranger = msgspec.structs.replace(way, tls=None)
        assert stranger.send(a_message(), NURSE) == Failed("cannot be reached: SSLCertVerificationError")


def test_a_server_elsewhere_must_encrypt(mails: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmtpServer, "here", property(lambda _: False))
    answer = smtp(mails.port).send(a_message(), NURSE)
    assert isinstance(answer, Failed)
    assert answer.lasting
    assert "STARTTLS" in answer.reason
    assert mails.mails == []


@pytest.mark.parametrize(
    ("verb", "reply", "words", "lasting"),
    [
        ("RCPT", "550 no such user", "recipient refused, 550", True),
        ("RCPT", "451 later", "recipient refused, 451", False),
        ("MAIL", "554 no", "answered 554", True),
        ("DATA", "421 busy", "answered 421", False),
        ("connect", "", "cannot be reached", False),
    ],
)
def test_what_a_mail_server_says_is_a_reason(
    mails: MailServer, verb: str, reply: str, words: str, lasting: bool
) -> None:
    mails.replies[verb] = reply
    begun = time.monotonic()
    answer = smtp(mails.port).send(a_message(), NURSE)
    assert time.monotonic() - begun < 3
    assert isinstance(answer, Failed)
    assert answer.reason.startswith(words)
    assert answer.lasting is lasting


@pytest.mark.parametrize("email", [None, "nurse1", "a@b\r\nRCPT TO:<x@y>", "a@b, c@d", "<a@b>"])
def test_what_is_no_address_is_refused_before_the_server(mails: MailServer, email: str | None) -> None:
    answer = smtp(mails.port).send(a_message(), msgspec.structs.replace(NURSE, email=email))
    assert answer == Failed("e-mail: expected name@domain", lasting=True)
    assert mails.said == []


def test_addresses_of_mail_servers() -> None:
    assert parse_smtp("smtp://u:p%40@mail.test") == SmtpServer("mail.test", 587, False, "u", "p@")
    assert parse_smtp("smtps://u:p@mail.test").port == 465
    for url in ("mail.test", "http://mail.test", "smtp://u@mail.test", "smtp://", "smtp://h:99999"):
        with pytest.raises(ValueError, match="expected smtp://"):
            parse_smtp(url)


def text_of(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def browser(endpoint: str) -> tuple[WebPush, ec.EllipticCurvePrivateKey, bytes]:
    key, auth = ec.generate_private_key(ec.SECP256R1()), b"a" * 16
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return WebPush(endpoint, text_of(point), text_of(auth)), key, auth


def test_a_push_can_be_read_by_the_browser_alone_and_is_signed(tmp_path: Path) -> None:
    of_server, of_client = loopback_certificate(tmp_path)
    with gateway() as server:
        server.over_tls(of_server)
        address = server.url.replace("http:", "https:")
        host = address.partition("//")[2]
        subscription, key, auth = browser(f"{address}/push/1")
        way = PushServices(
            make_key(tmp_path), "mailto:vigie@ward.test", lambda: round(time.time() * SECOND), WORDING,
            re.compile(re.escape(host)), of_client, 5.0,
        )  # fmt: skip
        answer = way.send(a_message(), msgspec.structs.replace(NURSE, webpush=(subscription,)))
        assert answer == Sent("answered 200, receipt awaited")
        [got] = server.got
    clear = http_ece.decrypt(got.body, private_key=key, auth_secret=auth, version="aes128gcm")
    told = json.loads(clear)
    assert (told["delivery"], told["alert"], told["severity"]) == (ID, "P1-1", "high")
    assert told["fr"] == {"title": "Alerte haute : Fièvre", "body": "paris · P1 · 22/11 06:12"}
    assert told["en"] == {"title": "Alert, high: Fever", "body": "paris · P1 · 22/11 06:12"}
    assert b"P1" not in got.body
    assert Vapid02.verify(got.headers["authorization"])
    assert (got.headers["ttl"], got.headers["urgency"]) == ("3600", "high")


def test_browsers_that_are_gone_are_named_and_the_last_five_are_told(tmp_path: Path) -> None:
    of_server, of_client = loopback_certificate(tmp_path)
    with gateway() as server:
        server.over_tls(of_server)
        address = server.url.replace("http:", "https:")
        browsers = tuple(browser(f"{address}/push/{place}")[0] for place in range(6))
        way = PushServices(
            make_key(tmp_path),
            "mailto:vigie@ward.test",
            lambda: 0,
            WORDING,
            re.compile(re.escape(address[8:])),
            of_client,
        )
        server.does = "410"
        answer = way.send(a_message(), msgspec.structs.replace(NURSE, webpush=browsers))
        last = tuple(one.endpoint for one in browsers[1:])
        assert answer == Failed("answered 410, refused", lasting=True, status=410, gone=last)
        server.does = "ok"
        assert way.send(a_message(), msgspec.structs.replace(NURSE, webpush=browsers[:1])).gone == ()
        server.does = "500"
        assert way.send(a_message(), msgspec.structs.replace(NURSE, webpush=browsers[:1])).gone == ()


def test_a_push_goes_to_known_services_only(tmp_path: Path, server: Gateway) -> None:
    way = PushServices(make_key(tmp_path), "mailto:vigie@ward.test", lambda: 0, within=0.5)
    for endpoint in (server.url, "https://127.0.0.1/x", "https://fcm.googleapis.com@127.0.0.1/", "file:///etc/passwd"):
        subscription, _, _ = browser(endpoint)
        answer = way.send(a_message(), msgspec.structs.replace(NURSE, webpush=(subscription,)))
        assert answer == Failed("subscription: expected the https address of a known push service", lasting=True)
    broken = WebPush("https://fcm.googleapis.com/x", "AAAA", "!!")
    answer = way.send(a_message(), msgspec.structs.replace(NURSE, webpush=(broken,)))
    assert isinstance(answer, Failed)
    assert answer.reason.startswith("subscription: expected endpoint and keys")
    assert way.send(a_message(), NURSE) == Failed("no subscription", lasting=True)
    assert server.got == []


def test_the_key_of_web_push_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    made = make_key(tmp_path / "var")
    assert ((tmp_path / "var/vapid.pem").stat().st_mode & 0o777) == 0o600
    assert public_key(load_key(tmp_path / "var")) == public_key(made)
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "var")
