"""Rule cases played: values are judged as live (`ingest.judge`), `alerts.replay.Recording` decides. Wiring only.

Called by `vigie protocol test` and by the tests.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, assert_never

import msgspec
from msgspec import Struct

from alerts.core import flags
from alerts.core.moves import Subject
from alerts.protocol.compiled import compile_plan
from alerts.protocol.plan import Library, check_plan
from alerts.replay import Recording
from alerts.trial.case_lines import Act, Battery, Dose, Foretold, Line, Measured, Nothing, Paused, Says, Treated
from alerts.trial.cases import READING, Case, CaseFault, Difference, Said, differences, faults, read
from domain.alerts import Action, AlertEvent, ClockFault, DeviceNote, Input, ModelOutput, Pause, PauseSet
from domain.decode import Fault
from domain.instants import SECOND, Micros
from domain.values import Given, Intake, Origin, Reading, Rejected, Report
from domain.wire import Answer, Observation
from domain.wire import Dose as WireDose
from ingest import judge
from ingest.accept import AHEAD

PATIENT = "case"


class Outcome(Struct, frozen=True):
    """A case and what differs; nothing differs: it passed."""

    case: Case
    said: tuple[Said, ...]
    differences: tuple[Difference, ...]


def load(paths: Sequence[Path]) -> list[Case]:
    """Every case of files and folders (their *.yaml), in order. Raises CaseFault."""
    found: list[Case] = []
    for path in paths:
        files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        if not files:
            raise CaseFault(f"{path}: expected files *.yaml in this folder")
        for file in files:
            try:
                found += read(str(file), file.read_text("utf-8"))
            except UnicodeDecodeError as error:
                raise CaseFault(f"{file}: expected UTF-8 text") from error
    return found


def check(case: Case, library: Library) -> None:
    """Raises CaseFault when the plan cannot be used, or a rule is named that the protocol does not have."""
    for fault in check_plan(case.plan, library):
        raise CaseFault(f"{case.where}: plan: {fault}")
    for fault in faults(case, rules(case.plan, library)):
        raise CaseFault(fault)


def rules(plan: dict[str, Any], library: Library) -> list[str]:
    """Every rule that can speak under a plan, silences and technical ones included."""
    compiled = compile_plan(plan, library)
    of_protocol = [rule.id for rule in compiled.levels] + [rule.id for rule in compiled.silences]
    said = [answer.id for answer in compiled.protocol.answers]
    return [*of_protocol, *said, *(found.rule for found in vars(flags).values() if isinstance(found, Subject))]


def run(case: Case, library: Library) -> Outcome:
    """Plays one checked case."""
    events = events_of(case, library)
    said = tuple(_said(case, event) for event in events)
    return Outcome(case, said, tuple(differences(case, said)))


def events_of(case: Case, library: Library) -> list[AlertEvent | Rejected]:
    """The engine's events of a case, as they are."""
    recording = Recording(library, {PATIENT: case.plan})
    return list(recording.play(_inputs(case, recording)))


def _said(case: Case, event: AlertEvent | Rejected) -> Said:
    if isinstance(event, Rejected):
        return Said(case.clock(event.received_at), READING, "rejected", "")
    return Said(case.clock(event.at), event.alert.rule, event.kind, event.alert.severity)


def _inputs(case: Case, recording: Recording) -> Iterator[tuple[str, Micros, Input]]:
    pauses: tuple[Pause, ...] = ()
    messages: dict[tuple[Micros, Micros | None], int] = {}  # values of one time are one message
    before: Micros | None = None
    for number, line in enumerate(case.lines, start=1):
        at = case.instant(line.at)
        if isinstance(line, Act):
            if before is not None and before < at - SECOND:
                yield PATIENT, at - SECOND, _passing(at - SECOND)  # what came before is decided before anybody acts
            yield PATIENT, at, _passing(at)
            yield from ((PATIENT, at, found) for found in _acted(case, line, recording, number))
        elif isinstance(line, Paused):
            until = None if line.until is None else case.instant(line.until)
            pauses = (*pauses, Pause(f"pause-{number}", line.kind, at, until, "rule case", "nurse", at))
            yield PATIENT, at, PauseSet(PATIENT, pauses, at)
        else:
            measured = line.measured if isinstance(line, Measured | Dose) else None
            seq = messages.setdefault((line.at, measured), number)
            yield from (
                (PATIENT, at, found) for found in _happened(case, line, Origin("case", "case", seq), number - seq)
            )
        before = at


def _happened(case: Case, line: Line, origin: Origin, index: int) -> list[Input]:
    at = case.instant(line.at)
    match line:
        case Measured():
            return [
                msgspec.structs.replace(found, index=index) if isinstance(found, Reading) else found
                for found in _measured(case, line, origin)
            ]
        case Says():
            answer = Answer("daily", line.item, line.attribute, line.grade, line.number)
            return [_report(answer, judge.Context(origin, at, "patient", judge.Stamp(at, PATIENT), _never))]
        case Dose():
            tablets = line.amount if line.unit in ("tablet", "tablets") else None
            mg = line.amount if line.unit == "mg" else None
            if line.unit not in (None, "mg", "tablet", "tablets"):
                raise CaseFault(f"{case.where}: {line.drug}: {line.unit!r}: expected mg or tablets")
            dose = WireDose(line.drug, line.state, n=tablets, mg=mg)  # type: ignore[arg-type]
            happened = at if line.measured is None else case.instant(line.measured)
            source = Origin(line.by, origin.boot, origin.seq)  # a box and a person are two sources
            context = judge.Context(source, at, line.by, judge.Stamp(happened, PATIENT), _never)
            return [msgspec.structs.replace(_intake(dose, context), index=index)]
        case Treated():
            return [Given(PATIENT, line.kind, line.name, at, at, line.amount, line.unit, "nurse", origin)]
        case Battery():
            return [DeviceNote(PATIENT, "case", "battery", line.percent, at)]
        case Foretold():
            return [ModelOutput(PATIENT, line.model, "case", "ready", line.value, at, at)]
        case Nothing():
            return [_passing(at)]
        case Act() | Paused():
            return []
        case _:
            assert_never(line)


def _measured(case: Case, line: Measured, origin: Origin) -> list[Input]:
    at = case.instant(line.at)
    measured = at if line.measured is None else case.instant(line.measured)
    stamp, fault = judge.Stamp(measured, PATIENT), list[Input]()
    if measured > at + AHEAD:  # a clock that cannot be right never costs a reading
        stamp = judge.Stamp(at, PATIENT, True, measured)
        fault = [ClockFault(PATIENT, origin.device, measured, at)]
    sent = line.value
    entry = Observation(line.code, s=sent) if isinstance(sent, str) else Observation(line.code, sent, line.unit)  # type: ignore[arg-type]
    faults: list[Fault] = []
    entries = [msgspec.structs.replace(entry, site=line.site)]
    good = judge.readings(entries, judge.Context(origin, at, line.by, stamp, _never), places=None, faults=faults)
    refused = [
        Rejected(one.reason, one.path, one.expected, b"", at, "case", None, origin.device, PATIENT, "case", origin.seq)
        for one in faults
    ]
    return [*fault, *good, *refused]


def _report(answer: Answer, context: judge.Context) -> Report:
    return judge.reports([answer], context, places=None, faults=[])[0]


def _intake(dose: WireDose, context: judge.Context) -> Intake:
    return judge.intakes([dose], context, places=None, faults=[])[0]


def _never(_: Any) -> judge.Stamp:
    raise AssertionError("entries of a case have the time of their line")


def _passing(at: Micros) -> DeviceNote:
    """An input that says nothing: it brings the clock to an instant."""
    return DeviceNote(PATIENT, "", "time passes", None, at)


def _acted(case: Case, line: Act, recording: Recording, number: int) -> list[Input]:
    at = case.instant(line.at)
    alert = recording.state(PATIENT).alerts.get(line.rule)
    if alert is None:
        raise CaseFault(f"{case.where}: {line.action} {line.rule}: expected an alert that is there at that time")
    until = None if line.until is None else case.instant(line.until)
    return [Action(f"act-{number}", PATIENT, alert.id, line.action, "nurse", "nurse", at, "rule case", until)]
