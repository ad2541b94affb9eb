"""Ground truth of a patient on oral treatment, from what was done, not from how the hub judges it. Pure.

Each kind is told once: the alert of the first stays with a person. Bounds are written here a second time on purpose.
"""

from dataclasses import dataclass, field
from typing import Any

from device_sim.behaviour import Act
from device_sim.doses import Slot
from device_sim.truth import Subject, Truth
from domain import instants
from domain.instants import HOUR, MINUTE, Micros

COUNTS_AFTER = 6 * HOUR  # late after 2 h, then asked about; a dose nobody reported in 4 h more counts as missed
RUN = 2  # missed in a row
SEVERE = 3


@dataclass(slots=True)
class OralObserver:
    """What was told of one patient, and how many doses in a row were missed."""

    subject: Subject
    told: set[str] = field(default_factory=set)
    missed: dict[str, int] = field(default_factory=dict)

    def dose(self, slot: Slot, act: Act, at: Micros) -> list[Truth]:
        """What becomes true with one slot, and when: at the intake, or when a missed one counts."""
        shown = {"drug": slot.drug, "due": instants.iso(slot.at)}
        if act == "take" and slot.kind == "hold":
            return self._once("intake_on_hold", "high", at, ("intake-during-hold",), shown)
        if act == "take" and slot.kind == "off" and slot.weekly:
            return self._once("weekly_drug_daily", "high", at, ("weekly-drug-daily",), shown)
        if act == "take" and slot.kind == "off":
            return self._once("intake_not_due", "medium", at, ("intake-not-due",), shown)
        run = self.missed[slot.drug] = self.missed.get(slot.drug, 0) + 1 if act in ("forget", "skip") else 0
        if act == "double":
            return self._once("over_taking", "medium", at, ("extra-dose", "double-dose"), shown)
        if act == "vomit":
            return self._once("vomited", "low", at, ("vomited-doses",), shown)
        if run == RUN:
            onset = slot.at + COUNTS_AFTER + MINUTE
            return self._once("missed_run", "low", onset, ("missed-doses", "skipped-doses"), {**shown, "run": run})
        return []

    def answers(self, graded: dict[str, int], at: Micros) -> list[Truth]:
        """Symptoms that are severe, by code ITEM.ATTRIBUTE."""
        found = []
        for code, grade in graded.items():
            if grade >= SEVERE and code in _RULES:
                shown = {"code": code, "grade": grade}
                found += self._once(f"symptom {code}", "medium", at, (_RULES[code],), shown)
        return found

    def _once(
        self, kind: str, severity: str, onset: Micros, rules: tuple[str, ...], shown: dict[str, Any]
    ) -> list[Truth]:
        if kind in self.told:
            return []
        self.told.add(kind)
        return [{
            "patient": self.subject.patient, "device": self.subject.device, "kind": kind, "severity": severity,
            "onset": instants.iso(onset), "expected_rules": list(rules), **shown,
        }]  # fmt: skip


_RULES = {
    "nausea.severity": "symptom.nausea",
    "fatigue.severity": "symptom.fatigue",
    "diarrhoea.frequency": "symptom-often.diarrhoea",
}
