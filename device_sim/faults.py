"""What goes wrong on the way: wrappers around a stream of steps. Pure; the generator of random numbers is an argument.

A fault never loses or changes a good message: it repeats, delays, reorders, bends the clock, cuts the link or puts
garbage between. The device's truth stays what it was.
"""

import dataclasses
import heapq
import itertools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from device_sim.steps import Message, Step, Steps
from device_sim.truth import AHEAD_BY, Subject, clock_truth
from domain.instants import SECOND, Micros
from domain.wire import MAX_PAYLOAD

if TYPE_CHECKING:
    from random import Random

FAULTS = ("duplicates", "late", "shuffled", "skewed", "clock_1970", "garbage", "outage")


def apply(steps: Steps, fault: Mapping[str, Any], *, subject: Subject, start: Micros, rng: "Random") -> Steps:
    """One fault as written in a fleet file: {"kind": ..., and what that kind takes}."""
    rate = float(fault.get("rate", 0.1))
    match fault.get("kind"):
        case "duplicates":
            return duplicates(steps, rate=rate, rng=rng)
        case "late":
            return late(steps, rate=rate, by_s=float(fault.get("by_s", 3600)), rng=rng)
        case "shuffled":
            return shuffled(steps, block=int(fault.get("block", 5)), rng=rng)
        case "skewed":
            skew, deaf = float(fault.get("ahead_s", 3600)), bool(fault.get("deaf", False))
            return skewed(steps, ahead_s=skew, deaf=deaf, subject=subject)
        case "clock_1970":
            after = start + int(float(fault.get("after_s", 0)) * SECOND)
            return clock_1970(steps, after=after, deaf=bool(fault.get("deaf", True)), subject=subject)
        case "garbage":
            return garbage(steps, rate=rate, kinds=tuple(fault.get("kinds", GARBAGE)), rng=rng)
        case "outage":
            begin = start + int(float(fault.get("after_s", 3600)) * SECOND)
            return outage(steps, begin=begin, end=begin + int(float(fault.get("for_s", 7200)) * SECOND))
    raise ValueError(f"faults.kind: expected one of {', '.join(FAULTS)}, got {fault.get('kind')!r}")


def duplicates(steps: Steps, *, rate: float, rng: "Random") -> Steps:
    """Some messages are published two or three times."""
    for step in steps:
        again = step.message is not None and rng.random() < rate
        yield dataclasses.replace(step, copies=rng.choice((1, 2))) if again else step


def late(steps: Steps, *, rate: float, by_s: float, rng: "Random") -> Steps:
    """Some messages leave the device up to `by_s` after their measurement."""
    waiting: list[tuple[Micros, int, Step]] = []
    for number, step in enumerate(steps):
        while waiting and waiting[0][0] <= step.at:
            yield heapq.heappop(waiting)[2]
        if step.message is None or rng.random() >= rate:
            yield step
            continue
        at = step.at + int(rng.uniform(0.1, 1) * by_s * SECOND)
        heapq.heappush(waiting, (at, number, dataclasses.replace(step, at=at)))
    while waiting:
        yield heapq.heappop(waiting)[2]


def shuffled(steps: Steps, *, block: int, rng: "Random") -> Steps:
    """Messages leave in blocks, each block in any order, when its last one is measured."""
    while batch := list(itertools.islice(steps, block)):
        at = max(step.at for step in batch)
        if all(step.link is None for step in batch):
            rng.shuffle(batch)
        yield from (dataclasses.replace(step, at=at) for step in batch)


def skewed(steps: Steps, *, ahead_s: float, deaf: bool, subject: Subject) -> Steps:
    """The device's clock is ahead (negative: behind). `deaf`: it does not learn the time from the hub."""
    told = not (deaf and ahead_s > AHEAD_BY)
    for step in steps:
        truths = step.truths if told or step.message is None else (*step.truths, clock_truth(subject, step.at))
        told = told or step.message is not None
        yield dataclasses.replace(step, skew_s=step.skew_s + ahead_s, deaf=deaf or step.deaf, truths=truths)


def clock_1970(steps: Steps, *, after: Micros, deaf: bool, subject: Subject) -> Steps:
    """From `after` on the clock has lost its battery: it counts from 1970."""
    told = not deaf
    for step in steps:
        if step.at < after:
            yield step
            continue
        truths = step.truths if told or step.message is None else (*step.truths, clock_truth(subject, step.at))
        told = told or step.message is not None
        yield dataclasses.replace(step, skew_s=-after / SECOND, deaf=deaf or step.deaf, truths=truths)


def outage(steps: Steps, *, begin: Micros, end: Micros) -> Steps:
    """No link between two instants; the device goes on measuring."""
    marks = [Step(at=begin, message=None, measured_at=begin, link="down"),
             Step(at=end, message=None, measured_at=end, link="up")]  # fmt: skip
    for step in steps:
        while marks and marks[0].at <= step.at:
            yield marks.pop(0)
        yield step
    yield from marks


def garbage(steps: Steps, *, rate: float, kinds: tuple[str, ...], rng: "Random") -> Steps:
    """Garbage goes out between the good messages."""
    for kind in kinds:
        if kind not in GARBAGE:
            raise ValueError(f"faults.kinds: expected some of {', '.join(GARBAGE)}, got {kind!r}")
    for step in steps:
        yield step
        if step.message is not None and rng.random() < rate:
            yield dataclasses.replace(step, truths=(), copies=0, spoil=rng.choice(kinds))


# --- kinds of garbage: a whole message -> bytes that must be refused, for the stated reason ---


def _entry(**change: Any) -> Callable[[Message], bytes]:
    def spoil(message: Message) -> bytes:
        return _bytes({**message, "obs": [{"c": "8867-4", "v": 70, "u": "/min", **change}]})

    return spoil


def _head(**change: Any) -> Callable[[Message], bytes]:
    return lambda message: _bytes({**message, **change})


def _number(text: str) -> Callable[[Message], bytes]:
    mark = 123454321
    return lambda message: _entry(v=mark)(message).replace(str(mark).encode(), text.encode())


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


_LISTS = ("obs", "rep", "int", "ev")

# kind -> (reason, the entry alone is refused, spoil)
GARBAGE: dict[str, tuple[str, bool, Callable[[Message], bytes]]] = {
    "truncated": ("malformed", False, lambda message: _bytes(message)[:-9]),
    "empty": ("malformed", False, lambda _: b""),
    "binary": ("malformed", False, lambda message: b"\x00\xff\xfe\x80" + bytes(range(256)) + _bytes(message)),
    "latin1": ("malformed", False, lambda message: _entry(site="~")(message).replace(b"~", b"\xe9")),
    "list": ("malformed", False, lambda message: _bytes([message])),
    "no_entries": ("malformed", False, lambda message: _bytes({k: v for k, v in message.items() if k not in _LISTS})),
    "version": ("malformed", False, _head(v=2)),
    "seq_text": ("malformed", False, lambda message: _bytes({**message, "seq": str(message["seq"])})),
    "seq_zero": ("malformed", False, _head(seq=0)),
    "no_boot": ("malformed", False, lambda message: _bytes({k: v for k, v in message.items() if k != "boot"})),
    "time_text": ("malformed", False, _head(t="yesterday")),
    "time_no_zone": ("malformed", False, _head(t="2026-11-22T05:50:02")),
    "obs_object": ("malformed", False, _head(obs={"c": "8867-4", "v": 70, "u": "/min"})),
    "deep": ("malformed", False, lambda _: b'{"v":1,"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
    "too_large": ("too_large", False, lambda message: _bytes({**message, "pad": "x" * MAX_PAYLOAD})),
    "too_many": ("malformed", False, lambda message: _bytes({**message, "obs": [{"c": "8867-4"}] * 501})),
    "value_text": ("malformed", True, _entry(v="70")),
    "value_bool": ("malformed", True, _entry(v=True)),
    "value_list": ("malformed", True, _entry(v=[70])),
    "nan": ("not_finite", True, _number("NaN")),
    "infinity": ("not_finite", True, _number("-Infinity")),
    "1e999": ("not_finite", True, _number("1e999")),
    "huge_integer": ("implausible", True, _number("9" * 60)),
    "unknown_code": ("unknown_code", True, _entry(c="0000-0")),
    "unknown_unit": ("unknown_unit", True, _entry(u="furlong")),
    "implausible": ("implausible", True, _entry(v=-4)),
    "nul": ("malformed", True, _entry(site="a\x00b")),
    "lone_surrogate": ("malformed", True, _entry(site="\ud800")),
}


def spoil(kind: str, message: Message) -> bytes:
    """The bytes of one kind of garbage made from a numbered message."""
    return GARBAGE[kind][2](message)
