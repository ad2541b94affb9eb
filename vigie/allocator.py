"""How the hub's process keeps its memory: the allocator, garbage once patients are loaded, what is given back."""

import ctypes
import ctypes.util
import gc
import os
import sys
from collections.abc import Mapping

ARENAS = 2
_M_ARENA_MAX = -8  # of mallopt, as in malloc.h
# Pages that nobody has used for five seconds go back to the system; done by a thread of its own.
JEMALLOC = f"background_thread:true,narenas:{ARENAS},dirty_decay_ms:5000,muzzy_decay_ms:0"


def with_jemalloc(environ: Mapping[str, str], library: str | None) -> dict[str, str] | None:
    """The environment of a process whose memory jemalloc keeps, Python's own objects too.

    None: there is no such library, or somebody has already decided (PYTHONMALLOC, or anything preloaded).
    """
    if library is None or "PYTHONMALLOC" in environ or environ.get("LD_PRELOAD"):
        return None
    return {"MALLOC_CONF": JEMALLOC, **environ, "LD_PRELOAD": library, "PYTHONMALLOC": "malloc"}


def begin_with_jemalloc() -> None:
    """Let the process begin anew with jemalloc, under the same number, where it is installed (docs/decisions/0021)."""
    if not sys.platform.startswith("linux"):
        return
    found = with_jemalloc(os.environ, ctypes.util.find_library("jemalloc"))
    if found is not None:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], found)  # noqa: S606 (its own command line)


def calm() -> None:
    """The patients' states live as long as the process and hold no cycles: do not search them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def few_arenas() -> None:
    """Without jemalloc, before the first thread: threads share memory, so that not each keeps what a burst needed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # glibc only
        mallopt(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Without jemalloc: give the system back what bursts have needed and nobody needs now."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
