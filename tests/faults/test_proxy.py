"""The proxy breaks a link in every way it says, and heals it."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy
from vigie.embedded.mosquitto import free_port


@pytest.fixture
def link() -> Iterator[Proxy]:
    """A proxy in front of a server that says everything back."""
    server = socket.create_server(("127.0.0.1", 0))

    def echo(one: socket.socket) -> None:
        with contextlib.suppress(OSError), one:
            while data := one.recv(4096):
                one.sendall(data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with Proxy(("127.0.0.1", free_port()), server.getsockname()[:2]) as proxy:
        yield proxy
    server.close()


def client(link: Proxy) -> socket.socket:
    """Connected, and impatient."""
    assert isinstance(link.listen, tuple)
    return socket.create_connection(link.listen, timeout=2)


def test_what_passes_passes(link: Proxy) -> None:
    with client(link) as one:
        one.sendall(b"fever")
        assert one.recv(100) == b"fever"


def test_refuse_resets_and_lets_nobody_in_until_healed(link: Proxy) -> None:
    with client(link) as one:
        one.sendall(b"a")
        assert one.recv(1) == b"a"
        link.set("refuse")
        with pytest.raises(ConnectionResetError):
            one.recv(1)
    with pytest.raises(ConnectionRefusedError):
        client(link)
    link.set("pass")
    test_what_passes_passes(link)


@pytest.mark.parametrize("mode", ["half-open", "deaf", "mute"])
def test_what_stalls_comes_late_and_whole(link: Proxy, mode: str) -> None:
    with client(link) as one:
        one.sendall(b"a")
        assert one.recv(1) == b"a"
        link.set(mode)  # type: ignore[arg-type]
        one.sendall(b"bc")
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.recv(1)
        link.set("pass")
        one.settimeout(2)
        assert one.recv(2) == b"bc"


def test_cut_ends_a_connection_within_a_packet(link: Proxy) -> None:
    with client(link) as one:
        link.set("cut")
        one.sendall(b"12345678")
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while data := one.recv(100):
                got += data
        assert len(got) < 8


def test_twice_passes_bytes_twice_and_reset_ends_it(link: Proxy) -> None:
    with client(link) as one:
        link.set("twice")
        one.sendall(b"ab")
        end = time.monotonic() + 2
        got = b""
        while len(got) < 8 and time.monotonic() < end:
            got += one.recv(100)
        assert got == b"abababab"  # twice on the way there, and that twice on the way back
        link.set("pass")
        link.reset()
        with pytest.raises(ConnectionResetError):
            one.recv(1)


def test_slow_is_a_trickle(link: Proxy) -> None:
    link.set("slow")
    with client(link) as one:
        one.sendall(b"x" * 2000)
        start = time.monotonic()
        got = 0
        while got < 2000:
            got += len(one.recv(4096))
        assert time.monotonic() - start > 0.2  # at least as slow as that: no upper bound
