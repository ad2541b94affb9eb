"""The address of a broker: `mqtt://user:password@host:port`, or several hosts of one cluster, tried in turn. Pure."""

from urllib.parse import unquote

from msgspec import Struct

EXPECTED = "expected mqtt://user:password@host:port or mqtts://; the nodes of a cluster as host:port,host:port"


class BrokerUrl(Struct, frozen=True):
    """An address taken apart. `places`: host and port of each node, in the order written."""

    tls: bool
    username: str
    password: str
    places: tuple[tuple[str, int], ...]

    @property
    def bare(self) -> str:
        """The address without the account, to be given to devices."""
        nodes = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.places)
        return f"{'mqtts' if self.tls else 'mqtt'}://{','.join(nodes)}"

    def place(self, attempt: int) -> tuple[str, int]:
        """Where to try the attempt of this number: one node after the other."""
        return self.places[attempt % len(self.places)]


def parse_broker_url(url: str) -> BrokerUrl:
    """Raises ValueError that says what was expected; the text never holds the password."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("mqtt", "mqtts"):
        raise ValueError(EXPECTED)
    account, _, hosts = rest.rpartition("@")
    username, _, password = account.partition(":")
    usual = 8883 if scheme == "mqtts" else 1883
    places = tuple(_place(host, usual) for host in hosts.rstrip("/").split(","))
    return BrokerUrl(scheme == "mqtts", unquote(username), unquote(password), places)


def _place(text: str, usual: int) -> tuple[str, int]:
    """`host`, `host:port` or `[v6]:port`."""
    bracketed = text.startswith("[")
    host, _, after = text[1:].partition("]") if bracketed else text.partition(":")
    port = after.removeprefix(":") if bracketed else after
    if bracketed and "]" not in text:
        raise ValueError(f"{EXPECTED}, got host {text!r}")
    if not host or any(sign in host for sign in "/?# ") or (not bracketed and ":" in port):
        raise ValueError(f"{EXPECTED}, got host {text!r}")
    if not port:
        return host, usual
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65_535:
        raise ValueError(f"{EXPECTED}, got port {port!r}")
    return host, int(port)
