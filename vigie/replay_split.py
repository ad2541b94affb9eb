"""A readings file cut into pieces of whole patients, in one pass and bounded memory. Nothing is judged here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from msgspec import Struct

from domain.instants import Micros, parse_iso
from vigie.replay_rows import COLUMNS, UnusableFile, fields, header

PIECE = 2_000_000  # bytes of a piece that are aimed at: some 25,000 rows
MOST_PIECES = 200  # open files at a time
BUFFER = 1 << 17
BLOCK = 1 << 20
_RECEIVED = COLUMNS.index("received_at")

Told = Callable[[int], None]  # bytes that were dealt with


class Piece(Struct, frozen=True):
    """Rows of some patients, each line with its number in front."""

    path: Path
    patients: tuple[str, ...]
    size: int


class Split(Struct, frozen=True):
    """A file in pieces. `last`: the latest time of receipt in it (0: no row), where the clock of a replay stops."""

    pieces: tuple[Piece, ...]
    columns: tuple[int, ...]
    last: Micros


def split(path: Path, folder: Path, *, least: int, told: Told) -> Split:
    """Write the pieces of a file into a folder: at least so many if there are patients enough. Raises UnusableFile."""
    count = min(MOST_PIECES, max(least, -(-path.stat().st_size // PIECE)))
    sinks = [(folder / f"{number}.csv").open("wb", buffering=BUFFER) for number in range(count)]
    patients: list[list[str]] = [[] for _ in sinks]
    latest = _Latest()
    try:
        with path.open("rb", buffering=BUFFER) as source:
            columns = header(_text(source.readline(), 1, path, "utf-8-sig"), path)
            where: dict[bytes, Callable[[bytes], int]] = {}
            seen: bytes | None = None
            for number, patient, received, line in _lines(source, columns, path, told):
                write = where.get(patient)
                if write is None:
                    name = _text(patient, number, path).strip()
                    place = crc32(name.encode()) % count
                    write = where[patient] = sinks[place].write
                    if name not in patients[place]:
                        patients[place].append(name)
                write(b"%d,%s\n" % (number, line))
                if received != seen:  # many rows of one instant follow each other
                    seen = received
                    latest.see(received, number, path)
    finally:
        for sink in sinks:
            sink.close()
    pieces = [
        Piece(Path(sink.name), tuple(names), Path(sink.name).stat().st_size)
        for sink, names in zip(sinks, patients, strict=True)
        if names
    ]
    return Split(tuple(sorted(pieces, key=lambda piece: -piece.size)), columns, latest.at())


def _lines(
    source: BinaryIO, columns: tuple[int, ...], path: Path, told: Told
) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    """(number, patient, received_at, line without its end) of every row that is not empty."""
    number, in_order = 1, columns[:3] == (0, 1, 2)
    while block := source.read(BLOCK):
        block += source.readline()
        plain = in_order and b'"' not in block and b"\r" not in block
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            if plain:
                head = line.split(b",", 3)
                if len(head) == 4:
                    yield number, head[0], head[2], line
                    continue
            elif line.endswith(b"\r"):
                line = line[:-1]
            if line.strip():
                found = fields(_text(line, number, path), number, path)
                patient, received = (found[at] if at < len(found) else "" for at in (columns[0], columns[_RECEIVED]))
                yield number, patient.encode(), received.encode(), line
        told(len(block))


def _text(raw: bytes, number: int, path: Path, encoding: str = "utf-8") -> str:
    try:
        return raw.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"{path}: line {number}: expected UTF-8 text") from error


class _Latest:
    """The latest of many times. `YYYY-MM-DDTHH:MM:SSZ` are compared as text, which is their order."""

    def __init__(self) -> None:
        self._plain = b""
        self._other: dict[bytes, Micros] = {}

    def see(self, text: bytes, number: int, path: Path) -> None:
        """One more. Raises UnusableFile when it is no time."""
        if len(text) == 20 and text[10] == 84 and text[5] < 58 and text[19] == 90:
            if text > self._plain:
                self._plain = text
        elif text not in self._other:
            try:
                at = parse_iso(text.decode())
            except ValueError as error:
                raise UnusableFile(f"{path}: line {number}: measured_at, received_at: {error}") from error
            latest = max([at, *self._other.values()])
            self._other = {text: latest}

    def at(self) -> Micros:
        """The latest. A text that is no time is left to the reader of its row, which names its line."""
        try:
            plain = [parse_iso(self._plain.decode())] if self._plain else []
        except ValueError:
            plain = []
        return max([*plain, *self._other.values()], default=0)
