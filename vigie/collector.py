"""How the hub's process keeps its memory: garbage once the patients are loaded, and what the allocator gives back."""

import ctypes
import gc

ARENAS = 2
_M_ARENA_MAX = -8  # of mallopt, as in malloc.h


def calm() -> None:
    """The patients' states live as long as the process and hold no cycles: do not search them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def few_arenas() -> None:
    """Before the first thread: threads share their memory, so that what a burst needed is not kept by each of them."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # glibc only
        mallopt(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Give the system back what bursts have needed and nobody needs now."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
