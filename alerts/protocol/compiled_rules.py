"""One rule as written, compiled for one plan: bounds, edges of rounded values, sources of derived values. Pure."""

import math
from typing import Any, assert_never

from msgspec import structs

from alerts.core.codes import named
from alerts.oral.series import EVENTS
from alerts.protocol.reading import Protocol, profile_criteria
from alerts.protocol.text import (
    ChangeText,
    CombinationText,
    ConditionText,
    CountText,
    CriterionText,
    FeverText,
    LevelText,
    ModelText,
    OralText,
    RuleText,
    ScoreText,
    Sentence,
    StepText,
    SymptomText,
    TrendText,
)
from alerts.rules.level import Criterion, LevelRule, StepAfter
from alerts.rules.source import Change, Combination, Condition, Count, Intakes, Score, Source, Symptom, Trend
from alerts.scores.live import CODES as SCORE_CODES
from domain.instants import MINUTE
from domain.vocabulary import MEASURES

RANKS = ("low", "medium", "high")
_SLACK = 1e-6  # absorbs binary fractions: 38.3 stays 38.3 after conversion and offset


def compile_rule(text: RuleText, plan: dict[str, Any], protocol: Protocol) -> tuple[LevelRule, ...]:
    """The rules that one text makes: one, but for a symptom rule, which makes one a symptom."""
    match text:
        case LevelText():
            return (_level(text, plan, protocol),)
        case FeverText():
            return (_fever(text, plan, protocol),)
        case SymptomText():
            risks = plan.get("drug_risks", ())
            return tuple(
                _symptom(text, item, title, protocol)
                for item, title in text.items.items()
                if text.of_drug is None or [item, text.attribute, text.of_drug] in risks
            )
        case OralText():
            return (_oral(text, protocol),)
        case CombinationText():
            return (_combination(text, protocol),)
        case ScoreText():
            return (_derived(text, _score(text, plan), text.criterion, protocol, unit=""),)
        case TrendText():
            return (_derived(text, _trend(text), text.criterion, protocol, unit=_per(text)),)
        case ChangeText():
            unit = "%" if text.percent else named(text.code).unit
            return (_derived(text, _change(text), text.criterion, protocol, unit=unit),)
        case CountText():
            return (_derived(text, _count(text), text.criterion, protocol, unit=""),)
        case ModelText():
            return (_model(text, protocol),)
        case _:
            assert_never(text)


def limit_rules(limits: dict[str, Any], protocol: Protocol) -> list[RuleText]:
    """A rule of its own for a limit on a measure that no rule of the protocol takes limits for."""
    taken = {rule.code for rule in protocol.rules if isinstance(rule, LevelText) and rule.plan_limits}
    return [
        LevelText(
            id=f"limit.{code}",
            code=code,
            title=Sentence(MEASURES[code].fr, MEASURES[code].en),
            plan_limits=True,
            criterion=(),
        )
        for code in sorted(limits)
        if code not in taken
    ]


def _level(text: LevelText, plan: dict[str, Any], protocol: Protocol) -> LevelRule:
    gate, texts = text.gate, text.criterion
    profile = protocol.fever_profiles.get(plan.get("fever_profile") or protocol.default_fever_profile or "")
    if text.yields_to_profile_hypothermia and profile is not None and profile.hypothermia_below is not None:
        gate = "outside-window"
    if text.plan_limits:
        texts = _with_limits(texts, plan.get("limits", {}).get(text.code, {}), protocol)
    criteria = tuple(_criterion(each, text.code, rounding=text.rounding) for each in texts)
    return _make(text, text.code, criteria, protocol, gate=gate, rising=_rising(texts), hysteresis=text.hysteresis)


def _fever(text: FeverText, plan: dict[str, Any], protocol: Protocol) -> LevelRule:
    profile = protocol.fever_profiles[plan.get("fever_profile") or protocol.default_fever_profile or ""]
    texts = profile_criteria(profile)
    if text.gate == "outside-window":
        texts = tuple(each for each in texts if each.name != "hypothermia")
    criteria = tuple(_criterion(each, text.code, severity=text.severity) for each in texts)
    return _make(text, text.code, criteria, protocol, rising=_rising(texts))


def _with_limits(
    texts: tuple[CriterionText, ...], sides: dict[str, float], protocol: Protocol
) -> tuple[CriterionText, ...]:
    """The patient's own limit takes the place of the protocol's criteria on its side; it is strict."""
    severity, kept = protocol.defaults.plan_limit_severity, list(texts)
    if "low" in sides:
        kept = [text for text in kept if text.up_to is None and text.below is None]
        kept.insert(0, CriterionText("plan-low", severity, "care plan", "D", below=sides["low"]))
    if "high" in sides:
        kept = [text for text in kept if text.from_ is None and text.above is None]
        kept.insert(0, CriterionText("plan-high", severity, "care plan", "D", above=sides["high"]))
    return tuple(kept)


def _make(
    text: RuleText,
    code: str,
    criteria: tuple[Criterion, ...],
    protocol: Protocol,
    *,
    gate: str | None = None,
    rising: tuple[bool, ...] | None = None,
    hysteresis: float = 0,
    source: Source | None = None,
) -> LevelRule:
    """What every kind shares."""
    return LevelRule(
        id=text.id,
        title=text.title,
        code=code,
        category=text.category,
        gate=text.gate if gate is None else gate,
        latched=text.latched,
        criteria=criteria,
        clear_after=round(protocol.defaults.clear_after_min * MINUTE),
        rising=tuple(math.isinf(each.high) for each in criteria) if rising is None else rising,
        clause=f"{protocol.clauses.get(text.id, 'care plan')}/{text.id}",
        context=text.context,
        step_up=_step(text.step_up),
        step_down=_step(text.step_down),
        hysteresis=hysteresis,
        source=source,
    )


def _step(text: StepText | None) -> StepAfter | None:
    return None if text is None else StepAfter(round(text.after_min * MINUTE), RANKS.index(text.to) + 1)


def _derived(
    text: RuleText, source: Source, criteria: tuple[CriterionText, ...], protocol: Protocol, *, unit: str
) -> LevelRule:
    made = tuple(_criterion(each, f"rule:{text.id}", unit=unit) for each in criteria)
    return _make(text, f"rule:{text.id}", made, protocol, source=source)


def _score(text: ScoreText, plan: dict[str, Any]) -> Score:
    codes = SCORE_CODES[text.score]
    usual = plan.get("usual", {})
    assumed = tuple(usual.get(code) for code in codes) if usual else ()
    scale = plan.get("spo2_scale", 1) if text.score == "news2" else 1
    return Score(text.score, codes, round(text.max_age_min * MINUTE), scale, assumed)


def _trend(text: TrendText) -> Trend:
    window, part, per = (round(minutes * MINUTE) for minutes in (text.window_min, text.part_min, text.per_min))
    return Trend((text.code,), window, part, text.at_least, per)


def _per(text: TrendText) -> str:
    span = f"{text.per_min / 60:g} h" if text.per_min % 60 == 0 else f"{text.per_min:g} min"
    return f"{named(text.code).unit} / {span}"


def _change(text: ChangeText) -> Change:
    window, part, apart = (round(minutes * MINUTE) for minutes in (text.window_min, text.part_min, text.apart_min))
    return Change((text.code,), window, part, apart, text.at_least, text.against, text.percent)


def _count(text: CountText) -> Count:
    low, high = _bounds(text.where)
    most = math.ceil(max(c.from_ or c.above or 0 for c in text.criterion)) + 1
    return Count(text.codes, round(text.within_min * MINUTE), low, high, most)


def _symptom(text: SymptomText, item: str, title: Sentence, protocol: Protocol) -> LevelRule:
    """Criteria on what `rules.derived` makes of two reports: 1 worsening, 2 severe, 3 very severe."""
    very = text.very_severe_from if text.very_severe_from is not None else 99
    rows = [(3.0, "very-severe", text.very_severe, f"≥ {very}")] if text.very_severe_from is not None else []
    rows.append((2.0, "severe", text.severe, f"≥ {text.severe_from}"))
    rows.append((1.0, "worsening", text.worsening, f"+{text.rise}"))
    criteria = tuple(
        Criterion(name, RANKS.index(severity) + 1, low - _SLACK, math.inf, 0, hold_strict=False, cap=None, limit=limit)
        for low, name, severity, limit in rows
    )
    source = Symptom((f"answer:{item}.{text.attribute}",), text.severe_from, very, text.rise)
    rule = _make(text, f"rule:{text.id}.{item}", criteria, protocol, source=source)
    return structs.replace(rule, id=f"{text.id}.{item}", title=title)


def _oral(text: OralText, protocol: Protocol) -> LevelRule:
    """A rule on intakes: its values are made by `alerts.oral.series`, its stream is none."""
    rule = _make(
        text, f"rule:{text.id}", tuple(_criterion(c, f"rule:{text.id}", unit="") for c in text.criterion), protocol
    )
    within = round((text.within_min or 0) * MINUTE)
    return structs.replace(rule, clear_after=0, intakes=Intakes(text.watch, within, text.watch in EVENTS))


def _combination(text: CombinationText, protocol: Protocol) -> LevelRule:
    conditions = tuple(_condition(each, place) for place, each in enumerate(text.of))
    codes = tuple(dict.fromkeys(condition.code for condition in conditions))
    most = len({condition.name for condition in conditions})
    needs = {"all": most, "any": 1}[text.needs] if isinstance(text.needs, str) else text.needs
    limit = f"≥ {needs} / {most}"
    criterion = Criterion(
        "together",
        RANKS.index(text.severity) + 1,
        needs - _SLACK,
        math.inf,
        0,
        hold_strict=False,
        cap=None,
        limit=limit,
    )
    return _make(text, f"rule:{text.id}", (criterion,), protocol, source=Combination(codes, conditions, needs))


def _model(text: ModelText, protocol: Protocol) -> LevelRule:
    rule = _make(text, f"model:{text.model}", _criteria(text.criterion, f"model:{text.model}"), protocol)
    return structs.replace(rule, known_for=round(text.max_age_min * MINUTE))


def _condition(text: ConditionText, place: int) -> Condition:
    low, high = _bounds(text)
    name = f"#{place}" if text.one_of is None else text.one_of
    return Condition(text.code, low, high, round(text.max_age_min * MINUTE), limit_text(text, text.code), name)


def _rising(texts: tuple[CriterionText, ...]) -> tuple[bool, ...]:
    return tuple(text.from_ is not None or text.above is not None for text in texts)


def _criteria(texts: tuple[CriterionText, ...], code: str) -> tuple[Criterion, ...]:
    return tuple(_criterion(each, code) for each in texts)


def _bounds(text: Any, code: str = "", rounding: str = "none") -> tuple[float, float]:
    """low <= value <= high, on the value as measured. `text`: anything with the four bounds."""
    low, high = -math.inf, math.inf
    if text.from_ is not None:
        low = _edge(text.from_, code, rounding, rising=True) - _SLACK
    elif text.above is not None:
        low = text.above + _SLACK
    elif text.up_to is not None:
        high = _edge(text.up_to, code, rounding, rising=False)
    elif text.below is not None:
        high = text.below - _SLACK
    return low, high


def _criterion(
    text: CriterionText, code: str, *, rounding: str = "none", severity: str | None = None, unit: str | None = None
) -> Criterion:
    low, high = _bounds(text, code, rounding)
    return Criterion(
        name=text.name,
        rank=RANKS.index(severity or text.severity) + 1,
        low=low,
        high=high,
        hold=round(text.hold_min * MINUTE),
        hold_strict=not text.hold_inclusive,
        cap=None if text.cap_min is None else round(text.cap_min * MINUTE),
        limit=limit_text(text, code, unit),
    )


def _edge(limit: float, code: str, rounding: str, *, rising: bool) -> float:
    """A band edge of rounded values as an edge of measured values (rounding half up, or down for a saturation)."""
    if rounding == "none":
        return limit if rising else limit + _SLACK
    step = 10.0 ** -MEASURES[code].decimals
    if rounding == "floor":
        return limit if rising else limit + step - _SLACK
    return limit - step / 2 if rising else limit + step / 2 - _SLACK


def limit_text(text: Any, code: str, unit: str | None = None) -> str:
    """`≥ 38.3 Cel`, of anything with the four bounds."""
    shown = named(code)
    pairs = (("≥", text.from_), (">", text.above), ("≤", text.up_to), ("<", text.below))
    sign, limit = next((sign, limit) for sign, limit in pairs if limit is not None)
    written = f"{limit:.{shown.decimals}f}"
    number = written if float(written) == limit else f"{limit:g}"
    return f"{sign} {number} {shown.unit if unit is None else unit}".rstrip()
