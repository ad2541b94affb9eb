"""A signed webhook to one address of the settings: JSON, HMAC-SHA256 over time and body, the same id on each try.

The receiver checks `Vigie-Signature: v1=HEX` against HMAC-SHA256(secret, "{Vigie-Timestamp}.{body}"), refuses an old
timestamp, and keeps `Vigie-Id` to know a repetition.
"""

import hashlib
import hmac
import ssl
from collections.abc import Callable

import msgspec
from msgspec import Struct

from alerts.escalation.channels import WITHIN_SECONDS, Contact, Failed, Message, Sent
from alerts.escalation.channels.gateway import external_id
from alerts.escalation.channels.post import Request, post
from alerts.escalation.channels.texts import Wording, link
from domain.instants import SECOND, Micros, iso


class Webhook(Struct, frozen=True):
    """One address and its secret. `wall`: real time, the receiver compares it with its own."""

    url: str
    secret: bytes
    wall: Callable[[], Micros]
    wording: Wording = Wording()
    tls: ssl.SSLContext | None = None
    within: float = WITHIN_SECONDS

    def send(self, message: Message, contact: Contact) -> Sent | Failed:  # noqa: ARG002  the address is a setting
        """Post the message, signed now."""
        body = encoded(message, self.wording)
        timestamp = str(self.wall() // SECOND)
        headers = {
            "Content-Type": "application/json",
            "Vigie-Id": message.id,
            "Vigie-Timestamp": timestamp,
            "Vigie-Signature": f"v1={signature(self.secret, timestamp, body)}",
        }
        answer = post(Request(self.url, body, headers, tls=self.tls, within=self.within))
        return answer if isinstance(answer, Failed) else Sent(f"answered {answer.status}", external_id(answer.body))


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 in hexadecimal over the timestamp, a point, and the body."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def encoded(message: Message, wording: Wording) -> bytes:
    """The body: the same bytes on each try."""
    fields = msgspec.structs.asdict(message)
    return msgspec.json.encode({**fields, "at": iso(message.at), "link": link(message, wording)})
