"""Web push to a person's browsers: encrypted for the browser (RFC 8291), signed with the hub's key (RFC 8292).

A push service that says 201 has not shown anything: only the receipt of the service worker makes it `delivered`.
Subscriptions come from browsers, so their address must be one of a known push service. One that its service knows no
more (RFC 8030: 404, 410) is said in the answer; the courier takes it out of the person's contacts.
"""

import os
import re
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct
from py_vapid import Vapid02

from alerts.escalation.channels import WITHIN_SECONDS, Contact, Failed, Message, Sent
from alerts.escalation.channels.post import Request, post
from alerts.escalation.channels.texts import SEVERITIES, Wording, clock, plain, short
from domain.instants import HOUR, SECOND, Micros, iso
from domain.oncall import WebPush

KEY_FILE = "vapid.pem"
TTL_SECONDS = 3600
MOST_BROWSERS = 5
NO_MORE = frozenset({404, 410})
SERVICES = re.compile(
    r"(?:fcm\.googleapis\.com|updates\.push\.services\.mozilla\.com|[a-z0-9-]+\.push\.apple\.com"
    r"|[a-z0-9-]+\.notify\.windows\.com)"
)


class PushServices(Struct, frozen=True):
    """`subject`: whom a push service may write to, `mailto:` the sender. `services`: hosts that may be posted to."""

    key: Vapid02
    subject: str
    wall: Callable[[], Micros]
    wording: Wording = Wording()
    services: re.Pattern[str] = SERVICES
    tls: ssl.SSLContext | None = None
    within: float = WITHIN_SECONDS

    def send(self, message: Message, contact: Contact) -> Sent | Failed:
        """Push to the browsers of the person that were added last; one that takes it is enough."""
        answers = [(browser, self._push(message, browser)) for browser in contact.webpush[-MOST_BROWSERS:]]
        gone = tuple(browser.endpoint for browser, answer in answers if _no_more(answer))
        return msgspec.structs.replace(_one_of([answer for _, answer in answers]), gone=gone)

    def _push(self, message: Message, browser: WebPush) -> Sent | Failed:
        urgency = "high" if message.severity == "high" else "normal"
        return self.push(payload(message, self.wording), browser, topic=message.id, urgency=urgency)

    def push(self, content: bytes, browser: WebPush, *, topic: str, urgency: str) -> Sent | Failed:
        """Push this content to one browser; one of the same topic that waits there is replaced."""
        try:
            parts = urlsplit(browser.endpoint)
            allowed = parts.scheme == "https" and bool(self.services.fullmatch(parts.netloc))
            body = encrypted(content, browser)
        except (ValueError, http_ece.ECEException):
            return Failed("subscription: expected endpoint and keys as a browser gives them", lasting=True)
        if not allowed:
            return Failed("subscription: expected the https address of a known push service", lasting=True)
        headers = self._headers(f"https://{parts.netloc}", topic, urgency)
        answer = post(Request(browser.endpoint, body, headers, tls=self.tls, within=self.within / MOST_BROWSERS))
        return answer if isinstance(answer, Failed) else Sent(f"answered {answer.status}, receipt awaited")

    def _headers(self, audience: str, topic: str, urgency: str) -> dict[str, str]:
        until = (self.wall() + 12 * HOUR) // SECOND
        signed = self.key.sign({"aud": audience, "sub": self.subject, "exp": until})
        return {
            **signed,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL_SECONDS),
            "Topic": topic.replace("-", "")[:32],
            "Urgency": urgency,
        }


def _no_more(answer: Sent | Failed) -> bool:
    return isinstance(answer, Failed) and answer.status in NO_MORE


def _one_of(answers: Sequence[Sent | Failed]) -> Sent | Failed:
    """One that took it, else a failure that may pass, else any."""
    taken = [answer for answer in answers if isinstance(answer, Sent)]
    passing = [answer for answer in answers if isinstance(answer, Failed) and not answer.lasting]
    return (*taken, *passing, *answers, Failed("no subscription", lasting=True))[0]


def payload(message: Message, wording: Wording) -> bytes:
    """What the service worker (clinician_ui/static/push-sw.js) is given: the delivery to acknowledge, the alert, and
    the words of the notification in both languages. Every part is bounded: it must fit into one push.
    """
    severity = SEVERITIES.get(message.severity, (plain(message.severity),) * 2)
    where = f"{plain(message.site)} · {plain(message.patient)} · {clock(message, wording)}"
    return msgspec.json.encode(
        {
            "delivery": message.id,
            "alert": message.alert,
            "severity": plain(message.severity),
            "at": iso(message.at),
            "fr": {"title": f"Alerte {severity[0]} : {plain(message.title_fr)}", "body": where},
            "en": {"title": f"Alert, {severity[1]}: {plain(message.title_en)}", "body": where},
            "text": short(message, wording),
        }
    )


def encrypted(content: bytes, browser: WebPush) -> bytes:
    """The content for one browser, with a key of its own. Raises ValueError on keys that are none."""
    own = ec.generate_private_key(ec.SECP256R1())
    body: bytes = http_ece.encrypt(
        content, salt=os.urandom(16), private_key=own, dh=_bytes(browser.p256dh), auth_secret=_bytes(browser.auth),
        version="aes128gcm",
    )  # fmt: skip
    return body


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def load_key(folder: Path) -> Vapid02:
    """The hub's key. Raises FileNotFoundError when there is none, ValueError when it cannot be read."""
    return Vapid02.from_pem((folder / KEY_FILE).read_bytes())


def make_key(folder: Path) -> Vapid02:
    """A new key in the folder, for its owner alone. Raises FileExistsError: another key ends every subscription."""
    key = Vapid02()
    key.generate_keys()
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_pem())
    return key


def public_key(key: Vapid02) -> str:
    """What a browser needs to subscribe (`applicationServerKey`), base64url."""
    point = key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()
