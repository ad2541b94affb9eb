"""The strict reading of protocol files: text in, protocol or faults out. Pure. `alerts.protocol.text` is their shape.

A protocol is a reviewed, versioned set of rules; each clinical number carries its source and status. The digest of the
exact text, with that of what it extends, is stored with every alert. A fault names file, line, rule, field, and what
was expected.
"""

import difflib
import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import msgspec

from alerts.core.codes import QUESTIONNAIRE, known, named
from alerts.oral.windows import IntakesText
from alerts.protocol import text as protocol_text
from alerts.protocol.places import line_of
from alerts.protocol.text import (
    AnswerText,
    BoundsText,
    ChangeText,
    ClinicalStatus,
    CombinationText,
    CountText,
    CriterionText,
    Defaults,
    EscalationText,
    FeverProfile,
    FeverText,
    ForecastText,
    GroupText,
    LevelText,
    ModelText,
    OralText,
    PhaseText,
    ProtocolText,
    RecoveryText,
    Role,
    RuleText,
    ScoreText,
    Sentence,
    StreamText,
    SymptomText,
    TrendText,
)
from domain.converting import converter
from domain.vocabulary import MEASURES

_text = converter(ProtocolText)
BUILT_IN_PHASES = ("always", "inside-window", "outside-window")


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol with what it extends resolved. `digest`: sha256 of the exact texts, in order of extension.

    `clauses`: rule or answer id -> the file that says it.
    """

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
    forecast: ForecastText | None
    fever_profiles: dict[str, FeverProfile]
    default_fever_profile: str | None
    phases: tuple[PhaseText, ...]
    groups: tuple[GroupText, ...]
    bounds: dict[str, BoundsText]
    signers: tuple[Role, ...]
    clauses: dict[str, str]
    intakes: IntakesText


class ProtocolError(ValueError):
    """A protocol file that cannot be used. The message names file, line, rule, field, and what was expected."""


def read(file: str, text: str) -> ProtocolText:
    """One file's text, checked. Raises ProtocolError."""
    try:
        found = _text(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ProtocolError(f"{file}: {error}") from error
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `")
        where = path.rstrip("`") or "$"
        raise ProtocolError(
            f"{file}:{line_of(text, where)}: {where.removeprefix('$.')}: {said}{_hint(said)}"
        ) from error
    for where, fault in _faults(found):
        raise ProtocolError(f"{file}:{line_of(text, where)}: {fault}")
    return found


def _hint(said: str) -> str:
    """For an unknown word the known ones that look like it."""
    wrong = said.partition("`")[2].partition("`")[0] or said.partition("'")[2].partition("'")[0]
    near = difflib.get_close_matches(wrong, _words(), n=3, cutoff=0.6) if wrong else []
    return f", expected for example {' or '.join(near)}" if near else ""


def _words() -> list[str]:
    """Every word that a protocol file may use: fields, kinds and the words of closed lists."""
    found: set[str] = set()
    for struct in vars(protocol_text).values():
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
            found |= {field.encode_name for field in msgspec.structs.fields(struct)}
            found |= {str(struct.__struct_config__.tag)} - {"None"}
        found |= {str(word) for word in get_args(struct) if isinstance(word, str)}
    return sorted(found)


def _faults(protocol: ProtocolText) -> Iterator[tuple[str, str]]:
    """Places and faults of one file, first things first."""
    for index, rule in enumerate(protocol.rule):
        for field, fault in _rule_faults(rule, protocol):
            said = fault if field == "criterion" and fault.startswith("criterion ") else f"{field}: {fault}"
            yield f"$.rule[{index}].{field}", f"rule {rule.id}: {said}"
    for index, stream in enumerate(protocol.stream):
        if not (stream.code in MEASURES or stream.code.startswith(QUESTIONNAIRE)) or stream.cadence_min <= 0:
            fault = f"expected a known code or {QUESTIONNAIRE}NAME, and a cadence above 0 min"
            yield f"$.stream[{index}]", f"stream {stream.code}: {fault}"
    for index, answer in enumerate(protocol.answer):
        if not answer.items or not 1 <= answer.from_grade <= 4:
            yield f"$.answer[{index}]", f"answer {answer.id}: expected items, and from_grade 1 to 4"
    for index, bounds in enumerate(protocol.bounds):
        if bounds.code in MEASURES and bounds.unit not in (None, MEASURES[bounds.code].unit):
            yield f"$.bounds[{index}].unit", f"bounds {bounds.code}: unit: expected {MEASURES[bounds.code].unit}"
        for side in (bounds.low, bounds.high):
            if bounds.code not in MEASURES or (side is not None and side[0] > side[1]):
                yield f"$.bounds[{index}]", f"bounds {bounds.code}: expected a measure, and [from, to] with from <= to"
    if protocol.intakes is not None:
        yield from _intakes_faults(protocol.intakes)
    if protocol.default_fever_profile not in (None, *protocol.fever_profile):
        yield "$.default_fever_profile", f"default_fever_profile: expected one of {sorted(protocol.fever_profile)}"
    if protocol.escalation is not None:
        yield from _escalation_faults(protocol.escalation)


def _intakes_faults(intakes: IntakesText) -> Iterator[tuple[str, str]]:
    for name in ("late_min", "asked_min", "early_min", "same_min"):
        if not 1 <= getattr(intakes, name) <= MOST_INTAKE_MINUTES:
            yield f"$.intakes.{name}", f"intakes.{name}: expected 1 to {MOST_INTAKE_MINUTES} minutes"
    if not 0 <= intakes.over_percent <= MOST_OVER_PERCENT:
        yield "$.intakes.over_percent", f"intakes.over_percent: expected 0 to {MOST_OVER_PERCENT}"
    if intakes.status not in get_args(ClinicalStatus) or not intakes.source:
        yield "$.intakes.status", "intakes.source, intakes.status: expected where the numbers come from"


MOST_INTAKE_MINUTES = 1440  # a window longer than a day would take a dose for the next one
MOST_OVER_PERCENT = 25  # more would let a dose and a quarter pass as one


def _escalation_faults(escalation: EscalationText) -> Iterator[tuple[str, str]]:
    for severity in ("high", "medium", "low"):
        steps = getattr(escalation, severity)
        minutes = [step.after_min for step in steps]
        if minutes != sorted(set(minutes)) or any(after < 0 for after in minutes):
            yield f"$.escalation.{severity}", f"escalation.{severity}: after_min: expected rising minutes from 0"
        if any(not step.who or not step.how for step in steps):
            yield f"$.escalation.{severity}", f"escalation.{severity}: who, how: expected at least one each"


def _rule_faults(rule: RuleText, protocol: ProtocolText) -> Iterator[tuple[str, str]]:
    """Fields and faults of one rule."""
    for code in codes_of(rule):
        if not known(code):
            yield "code", f"expected a code of the vocabulary, got {code!r}"
    match rule:
        case FeverText():
            if not protocol.fever_profile:
                yield "kind", "fever needs [fever_profile.…] in the same file"
        case SymptomText():
            if not rule.items or not 1 <= rule.severe_from <= 4 or not 1 <= rule.rise <= 4:
                yield "items", "expected at least one item, severe_from and rise 1 to 4"
        case CombinationText():
            yield from _combination_faults(rule)
        case TrendText() | ChangeText():
            yield from _window_faults(rule)
        case ModelText():
            yield from _model_faults(rule)
        case OralText():
            if (rule.within_min is not None) != (rule.watch == "skipped") or (rule.within_min or 1) <= 0:
                yield "within_min", "expected minutes above 0 for watch skipped, and none for any other"
    if isinstance(rule, LevelText) and rule.unit not in (None, named(rule.code).unit):
        yield "unit", f"expected {named(rule.code).unit}, the unit of {rule.code}, got {rule.unit!r}"
    for criterion in criteria_of(rule):
        yield from _criterion_faults(criterion)
        if isinstance(rule, LevelText):
            yield from _believable(criterion, rule.code)
    if not isinstance(rule, FeverText | SymptomText | CombinationText) and not criteria_of(rule):
        yield "criterion", "expected at least one"


def _combination_faults(rule: CombinationText) -> Iterator[tuple[str, str]]:
    most = len({place if each.one_of is None else each.one_of for place, each in enumerate(rule.of)})
    if not rule.of or (isinstance(rule.needs, int) and not 1 <= rule.needs <= most):
        yield "needs", f"expected all, any, or 1 to the number of conditions ({most}), got {rule.needs!r}"
    for condition in rule.of:
        bounds = (condition.from_, condition.above, condition.up_to, condition.below)
        if sum(bound is not None for bound in bounds) != 1:
            yield "of", f"{condition.code}: expected exactly one of from, above, up_to, below"
        if condition.max_age_min <= 0:
            yield "of", f"{condition.code}: max_age_min: expected more than 0"


def _window_faults(rule: TrendText | ChangeText) -> Iterator[tuple[str, str]]:
    if not 0 < rule.part_min < rule.window_min or rule.window_min / rule.part_min > MOST_PARTS:
        yield "window_min", f"expected 2 to {MOST_PARTS} parts of part_min in window_min"
    if rule.at_least < 2 - isinstance(rule, ChangeText):
        yield "at_least", "expected samples enough to say something"


def _model_faults(rule: ModelText) -> Iterator[tuple[str, str]]:
    """A model adds: nothing of it may wait for another output, and no output may keep an alert from rising."""
    if rule.max_age_min <= 0:
        yield "max_age_min", "expected more than 0"
    for name, step in (("step_up", rule.step_up), ("step_down", rule.step_down)):
        if step is not None:
            yield name, "expected none: the severity of a model's alert is said by its outputs alone"
    if any(each.hold_min or not each.hold_inclusive or each.cap_min is not None for each in rule.criterion):
        yield "criterion", "expected no hold_min and no cap_min: one output is enough"


MOST_PARTS = 96  # samples a trend or a baseline remembers


def _criterion_faults(criterion: CriterionText) -> Iterator[tuple[str, str]]:
    bounds = [b for b in (criterion.from_, criterion.above, criterion.up_to, criterion.below) if b is not None]
    where = f"criterion {criterion.name}"
    if len(bounds) != 1:
        yield "criterion", f"{where}: expected exactly one of from, above, up_to, below"
    if criterion.cap_min is not None and criterion.hold_min > 0:
        yield "criterion", f"{where}: cap_min: expected hold_min 0 beside it"
    if not criterion.source:
        yield "criterion", f"{where}: source: expected where the number comes from"


def _believable(criterion: CriterionText, code: str) -> Iterator[tuple[str, str]]:
    """A threshold that no believable value can pass would be a rule that is off, or always on."""
    measure = MEASURES.get(code)
    if measure is None:
        return
    low, high = measure.reject_below, measure.reject_above
    for value in (criterion.from_, criterion.above, criterion.up_to, criterion.below):
        if value is None:
            continue
        if (low is not None and value < low) or (high is not None and value > high):
            span = f"{'-' if low is None else f'{low:g}'} to {'-' if high is None else f'{high:g}'} {measure.unit}"
            fault = f"expected a threshold that a value can pass, {span}, got {value:g}"
            yield "criterion", f"criterion {criterion.name}: {fault}"


def codes_of(rule: RuleText) -> tuple[str, ...]:
    """What a rule looks at. A score's items are known by its name."""
    match rule:
        case CountText():
            return rule.codes
        case CombinationText():
            return tuple(dict.fromkeys(condition.code for condition in rule.of))
        case SymptomText():
            return tuple(f"answer:{item}.{rule.attribute}" for item in rule.items)
        case ModelText():
            return (f"model:{rule.model}",)
        case ScoreText() | OralText():
            return ()
        case _:
            return (rule.code,)


def criteria_of(rule: RuleText) -> tuple[CriterionText, ...]:
    """The criteria as written; a fever rule, a symptom and a combination have theirs made."""
    if isinstance(rule, FeverText | SymptomText | CombinationText):
        return ()
    return rule.criterion


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
    protocol = _merge([found for _, found in chain], digest)
    for field, fault in _whole_faults(protocol):
        text = chain[-1][0]
        raise ProtocolError(f"{name}.toml:{line_of(text, field)}: {fault}")
    return protocol


def _whole_faults(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """What can only be seen with everything that it extends."""
    phases = {phase.id: phase for phase in protocol.phases}
    ids = {rule.id for rule in protocol.rules} | {answer.id for answer in protocol.answers}
    for holder in (*protocol.rules, *protocol.streams):
        name = holder.id if not isinstance(holder, StreamText) else holder.code
        gate = holder.gate
        if gate not in BUILT_IN_PHASES and gate not in phases:
            yield "$.rule", f"{name}: gate: expected one of {sorted([*BUILT_IN_PHASES, *phases])}, got {gate!r}"
        elif protocol.recovery is None and (gate in BUILT_IN_PHASES[1:] or (gate in phases and phases[gate].window)):
            yield "$.recovery", f"{name}: gate {gate}: expected [recovery]: a window needs the count that closes it"
    if protocol.forecast is not None and protocol.recovery is None:
        yield "$.forecast", "forecast: expected [recovery] too: a window needs the count that closes it"
    if protocol.forecast is not None and not 0 < protocol.forecast.opens_window_from_percent <= 100:
        yield "$.forecast", "forecast: opens_window_from_percent: expected more than 0 and at most 100 %"
    for group in protocol.groups:
        for pattern in group.rules:
            if not pattern.endswith("*") and pattern not in ids and pattern not in TECHNICAL:
                yield "$.group", f"group {group.id}: rules: expected rules of the protocol, got {pattern!r}"


# Alerts that no protocol rule makes (alerts.core.flags).
TECHNICAL = ("unusable-reading", "clock", "battery", "sequence-gap", "device-flood", "engine-fault", "count-overdue")


def _merge(chain: list[ProtocolText], digest: str) -> Protocol:
    top = chain[-1]
    rules: dict[str, RuleText] = {}
    answers: dict[str, AnswerText] = {}
    streams: dict[str, StreamText] = {}
    phases: dict[str, PhaseText] = {}
    groups: dict[str, GroupText] = {}
    bounds: dict[str, BoundsText] = {}
    clauses: dict[str, str] = {}
    merged = ProtocolText(top.id, top.version, top.title, top.sign_off)
    for found in chain:
        for dropped in found.drops:
            if rules.pop(dropped, None) is None and answers.pop(dropped, None) is None:
                raise ProtocolError(f"{found.id}.toml: drops: no rule {dropped!r} to drop")
        rules |= {rule.id: rule for rule in found.rule}
        answers |= {answer.id: answer for answer in found.answer}
        streams |= {stream.code: stream for stream in found.stream}
        phases |= {phase.id: phase for phase in found.phase}
        groups |= {group.id: group for group in found.group}
        bounds |= {bound.code: bound for bound in found.bounds}
        clauses |= {each.id: found.id for each in (*found.rule, *found.answer)}
        merged = msgspec.structs.replace(
            merged,
            defaults=found.defaults or merged.defaults,
            escalation=found.escalation or merged.escalation,
            recovery=found.recovery or merged.recovery,
            forecast=found.forecast or merged.forecast,
            fever_profile=merged.fever_profile | found.fever_profile,
            default_fever_profile=found.default_fever_profile or merged.default_fever_profile,
            signers=found.signers or merged.signers,
            intakes=found.intakes or merged.intakes,
        )
    if merged.defaults is None or merged.escalation is None:
        raise ProtocolError(f"{top.id}.toml: defaults, escalation: expected here or in what it extends")
    return Protocol(
        top.id, top.version, top.title, digest, merged.defaults, merged.escalation, tuple(rules.values()),
        tuple(answers.values()), tuple(streams.values()), merged.recovery, merged.forecast, merged.fever_profile,
        merged.default_fever_profile, tuple(phases.values()), tuple(groups.values()), bounds, merged.signers, clauses,
        merged.intakes or IntakesText(),
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
