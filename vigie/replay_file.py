"""A readings file (interface, section 7) judged like live messages and played through the live engine. Wiring only."""

import gc
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from msgspec import Struct

from alerts.protocol.library import shipped
from alerts.protocol.plan import check_plan
from alerts.replay import Recording
from alerts.trial import replay_many
from alerts.trial.replay_many import Line, Task
from domain.alerts import AlertEvent, DeviceNote, Input
from domain.instants import Micros, iso
from domain.values import Rejected
from vigie.replay_rows import OPTIONAL, REQUIRED, Row, UnusableFile, reader, together
from vigie.replay_split import split

__all__ = ["OPTIONAL", "REQUIRED", "Options", "UnusableFile", "line", "plans_of", "replay"]

LARGE = 4_000_000  # bytes from which on all cores are used unless somebody says otherwise
END = 1 << 62  # verdicts come behind every event


class Progress(Struct, frozen=True):
    """Who is told how far a replay is, in bytes of the file."""

    split: Callable[[int], None] = lambda _: None
    played: Callable[[int], None] = lambda _: None


class Options(Struct, frozen=True):
    """How a replay runs. `jobs`: processes (None: all cores when the file is large). `cluster`: a Dask scheduler."""

    verdicts: bool = False
    jobs: int | None = None
    cluster: str | None = None
    progress: Progress = Progress()


def replay(readings: Path, context: Path | None, options: Options = Options()) -> Iterator[str]:  # noqa: B008
    """Output lines of a replay as JSON, in order of time, then patient; with `verdicts`, what every rule says at last.

    However many processes play it, the lines are the same. Raises UnusableFile, or Failed naming patients.
    """
    plans = plans_of(context)
    jobs = options.jobs if options.jobs is not None else cores() if readings.stat().st_size >= LARGE else 1
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="vigie-replay-")))
        found = split(readings, folder, least=jobs if options.cluster is None else 1, told=options.progress.split)
        tasks = []
        for piece in found.pieces:
            known = {name: plans[name] for name in piece.patients if name in plans}
            job = Piece(str(readings), found.columns, found.last, known, options.verdicts)
            tasks.append(Task(piece.patients, (job, str(piece.path))))
        played = _run(tasks, jobs, options.cluster)
        for place, _ in _first_fault_last(played):
            options.progress.played(found.pieces[place].size)
        files = [held.enter_context(_open(f"{piece.path}.out")) for piece in found.pieces]
        yield from replay_many.merged([replay_many.unpacked(file) for file in files])


def cores() -> int:
    """Processes that can run at once here."""
    import os

    return len(os.sched_getaffinity(0))


def _run(tasks: list[Task], jobs: int, cluster: str | None) -> replay_many.Answers:
    if cluster is None:
        return replay_many.run(tasks, play_file, jobs=jobs, preload=(__name__,))
    from vigie import replay_cluster  # only then: it needs dask.distributed

    return replay_cluster.run(tasks, cluster)


def _first_fault_last(answers: replay_many.Answers) -> replay_many.Answers:
    """The answers; of several unusable rows the first in the file is the one that is told."""
    faults: list[UnusableFile] = []
    for place, answer in answers:
        if isinstance(answer, UnusableFile):
            faults.append(answer)
        yield place, answer
    if faults:
        raise min(faults, key=lambda fault: fault.args[1])


def _open(path: str) -> Any:
    return Path(path).open(encoding="utf-8", newline="\n")


class Piece(Struct, frozen=True):
    """What a process must know to play some patients of a file."""

    name: str
    columns: tuple[int, ...]
    last: Micros
    plans: dict[str, dict[str, Any]]
    verdicts: bool


def play_file(payload: tuple[Piece, str]) -> UnusableFile | None:
    """One piece of this machine: its rows are in a file, its lines go into the file beside it."""
    job, path = payload
    with _open(path) as source, Path(f"{path}.out").open("w", encoding="utf-8", newline="\n") as out:
        try:
            out.writelines(play_rows(job, source))
        except UnusableFile as fault:
            return fault
        except UnicodeDecodeError:
            return UnusableFile(f"{job.name}: expected UTF-8 text", 0)
    return None


@contextmanager
def _few_collections() -> Iterator[None]:
    """Rows and events hold no cycles: looking for some would take a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def play_rows(job: Piece, source: Iterator[str]) -> Iterator[str]:
    """The packed lines of one piece, ordered."""
    with _few_collections():
        return replay_many.packed(_lines(job, source))


def _lines(job: Piece, source: Iterator[str]) -> list[Line]:
    rows, lines = rows_of(source, job.columns, job.name), list[Line]()
    for patient in sorted(rows):
        lines += _played(patient, rows.pop(patient), job)
    return replay_many.ordered(lines)


def rows_of(source: Iterable[str], columns: tuple[int, ...], name: str) -> dict[str, list[Row]]:
    """The rows of a piece by patient, in the order in which they are played. Raises UnusableFile with its line."""
    rows: dict[str, list[Row]] = {}
    read = reader(columns, name)
    for text in source:
        number, _, row = text.rstrip("\n").partition(",")
        try:
            patient, found = read(row, int(number))
        except UnusableFile as fault:
            raise UnusableFile(str(fault), int(number)) from fault
        rows.setdefault(patient, []).append(found)
    return {patient: together(sorted(found, key=_order)) for patient, found in rows.items()}


_order = itemgetter(0, 1, 2)


def _played(patient: str, rows: list[Row], job: Piece) -> Iterator[Line]:
    """One patient's whole file: a recording of its own, whose clock stops where that of the file stops."""
    recording = Recording(shipped(), job.plans)
    for event in recording.play(_inputs(patient, rows, job.last)):
        if isinstance(event, Rejected):
            yield event.received_at, patient, _json(_rejection(event))
        else:
            yield event.at, patient, _json(line(event))
    if job.verdicts:
        for _, found in recording.findings():
            said = {"patient": patient, "rule": found.rule, "event": "verdict"}
            yield END, patient, _json(said | {"verdict": found.verdict, "why": found.why})


def _inputs(patient: str, rows: list[Row], last: Micros) -> Iterator[tuple[str, Micros, Input]]:
    for received_at, _, _, found, fault in rows:
        if fault is not None:
            yield patient, received_at, fault
        yield patient, received_at, found
    yield patient, last, silent_until(patient, last)


def silent_until(patient: str, at: Micros) -> DeviceNote:
    """An input that says nothing: it brings the clock of a recording to an instant."""
    return DeviceNote(patient, "", "end of recording", None, at)


_json = partial(json.dumps, ensure_ascii=False)


def plans_of(context: Path | None) -> dict[str, dict[str, Any]]:
    """Care plans by patient of a context file, checked. Raises UnusableFile naming patient and field."""
    if context is None:
        return {}
    try:
        found = json.loads(context.read_text("utf-8"))
    except ValueError as error:
        raise UnusableFile(f"{context}: expected JSON: {error}") from error
    patients = found.get("patients") if isinstance(found, dict) else None
    if not isinstance(patients, dict) or not all(isinstance(plan, dict) for plan in patients.values()):
        raise UnusableFile(f"{context}: patients: expected an object of patient to care plan")
    for patient, plan in patients.items():
        for fault in check_plan(plan, shipped()):
            raise UnusableFile(f"{context}: patients.{patient}.{fault}")
    return patients


def line(event: AlertEvent) -> dict[str, Any]:
    """One alert event as an output line."""
    alert = event.alert
    return {
        "patient": alert.patient,
        "rule": alert.rule,
        "event": event.kind,
        "severity": alert.severity,
        "category": alert.category,
        "at": iso(event.at),
        "condition_at": iso(alert.condition_at),
        "late": alert.late,
        "criterion": alert.criterion,
        "reason": {"fr": alert.reason.fr, "en": alert.reason.en},
        "evidence": [
            {"code": e.code, "value": e.value, "unit": e.unit, "measured_at": iso(e.measured_at), "limit": e.limit,
             "body_site": e.body_site, "corrected": e.corrected, "reading": e.reading}
            for e in alert.evidence
        ],
        "state": alert.state,
        "alert": alert.id,
        "condition_to": None if alert.condition_to is None else iso(alert.condition_to),
        "rings": alert.rings,
    }  # fmt: skip


def _rejection(refused: Rejected) -> dict[str, Any]:
    at = iso(refused.received_at)
    return {
        "patient": refused.patient, "rule": None, "event": "rejected", "severity": None, "category": None, "at": at,
        "condition_at": None, "late": False, "criterion": None, "reason": refused.reason.value, "evidence": [],
        "field": refused.path, "expected": refused.expected, "line": (refused.seq or 0) + 1,
    }  # fmt: skip
