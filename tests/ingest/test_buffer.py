"""The buffer: live first, bulk not starved, full means waiting, nothing dropped."""

import threading

import pytest
from msgspec import structs

from ingest.buffer import BATCH, BATCH_BYTES, BULK, BULK_BATCH, LIVE, Buffer, Delivery


def delivery(number: int, lane: str = LIVE) -> Delivery:
    return Delivery(b"", "", number, 1, 1, lane, number)


def test_live_goes_before_bulk_and_bulk_in_small_batches() -> None:
    buffer = Buffer()
    for number in range(BULK_BATCH + 10):
        buffer.put(delivery(number, BULK))
    assert [one.lane for one in buffer.take(0)] == [BULK] * BULK_BATCH
    for number in range(BATCH + 1):
        buffer.put(delivery(number))
    assert [one.mid for one in buffer.take(0)] == list(range(BATCH))
    assert [one.lane for one in buffer.take(0)] == [LIVE]
    assert [one.mid for one in buffer.take(0)] == list(range(BULK_BATCH, BULK_BATCH + 10))


def test_nobody_gathers_while_bulk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(_: float) -> bool:
        raise AssertionError("waited for more live messages")

    buffer = Buffer()
    monkeypatch.setattr(buffer._changed, "wait", waits)
    for number in range(BULK_BATCH + 1):
        buffer.put(delivery(number, BULK))
    assert [one.lane for one in buffer.take(0)] == [BULK] * BULK_BATCH
    buffer.put(delivery(1))
    assert [one.lane for one in buffer.take(0)] == [LIVE]


def test_a_full_lane_waits_and_nothing_is_dropped() -> None:
    buffer = Buffer(capacity=10)
    sender = threading.Thread(target=lambda: [buffer.put(delivery(number)) for number in range(100)])
    sender.start()
    got: list[int] = []
    while len(got) < 100:
        batch = buffer.take(1)
        assert len(batch) <= 10
        got += [one.mid for one in batch]
    sender.join()
    assert got == list(range(100))
    assert not buffer.is_full(LIVE)


def test_close_wakes_everybody() -> None:
    buffer = Buffer(capacity=1)
    buffer.put(delivery(1))
    answers: list[bool] = []
    sender = threading.Thread(target=lambda: answers.append(buffer.put(delivery(2))))
    sender.start()
    buffer.close()
    sender.join(5)
    assert answers == [False]
    assert [one.mid for one in buffer.take(0)] == [1]
    assert buffer.take(10) == []


def test_an_empty_buffer_gives_nothing() -> None:
    assert Buffer().take(0) == []


def test_a_batch_is_bounded_by_its_bytes_too_and_never_empty() -> None:
    buffer = Buffer()
    half = b"x" * (BATCH_BYTES // 2)
    for number, payload in enumerate((half, half, b"y", half + half + b"z", b"")):
        buffer.put(structs.replace(delivery(number), payload=payload))
    assert [[one.mid for one in buffer.take(0)] for _ in range(3)] == [[0, 1], [2], [3]]
    assert [one.mid for one in buffer.take(0)] == [4]
