"""What can happen to a hub, by name. Each fault is a context: broken inside, healed after it. Seeded dice decide."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.faults.laboratory import FAKETIME, Laboratory
from tests.faults.proxy import MODES, Mode, Proxy

Fault = Callable[[Laboratory, random.Random], AbstractContextManager[None]]
LONGEST = 4.0  # s that a link is broken or a process stands still
_FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT ON reading FOR EACH STATEMENT EXECUTE FUNCTION disk_is_full()
"""
_ROOM = "DROP TRIGGER disk_is_full ON reading; DROP FUNCTION disk_is_full()"


def _lasts(dice: random.Random) -> None:
    time.sleep(dice.uniform(0.3, LONGEST))


@contextmanager
def _kill(parts: tuple[str, ...], lab: Laboratory, dice: random.Random) -> Iterator[None]:
    """`kill -9`; they come back in any order, up to a second apart."""
    for part in dice.sample(parts, len(parts)):
        lab.kill(part)
    yield
    for part in dice.sample(parts, len(parts)):
        time.sleep(dice.uniform(0.0, 1.0))
        lab.start(part)


@contextmanager
def _crash(point: str, lab: Laboratory, dice: random.Random) -> Iterator[None]:
    """The hub kills itself at a point of its work, at the third to twelfth batch after a start."""
    lab.kill("hub")
    lab.start_hub(crash=f"{point}:{dice.randint(3, 12)}")
    lab.wait_for_end(20.0)
    yield
    lab.start("hub")


@contextmanager
def _store_lost(lab: Laboratory, dice: random.Random) -> Iterator[None]:
    lab.kill("broker")
    lab.trial.world.broker.wipe()
    yield
    lab.start("broker")


@contextmanager
def _stand_still(part: str, lab: Laboratory, dice: random.Random) -> Iterator[None]:
    """SIGSTOP, as a machine that swaps or a virtual machine that is moved."""
    pids = lab.pids(part)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        _lasts(dice)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def _link(name: str, mode: Mode, lab: Laboratory, dice: random.Random) -> Iterator[None]:
    link: Proxy = lab.links[name]
    link.set(mode)
    try:
        _lasts(dice)
        yield
    finally:
        link.set("pass")
        if mode == "twice":
            link.reset()  # a stream with bytes twice says nothing any more


@contextmanager
def _reset(name: str, lab: Laboratory, dice: random.Random) -> Iterator[None]:
    lab.links[name].reset()
    yield


@contextmanager
def _disk_full(lab: Laboratory, dice: random.Random) -> Iterator[None]:
    with lab.trial.world.connect() as conn:
        conn.execute(_FULL.encode())
    _lasts(dice)
    yield
    with lab.trial.world.connect() as conn:
        conn.execute(_ROOM.encode())


@contextmanager
def _flood(lab: Laboratory, dice: random.Random) -> Iterator[None]:
    """One device sends 5,000 good messages as fast as the broker takes them."""
    lab.flood(5000)
    yield


@contextmanager
def _clock(lab: Laboratory, dice: random.Random) -> Iterator[None]:
    """The hub's clock is set forward or back, and put right again: up to eight minutes of the hub's own time."""
    lab.set_clock(dice.uniform(-4.0, 4.0))
    _lasts(dice)
    yield
    lab.set_clock(0.0)


FAULTS: dict[str, Fault] = {
    **{f"kill {part}": partial(_kill, (part,)) for part in ("hub", "broker", "database")},
    "kill hub, broker and database": partial(_kill, ("hub", "broker", "database")),
    **{f"kill hub {point.replace('_', ' ')}": partial(_crash, point)
       for point in ("after_parse", "before_commit", "after_commit")},
    "broker's store lost": _store_lost,
    **{f"{part} stands still": partial(_stand_still, part) for part in ("hub", "broker", "database")},
    **{f"link {name}: {mode}": partial(_link, name, mode)
       for name in ("hub-broker", "hub-database", "devices-broker") for mode in MODES},
    **{f"link {name}: reset": partial(_reset, name) for name in ("hub-broker", "hub-database", "devices-broker")},
    "disk of the database full": _disk_full,
    "one device floods": _flood,
    **({} if FAKETIME is None else {"hub's clock set wrong": _clock}),
}  # fmt: skip
