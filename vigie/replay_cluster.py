"""Pieces of a replay on a Dask cluster. Imported only when a cluster is named: `pip install 'vigie[fleet]'`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import distributed

from alerts.trial.replay_many import Answers, Failed, Task, Work, named
from vigie.replay_file import Piece, play_rows
from vigie.replay_rows import UnusableFile

AHEAD = 2  # pieces sent a worker thread, so that memory is bounded on both sides
Prepare = Callable[[Any], Any]


def over(tasks: Sequence[Task], work: Work, address: str, *, prepare: Prepare) -> Answers:
    """As `replay_many.run`, on the workers of a cluster. `prepare`: a payload as it is sent, made when it is."""
    library: Any = distributed  # it has no types
    with library.Client(address, timeout="15s", set_as_default=False) as client, client.as_current():
        most = max(1, AHEAD * sum(client.nthreads().values()))
        waiting, places = iter(enumerate(tasks)), dict[Any, int]()
        done = library.as_completed([])

        def send() -> None:
            following = next(waiting, None)
            if following is None:
                return
            place, task = following
            future = client.submit(work, prepare(task.payload), pure=False, retries=1)
            places[future.key] = place
            done.add(future)

        for _ in range(most):
            send()
        for future in done:
            place = places.pop(future.key)
            yield place, _answer(future, tasks[place])
            send()


def _answer(future: Any, task: Task) -> Any:
    if future.status == "finished":
        return future.result()
    error = future.exception()
    if isinstance(error, ValueError):
        raise error
    raise Failed(f"{named(task.patients)}: could not be played: {error}")


def run(tasks: Sequence[Task], address: str) -> Answers:
    """The pieces of `vigie replay`: the rows travel to the workers, the lines come back into the files beside them."""
    for place, text in over(tasks, play_text, address, prepare=_with_rows):
        if isinstance(text, UnusableFile):
            yield place, text
            continue
        Path(f"{tasks[place].payload[1]}.out").write_bytes(text)
        yield place, None


def _with_rows(payload: tuple[Piece, str]) -> tuple[Piece, bytes]:
    job, path = payload
    return job, Path(path).read_bytes()


def play_text(payload: tuple[Piece, bytes]) -> bytes | UnusableFile:
    """One piece on a worker that may share no disk with us."""
    job, content = payload
    try:
        return "".join(play_rows(job, iter(content.decode().split("\n")[:-1]))).encode()
    except UnusableFile as fault:
        return fault
    except UnicodeDecodeError:
        return UnusableFile(f"{job.name}: expected UTF-8 text", 0)
