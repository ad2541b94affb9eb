"""Pieces of a replay on a Dask cluster. Imported only when a cluster is named: `pip install 'vigie[fleet]'`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import distributed

from alerts.trial.replay_many import Answers, Failed, Task, named
from vigie.replay_file import Piece, play_rows
from vigie.replay_rows import UnusableFile

AHEAD = 2  # pieces sent a worker thread, so that memory is bounded on both sides


def run(tasks: Sequence[Task], address: str) -> Answers:
    """As `replay_many.run`: the rows travel to the workers, the lines come back into the files beside them."""
    library: Any = distributed  # it has no types
    with library.Client(address, timeout="15s", set_as_default=False) as client, client.as_current():
        most = max(1, AHEAD * sum(client.nthreads().values()))
        waiting, places = iter(enumerate(tasks)), dict[Any, int]()
        done = library.as_completed([])
        for _ in range(most):
            _send(client, waiting, places, done)
        for future in done:
            place = places.pop(future.key)
            yield place, _received(future, tasks[place])
            _send(client, waiting, places, done)


def _send(client: Any, waiting: Any, places: dict[Any, int], done: Any) -> None:
    following = next(waiting, None)
    if following is None:
        return
    place, task = following
    job, path = task.payload
    future = client.submit(play_text, job, Path(path).read_bytes(), pure=False, retries=1)
    places[future.key] = place
    done.add(future)


def _received(future: Any, task: Task) -> UnusableFile | None:
    if future.status != "finished":
        raise Failed(f"{named(task.patients)}: could not be played: {future.exception()}")
    text = future.result()
    if isinstance(text, UnusableFile):
        return text
    Path(f"{task.payload[1]}.out").write_bytes(text)
    return None


def play_text(job: Piece, content: bytes) -> bytes | UnusableFile:
    """One piece on a worker that may share no disk with us."""
    try:
        return "".join(play_rows(job, iter(content.decode().split("\n")[:-1]))).encode()
    except UnusableFile as fault:
        return fault
    except UnicodeDecodeError:
        return UnusableFile(f"{job.name}: expected UTF-8 text", 0)
