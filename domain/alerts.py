"""What the engine takes in and gives out: inputs besides readings, alerts, alert events. Frozen values.

Instants are `Micros`. An alert's life is the fold of its events (`alerts.lifecycle` owns the moves).
"""

from typing import Any

from msgspec import Struct

from domain.instants import Micros
from domain.values import Given, Intake, Reading, Rejected, Report, Retraction


class ClockFault(Struct, frozen=True, gc=False):
    """A device's clock could not be right: its reading was kept at the time of receipt."""

    patient: str
    device: str
    claimed_at: Micros
    received_at: Micros


class DeviceNote(Struct, frozen=True, gc=False):
    """What a worn device says of itself (battery, dropped ...). `value`: battery in %."""

    patient: str
    device: str
    kind: str
    value: float | None
    received_at: Micros


class Tick(Struct, frozen=True, gc=False):
    """Time passing: drives silence, holds, snoozes and escalation."""

    at: Micros


class Action(Struct, frozen=True):
    """What a person does to an alert. `action`: acknowledge, snooze, assign, comment, close, reopen."""

    id: str
    patient: str
    alert: str
    action: str
    actor: str
    role: str
    at: Micros
    reason: str | None = None
    until: Micros | None = None
    assignee: str | None = None
    expected_version: int | None = None
    closed: "Alert | None" = None  # the alert as stored, when it is closed and so no longer in the patient's state


class PlanSet(Struct, frozen=True):
    """A care plan was set: the whole plan as checked JSON."""

    patient: str
    plan: dict[str, Any]
    at: Micros


class Pause(Struct, frozen=True):
    """A stretch of measured time in which rules and schedules rest, with a reason and a name.

    `kind`: ward, day-hospital, leave, death, end. `until` is None for death and end only.
    """

    id: str
    kind: str
    from_at: Micros
    until: Micros | None
    reason: str
    actor: str
    set_at: Micros

    def covers(self, at: Micros) -> bool:
        """Whether a moment lies in it: from inclusive, until exclusive."""
        return self.from_at <= at and (self.until is None or at < self.until)


class PauseSet(Struct, frozen=True):
    """The patient's pauses as they are now: the whole list, revoked ones left out."""

    patient: str
    pauses: tuple[Pause, ...]
    at: Micros


class SiteNote(Struct, frozen=True):
    """Something wrong with a whole site (nobody on call, no attended console ...), or no longer. `patient`: the site's
    own entry in the list of patients, `site.{site}`. `rule` is the id of the alert."""

    patient: str
    rule: str
    holds: bool
    severity: str
    criterion: str
    reason: "Said"
    at: Micros


class ModelOutput(Struct, frozen=True):
    """What a model says of a patient at a measured moment. Only `status` ready carries a value; the rest is UNKNOWN.

    `value` in the unit of `model:{model}` (`alerts.core.codes`). `said`: what stands beside a rule's sentence.
    `opens_at`: from when the patient is to be treated as neutropenic, if the protocol lets this model open the window;
    `holds_until`: a count before it, of a patient whose counts have not fallen, is no recovery.
    """

    patient: str
    model: str
    version: str
    status: str
    value: float | None
    measured_at: Micros
    received_at: Micros
    why: str = ""
    said: "Said | None" = None
    opens_at: Micros | None = None
    holds_until: Micros | None = None


Input = (
    Reading
    | Report
    | Intake
    | Retraction
    | Given
    | Rejected
    | ClockFault
    | DeviceNote
    | Tick
    | Action
    | PlanSet
    | PauseSet
    | SiteNote
    | ModelOutput
)


class Said(Struct, frozen=True, gc=False):
    """One sentence in both languages."""

    fr: str
    en: str


class Evidence(Struct, frozen=True, gc=False, omit_defaults=True):
    """One value behind an alert, with its limit: enough to show value, age and source without another look-up."""

    code: str
    value: float
    unit: str
    measured_at: Micros
    received_at: Micros
    limit: str | None = None  # as written: "≥ 38.3 Cel"
    body_site: str | None = None
    by: str | None = None
    reading: str | None = None  # "device/boot/seq/index"
    corrected: float | None = None  # after the offset of the site of measurement


class Escalation(Struct, frozen=True, gc=False):
    """Escalation step reached (0 = none yet) and when the next one is due."""

    step: int = 0
    next_at: Micros | None = None


class Alert(Struct, frozen=True):
    """One alert as its events left it. `id` is `{patient}-{n}`, n the patient's n-th alert."""

    id: str
    patient: str
    rule: str
    protocol: str
    protocol_version: str
    protocol_digest: str
    category: str
    severity: str
    state: str
    criterion: str
    late: bool
    rings: bool
    latched: bool
    opened_at: Micros
    condition_at: Micros
    last_met_at: Micros
    reason: Said
    evidence: tuple[Evidence, ...]
    version: int
    condition_to: Micros | None = None
    disproved: bool = False
    assignee: str | None = None
    snoozed_until: Micros | None = None
    escalation: Escalation = Escalation()
    acknowledged_by: str | None = None
    acknowledged_at: Micros | None = None
    closed_by: str | None = None
    closed_at: Micros | None = None
    clause: str = ""  # the clause of the protocol that it follows from: "chemo-aplasia/fever/single"
    cause: str = ""  # alerts of one patient with one cause are shown together
    place: int = 99  # order among those of one cause and severity: the lowest is in front


class AlertEvent(Struct, frozen=True):
    """One move of an alert, and the alert after it.

    kinds: pending, opened, worsened, eased, recurred, revised, disproved, cleared, escalated, acknowledged, snoozed,
    woken, assigned, commented, closed, reopened, refused (what a person asked and could not be done; nothing changed).
    """

    kind: str
    at: Micros
    alert: Alert
    condition_at: Micros | None = None
    actor: str | None = None
    note: str | None = None  # a person's reason or comment; hostile until escaped
    action: str | None = None  # id of the action that caused it


SEVERITIES = ("low", "medium", "high")
STATES = ("pending", "open", "acknowledged", "closed")
