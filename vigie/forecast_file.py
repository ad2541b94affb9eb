"""`vigie forecast`: a file of requests, one JSON object a line, into forecasts in the same order. Wiring only.

A line that cannot be used is answered `refused` and stops no other. Several processes share the lines out; each solves
small matrices, so the linear algebra underneath is held to one thread (set before numpy is loaded).
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

import msgspec

THREADS = "OPENBLAS_NUM_THREADS"
AT_ONCE = 20  # lines a process takes at a time
AHEAD = 4  # pieces a process may be ahead of what was written


def forecasts(
    lines: Iterable[bytes], *, jobs: int = 1, seed: int = 0, compiled: bool = False
) -> Iterator[dict[str, Any]]:
    """The answer to each line that is not blank, in order, with `ms`, the time it took. `compiled`: needs numba."""
    os.environ.setdefault(THREADS, "1")
    wanted = (line for line in lines if line.strip())
    if jobs == 1:
        yield from (answer(line, seed, compiled=compiled) for line in wanted)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        while some := list(islice(wanted, AT_ONCE * AHEAD * jobs)):
            yield from pool.map(partial(answer, seed=seed, compiled=compiled), some, chunksize=AT_ONCE)


def answer(line: bytes, seed: int, *, compiled: bool = False) -> dict[str, Any]:
    """One line. A fault of the model is told in its answer: it costs nobody else's forecast."""
    from models.anc.answer import line as told
    from models.anc.answer import refusal

    started = time.perf_counter()
    try:
        found = _forecast(line, seed, compiled=compiled)
    except Exception as fault:  # noqa: BLE001 the outermost loop of the command: the next patient is forecast
        found = refusal(_failed(line, fault))
    return {**told(found), "ms": round((time.perf_counter() - started) * 1000, 3)}


def _forecast(line: bytes, seed: int, *, compiled: bool) -> Any:
    from models.anc import forecast
    from models.anc.answer import refusal
    from models.anc.requests import parse
    from models.anc.values import Refused

    try:
        asked = parse(_decoded(line))
    except (msgspec.DecodeError, RecursionError) as error:
        asked = Refused(None, "line", f"a JSON object in UTF-8: {error}")
    if isinstance(asked, Refused):
        return refusal(asked)
    return forecast(asked, seed=seed, solve=_solver(compiled=compiled))


def _solver(*, compiled: bool) -> Any:
    if not compiled:
        from models.anc.curves import solve

        return solve
    from models.anc.compiled import solve as fast

    return fast


def _decoded(line: bytes) -> Any:
    """NaN, Infinity and 1e400 are not JSON, but many programs write them: read, so that id and field can be named."""
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        try:
            return json.loads(line.decode("utf-8"))
        except ValueError:
            pass
        raise


def _failed(line: bytes, fault: Exception) -> Any:
    from models.anc.values import Refused

    found = _decoded(line)
    name = str(found.get("id")) if isinstance(found, dict) else None
    return Refused(name, "model", f"a request the model can work out; it failed with {type(fault).__name__}: {fault}")
