"""The socket of a process, bound before anything else is touched. Called by the hub."""

import socket

from vigie.settings import SettingsError


def listening(host: str, port: int, setting: str = "VIGIE_HTTP_PORT") -> socket.socket:
    """A socket that listens there. Raises SettingsError naming the settings when that cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(2048)
        except OSError:
            made.close()
            raise
    except (OSError, UnicodeError) as error:
        expected = "expected an address of this machine and a free port"
        raise SettingsError(f"VIGIE_HTTP_HOST, {setting}: {expected}, got {host}:{port} ({error})") from None
    made.setblocking(False)
    return made
