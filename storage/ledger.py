"""The proof that nothing is missing: per device and boot, what is stored, refused, dropped and missing.

Read only; called by the command line (`vigie ledger`) and by tests.
"""

from typing import Any

import psycopg
from msgspec import Struct

# Sequence numbers that follow each other fall into one island: seq minus its rank is constant inside it.
_RANGES = """
SELECT boot, min(seq), max(seq), count(*), count(*) FILTER (WHERE refused), min(received_at) AS first_at
FROM (SELECT boot, seq, refused, received_at, seq - row_number() OVER (PARTITION BY boot ORDER BY seq) AS island
      FROM message WHERE device = %s) AS numbered
GROUP BY boot, island ORDER BY boot, min(seq)
"""
_DROPPED = "SELECT boot, from_seq, to_seq, why FROM dropped WHERE device = %s ORDER BY boot, from_seq, to_seq"
_BOOTS = "SELECT boot, prev, prev_last, seen_at FROM boot WHERE device = %s ORDER BY seen_at, boot"
# Next to each other in order of their beginning: what begins after the highest end before it leaves a hole.
_MISSING = """
WITH known AS (SELECT device, boot, seq AS low, seq AS high FROM message
               UNION ALL SELECT device, boot, from_seq, to_seq FROM dropped
               UNION ALL SELECT device, prev, prev_last + 1, prev_last FROM boot WHERE prev_last IS NOT NULL),
     placed AS (SELECT *, coalesce(max(high) OVER (PARTITION BY device, boot ORDER BY low, high
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM known)
SELECT device, boot, before + 1, low - 1 FROM placed WHERE low > before + 1 ORDER BY device, boot, low
"""


class Dropped(Struct, frozen=True):
    """A range that the device gave up, and why."""

    from_seq: int
    to_seq: int
    why: str


class BootLedger(Struct, frozen=True):
    """One start of a device. `stored` counts messages with something stored, `rejected` those refused as a whole.

    Ranges include both ends. `last` is the highest number known: stored, dropped, or told by the next boot.
    """

    boot: str
    first: int
    last: int
    stored: int
    rejected: int
    dropped: tuple[Dropped, ...]
    missing: tuple[tuple[int, int], ...]


def ledger(conn: psycopg.Connection[Any], device: str) -> list[BootLedger]:
    """Every boot of the device that left any trace, in the order in which they were first heard of."""
    islands: dict[str, list[tuple[int, int]]] = {}
    counts: dict[str, tuple[int, int]] = {}
    seen: dict[str, Any] = {}
    for boot, first, last, count, refused, at in conn.execute(_RANGES, (device,)):
        islands.setdefault(boot, []).append((first, last))
        stored, rejected = counts.get(boot, (0, 0))
        counts[boot] = (stored + count - refused, rejected + refused)
        seen[boot] = min(seen.get(boot, at), at)
    dropped: dict[str, list[Dropped]] = {}
    for boot, first, last, why in conn.execute(_DROPPED, (device,)):
        dropped.setdefault(boot, []).append(Dropped(first, last, why))
    told: dict[str, int] = {}
    for boot, prev, prev_last, at in conn.execute(_BOOTS, (device,)):
        seen.setdefault(boot, at)
        if prev is not None and prev_last is not None:
            told[prev] = max(prev_last, told.get(prev, 0))
            seen.setdefault(prev, at)
    boots = sorted({*islands, *dropped, *told}, key=lambda boot: (boot not in seen, seen.get(boot, 0), boot))
    return [
        _boot(boot, islands.get(boot, []), counts.get(boot, (0, 0)), dropped.get(boot, []), told.get(boot, 0))
        for boot in boots
    ]


class Missing(Struct, frozen=True):
    """A range of a device's boot of which later numbers are known, and which is neither stored, refused nor dropped."""

    device: str
    boot: str
    first: int
    last: int


def missing(conn: psycopg.Connection[Any]) -> list[Missing]:
    """What is missing of every device, in one query over all that is stored: for an operator, not for every minute."""
    return [Missing(*row) for row in conn.execute(_MISSING)]


def _boot(
    boot: str, islands: list[tuple[int, int]], counts: tuple[int, int], dropped: list[Dropped], told: int
) -> BootLedger:
    known = sorted([*islands, *((gone.from_seq, gone.to_seq) for gone in dropped)])
    last = max((end for _, end in known), default=0)
    missing = []
    expected = 1
    for start, end in known:
        if start > expected:
            missing.append((expected, start - 1))
        expected = max(expected, end + 1)
    if told >= expected:
        missing.append((expected, told))
    first = known[0][0] if known else 1
    return BootLedger(boot, first, max(last, told), counts[0], counts[1], tuple(dropped), tuple(missing))
