"""SMS and voice by any HTTP gateway: address, method, headers and JSON body are settings, the rest is the same.

`{to}`, `{text}` and `{id}` are replaced inside the body's strings after it was read as JSON: nothing can break out.
"""

import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from alerts.escalation.channels import WITHIN_SECONDS, Contact, Failed, Message, Sent
from alerts.escalation.channels.post import Request, post

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
BODY: dict[str, Any] = {"to": "{to}", "text": "{text}", "id": "{id}"}
_NAMES_OF_ID = ("id", "message_id", "messageId", "sid", "uuid")


class Gateway(Struct, frozen=True):
    """One gateway. `headers` hold its secret and are never said."""

    url: str
    number: Callable[[Contact], str | None]
    words: Callable[[Message], str]
    method: str = "POST"
    headers: Mapping[str, str] = {}
    body: Any = field(default_factory=BODY.copy)
    tls: ssl.SSLContext | None = None
    within: float = WITHIN_SECONDS

    def send(self, message: Message, contact: Contact) -> Sent | Failed:
        """Hand the text to the gateway. Taken is not yet heard: the state is `sent`."""
        number = self.number(contact) or ""
        if not E164.fullmatch(number):
            return Failed("number: expected + and 7 to 15 digits", lasting=True)
        values = {"to": number, "text": self.words(message), "id": message.id}
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id, **self.headers}
        body = msgspec.json.encode(filled(self.body, values))
        answer = post(Request(self.url, body, headers, self.method, self.tls, self.within))
        return answer if isinstance(answer, Failed) else Sent(f"answered {answer.status}", external_id(answer.body))


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with `{name}` replaced in every string, in one pass."""
    match template:
        case str():
            return re.sub(r"\{(to|text|id)\}", lambda found: values[found[1]], template)
        case list():
            return [filled(item, values) for item in template]
        case dict():
            return {name: filled(item, values) for name, item in template.items()}
    return template


def external_id(body: bytes) -> str | None:
    """The gateway's own id of the message, when its answer is a JSON object that has one."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    found = (answer.get(name) for name in _NAMES_OF_ID) if isinstance(answer, dict) else ()
    return next((str(name)[:200] for name in found if isinstance(name, str | int)), None)
