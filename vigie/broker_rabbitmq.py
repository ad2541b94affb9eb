"""Broker accounts of a RabbitMQ cluster, through the HTTP interface of its management plugin. Changes count at once.

VIGIE_BROKER_ACL=rabbitmq:http(s)://ADMINISTRATOR:PASSWORD@HOST:PORT. RabbitMQ writes the topic `a/b/+` as `a.b.*`.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx

from vigie.broker_accounts import HEARTBEAT, AccountError, Grants

EXCHANGE = "amq.topic"
SECONDS = 10.0


class RabbitAccounts:
    """The virtual host `/` of the cluster that `url` leads to."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def put(self, username: str, password: str, *, grants: Grants) -> bool:
        """Add or replace an account. Queues: only those that MQTT makes for its own client id, which is its name."""
        name = quote(username, safe="")
        queues = queues_of(username, grants)
        self._call("PUT", f"users/{name}", {"password": password, "tags": ""})
        rights = {"configure": queues, "write": f"{queues}|^{re.escape(EXCHANGE)}$"}
        self._call("PUT", f"permissions/%2F/{name}", rights | {"read": rights["write"]})
        topics = {"exchange": EXCHANGE, "write": pattern(grants.publish), "read": pattern(grants.subscribe)}
        self._call("PUT", f"topic-permissions/%2F/{name}", topics)
        return True

    def drop(self, username: str) -> bool:
        """Remove an account."""
        self._call("DELETE", f"users/{quote(username, safe='')}", None, unless=404)
        return True

    def _call(self, method: str, path: str, body: dict[str, Any] | None, *, unless: int = 0) -> None:
        try:
            answer = httpx.request(method, f"{self._url}/api/{path}", json=body, timeout=SECONDS, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AccountError(f"VIGIE_BROKER_ACL: RabbitMQ's management cannot be reached: {error}") from None
        if answer.is_error and answer.status_code != unless:
            what = answer.text[:200]
            raise AccountError(f"VIGIE_BROKER_ACL: RabbitMQ's management said {answer.status_code} to {path}: {what}")


def queues_of(username: str, grants: Grants) -> str:
    """The queues of this account's session, as RabbitMQ names them; the hub's sessions are `hub-GROUP-live`, `-bulk`.

    Raises AccountError for any other account that would be named like these.
    """
    if f"{HEARTBEAT}/#" in grants.publish:
        return "^mqtt-subscription-hub-.+qos[01]$"
    if username.startswith("hub-"):
        raise AccountError(f"username: expected none that begins with hub- on RabbitMQ, got {username!r}")
    return f"^mqtt-subscription-{re.escape(username)}qos[01]$"


def pattern(filters: Iterable[str]) -> str:
    """MQTT filters as one regular expression over routing keys; what is not meant matches nothing."""
    return f"^({'|'.join(_pattern(one) for one in filters)})$"


def _pattern(topic: str) -> str:
    words = {"+": r"[^.#]+", "#": r".+"}
    return r"\.".join(words.get(level) or re.escape(level) for level in topic.split("/"))
