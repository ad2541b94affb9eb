"""A patient's care plan, checked: faults by field. Pure. `compiled` makes the rules of a checked plan."""

import math
import re
import sys
from datetime import date
from typing import Any

from msgspec import Struct

from alerts.oral.check import oral_faults
from alerts.protocol.reading import Protocol
from domain.instants import parse_iso
from domain.vocabulary import BODY_SITES, CONSCIOUSNESS, MEASURES, OXYGEN_FLOW, SITE_SYNONYMS
from domain.wall_clock import zones


class Regimen(Struct, frozen=True):
    """One row of the regimen table: cycle days (day 1 = cycle start)."""

    key: str
    window_from_day: int
    window_to_day: int
    nadir_last_day: int | None


class Library(Struct, frozen=True):
    """Everything that ships: protocols by id, regimens by key."""

    protocols: dict[str, Protocol]
    regimens: dict[str, Regimen]


LONGEST_CADENCE = 7 * 86_400  # s: a weekly measure; more would switch the watch for silence off
_KEYS = {
    "protocol", "fever_profile", "regimen", "cycle_start", "aplasia", "limits", "site_offsets", "oral", "timezone",
    "cadence", "doses", "spo2_scale", "usual", "trips",
}  # fmt: skip


def check_plan(plan: dict[str, Any], library: Library) -> list[str]:
    """Faults of a plan, each naming the field and what was expected; empty when it can be used."""
    faults = [f"{key}: expected one of {', '.join(sorted(_KEYS))}" for key in plan if key not in _KEYS]
    name = plan.get("protocol", "chemo-aplasia")
    protocol = library.protocols.get(name) if isinstance(name, str) else None
    watching = sorted(each.id for each in library.protocols.values() if each.rules)
    if protocol is None or (not protocol.rules and plan != {"protocol": name}):
        return [*faults, f"protocol: expected one of {', '.join(watching)}, got {name!r}"]
    profile = plan.get("fever_profile")
    if profile is not None and (not isinstance(profile, str) or profile not in protocol.fever_profiles):
        faults.append(
            f"fever_profile: expected one of {', '.join(sorted(protocol.fever_profiles)) or 'none'}, got {profile!r}"
        )
    regimen = plan.get("regimen")
    if regimen is not None and (not isinstance(regimen, str) or regimen not in library.regimens):
        faults.append(f"regimen: expected one of {', '.join(sorted(library.regimens))}, got {regimen!r}")
    if regimen is not None and plan.get("cycle_start") is None:
        faults.append("cycle_start: expected a date beside regimen")
    faults += _date_faults(plan.get("cycle_start")) + _zone_faults(plan.get("timezone"))
    faults += _aplasia_faults(plan.get("aplasia"))
    faults += limit_faults(plan.get("limits", {}), protocol) + _offset_faults(plan.get("site_offsets", {}))
    faults += _dose_faults(plan.get("doses", [])) + _news2_faults(plan)
    faults += oral_faults(plan)
    return faults + _cadence_faults(plan.get("cadence", {}))


def _date_faults(value: Any) -> list[str]:
    if value is None:
        return []
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError):
        return [f"cycle_start: expected a date YYYY-MM-DD, got {value!r}"]
    return [] if 1970 <= found.year <= 2200 else [f"cycle_start: expected a year from 1970 to 2200, got {value!r}"]


def _zone_faults(value: Any) -> list[str]:
    if value is None or (isinstance(value, str) and value in zones()):
        return []
    return [f"timezone: expected a name such as Europe/Paris, got {value!r}"]


def _aplasia_faults(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, dict) or set(value) - {"from", "until"} or value.get("from") is None:
        return ["aplasia: expected null or an object with from and until"]
    faults, found = [], {}
    for key in ("from", "until"):
        text = value.get(key)
        try:
            if text is not None:
                found[key] = parse_iso(text if isinstance(text, str) else repr(text))
        except ValueError as error:
            faults.append(f"aplasia.{key}: {error}")
    if len(found) == 2 and found["until"] <= found["from"]:
        faults.append("aplasia.until: expected a time after from")
    return faults


def limit_faults(limits: Any, protocol: Protocol) -> list[str]:
    """Faults of a patient's or a site's own limits: what is believable, and how far the protocol lets them go."""
    if not isinstance(limits, dict):
        return ["limits: expected an object of code to low and high"]
    faults = []
    for code, sides in limits.items():
        if code not in MEASURES:
            faults.append(f"limits.{code}: expected a canonical code of the vocabulary")
        elif not isinstance(sides, dict) or not sides or set(sides) - {"low", "high"}:
            faults.append(f"limits.{code}: expected low, high or both")
        else:
            found = [fault for side, value in sides.items() if (fault := _side_fault(code, side, value, protocol))]
            faults += found
            if not found and {"low", "high"} <= set(sides) and sides["low"] >= sides["high"]:
                faults.append(f"limits.{code}: expected low below high")
    return faults


def _side_fault(code: str, side: str, value: Any, protocol: Protocol) -> str | None:
    """A limit outside what is believable would switch its rule off; one beyond the bounds is not a person's to set."""
    if not _number(value):
        return f"limits.{code}.{side}: expected a finite number"
    measure, bounds = MEASURES[code], protocol.bounds.get(code)
    low = -math.inf if measure.reject_below is None else measure.reject_below
    high = math.inf if measure.reject_above is None else measure.reject_above
    within = None if bounds is None else bounds.low if side == "low" else bounds.high
    if within is not None:
        low, high = max(low, within[0]), min(high, within[1])
    if not low <= value <= high:
        said = f" ({bounds.source})" if bounds is not None and within is not None else ""
        return f"limits.{code}.{side}: expected {low:g} to {high:g} {measure.unit}{said}, got {value:g}"
    return None


def with_site(plan: dict[str, Any], site_limits: dict[str, dict[str, float]]) -> dict[str, Any]:
    """The plan with the site's own limits where the patient has none on that side of a code."""
    if not site_limits:
        return plan
    own = plan.get("limits", {})
    limits = {code: {**site_limits.get(code, {}), **own.get(code, {})} for code in sorted({*site_limits, *own})}
    return {**plan, "limits": limits}


def _dose_faults(doses: Any) -> list[str]:
    if not isinstance(doses, list):
        return ["doses: expected a list of times"]
    faults = []
    for index, text in enumerate(doses):
        try:
            parse_iso(text if isinstance(text, str) else repr(text))
        except ValueError as error:
            faults.append(f"doses[{index}]: {error}")
    return faults


def _news2_faults(plan: dict[str, Any]) -> list[str]:
    """`usual`: what holds of items that are not measured at home (oxygen flow, consciousness)."""
    faults = []
    if plan.get("spo2_scale", 1) not in (1, 2):
        faults.append("spo2_scale: expected 1, or 2 where a physician prescribed a saturation of 88 to 92 %")
    usual = plan.get("usual", {})
    if not isinstance(usual, dict):
        return [*faults, "usual: expected an object of code to value"]
    return faults + [
        f"usual.{code}: expected one of {', '.join(USUAL)} and a number"
        for code, value in usual.items()
        if code not in USUAL or not _number(value)
    ]


USUAL = (OXYGEN_FLOW, CONSCIOUSNESS)


def _offset_faults(offsets: Any) -> list[str]:
    if not isinstance(offsets, dict):
        return ["site_offsets: expected an object of body site to degrees Celsius"]
    return [
        f"site_offsets.{site}: expected a body site ({', '.join(BODY_SITES)}) and a number from -2 to 2"
        for site, value in offsets.items()
        if SITE_SYNONYMS.get(site, site) not in BODY_SITES or not _number(value) or abs(value) > 2
    ]


def _cadence_faults(cadence: Any) -> list[str]:
    if not isinstance(cadence, dict):
        return ["cadence: expected an object of code to seconds"]
    return [
        f"cadence.{code}: expected a code of the vocabulary and 1 to {LONGEST_CADENCE} seconds"
        for code, value in cadence.items()
        if code not in MEASURES or not _number(value) or not 1 <= value <= LONGEST_CADENCE
    ]


def _number(value: Any) -> bool:
    """Whether it is a number that a float can hold."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= sys.float_info.max
    return isinstance(value, float) and math.isfinite(value)


def nadir_last_day(text: str) -> int | None:
    """The last day of a nadir such as `10-14`, `+5 to +10` or `8`; None when there is none."""
    found = re.search(r"(\d+)(?:\s*(?:-|to)\s*\+?(\d+))?", text)
    return None if found is None else int(found.group(2) or found.group(1))
