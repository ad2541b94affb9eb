"""A checked care plan and its protocol, compiled into the rules that run for one patient. Pure."""

import math
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from alerts.plan import Library, check_plan
from alerts.protocol import CriterionText, Protocol, RuleText, Sentence, profile_criteria
from alerts.rules.level import Criterion, LevelRule
from alerts.window import WindowPlan
from domain.instants import MINUTE, SECOND, Micros, micros, parse_iso
from domain.vocabulary import MEASURES, SITE_SYNONYMS, Measure


class SilenceRule(Struct, frozen=True):
    """A stream that must not fall silent: `after` is twice its cadence."""

    id: str
    code: str
    after: Micros
    title: Sentence


class Compiled(Struct, frozen=True):
    """The rules of one patient. Shared between patients with equal plans."""

    protocol: Protocol
    levels: tuple[LevelRule, ...]
    by_code: dict[str, tuple[LevelRule, ...]]
    silences: tuple[SilenceRule, ...]
    window: WindowPlan
    offsets: dict[str, float]
    escalation: dict[str, tuple[Micros, ...]]


def compile_plan(plan: dict[str, Any], library: Library) -> Compiled:
    """The rules of a patient with a checked plan. Raises ValueError with the faults of an unchecked one.

    Under a protocol with a window, a plan that names neither window nor regimen is open always: not known is open.
    """
    faults = check_plan(plan, library)
    if faults:
        raise ValueError("; ".join(faults))
    shared = _compile_shared(msgspec.json.encode(_without_window(plan), order="deterministic"), _Identity(library))
    return msgspec.structs.replace(shared, window=_window_plan(plan, library))


class _Identity:
    """Lets the cache key on one library object."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def __hash__(self) -> int:
        return id(self.library)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.library is self.library


def _without_window(plan: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in plan.items() if k in ("protocol", "fever_profile", "limits", "site_offsets", "cadence")}


@lru_cache(maxsize=4096)
def _compile_shared(text: bytes, identity: _Identity) -> Compiled:
    plan = msgspec.json.decode(text)
    protocol = identity.library.protocols[plan.get("protocol", "chemo-aplasia")]
    rules = (*protocol.rules, *_limit_rules(plan.get("limits", {}), protocol))
    levels = tuple(_level(rule, plan, protocol) for rule in rules)
    by_code: dict[str, tuple[LevelRule, ...]] = {}
    for rule in levels:
        by_code[rule.code] = (*by_code.get(rule.code, ()), rule)
    offsets = {SITE_SYNONYMS.get(site, site): float(value) for site, value in plan.get("site_offsets", {}).items()}
    escalation = {
        severity: tuple(round(minutes * MINUTE) for minutes in getattr(protocol.escalation, severity))
        for severity in ("high", "medium", "low")
    }
    return Compiled(protocol, levels, by_code, _silences(plan, protocol), WindowPlan(), offsets, escalation)


def _limit_rules(limits: dict[str, Any], protocol: Protocol) -> list[RuleText]:
    """A rule of its own for a limit on a measure that no rule of the protocol takes limits for."""
    taken = {rule.code for rule in protocol.rules if rule.plan_limits}
    return [
        RuleText(
            f"limit.{code}", "level", code, Sentence(MEASURES[code].fr, MEASURES[code].en), plan_limits=True,
        )
        for code in sorted(limits)
        if code not in taken
    ]  # fmt: skip


def _silences(plan: dict[str, Any], protocol: Protocol) -> tuple[SilenceRule, ...]:
    cadence = {stream.code: round(stream.cadence_min * MINUTE) for stream in protocol.streams}
    cadence |= {code: round(seconds * SECOND) for code, seconds in plan.get("cadence", {}).items()}
    return tuple(
        SilenceRule(
            f"silence.{code}", code, 2 * every,
            Sentence(f"Silence : {MEASURES[code].fr.lower()}", f"Silence: {MEASURES[code].en.lower()}"),
        )
        for code, every in sorted(cadence.items())
    )  # fmt: skip


def _level(rule: RuleText, plan: dict[str, Any], protocol: Protocol) -> LevelRule:
    gate, texts = rule.gate, rule.criterion
    profile = protocol.fever_profiles.get(plan.get("fever_profile") or protocol.default_fever_profile or "")
    if rule.kind == "fever" and profile is not None:
        texts = profile_criteria(profile)
        if rule.gate == "outside-window":
            texts = tuple(text for text in texts if text.name != "hypothermia")
    if rule.yields_to_profile_hypothermia and profile is not None and profile.hypothermia_below is not None:
        gate = "outside-window"
    if rule.plan_limits:
        texts = _with_limits(texts, plan.get("limits", {}).get(rule.code, {}), protocol)
    severity = rule.severity if rule.kind == "fever" else None
    return LevelRule(
        id=rule.id,
        code=rule.code,
        title=rule.title,
        category=rule.category,
        gate=gate,
        latched=rule.latched,
        criteria=tuple(_criterion(text, rule, severity) for text in texts),
        clear_after=round(protocol.defaults.clear_after_min * MINUTE),
        hysteresis=rule.hysteresis,
        rising=tuple(text.from_ is not None or text.above is not None for text in texts),
    )


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


ALWAYS: Micros = -(1 << 62)  # before every reading
_SLACK = 1e-6  # absorbs binary fractions: 38.3 stays 38.3 after conversion and offset


def _criterion(text: CriterionText, rule: RuleText, severity: str | None) -> Criterion:
    low, high = -math.inf, math.inf  # met when low <= value <= high, on the value as measured
    if text.from_ is not None:
        low = _edge(text.from_, rule, rising=True) - _SLACK
    elif text.above is not None:
        low = text.above + _SLACK
    elif text.up_to is not None:
        high = _edge(text.up_to, rule, rising=False)
    elif text.below is not None:
        high = text.below - _SLACK
    hold = round(text.hold_min * MINUTE)
    return Criterion(
        name=text.name,
        rank=("low", "medium", "high").index(severity or text.severity) + 1,
        low=low,
        high=high,
        hold=hold,
        hold_strict=not text.hold_inclusive,
        cap=None if text.cap_min is None else round(text.cap_min * MINUTE),
        limit=_limit_text(text, MEASURES[rule.code]),
    )


def _edge(limit: float, rule: RuleText, *, rising: bool) -> float:
    """A band edge of rounded values as an edge of measured values (rounding half up, or down for a saturation)."""
    step = 10.0 ** -MEASURES[rule.code].decimals
    match rule.rounding:
        case "none":
            return limit if rising else limit + _SLACK
        case "half-up":
            return limit - step / 2 if rising else limit + step / 2 - _SLACK
        case "floor":
            return limit if rising else limit + step - _SLACK


def _limit_text(text: CriterionText, measure: Measure) -> str:
    pairs = (("≥", text.from_), (">", text.above), ("≤", text.up_to), ("<", text.below))
    sign, limit = next((sign, limit) for sign, limit in pairs if limit is not None)
    written = f"{limit:.{measure.decimals}f}"
    return f"{sign} {written if float(written) == limit else f'{limit:g}'} {measure.unit}".rstrip()


def _window_plan(plan: dict[str, Any], library: Library) -> WindowPlan:
    protocol = library.protocols[plan.get("protocol", "chemo-aplasia")]
    if protocol.recovery is None:
        return WindowPlan()
    opens_at = until = nadir_ends_at = None
    regimen = library.regimens.get(plan.get("regimen") or "")
    if regimen is not None:
        opens_at = _cycle_day(plan, regimen.window_from_day - 1)
        until = _cycle_day(plan, regimen.window_to_day)
        if regimen.nadir_last_day is not None:
            nadir_ends_at = _cycle_day(plan, regimen.nadir_last_day - 1)
    aplasia = plan.get("aplasia")
    if aplasia is not None:
        opens_at = parse_iso(aplasia["from"])
        until = parse_iso(aplasia["until"]) if aplasia.get("until") else until
    elif regimen is None and "aplasia" not in plan:
        opens_at = ALWAYS
    return WindowPlan(opens_at, until, nadir_ends_at)


def _cycle_day(plan: dict[str, Any], days: int) -> Micros:
    zone = ZoneInfo(plan.get("timezone") or "Europe/Paris")
    start = date.fromisoformat(plan["cycle_start"]) + timedelta(days=days)
    return micros(datetime(start.year, start.month, start.day, tzinfo=zone))
