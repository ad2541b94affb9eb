"""A TCP and Unix-socket proxy whose link can be broken in every way a network breaks one. One thread, one event loop.

A stalled direction keeps its bytes back, as TCP does when packets are lost: nothing is dropped inside a connection that
lives on. A connection that is cut may have passed half a packet on.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal, Self

Mode = Literal["pass", "refuse", "half-open", "deaf", "mute", "slow", "cut", "twice"]
MODES: tuple[Mode, ...] = ("refuse", "half-open", "deaf", "mute", "slow", "cut", "twice")
Address = tuple[str, int] | Path
CHUNK = 65_536
SLOW_CHUNK, SLOW_PAUSE = 512, 0.05  # about 10 kB a second
_STALLS = {"half-open": ("up", "down"), "deaf": ("down",), "mute": ("up",)}
_NO_LINGER = struct.pack("ii", 1, 0)  # closing sends a reset

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Between whoever connects to `listen` and `target`. Context manager; `set` breaks and heals the link.

    refuse: nobody can connect and whoever was is reset; half-open: connections stay and nothing passes; deaf: the
    client hears nothing; mute: it is not heard; slow: a trickle; cut: each connection is reset in the middle of its
    next packet; twice: each connection's next bytes pass twice.
    """

    def __init__(self, listen: Address, target: Address) -> None:
        self.listen, self.target = listen, target
        self.mode: Mode = "pass"
        self.passed = 0  # bytes, both ways
        self.accepted = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = {"up": asyncio.Event(), "down": asyncio.Event()}  # set while that direction passes
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._set("pass"))
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def set(self, mode: Mode) -> None:
        """How the link is from now on."""
        self._wait(self._set(mode))

    def reset(self) -> None:
        """Every connection there is ends with a reset; new ones pass."""
        self._wait(self._reset())

    def _wait(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(10)

    async def _listen(self) -> None:
        if isinstance(self.listen, Path):
            self.listen.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, self.listen)
            self.listen.chmod(0o666)
        else:
            self._server = await asyncio.start_server(self._serve, *self.listen, reuse_address=True)

    async def _end(self) -> None:
        await self._stop_listening()
        await self._reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _reset(self) -> None:
        for writer in list(self._open):
            _abort(writer)
        await asyncio.sleep(0)

    async def _set(self, mode: Mode) -> None:
        self.mode = mode
        for way, flows in self._flows.items():
            if way in _STALLS.get(mode, ()):
                flows.clear()
            else:
                flows.set()
        if mode == "refuse":
            await self._stop_listening()
            await self._reset()
        elif self._server is None:
            await self._listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._open.add(writer)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            behind = await self._reach()
        except OSError:
            _abort(writer)
            self._open.discard(writer)
            return
        self._open.add(behind[1])
        ways = [self._pump(reader, behind[1], "up"), self._pump(behind[0], writer, "down")]
        try:
            await asyncio.gather(*ways)
        except asyncio.CancelledError:
            return  # the proxy ends
        finally:
            for one in (writer, behind[1]):
                _abort(one)
                self._open.discard(one)

    async def _reach(self) -> Streams:
        if isinstance(self.target, Path):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(*self.target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        """One direction of one connection, until either end closes it."""
        marred: set[str] = set()
        with contextlib.suppress(OSError):
            while data := await reader.read(SLOW_CHUNK if self.mode == "slow" else CHUNK):
                await self._flows[way].wait()
                if self.mode == "slow":
                    await asyncio.sleep(SLOW_PAUSE)
                if self.mode == "cut":
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    break
                if self.mode == "twice" and "twice" not in marred:
                    marred.add("twice")
                    writer.write(data)
                writer.write(data)
                self.passed += len(data)
                await writer.drain()
        _abort(writer)


def _abort(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        found = writer.get_extra_info("socket")
        if found is not None and found.family != socket.AF_UNIX:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()
