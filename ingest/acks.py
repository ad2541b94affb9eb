"""End-to-end acknowledgements and commands to devices: what is owed to whom. Coalesced, bounded.

Called by the service after each commit. `publish` answers False when the broker is away: then nothing is forgotten.
"""

from collections import OrderedDict
from collections.abc import Callable

from domain.instants import MINUTE, SECOND, Micros, iso
from domain.ranges import Standing
from domain.wire import Ack, Command, device_topic, encode
from ingest.duplicates import Key

Publish = Callable[[str, bytes], bool]
COALESCE_FOR: Micros = 500_000
TIME_AT_MOST_EVERY: Micros = 10 * MINUTE
RECENT_FOR: Micros = 60 * SECOND
MAX_COMMANDS = 10_000
MAX_RECENT = 100_000


class Acks:
    """What devices are owed. Instants here are of the real clock, not of a scaled one."""

    def __init__(self, publish: Publish, standing: Callable[[Key], Standing | None]) -> None:
        self._publish = publish
        self._standing = standing
        self._due: OrderedDict[Key, tuple[Micros, str]] = OrderedDict()  # -> due at, site
        self._sent: OrderedDict[Key, tuple[Micros, str]] = OrderedDict()
        self._commands: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._told_time: OrderedDict[str, Micros] = OrderedDict()
        self.published = 0

    @property
    def waiting(self) -> int:
        """How many acknowledgements are owed."""
        return len(self._due)

    def owe(self, key: Key, site: str, *, at: Micros, urgent: Micros | None = None) -> None:
        """Acknowledge this boot soon; with `urgent` at that time."""
        due = self._due.get(key)
        wanted = at + COALESCE_FOR if urgent is None else urgent
        if due is None:
            self._due[key] = (wanted, site)
        elif wanted < due[0]:
            self._due[key] = (wanted, site)
            self._due.move_to_end(key, last=False)

    def refuse(self, site: str, device: str, sha256: bytes, reason: str) -> None:
        """Tell a device that a message without a number was refused, so that it can skip it."""
        self._command(site, device, Command(k="refused", sha256=sha256.hex(), reason=reason))

    def tell_time(self, site: str, device: str, *, now: Micros, at: Micros) -> None:
        """Tell a device the hub's time `at`, at most every ten minutes."""
        last = self._told_time.get(device)
        if last is not None and at - last < TIME_AT_MOST_EVERY:
            return
        self._told_time[device] = at
        self._told_time.move_to_end(device)
        if len(self._told_time) > MAX_COMMANDS:
            self._told_time.popitem(last=False)
        self._command(site, device, Command(k="time", t=iso(now)))

    def _command(self, site: str, device: str, command: Command) -> None:
        self._commands[device_topic(site, device, "cmd"), encode(command)] = None
        if len(self._commands) > MAX_COMMANDS:
            self._commands.popitem(last=False)

    def flush(self, *, at: Micros, everything: Micros | None = None) -> None:
        """Send what is due at `at` (or all, up to `everything`)."""
        while self._commands:
            topic, payload = next(iter(self._commands))
            if not self._publish(topic, payload):
                return
            del self._commands[topic, payload]
        limit = at if everything is None else everything
        while self._due:
            key, (due, site) = next(iter(self._due.items()))
            if due > limit or not self._send(key, site):
                return
            del self._due[key]
            self._sent[key] = (at, site)
            self._sent.move_to_end(key)
            self._forget_sent(at)

    def _forget_sent(self, at: Micros) -> None:
        while self._sent:
            key, (sent, _) = next(iter(self._sent.items()))
            if at - sent <= RECENT_FOR and len(self._sent) <= MAX_RECENT:
                return
            del self._sent[key]

    def _send(self, key: Key, site: str) -> bool:
        standing = self._standing(key)
        if standing is None:
            return True
        ack = Ack(boot=key[1], upto=standing.upto, miss=standing.miss)
        if not self._publish(device_topic(site, key[0], "ack"), encode(ack)):
            return False
        self.published += 1
        return True

    def resend(self, *, at: Micros) -> None:
        """After a reconnect: whatever was sent in the last minute may not have arrived."""
        for key, (sent, site) in list(self._sent.items()):
            if at - sent <= RECENT_FOR:
                self.owe(key, site, at=at)
        self._sent.clear()
