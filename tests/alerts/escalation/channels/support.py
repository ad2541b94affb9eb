"""A message and a contact for the tests of channels."""

from typing import Any

from alerts.escalation.channels import Contact, Message
from domain.instants import parse_iso

ID = "00000000-0000-5000-8000-000000000001"
NURSE = Contact("nurse1", "nurse", email="nurse1@ward.test", sms="+33612345678", voice="+33112345678")


def a_message(**changes: Any) -> Message:
    """A high alert of P1; `changes` replace fields."""
    fields: dict[str, Any] = {
        "id": ID, "alert": "P1-1", "patient": "P1", "site": "paris", "rule": "fever", "title_fr": "Fièvre",
        "title_en": "Fever", "category": "clinical", "severity": "high", "event_kind": "opened", "version": 1,
        "step": 0, "at": parse_iso("2026-11-22T05:12:00Z"),
    }  # fmt: skip
    return Message(**{**fields, **changes})
