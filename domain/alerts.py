"""What the engine takes in and gives out: inputs besides readings, alerts, alert events. Frozen values.

Instants are `Micros`. An alert's life is the fold of its events (`alerts.lifecycle` owns the moves).
"""

from typing import Any

from msgspec import Struct

from domain.instants import Micros
from domain.values import Given, Intake, Reading, Rejected, Report


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


Input = Reading | Report | Intake | Given | Rejected | ClockFault | DeviceNote | Tick | Action | PlanSet


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


class AlertEvent(Struct, frozen=True):
    """One move of an alert, and the alert after it.

    kinds: pending, opened, worsened, recurred, revised, disproved, cleared, escalated, acknowledged, snoozed, woken,
    assigned, commented, closed, reopened, refused (a person's action that could not be applied; nothing changed).
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
