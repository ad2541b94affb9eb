"""An alert as a row of the table `alert`, and back. No SQL; used by the engine's side and the console's."""

from typing import Any

import msgspec
from msgspec import structs
from psycopg.types.json import Jsonb

from domain.alerts import Alert, Escalation, Evidence, Said
from domain.converting import converter
from domain.instants import Micros, micros, moment

# fmt: off
_evidence = converter(tuple[Evidence, ...])
_SAME = (
    "id", "patient", "rule", "protocol", "protocol_version", "protocol_digest", "category", "severity", "state",
    "criterion", "late", "rings", "latched", "disproved", "assignee", "acknowledged_by", "closed_by", "version",
    "clause", "cause", "place",
)
# fmt: on
_INSTANTS = (
    "opened_at",
    "condition_at",
    "condition_to",
    "last_met_at",
    "snoozed_until",
    "acknowledged_at",
    "closed_at",
)


def from_row(row: dict[str, Any]) -> Alert:
    """One alert out of `SELECT *`."""
    same: dict[str, Any] = {name: row[name] for name in _SAME}
    instants: dict[str, Any] = {name: _instant(row[name]) for name in _INSTANTS}
    return Alert(
        reason=Said(row["reason_fr"], row["reason_en"]),
        evidence=_evidence(row["evidence"]),
        escalation=Escalation(row["escalation_step"], _instant(row["escalation_next_at"])),
        **same,
        **instants,
    )


def _instant(value: Any) -> Micros | None:
    return None if value is None else micros(value)


def to_row(site: str, alert: Alert) -> dict[str, Any]:
    """Parameters by column name."""
    row = structs.asdict(alert)
    for name in _INSTANTS:
        row[name] = None if row[name] is None else moment(row[name])
    reason, escalation = alert.reason, alert.escalation
    row |= {"site": site, "reason_fr": reason.fr, "reason_en": reason.en, "escalation_step": escalation.step}
    row["escalation_next_at"] = None if escalation.next_at is None else moment(escalation.next_at)
    row["evidence"] = Jsonb(msgspec.to_builtins(alert.evidence))
    return row
