"""Which pending message goes out now, and on which lane. Pure: keys and times in, keys out.

A message is sent, waits for the end-to-end acknowledgement, and is due again after a timeout that doubles. Messages
older than the connection are backlog (`bulk`), younger ones are live (`obs`). Times are seconds of a steady clock.
"""

from dataclasses import dataclass, field

Key = tuple[str, int]  # boot, seq


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to send and how patiently to wait, in seconds."""

    window: int = 100  # sent and neither acknowledged nor timed out
    live_reserve: int = 20  # part of the window that backlog may not use
    resend_after: float = 15.0
    resend_at_most: float = 300.0
    miss_grace: float = 4.0  # a message named missing may be on its way for this long
    ask_after: float = 30.0  # silence of the hub before `ack?`


@dataclass(slots=True)
class _Entry:
    lane: str
    tries: int = 0
    sent_at: float | None = None
    due_at: float = 0.0


@dataclass(slots=True)
class Sender:
    """The state of sending. Forgets nothing by itself: entries leave by `done`."""

    pace: Pace = field(default_factory=Pace)
    connected: bool = False
    hub_away: bool = False
    heard_at: float = 0.0  # last acknowledgement, or the moment from which one may be expected
    entries: dict[Key, _Entry] = field(default_factory=dict)
    resent: int = 0

    def add(self, key: Key) -> None:
        """A message was committed to the outbox: live when there is a connection, else backlog."""
        self.entries[key] = _Entry("obs" if self.connected else "bulk")

    def connect(self, now: float) -> None:
        """A new connection: everything pending is backlog and due at once."""
        self.connected, self.heard_at, self.hub_away = True, now, False
        for entry in self.entries.values():
            entry.lane, entry.sent_at, entry.due_at, entry.tries = "bulk", None, now, 0

    def disconnect(self) -> None:
        """The connection is gone: nothing is on its way any more."""
        self.connected = False
        for entry in self.entries.values():
            entry.sent_at = None

    def done(self, keys: list[Key], now: float) -> None:
        """Acknowledged or dropped."""
        self.heard_at = now
        for key in keys:
            self.entries.pop(key, None)

    def missing(self, boot: str, ranges: list[tuple[int, int]], now: float) -> None:
        """The hub named ranges that it does not have: send them again unless they may still be on their way."""
        for (b, seq), entry in self.entries.items():
            if b == boot and any(low <= seq <= high for low, high in ranges):
                sent_at = now if entry.sent_at is None else entry.sent_at
                entry.due_at = min(entry.due_at, sent_at + self.pace.miss_grace)

    def resend(self, boot: str, first: int, last: int, *, now: float) -> list[int]:
        """The hub asks for a range: due now. Returns the numbers of it that are pending."""
        wanted = sorted(seq for b, seq in self.entries if b == boot and first <= seq <= last)
        for seq in wanted:
            self.entries[boot, seq].due_at = now
        return wanted

    def hub(self, *, away: bool, now: float) -> None:
        """The hub said whether it is storing. While it is away nothing is sent twice."""
        if self.hub_away and not away:
            self.heard_at = now
            for entry in self.entries.values():
                if entry.sent_at is not None:
                    entry.due_at = max(entry.due_at, now + self.pace.miss_grace)
        self.hub_away = away

    def due(self, now: float) -> list[tuple[Key, str]]:
        """What to publish now, live first, oldest first in each lane, within the window."""
        if not self.connected:
            return []
        flying = {"obs": 0, "bulk": 0}
        waiting: dict[str, list[Key]] = {"obs": [], "bulk": []}
        for key, entry in self.entries.items():
            if entry.due_at > now or (self.hub_away and entry.sent_at is not None):
                flying[entry.lane] += entry.sent_at is not None
            else:
                waiting[entry.lane].append(key)
        room = self.pace.window - flying["obs"] - flying["bulk"]
        live = waiting["obs"][: max(room, 0)]
        backlog = waiting["bulk"][: max(room - len(live) - self.pace.live_reserve, 0)]
        return [(key, "obs") for key in live] + [(key, "bulk") for key in backlog]

    def sent(self, key: Key, now: float, *, jitter: float = 0.0) -> None:
        """One message went out. `jitter` 0..1 spreads the next attempt."""
        entry = self.entries[key]
        self.resent += entry.tries > 0
        wait = min(self.pace.resend_after * 2**entry.tries, self.pace.resend_at_most)
        entry.tries, entry.sent_at, entry.due_at = entry.tries + 1, now, now + wait * (1 + 0.25 * jitter)

    def should_ask(self, now: float) -> bool:
        """Something was sent and the hub has said nothing for long: time for `ack?`."""
        quiet = self.connected and not self.hub_away and now - self.heard_at > self.pace.ask_after
        return quiet and any(entry.tries > 0 for entry in self.entries.values())

    def asked(self, now: float) -> None:
        """`ack?` was sent: wait again."""
        self.heard_at = now
