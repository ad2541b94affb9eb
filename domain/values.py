"""Frozen values that travel between the rooms: readings, reports, intakes, treatments given, refusals.

Instants are `Micros` (µs since 1970 UTC). A value that cannot be used is a `Rejected`, never an exception.
"""

from enum import StrEnum

from msgspec import Struct

from domain.instants import Micros


class Origin(Struct, frozen=True, gc=False):
    """The message a value came in: (device, boot, seq) identifies it, `index` the entry inside it."""

    device: str
    boot: str
    seq: int


class Reading(Struct, frozen=True, gc=False):
    """One measured value in the canonical unit of its code.

    `quality`: `ok`, `question` (outside the usual range of the measure), `clock` (the clock could not be right:
    `measured_at` is the time of receipt). `by`: device, patient, caregiver, nurse, physician ...
    """

    patient: str
    code: str
    value: float
    measured_at: Micros
    received_at: Micros
    body_site: str | None = None
    quality: str = "ok"
    by: str = "device"
    origin: Origin | None = None
    index: int = 0
    method: str | None = None
    sent: str | None = None  # "code value unit" as sent, where it differs from what is stored


class Report(Struct, frozen=True, gc=False):
    """One answer of a person: grade 0 to 4, number or text.

    `version`: ID@VERSION of the questionnaire it says it answers. `channel`: telephone or visit, where a professional
    wrote it down.
    """

    patient: str
    questionnaire: str
    item: str
    attribute: str | None
    grade: int | None
    number: float | None
    text: str | None
    measured_at: Micros
    received_at: Micros
    by: str
    origin: Origin | None = None
    index: int = 0
    version: str | None = None
    channel: str | None = None


class Intake(Struct, frozen=True, gc=False):
    """A dose taken, skipped, vomited or extra. `channel`: as of a report. `why`: in the person's words."""

    patient: str
    drug: str
    due_at: Micros | None
    taken_at: Micros | None
    tablets: float | None
    mg: float | None
    state: str
    measured_at: Micros
    received_at: Micros
    by: str
    origin: Origin | None = None
    index: int = 0
    channel: str | None = None
    why: str | None = None


class Retraction(Struct, frozen=True, gc=False):
    """An intake that was recorded by mistake never was. A fact of its own: what it names stays, and counts no more.

    `of` and `of_index` name the entry, as `origin` and `index` of an intake do. `why`: in the person's words.
    """

    patient: str
    of: Origin
    of_index: int
    measured_at: Micros
    received_at: Micros
    by: str
    origin: Origin | None = None
    index: int = 0
    channel: str | None = None
    why: str | None = None


class Given(Struct, frozen=True, gc=False):
    """A treatment given by a professional."""

    patient: str
    kind: str  # antibiotic, chemotherapy, gcsf, transfusion, antipyretic, corticoid
    name: str
    given_at: Micros
    received_at: Micros
    amount: float | None
    unit: str | None
    by: str
    origin: Origin | None = None
    index: int = 0


class Reason(StrEnum):
    """Why a message or an entry was refused (interface, section 4)."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_UNIT = "unknown_unit"
    IMPLAUSIBLE = "implausible"
    NOT_FINITE = "not_finite"
    IDENTITY = "identity"
    UNASSIGNED = "unassigned"
    CONFLICT = "conflict"


class Rejected(Struct, frozen=True, gc=False):
    """A refused message (`path` empty) or entry (`path` like `obs[2].v`), with what was expected.

    `patient` is None when nobody can be named; `device` and `site` are what the topic said. `raw` is the whole payload.
    """

    reason: Reason
    path: str
    expected: str
    raw: bytes
    received_at: Micros
    topic: str
    site: str | None = None
    device: str | None = None
    patient: str | None = None
    boot: str | None = None
    seq: int | None = None
