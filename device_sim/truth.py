"""Ground truth: which value, as sent, makes which condition true. Pure, and independent of the hub's rules.

One `Observer` watches one patient's messages in the order of measurement. The limits are written here a second time
on purpose: an oracle that shares the hub's tables would share its mistakes. `expected_rules`: one of them must alert.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain import instants, vocabulary
from domain.instants import HOUR, Micros
from domain.units import convert
from domain.vocabulary import HEART_RATE, MEASURES, RESPIRATORY_RATE, SPO2, SYSTOLIC, TEMPERATURE

Truth = dict[str, Any]

APLASIA_PROTOCOLS = ("chemo-aplasia", "post-transplant-aplasia", "bispecific-crs")
FEVER_AT = 38.3
QUIET_FOR = 6 * HOUR  # the same condition is a new event after so long without it
AHEAD_BY = 600  # s: a clock further ahead cannot be right


@dataclass(frozen=True, slots=True)
class Limit:
    """`sign` 1: value at or above `bound`; -1: at or below. Bounds are whole in the unit, as NEWS2 writes them."""

    code: str
    sign: int
    bound: float
    kind: str
    severity: str
    rules: tuple[str, ...]

    def crossed(self, value: float, digits: int) -> bool:
        """True only beyond doubt: as sent, and rounded to the digits that NEWS2 uses."""
        return all(self.sign * (x - self.bound) >= 0 for x in (value, round(value, digits)))

    @property
    def text(self) -> str:
        """As a person writes it."""
        return f"{'≥' if self.sign > 0 else '≤'} {self.bound:g} {MEASURES[self.code].unit}"


_VITALS = (
    Limit(SPO2, -1, 91, "desaturation", "high", ("spo2",)),
    Limit(SPO2, -1, 93, "desaturation", "medium", ("spo2",)),
    Limit(HEART_RATE, 1, 131, "tachycardia", "high", ("heart-rate",)),
    Limit(HEART_RATE, 1, 111, "tachycardia", "medium", ("heart-rate",)),
    Limit(HEART_RATE, -1, 40, "bradycardia", "high", ("heart-rate",)),
    Limit(RESPIRATORY_RATE, 1, 25, "tachypnoea", "high", ("respiratory-rate",)),
    Limit(RESPIRATORY_RATE, 1, 21, "tachypnoea", "medium", ("respiratory-rate",)),
    Limit(RESPIRATORY_RATE, -1, 8, "bradypnoea", "high", ("respiratory-rate",)),
    Limit(SYSTOLIC, -1, 90, "hypotension", "high", ("systolic",)),
    Limit(SYSTOLIC, -1, 100, "hypotension", "medium", ("systolic",)),
    Limit(SYSTOLIC, 1, 220, "hypertension", "high", ("systolic",)),
)
_APLASIA = (
    Limit(TEMPERATURE, 1, FEVER_AT, "fever", "high", ("fever",)),
    # Below 36.0; one rule or the other, as the fever profile of the plan says.
    Limit(TEMPERATURE, -1, 35.9, "hypothermia", "high", ("fever", "hypothermia")),
)
_ORAL = (
    Limit(TEMPERATURE, 1, FEVER_AT, "fever", "high", ("fever-oral",)),
    Limit(TEMPERATURE, -1, 35.0, "temperature", "high", ("fever-oral",)),
)
_NO_APLASIA = (
    Limit(TEMPERATURE, 1, 39.1, "temperature", "medium", ("temperature",)),
    Limit(TEMPERATURE, -1, 35.0, "temperature", "high", ("temperature",)),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose truth it is, and what is watched for: the patient's plan decides which rules exist. `oral`: its drugs."""

    patient: str
    device: str
    protocol: str
    cadence: Mapping[str, int] = field(default_factory=dict)
    oral: tuple[Mapping[str, Any], ...] = ()
    zone: str = "Europe/Paris"

    @property
    def in_window(self) -> bool:
        """The simulated aplasia patients are inside their window all the time."""
        return self.protocol in APLASIA_PROTOCOLS


@dataclass(slots=True)
class Observer:
    """What was last seen of one patient: crossings already told, last value of each code."""

    subject: Subject
    seen_at: dict[tuple[str, str], Micros] = field(default_factory=dict)
    measured_at: dict[str, Micros] = field(default_factory=dict)

    def observe(self, message: Mapping[str, Any], measured_at: Micros) -> list[Truth]:
        """The conditions that begin with this message, each with the value that makes it true."""
        truths: list[Truth] = []
        for index, entry in enumerate(message.get("obs", ())):
            truths += self._entry(entry, index, measured_at)
        truths += self._battery(message, measured_at)
        return truths

    def silence(self, codes: list[str]) -> list[Truth]:
        """The device says nothing more of these codes: true after twice the cadence of each."""
        return [self._silence(code) for code in codes if code in self.subject.cadence and code in self.measured_at]

    def _silence(self, code: str) -> Truth:
        last = self.measured_at[code]
        onset = last + 2 * self.subject.cadence[code] * instants.SECOND
        more = {"code": code, "last_measured_at": instants.iso(last), "cadence_s": self.subject.cadence[code]}
        return {**self._record("silence", onset, (f"silence.{code}",)), "severity": "medium", **more}

    def _entry(self, entry: Mapping[str, Any], index: int, measured_at: Micros) -> Iterator[Truth]:
        known = vocabulary.canonical(entry["c"], entry.get("site"))
        if known is None or "v" not in entry:
            return
        measure = MEASURES[known[0]]
        value = convert(measure.quantity, entry["v"], entry["u"], measure.unit)
        shown = {"code": measure.code, "value": entry["v"], "unit": entry["u"], "canonical": round(value, 4),
                 "measured_at": instants.iso(measured_at), "index": index}  # fmt: skip
        if _implausible(measure, value):
            yield from self._unusable(measured_at, shown)
            return
        self.measured_at[measure.code] = measured_at
        digits = 1 if measure.code == TEMPERATURE else 0
        crossed = [limit for limit in self._limits() if limit.code == measure.code and limit.crossed(value, digits)]
        for limit in crossed[:1]:
            worse = [one for one in self._limits() if (one.code, one.kind) == (limit.code, limit.kind)]
            told = self._told(limit.kind, limit.severity, measured_at)
            for milder in worse[worse.index(limit) + 1 :]:
                self._told(limit.kind, milder.severity, measured_at)
            if not told:
                record = self._record(limit.kind, measured_at, limit.rules)
                yield {**record, "severity": limit.severity, **shown, "limit": limit.text}

    def _limits(self) -> tuple[Limit, ...]:
        if self.subject.protocol == "oral-therapy":
            return (*_VITALS, *_ORAL)
        return (*_VITALS, *(_APLASIA if self.subject.in_window else _NO_APLASIA))

    def _unusable(self, measured_at: Micros, shown: Truth) -> Iterator[Truth]:
        if not self.subject.in_window or self._told("unusable", "high", measured_at):
            return
        record = self._record("unusable", measured_at, ("unusable-reading",))
        yield {**record, "severity": "high", **shown, "limit": "plausible range"}

    def _battery(self, message: Mapping[str, Any], measured_at: Micros) -> Iterator[Truth]:
        for event in message.get("ev", ()):
            if event.get("k") == "battery" and event["v"] <= 5 and not self._told("battery", "low", measured_at):
                yield {**self._record("battery", measured_at, ("battery",)), "severity": "low", "value": event["v"],
                       "unit": "%", "measured_at": instants.iso(measured_at)}  # fmt: skip

    def _told(self, kind: str, severity: str, at: Micros) -> bool:
        """Whether this is a condition already told that has not been quiet since. Remembers that it was seen."""
        last = self.seen_at.get((kind, severity))
        self.seen_at[kind, severity] = at
        return last is not None and at - last < QUIET_FOR

    def _record(self, kind: str, onset: Micros, rules: tuple[str, ...]) -> Truth:
        subject = self.subject
        return {"patient": subject.patient, "device": subject.device, "kind": kind, "onset": instants.iso(onset),
                "expected_rules": list(rules)}  # fmt: skip


def clock_truth(subject: Subject, at: Micros) -> Truth:
    """A device whose clock cannot be right."""
    return {"patient": subject.patient, "device": subject.device, "kind": "clock", "onset": instants.iso(at),
            "severity": "low", "expected_rules": ["clock"], "measured_at": instants.iso(at)}  # fmt: skip


def _implausible(measure: vocabulary.Measure, value: float) -> bool:
    low, high = measure.reject_below, measure.reject_above
    return (low is not None and value < low) or (high is not None and value > high)
