"""Consoles that follow the feed through every fault, and remember each event they were shown."""

import json
import threading
import time
from typing import Any

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as websocket

PAUSE = 0.2  # s between two tries


class Console:
    """One of them, in a thread. `seen`: ids of events in the order they came. `anew`: times it had to start over."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url, self.username, self.password = url, username, password
        self.seen: list[int] = []
        self.begun_at: int | None = None  # the cursor it began with
        self.anew = 0
        self._cursor: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"console-{username}", daemon=True)

    def start(self) -> None:
        """Follow from now on."""
        self._thread.start()

    def end(self, upto: int, seconds: float = 30.0) -> None:
        """Stop once everything up to that event was shown, at the latest after so long."""
        until = time.monotonic() + seconds
        while (self._cursor or 0) < upto and time.monotonic() < until:
            time.sleep(0.05)
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except (OSError, httpx.HTTPError, WebSocketException, KeyError, ValueError):
                self._stop.wait(PAUSE)

    def _follow(self) -> None:
        with httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=5) as http:
            who = {"username": self.username, "password": self.password}
            http.post("/api/session", json=who).raise_for_status()
            if self._cursor is None:
                self._cursor = int(http.get("/api/snapshot").raise_for_status().json()["cursor"])
                self.anew += self.begun_at is not None
                self.begun_at = self._cursor if self.begun_at is None else self.begun_at
            ticket = http.post("/api/feed-ticket").raise_for_status().json()["ticket"]
        address = f"{self.url.replace('http', 'ws', 1)}/api/feed?ticket={ticket}&cursor={self._cursor}"
        with websocket(address, origin=self.url, open_timeout=5) as feed:  # type: ignore[arg-type]
            while not self._stop.is_set():
                try:
                    self._take(json.loads(feed.recv(timeout=0.5)))
                except TimeoutError:
                    continue

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["kind"] == "beat":
            self._cursor = max(self._cursor or 0, int(frame["cursor"]))
        elif "id" in frame:
            self._cursor = int(frame["id"])
            if frame["kind"].startswith("alert."):
                self.seen.append(int(frame["id"]))
