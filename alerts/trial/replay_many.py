"""Independent pieces of one replay on several processes: run, fail by name, merge. Shell: it starts processes.

Knows nothing of files or rules: what a piece is and how it is played comes with the task. Called by `vigie replay` and
`vigie protocol try`.
"""

import heapq
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

from msgspec import Struct

NAMED = 12  # patients a failure names before it says how many more there are


class Task(Struct, frozen=True):
    """One piece: whose inputs it holds, and what the worker is given (must pickle)."""

    patients: tuple[str, ...]
    payload: Any


class Failed(RuntimeError):
    """A piece could not be played; the message names its patients and why."""


Work = Callable[[Any], Any]
Answers = Iterator[tuple[int, Any]]  # (place of the task, what it answered), as they come


def run(tasks: Sequence[Task], work: Work, *, jobs: int, preload: Sequence[str] = ()) -> Answers:
    """Every task on at most `jobs` processes, one process a task, so that memory is given back.

    With one job everything happens here. A ValueError of `work` is raised as it is; a worker that ends otherwise is
    `Failed`. Whatever ends this early (an error, Ctrl-C, a closed generator) ends the workers.
    """
    if jobs <= 1 or len(tasks) <= 1:
        for place, task in enumerate(tasks):
            yield place, work(task.payload)
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    with _no_interrupt():
        forkserver.ensure_running()
    running: dict[Connection, tuple[int, ForkServerProcess]] = {}
    waiting = iter(enumerate(tasks))
    try:
        while True:
            while len(running) < jobs and (following := next(waiting, None)) is not None:
                place, task = following
                answers, process = _start(context, work, task.payload)
                running[answers] = place, process
            if not running:
                return
            ready = wait(list(running))
            for answers in [found for found in running if found in ready]:
                place, process = running.pop(answers)
                yield place, _answer(answers, process, tasks[place])
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """What is started here ignores Ctrl-C from its first moment: that is the parent's to handle."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start(context: ForkServerContext, work: Work, payload: Any) -> tuple[Connection, ForkServerProcess]:
    answers, told = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(told, work, payload), daemon=True)
    process.start()
    told.close()
    return answers, process


def _child(told: Connection, work: Work, payload: Any) -> None:
    """The outermost function of a worker: whatever happens is an answer."""
    try:
        answer: tuple[str, Any] = ("done", work(payload))
    except ValueError as error:
        answer = ("refused", error)
    except Exception as error:  # noqa: BLE001
        answer = ("failed", f"{type(error).__name__}: {error}")
    with suppress(BrokenPipeError):  # the parent was interrupted and waits no more
        told.send(answer)


def _answer(answers: Connection, process: ForkServerProcess, task: Task) -> Any:
    try:
        how, answer = answers.recv()
    except EOFError:
        process.join()
        how, answer = "failed", f"its process ended with status {process.exitcode}"
    answers.close()
    process.join()
    if how == "refused":
        raise answer
    if how == "failed":
        raise Failed(f"{named(task.patients)}: could not be played: {answer}")
    return answer


def named(patients: Sequence[str]) -> str:
    """Patients in one line."""
    shown = ", ".join(sorted(patients)[:NAMED])
    more = len(patients) - NAMED
    return f"patients {shown}" + (f" and {more} more" if more > 0 else "")


Line = tuple[int, str, str]  # decided at, patient, text


def ordered(lines: Iterable[Line]) -> list[Line]:
    """One patient's or several patients' lines in the one order of a replay: by time, then patient.

    A patient's own lines keep their order: one that is decided for an earlier instant stays behind what came before it.
    """
    latest: dict[str, int] = {}
    found = []
    for at, patient, text in lines:
        latest[patient] = at = max(at, latest.get(patient, at))
        found.append((at, patient, text))
    return sorted(found, key=lambda line: line[:2])


def packed(lines: Iterable[Line]) -> Iterator[str]:
    """Lines as text that `unpacked` reads back, one a line."""
    return (f"{at} {len(patient)} {patient}{text}\n" for at, patient, text in lines)


def unpacked(rows: Iterable[str]) -> Iterator[Line]:
    """What `packed` wrote."""
    for row in rows:
        at, length, rest = row.split(" ", 2)
        yield int(at), rest[: int(length)], rest[int(length) :].rstrip("\n")


def merged(pieces: Sequence[Iterable[Line]]) -> Iterator[str]:
    """The texts of ordered pieces in the order of the whole."""
    return (text for _, _, text in heapq.merge(*pieces, key=lambda line: line[:2]))
