"""A checked care plan and its protocol, compiled into the rules that run for one patient. Pure."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from alerts.core.window import WindowPlan
from alerts.oral.drugs import watched
from alerts.oral.plan import NOTHING, OralPlan, oral_plan
from alerts.oral.windows import Windows, windows
from alerts.protocol.compiled_rules import compile_rule, limit_rules
from alerts.protocol.plan import Library, check_plan
from alerts.protocol.reading import Protocol
from alerts.protocol.text import PhaseText, Sentence
from alerts.rules.level import LevelRule
from domain.body_sites import offsets_of
from domain.instants import HOUR, MINUTE, SECOND, Micros, micros, parse_iso
from domain.vocabulary import MEASURES

ALWAYS: Micros = -(1 << 62)  # before every reading


class SilenceRule(Struct, frozen=True):
    """A stream that must not fall silent: `after` is twice its cadence. `gate`: the phase in which it is expected."""

    id: str
    code: str
    after: Micros
    title: Sentence
    gate: str = "always"


class Step(Struct, frozen=True):
    """Who is reached how, `after` the opening."""

    after: Micros
    who: tuple[str, ...]
    how: tuple[str, ...]


class Steps(Struct, frozen=True):
    """The escalation of one severity: at once (None: nobody but the console), and later."""

    first: Step | None = None
    later: tuple[Step, ...] = ()


class Phase(Struct, frozen=True):
    """A phase on this patient's calendar: all that is said must hold."""

    window_open: bool | None = None
    from_at: Micros | None = None
    to_at: Micros | None = None
    after_dose: Micros | None = None


class Compiled(Struct, frozen=True):
    """The rules of one patient. Shared between patients with equal plans, but for window, phases and doses.

    `levels`: every rule, those on intakes too, which are in no stream. `routes`: code -> keys of the streams it belongs
    to; `by_stream`: stream key -> its rules; `causes`: rule id -> (group, place), for the ids named in full, then by
    the beginning of an id.
    """

    protocol: Protocol
    levels: tuple[LevelRule, ...]
    by_stream: dict[str, tuple[LevelRule, ...]]
    routes: dict[str, tuple[str, ...]]
    silences: tuple[SilenceRule, ...]
    window: WindowPlan
    offsets: dict[str, float]
    escalation: dict[str, Steps]
    causes: dict[str, tuple[str, int]]
    cause_prefixes: tuple[tuple[str, str, int], ...]
    stepping: tuple[LevelRule, ...] = ()  # those whose severity changes with time
    phases: dict[str, Phase] = {}
    doses: tuple[Micros, ...] = ()
    on_intakes: tuple[LevelRule, ...] = ()  # those folded by `alerts.core.oral`
    oral: OralPlan = NOTHING
    windows: Windows | None = None  # those of the protocol; always there

    def cause(self, rule: str) -> tuple[str, int]:
        """What a rule's alert is shown together with, and its place there; alone under its own id otherwise."""
        found = self.causes.get(rule)
        if found is not None:
            return found
        for prefix, group, place in self.cause_prefixes:
            if rule.startswith(prefix):
                return group, place
        return rule, 0


def compile_plan(plan: dict[str, Any], library: Library) -> Compiled:
    """The rules of a patient with a checked plan. Raises ValueError with the faults of an unchecked one.

    Under a protocol with a window, a plan that names neither window nor regimen is open always: not known is open.
    """
    faults = check_plan(plan, library)
    if faults:
        raise ValueError("; ".join(faults))
    shared = _compile_shared(msgspec.json.encode(_shared_part(plan), order="deterministic"), _Identity(library))
    return msgspec.structs.replace(
        shared,
        window=_window_plan(plan, library),
        phases={phase.id: _phase(phase, plan) for phase in shared.protocol.phases},
        doses=tuple(sorted(parse_iso(text) for text in plan.get("doses", ()))),
        oral=oral_plan(plan),
    )


class _Identity:
    """Lets the cache key on one library object."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def __hash__(self) -> int:
        return id(self.library)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.library is self.library


_SHARED = ("protocol", "fever_profile", "limits", "site_offsets", "cadence", "spo2_scale", "usual")


def _shared_part(plan: dict[str, Any]) -> dict[str, Any]:
    part = {k: v for k, v in plan.items() if k in _SHARED}
    risks = sorted({each for row in plan.get("oral") or () for each in watched(row["drug"])})
    return part | {"drug_risks": [[each.item, each.attribute, each.status] for each in risks]} if risks else part


@lru_cache(maxsize=4096)
def _compile_shared(text: bytes, identity: _Identity) -> Compiled:
    plan = msgspec.json.decode(text)
    protocol = identity.library.protocols[plan.get("protocol", "chemo-aplasia")]
    texts = (*protocol.rules, *limit_rules(plan.get("limits", {}), protocol))
    levels = tuple(rule for text in texts for rule in compile_rule(text, plan, protocol))
    by_stream: dict[str, tuple[LevelRule, ...]] = {}
    routes: dict[str, tuple[str, ...]] = {}
    for rule in levels:
        if rule.intakes is not None:
            continue
        by_stream[rule.stream] = (*by_stream.get(rule.stream, ()), rule)
        for code in (rule.code,) if rule.source is None else rule.source.codes:
            if rule.stream not in routes.get(code, ()):
                routes[code] = (*routes.get(code, ()), rule.stream)
    offsets = offsets_of(plan.get("site_offsets", {}))
    escalation = {severity: _steps(protocol, severity) for severity in ("high", "medium", "low")}
    named, prefixes = _causes(protocol)
    return Compiled(
        protocol,
        levels,
        by_stream,
        routes,
        _silences(plan, protocol),
        WindowPlan(),
        offsets,
        escalation,
        named,
        prefixes,
        tuple(rule for rule in levels if rule.step_up is not None or rule.step_down is not None),
        on_intakes=tuple(rule for rule in levels if rule.intakes is not None),
        windows=windows(protocol.intakes),
    )


def _steps(protocol: Protocol, severity: str) -> Steps:
    found = tuple(
        Step(round(step.after_min * MINUTE), step.who, step.how) for step in getattr(protocol.escalation, severity)
    )
    if found and found[0].after == 0:
        return Steps(found[0], found[1:])
    return Steps(None, found)


def _causes(protocol: Protocol) -> tuple[dict[str, tuple[str, int]], tuple[tuple[str, str, int], ...]]:
    named: dict[str, tuple[str, int]] = {}
    prefixes: list[tuple[str, str, int]] = []
    for group in protocol.groups:
        for place, rule in enumerate(group.rules):
            if rule.endswith("*"):
                prefixes.append((rule[:-1], group.id, place))
            else:
                named.setdefault(rule, (group.id, place))
    return named, tuple(prefixes)


def _silences(plan: dict[str, Any], protocol: Protocol) -> tuple[SilenceRule, ...]:
    streams = {stream.code: stream for stream in protocol.streams}
    cadence = {code: round(stream.cadence_min * MINUTE) for code, stream in streams.items()}
    cadence |= {code: round(seconds * SECOND) for code, seconds in plan.get("cadence", {}).items()}
    return tuple(
        SilenceRule(
            f"silence.{code}",
            code,
            2 * every,
            silence_title(code, streams[code].title if code in streams else None),
            streams[code].gate if code in streams else "always",
        )
        for code, every in sorted(cadence.items())
    )


def silence_title(code: str, title: Sentence | None) -> Sentence:
    """What the silence of a stream is called where the protocol does not say."""
    if title is not None:
        return title
    if code in MEASURES:
        return Sentence(f"Silence : {MEASURES[code].fr.lower()}", f"Silence: {MEASURES[code].en.lower()}")
    name = code.partition(":")[2]
    return Sentence(f"Silence : questionnaire {name}", f"Silence: questionnaire {name}")


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


def _phase(phase: PhaseText, plan: dict[str, Any]) -> Phase:
    """Without `cycle_start` a phase by days is open: not known is open."""
    dated = plan.get("cycle_start") is not None
    return Phase(
        None if phase.window is None else phase.window == "open",
        _cycle_day(plan, phase.from_day - 1) if dated and phase.from_day is not None else None,
        _cycle_day(plan, phase.to_day) if dated and phase.to_day is not None else None,
        None if phase.after_dose_h is None else round(phase.after_dose_h * HOUR),
    )


def _cycle_day(plan: dict[str, Any], days: int) -> Micros:
    zone = ZoneInfo(plan.get("timezone") or "Europe/Paris")
    start = date.fromisoformat(plan["cycle_start"]) + timedelta(days=days)
    return micros(datetime(start.year, start.month, start.day, tzinfo=zone))
