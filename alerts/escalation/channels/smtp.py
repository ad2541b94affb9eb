"""E-mail by one SMTP server of the settings: encrypted by STARTTLS or from the start, plain only to this machine.

The whole exchange has one end: a server that answers a letter at a time is cut off.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from alerts.escalation.channels import WITHIN_SECONDS, Contact, Failed, Message, Sent
from alerts.escalation.channels.texts import Wording, long, subject

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_DOMAIN = re.compile(r"[^A-Za-z0-9.-]")


class SmtpServer(Struct, frozen=True):
    """VIGIE_SMTP_URL taken apart. `tls`: encrypted from the first byte (smtps); else STARTTLS."""

    host: str
    port: int
    tls: bool
    username: str
    password: str

    @property
    def here(self) -> bool:
        """Whether it runs on this machine, where no cable can be listened to."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_smtp(url: str) -> SmtpServer:
    """`smtp://user:password@host:port` or `smtps://`. Raises ValueError saying what was expected."""
    expected = "expected smtp://user:password@host:port or smtps://"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{expected} ({error})") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or (parts.username and not parts.password):
        raise ValueError(expected)
    tls = parts.scheme == "smtps"
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    return SmtpServer(parts.hostname, port or (465 if tls else 587), tls, username, password)


class Smtp(Struct, frozen=True):
    """One server and the sender's address."""

    server: SmtpServer
    sender: str
    wording: Wording = Wording()
    tls: ssl.SSLContext | None = None
    within: float = WITHIN_SECONDS

    def send(self, message: Message, contact: Contact) -> Sent | Failed:
        """Hand the mail to the server."""
        if contact.email is None or not ADDRESS.fullmatch(contact.email):
            return Failed("e-mail: expected name@domain", lasting=True)
        try:
            with _connected(self) as client:
                client.send_message(mail(message, self, contact.email))
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            return Failed(f"recipient refused, {code}", lasting=code >= 500)
        except smtplib.SMTPResponseException as error:
            return Failed(f"answered {error.smtp_code}", lasting=error.smtp_code >= 500)
        except smtplib.SMTPNotSupportedError:
            return Failed("expected STARTTLS and the login of the settings, the server has not got them", lasting=True)
        except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
            return Failed(f"cannot be reached: {type(error).__name__}")
        return Sent("taken by the server")


@contextmanager
def _connected(way: Smtp) -> Iterator[smtplib.SMTP]:
    tls = way.tls or ssl.create_default_context()
    server = way.server
    client = (
        smtplib.SMTP_SSL(timeout=way.within / 2, context=tls) if server.tls else smtplib.SMTP(timeout=way.within / 2)
    )
    end = threading.Timer(way.within, _cut, (client,))
    end.daemon = True
    end.start()
    try:
        client._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001  what starttls checks the certificate against
        client.connect(server.host, server.port)
        if not server.tls and (not server.here or client.has_extn("starttls") or _offers(client)):
            client.starttls(context=tls)
        if server.username:
            client.login(server.username, server.password)
        yield client
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
    finally:
        end.cancel()
        client.close()


def _offers(client: smtplib.SMTP) -> bool:
    client.ehlo_or_helo_if_needed()
    return client.has_extn("starttls")


def _cut(client: smtplib.SMTP) -> None:
    """Wake whoever waits for the server."""
    sock = client.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def mail(message: Message, way: Smtp, to: str) -> EmailMessage:
    """The mail: one Message-ID for all tries."""
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = way.sender, to, subject(message)
    domain = _DOMAIN.sub("", way.sender.rpartition("@")[2]) or "vigie.invalid"
    found["Message-ID"] = f"<{message.id}@{domain}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(long(message, way.wording))
    return found
