"""The bell of a channel's couriers: a ring wakes one of them, none is lost, and the end wakes all."""

import threading

from alerts.escalation.courier import Bell


def test_a_ring_before_anybody_waits_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    assert bell.wait(0)
    assert not bell.wait(0)


def test_a_ring_wakes_one_and_whoever_woke_may_wake_the_next() -> None:
    bell, woken = Bell(), threading.Semaphore(0)
    left = threading.Barrier(4)

    def sleeper() -> None:
        if bell.wait(10):
            woken.release()
            bell.ring()
        left.wait(10)

    sleepers = [threading.Thread(target=sleeper) for _ in range(3)]
    for one in sleepers:
        one.start()
    bell.ring()
    for _ in sleepers:
        assert woken.acquire(timeout=10)
    left.wait(10)
    for one in sleepers:
        one.join(10)


def test_the_end_wakes_everybody_for_good() -> None:
    bell = Bell()
    sleepers = [threading.Thread(target=bell.wait, args=(60,)) for _ in range(3)]
    for one in sleepers:
        one.start()
    bell.end()
    for one in sleepers:
        one.join(10)
        assert not one.is_alive()
    assert not bell.wait(60)
