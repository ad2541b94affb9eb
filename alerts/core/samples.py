"""What rules fold: every input that carries something countable, as a sample in the shape of a reading. Pure.

A reading is its own sample. An answer counts by its grade, a treatment or a dose as one, a refusal as one.
"""

from alerts.core.treatments import kinds_of
from domain.alerts import DeviceNote, Input, ModelOutput
from domain.values import Given, Intake, Reading, Rejected, Report


def samples(found: Input) -> tuple[Reading, ...]:
    """The samples of one input, in measured order; none for what carries none."""
    match found:
        case Reading():
            return (found,)
        case Report():
            return _answer(found)
        case Intake():
            return _dose(found)
        case Given():
            return _given(found)
        case Rejected():
            return _refused(found)
        case ModelOutput():
            return _output(found)
        case DeviceNote() if found.kind == "dropped":
            return (Reading(found.patient, "device:dropped", 1.0, found.received_at, found.received_at),)
        case _:
            return ()


def _answer(report: Report) -> tuple[Reading, ...]:
    value = report.grade if report.grade is not None else report.number
    if value is None:
        return ()
    attribute = (report.attribute or "severity") if report.grade is not None else "number"
    code = f"answer:{report.item}.{attribute}"
    return (
        Reading(
            report.patient, code, float(value), report.measured_at, report.received_at, by=report.by,
            origin=report.origin, index=report.index,
        ),
    )  # fmt: skip


def _dose(intake: Intake) -> tuple[Reading, ...]:
    at = intake.taken_at if intake.taken_at is not None else intake.measured_at
    codes = [f"intake:{intake.state}"]
    if intake.state in ("taken", "extra"):
        codes += [f"taken:{kind}" for kind in kinds_of(intake.drug)]
    return tuple(
        Reading(
            intake.patient, code, 1.0, at, intake.received_at, by=intake.by, origin=intake.origin, index=intake.index,
            method=intake.drug,
        )
        for code in codes
    )  # fmt: skip


def _given(given: Given) -> tuple[Reading, ...]:
    codes = [f"given:{given.kind}"]
    if given.kind in ("antipyretic", "corticoid", "gcsf"):
        codes.append(f"taken:{given.kind}")
    return tuple(
        Reading(
            given.patient, code, 1.0, given.given_at, given.received_at, by=given.by, origin=given.origin,
            index=given.index, method=given.name,
        )
        for code in codes
    )  # fmt: skip


def _refused(rejected: Rejected) -> tuple[Reading, ...]:
    if rejected.patient is None:
        return ()
    at = rejected.received_at
    named = f"{rejected.device or ''}/{rejected.boot or ''}/{rejected.seq or ''}/{rejected.path}"
    return (Reading(rejected.patient, "device:rejected", 1.0, at, at, method=named),)


def _output(output: ModelOutput) -> tuple[Reading, ...]:
    if output.status != "ready" or output.value is None:
        return ()
    return (
        Reading(
            output.patient, f"model:{output.model}", output.value, output.measured_at, output.received_at,
            by=f"{output.model} {output.version}",
        ),
    )  # fmt: skip
