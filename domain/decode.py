"""Bytes to messages, entry by entry when the whole does not fit. Pure: a fault is a value, never an exception.

The fast path is one strict decode. Only a payload that fails it is read again, leniently, so that the good entries of
a mixed message are kept and each bad one is named by its path.
"""

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from domain import wire
from domain.converting import converter, decoder
from domain.values import Reason


class Fault(Struct, frozen=True):
    """Why a payload or one entry of it cannot be read."""

    reason: Reason
    path: str
    expected: str


class Decoded(Struct, frozen=True):
    """A message with its good entries and the faults of the others. `indexes`: places of kept entries as sent."""

    message: wire.Message
    faults: tuple[Fault, ...] = ()
    indexes: dict[str, list[int]] | None = None


class Unreadable(Struct, frozen=True):
    """No message at all; boot and seq where they could be read."""

    fault: Fault
    boot: str | None = None
    seq: int | None = None


_decode = decoder(wire.Message)
_message, _entries = converter(wire.Message), converter(wire.Entries)
_boot: Callable[[Any], str] = converter(wire.Boot)
_seq: Callable[[Any], int] = converter(wire.Seq)
_entry = {
    "obs": converter(wire.Observation),
    "rep": converter(wire.Answer),
    "int": converter(wire.Dose),
    "ev": converter(wire.DeviceEvent),
    "given": converter(wire.Given),
    "retract": converter(wire.Retract),
}
_LISTS = ("obs", "rep", "int", "ev")
_ENTRY_LISTS = ("obs", "rep", "int", "given", "retract")
# An escape that PostgreSQL (U+0000) or UTF-8 (a lone surrogate) cannot hold: such payloads take the slow path.
_SUSPECT = (b"\\u0000", b"\\ud", b"\\uD")


def decode(payload: bytes) -> Decoded | Unreadable:
    """One payload of at most 64 KiB as a message."""
    if len(payload) > wire.MAX_PAYLOAD:
        return Unreadable(Fault(Reason.TOO_LARGE, "", f"at most {wire.MAX_PAYLOAD} bytes, got {len(payload)}"))
    try:
        message = _decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _by_entry(payload)
    if any(mark in payload for mark in _SUSPECT):
        return _by_entry(payload)
    return Decoded(message) if _has_entries(message) else _empty(message)


def _has_entries(message: wire.Message) -> bool:
    return bool(message.obs or message.ev or message.rep or message.int_)


def _empty(message: wire.Message) -> Unreadable:
    fault = Fault(Reason.MALFORMED, "", "at least one entry in obs, rep, int or ev")
    return Unreadable(fault, message.boot, message.seq)


def _by_entry(payload: bytes) -> Decoded | Unreadable:
    try:
        tree = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return Unreadable(Fault(Reason.MALFORMED, "", f"UTF-8 JSON: {_clean(error)}"))
    if not isinstance(tree, dict):
        return Unreadable(Fault(Reason.MALFORMED, "", "a JSON object"))
    boot, seq = _identity(tree)
    head = {key: value for key, value in tree.items() if key not in _LISTS}
    fault = _bad_leaf(head, "")
    if fault is not None:
        return Unreadable(fault, boot, seq)
    kept: dict[str, list[Any]] = {}
    indexes: dict[str, list[int]] = {}
    faults: list[Fault] = []
    for name in _LISTS:
        entries = tree.get(name, [])
        if not isinstance(entries, list):
            faults.append(Fault(Reason.MALFORMED, name, "a list"))
            continue
        if len(entries) > 500:
            faults.append(Fault(Reason.MALFORMED, name, f"at most 500 entries, got {len(entries)}"))
            continue
        kept[name], indexes[name] = _good(name, entries, faults)
    try:
        message = _message({**head, **kept})
    except (msgspec.MsgspecError, OverflowError, UnicodeError) as error:
        return Unreadable(_named(error, ""), boot, seq)
    if not _has_entries(message) and not faults:
        return _empty(message)
    return Decoded(message, tuple(faults), indexes)


def _good(name: str, entries: list[Any], faults: list[Fault]) -> tuple[list[Any], list[int]]:
    good, places = [], []
    for index, entry in enumerate(entries):
        path = f"{name}[{index}]"
        fault = _bad_leaf(entry, path)
        if fault is None:
            try:
                _entry[name](entry)
                good.append(entry)
                places.append(index)
                continue
            except (msgspec.MsgspecError, OverflowError, UnicodeError) as error:
                fault = _named(error, path)
        faults.append(fault)
    return good, places


def _bad_leaf(value: Any, path: str, depth: int = 0) -> Fault | None:
    """The first number that is not finite, or text that cannot be stored, anywhere below."""
    if isinstance(value, float) and not math.isfinite(value):
        return Fault(Reason.NOT_FINITE, path, "a finite number")
    if isinstance(value, int) and abs(value) > 1 << 62:
        return Fault(Reason.MALFORMED, path, "a number below 2^62")
    if isinstance(value, str):
        return None if _storable(value) else Fault(Reason.MALFORMED, path, "text without U+0000 or lone surrogates")
    if depth > 8:
        return Fault(Reason.MALFORMED, path, "at most 8 levels")
    if isinstance(value, dict):
        parts = [(f"{path}.{_clean(key)}".lstrip("."), part) for key, part in value.items()]
        if not all(_storable(key) for key in value):
            return Fault(Reason.MALFORMED, path, "names without U+0000 or lone surrogates")
    elif isinstance(value, list):
        parts = [(f"{path}[{index}]", part) for index, part in enumerate(value)]
    else:
        return None
    return next((fault for name, part in parts if (fault := _bad_leaf(part, name, depth + 1))), None)


def _named(error: Exception, path: str) -> Fault:
    """A fault at the field that msgspec names (`... - at `$.v``), below `path`."""
    said, _, place = _clean(error).rpartition(" - at `$")
    if not said:
        return Fault(Reason.MALFORMED, path, _clean(error))
    return Fault(Reason.MALFORMED, f"{path}{place.rstrip('`')}".lstrip("."), said)


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _clean(error: object) -> str:
    """An error's text, short, without anything that a database or a page cannot hold."""
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "?" for c in str(error))[:300]


def _identity(tree: dict[str, Any]) -> tuple[str | None, int | None]:
    try:
        boot = _boot(tree.get("boot"))
        seq = _seq(tree.get("seq"))
    except (msgspec.MsgspecError, OverflowError, UnicodeError):
        return None, None
    return boot, seq


def decode_entries(payload: bytes) -> wire.Entries | list[Fault]:
    """The body of a professional's entry. All or nothing: a form is corrected, not half stored."""
    if len(payload) > wire.MAX_PAYLOAD:
        return [Fault(Reason.TOO_LARGE, "", f"at most {wire.MAX_PAYLOAD} bytes, got {len(payload)}")]
    try:
        tree = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return [Fault(Reason.MALFORMED, "", f"UTF-8 JSON: {_clean(error)}")]
    if not isinstance(tree, dict):
        return [Fault(Reason.MALFORMED, "", "a JSON object")]
    known = (*_ENTRY_LISTS, "channel")
    faults = [
        Fault(Reason.MALFORMED, name, "obs, rep, int, given, retract or channel") for name in tree if name not in known
    ]
    for name in _ENTRY_LISTS:
        if isinstance(tree.get(name, []), list):
            _good(name, tree.get(name, []), faults)
    if not faults and not any(tree.get(name) for name in _ENTRY_LISTS):
        faults = [Fault(Reason.MALFORMED, "", "at least one entry in obs, rep, int, given or retract")]
    if faults:
        return faults
    try:
        return _entries(tree)
    except (msgspec.MsgspecError, OverflowError, UnicodeError) as error:
        return [_named(error, "")]
