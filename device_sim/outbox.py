"""A device's memory: every message stays here, on disk, until the hub says that it is stored.

SQLite in WAL mode with synchronous FULL: what is committed survives `kill -9` and the loss of power. One file holds
the outboxes of one or many devices. Nothing is sent from here; `append` and the others never commit: the caller
commits, and sends only what is committed.
"""

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_BYTES = 64 * 1024 * 1024
LIMIT_NOTES = 20  # notes carried by one message
FULL = "outbox full"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS boots (
    device TEXT, boot TEXT, number INTEGER, last INTEGER NOT NULL, PRIMARY KEY (device, boot)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT, boot TEXT, seq INTEGER, payload BLOB, sha256 TEXT, tag TEXT,
    UNIQUE (device, boot, seq));
CREATE INDEX IF NOT EXISTS messages_by_device ON messages (device, id);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY, device TEXT, note TEXT, carrier_boot TEXT, carrier_seq INTEGER);
CREATE INDEX IF NOT EXISTS notes_by_device ON notes (device);
"""

Key = tuple[str, int]  # boot, seq
Encode = Callable[[dict[str, Any]], bytes]


class OutboxError(Exception):
    """The outbox cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that the hub has not acknowledged. `tag` is the caller's own remark, kept with it."""

    boot: str
    seq: int
    payload: bytes
    sha256: str
    tag: str


def encode_json(message: dict[str, Any]) -> bytes:
    """A message as it goes over the wire."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def open_file(path: Path) -> sqlite3.Connection:
    """The outbox file, made when absent. What SQLite cannot read is put aside under another name, not deleted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise OutboxError(f"outbox {path}: expected a file that can be opened and written: {error}") from error
        _put_aside(path)
    return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(_SCHEMA)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _put_aside(path: Path) -> None:
    number = 1
    while (aside := path.with_name(f"{path.name}.unreadable-{number}")).exists():
        number += 1
    path.replace(aside)
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{ending}").replace(f"{aside}{ending}")


class Outbox:
    """The outbox of one device for one boot. `boot` must be new: opening is what starts a boot."""

    def __init__(
        self, connection: sqlite3.Connection, device: str, *, boot: str, limit_bytes: int = LIMIT_BYTES
    ) -> None:
        self.connection = connection
        self.device = device
        self.boot = boot
        self.limit_bytes = limit_bytes
        self.seq = 0
        self.dropped = 0
        self.drops: list[dict[str, Any]] = []  # notes of loss made by this boot, for the caller to log and clear
        self._start()
        self.size = self._measure()

    def _start(self) -> None:
        row = self._one("SELECT boot, last, number FROM boots WHERE device = ? ORDER BY number DESC LIMIT 1")
        if self._one("SELECT 1 FROM boots WHERE device = ? AND boot = ?", self.boot):
            raise OutboxError(f"boot: expected an id that this device never used, got {self.boot!r}")
        number = row[2] + 1 if row else 1
        self._run("INSERT INTO boots (device, boot, number, last) VALUES (?, ?, ?, 0)", self.boot, number)
        self._note({"k": "boot", "prev": row[0], "last": row[1]} if row else {"k": "boot"})

    def append(
        self, message: Mapping[str, Any], *, encode: Encode = encode_json, tag: str = "", with_notes: bool = True
    ) -> Key:
        """Number a message, add what must be told (boot, dropped ranges) and keep it. Returns (boot, seq).

        Raises sqlite3.Error when the disk refuses; then nothing was kept and no number was used.
        """
        self.connection.execute("SAVEPOINT append")
        try:
            self._append(self.seq + 1, message, encode=encode, tag=tag, with_notes=with_notes)
        except BaseException:
            self.connection.execute("ROLLBACK TO append")
            self.size = self._measure()
            raise
        finally:
            self.connection.execute("RELEASE append")
        self.seq += 1
        return self.boot, self.seq

    def _append(self, seq: int, message: Mapping[str, Any], *, encode: Encode, tag: str, with_notes: bool) -> None:
        notes = self._free_notes() if with_notes else []
        numbered = {"v": 1, "boot": self.boot, "seq": seq, **message}
        if notes:
            numbered["ev"] = [*message.get("ev", ()), *(json.loads(text) for _, text in notes)]
        payload = encode(numbered)
        self._make_room(len(payload))
        digest = hashlib.sha256(payload).hexdigest()
        sql = "INSERT INTO messages (device, boot, seq, payload, sha256, tag) VALUES (?, ?, ?, ?, ?, ?)"
        self._run(sql, self.boot, seq, payload, digest, tag)
        self._run("UPDATE boots SET last = ?3 WHERE device = ?1 AND boot = ?2", self.boot, seq)
        for identity, _ in notes:
            sql = "UPDATE notes SET carrier_boot = ?3, carrier_seq = ?4 WHERE device = ?1 AND id = ?2"
            self._run(sql, identity, self.boot, seq)
        self.size += len(payload)

    def acked(self, ack: Mapping[str, Any]) -> list[Key]:
        """Forget what an `ack` says is stored. Returns the keys forgotten."""
        boot, upto, holes = ack["boot"], int(ack["upto"]), [(int(a), int(b)) for a, b in ack.get("miss", ())]
        seqs = self._all("SELECT seq FROM messages WHERE device = ? AND boot = ? AND seq <= ?", boot, upto)
        stored = [seq for (seq,) in seqs if not any(low <= seq <= high for low, high in holes)]
        for seq in stored:
            self._forget(boot, seq)
            self._run("DELETE FROM notes WHERE device = ? AND carrier_boot = ? AND carrier_seq = ?", boot, seq)
        return [(boot, seq) for seq in stored]

    def refused(self, sha256: str) -> list[Key]:
        """Drop what the hub could not number (`cmd` refused), and report the gap that it leaves."""
        rows = self._all("SELECT boot, seq FROM messages WHERE device = ? AND sha256 = ?", sha256)
        for boot, seq in rows:
            self.skip(boot, seq, why="refused by the hub")
        return [(boot, seq) for boot, seq in rows]

    def skip(self, boot: str, seq: int, *, why: str) -> None:
        """Drop one message that can never be delivered (a poisoned head), and report it."""
        self._forget(boot, seq)
        self.report_gone(boot, seq, seq, why=why)
        self._run("UPDATE notes SET carrier_boot = NULL, carrier_seq = NULL"
                  " WHERE device = ? AND carrier_boot = ? AND carrier_seq = ?", boot, seq)  # fmt: skip

    def report_gone(self, boot: str, first: int, last: int, *, why: str) -> None:
        """Say in the next message that a range of a boot will not come."""
        self.dropped += last - first + 1
        note = {"k": "dropped", "boot": boot, "from": first, "to": last, "why": why}
        self.drops.append(note)
        for identity, text in self._free_notes():
            old = json.loads(text)
            if old.get("boot") == boot and old.get("why") == why and old.get("to") == first - 1:
                text = json.dumps({**old, "to": last})
                self._run("UPDATE notes SET note = ?3 WHERE device = ?1 AND id = ?2", identity, text)
                return
        self._note(note)

    def last_of(self, boot: str) -> int | None:
        """The last number given in a boot, None when the boot is unknown."""
        row = self._one("SELECT last FROM boots WHERE device = ? AND boot = ?", boot)
        return None if row is None else int(row[0])

    def pending_keys(self) -> list[Key]:
        """Every pending (boot, seq), oldest first."""
        return [(b, s) for b, s in self._all("SELECT boot, seq FROM messages WHERE device = ? ORDER BY id")]

    def payload(self, key: Key) -> bytes | None:
        """The bytes of one pending message. They never change: the same number with other content is a conflict."""
        row = self._one("SELECT payload FROM messages WHERE device = ? AND boot = ? AND seq = ?", *key)
        return None if row is None else bytes(row[0])

    def described(self, key: Key) -> Pending:
        """One pending message with its digest and tag. KeyError when it is not pending."""
        sql = "SELECT boot, seq, payload, sha256, tag FROM messages WHERE device = ? AND boot = ? AND seq = ?"
        row = self._one(sql, *key)
        if row is None:
            raise KeyError(key)
        return Pending(*row)

    def pending(self) -> Iterator[Pending]:
        """Every pending message, oldest first."""
        sql = "SELECT boot, seq, payload, sha256, tag FROM messages WHERE device = ? ORDER BY id"
        for row in self.connection.execute(sql, (self.device,)):
            yield Pending(*row)

    def commit(self) -> None:
        """Make it durable. Only then may anything appended be sent."""
        self.connection.commit()

    def _make_room(self, wanted: int) -> None:
        """Full: the oldest go first (the newest say how the patient is now), a tenth at once, and it is reported."""
        if self.size + wanted <= self.limit_bytes:
            return
        target = self.limit_bytes * 9 // 10
        for boot, seq in self.pending_keys():
            self.skip(boot, seq, why=FULL)
            if self.size + wanted <= target:
                return

    def _forget(self, boot: str, seq: int) -> None:
        row = self._one("SELECT length(payload) FROM messages WHERE device = ? AND boot = ? AND seq = ?", boot, seq)
        self.size -= row[0] if row else 0
        self._run("DELETE FROM messages WHERE device = ? AND boot = ? AND seq = ?", boot, seq)

    def _note(self, note: Mapping[str, Any]) -> None:
        self._run("INSERT INTO notes (device, note) VALUES (?, ?)", json.dumps(note))

    def _free_notes(self) -> list[tuple[int, str]]:
        sql = "SELECT id, note FROM notes WHERE device = ? AND carrier_boot IS NULL ORDER BY id LIMIT ?"
        return [(identity, text) for identity, text in self._all(sql, LIMIT_NOTES)]

    def _measure(self) -> int:
        row = self._one("SELECT coalesce(sum(length(payload)), 0) FROM messages WHERE device = ?")
        return int(row[0]) if row else 0

    def _run(self, sql: str, *values: Any) -> None:
        self.connection.execute(sql, (self.device, *values))

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.connection.execute(sql, (self.device, *values)).fetchone()
        return row

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, (self.device, *values)).fetchall()
