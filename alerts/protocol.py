"""What a protocol file says, as frozen values, and its strict reading. Pure: text in, protocol or faults out.

A protocol is a reviewed, versioned set of rules; each clinical number carries its source and status. The digest of the
exact text is stored with every alert.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import Struct

from domain.vocabulary import MEASURES

Severity = Literal["high", "medium", "low"]
Category = Literal["clinical", "adherence", "technical"]
Gate = Literal["always", "inside-window", "outside-window"]
Rounding = Literal["none", "half-up", "floor"]
ClinicalStatus = Literal["V", "V2", "M", "D"]


class Sentence(Struct, frozen=True, forbid_unknown_fields=True):
    """A title in both languages."""

    fr: str
    en: str


class CriterionText(Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion of a level rule: exactly one bound, a hold, a severity, and where the number comes from.

    `from`/`up_to` are inclusive, `above`/`below` strict. `hold_min`: the run of samples beyond the bound must span so
    many minutes (strictly more when `hold_inclusive` is false); `cap_min`: two samples of the run must lie within that.
    """

    name: str
    severity: Severity
    source: str
    status: ClinicalStatus
    from_: float | None = msgspec.field(default=None, name="from")
    above: float | None = None
    up_to: float | None = None
    below: float | None = None
    hold_min: float = 0
    hold_inclusive: bool = True
    cap_min: float | None = None


class FeverProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """One national wording of fever in neutropenia (clinical table 02)."""

    single_threshold: float
    single_inclusive: bool
    sustained_threshold: float
    sustained_inclusive: bool
    window_min: float
    window_inclusive: bool
    source: str
    status: ClinicalStatus
    cap_min: float | None = None
    hypothermia_below: float | None = None


class RuleText(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as written. kind `level`: criteria on one code; `fever`: criteria from the plan's fever profile."""

    id: str
    kind: Literal["level", "fever"]
    code: str
    title: Sentence
    category: Category = "clinical"
    severity: Severity = "high"
    gate: Gate = "always"
    latched: bool = False
    rounding: Rounding = "none"
    plan_limits: bool = False
    yields_to_profile_hypothermia: bool = False
    hysteresis: float = 0
    criterion: tuple[CriterionText, ...] = ()


class AnswerText(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer of a person that alerts by itself, whatever the readings say. `items`: names on the wire (`rep.i`)."""

    id: str
    items: tuple[str, ...]
    from_grade: int
    severity: Severity
    title: Sentence
    source: str
    status: ClinicalStatus


class StreamText(Struct, frozen=True, forbid_unknown_fields=True):
    """A measurement that is expected: silence is twice the cadence without one."""

    code: str
    cadence_min: float
    status: ClinicalStatus
    source: str


class Defaults(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers that hold for every rule of the protocol, in minutes."""

    clear_after_min: float
    late_after_min: float
    late_rings_min: float
    rearm_min: float
    battery_low_percent: float
    snooze_high_min: float
    snooze_medium_min: float
    snooze_low_min: float
    plan_limit_severity: Severity
    silence_severity: Severity
    silence_severity_in_window: Severity
    source: str
    status: ClinicalStatus


class EscalationText(Struct, frozen=True, forbid_unknown_fields=True):
    """Minutes after opening at which an unacknowledged alert escalates, by severity."""

    source: str
    status: ClinicalStatus
    high: tuple[float, ...] = ()
    medium: tuple[float, ...] = ()
    low: tuple[float, ...] = ()


class RecoveryText(Struct, frozen=True, forbid_unknown_fields=True):
    """When a neutrophil count (10*9/L) closes the aplasia window, and when a low one opens it."""

    single_from: float
    twice_from: float
    twice_apart_h: float
    neutropenic_below: float
    source: str
    status: ClinicalStatus


class ProtocolText(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole protocol file."""

    id: str
    version: str
    title: Sentence
    sign_off: str
    defaults: Defaults | None = None
    extends: str | None = None
    drops: tuple[str, ...] = ()
    escalation: EscalationText | None = None
    recovery: RecoveryText | None = None
    default_fever_profile: str | None = None
    fever_profile: dict[str, FeverProfile] = {}
    stream: tuple[StreamText, ...] = ()
    answer: tuple[AnswerText, ...] = ()
    rule: tuple[RuleText, ...] = ()


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol with what it extends resolved. `digest`: sha256 of the exact texts, in order of extension."""

    id: str
    version: str
    title: Sentence
    digest: str
    defaults: Defaults
    escalation: EscalationText
    rules: tuple[RuleText, ...]
    answers: tuple[AnswerText, ...]
    streams: tuple[StreamText, ...]
    recovery: RecoveryText | None
    fever_profiles: dict[str, FeverProfile]
    default_fever_profile: str | None


class ProtocolError(ValueError):
    """A protocol file that cannot be used. The message names file, rule, field, and what was expected."""


def read(file: str, text: str) -> ProtocolText:
    """One file's text, checked. Raises ProtocolError."""
    try:
        found = msgspec.convert(tomllib.loads(text), ProtocolText)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ProtocolError(f"{file}: {error}") from error
    for rule in found.rule:
        for fault in _rule_faults(rule, found):
            raise ProtocolError(f"{file}: rule {rule.id}: {fault}")
    for stream in found.stream:
        if stream.code not in MEASURES or stream.cadence_min <= 0:
            raise ProtocolError(f"{file}: stream {stream.code}: expected a known code and a cadence above 0 min")
    for answer in found.answer:
        if not answer.items or not 1 <= answer.from_grade <= 4:
            raise ProtocolError(f"{file}: answer {answer.id}: expected items, and from_grade 1 to 4")
    if found.default_fever_profile not in (None, *found.fever_profile):
        raise ProtocolError(f"{file}: default_fever_profile: expected one of {sorted(found.fever_profile)}")
    return found


def _rule_faults(rule: RuleText, protocol: ProtocolText) -> list[str]:
    faults = []
    if rule.code not in MEASURES:
        faults.append(f"code: expected a code of the vocabulary, got {rule.code!r}")
    if rule.kind == "level" and not rule.criterion:
        faults.append("criterion: expected at least one")
    if rule.kind == "fever" and not protocol.fever_profile:
        faults.append("kind: fever needs [fever_profile.…] in the same file")
    for criterion in rule.criterion:
        bounds = [b for b in (criterion.from_, criterion.above, criterion.up_to, criterion.below) if b is not None]
        where = f"criterion {criterion.name}"
        if len(bounds) != 1:
            faults.append(f"{where}: expected exactly one of from, above, up_to, below")
        if criterion.cap_min is not None and criterion.hold_min > 0:
            faults.append(f"{where}: cap_min: expected hold_min 0 beside it")
        if not criterion.source:
            faults.append(f"{where}: source: expected where the number comes from")
    return faults


def resolve(name: str, texts: dict[str, str]) -> Protocol:
    """A protocol by id out of {id: file text}, with what it extends. Raises ProtocolError."""
    chain: list[tuple[str, ProtocolText]] = []
    wanted: str | None = name
    while wanted is not None:
        if wanted not in texts or any(found.id == wanted for _, found in chain):
            raise ProtocolError(f"{name}: extends: expected one of {sorted(texts)}, got {wanted!r}")
        found = read(f"{wanted}.toml", texts[wanted])
        chain.insert(0, (texts[wanted], found))
        wanted = found.extends
    digest = hashlib.sha256("\x00".join(text for text, _ in chain).encode()).hexdigest()
    return _merge([found for _, found in chain], digest)


def _merge(chain: list[ProtocolText], digest: str) -> Protocol:
    top = chain[-1]
    rules: dict[str, RuleText] = {}
    answers: dict[str, AnswerText] = {}
    streams: dict[str, StreamText] = {}
    merged = ProtocolText(top.id, top.version, top.title, top.sign_off)
    for found in chain:
        for dropped in found.drops:
            if rules.pop(dropped, None) is None:
                raise ProtocolError(f"{found.id}.toml: drops: no rule {dropped!r} to drop")
        rules |= {rule.id: rule for rule in found.rule}
        answers |= {answer.id: answer for answer in found.answer}
        streams |= {stream.code: stream for stream in found.stream}
        merged = msgspec.structs.replace(
            merged,
            defaults=found.defaults or merged.defaults,
            escalation=found.escalation or merged.escalation,
            recovery=found.recovery or merged.recovery,
            fever_profile=merged.fever_profile | found.fever_profile,
            default_fever_profile=found.default_fever_profile or merged.default_fever_profile,
        )
    if merged.defaults is None or merged.escalation is None:
        raise ProtocolError(f"{top.id}.toml: defaults, escalation: expected here or in what it extends")
    return Protocol(
        top.id, top.version, top.title, digest, merged.defaults, merged.escalation, tuple(rules.values()),
        tuple(answers.values()), tuple(streams.values()), merged.recovery, merged.fever_profile,
        merged.default_fever_profile,
    )  # fmt: skip


def profile_criteria(profile: FeverProfile) -> tuple[CriterionText, ...]:
    """The criteria of a fever profile, in the order in which they count at one minute."""
    found = []
    if profile.hypothermia_below is not None:
        found.append(
            CriterionText("hypothermia", "high", profile.source, profile.status, below=profile.hypothermia_below)
        )
    found.append(_bound("single", profile, profile.single_threshold, inclusive=profile.single_inclusive))
    sustained = _bound("sustained", profile, profile.sustained_threshold, inclusive=profile.sustained_inclusive)
    found.append(
        msgspec.structs.replace(
            sustained, hold_min=profile.window_min, hold_inclusive=profile.window_inclusive, cap_min=profile.cap_min
        )
    )
    return tuple(found)


def _bound(name: str, profile: FeverProfile, limit: float, *, inclusive: bool) -> CriterionText:
    if inclusive:
        return CriterionText(name, "high", profile.source, profile.status, from_=limit)
    return CriterionText(name, "high", profile.source, profile.status, above=limit)
