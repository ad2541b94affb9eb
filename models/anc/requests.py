"""One decoded line of `vigie forecast` becomes a Request, or Refused with the field and what was expected. Pure.

A number is a number: text, true and NaN are not. Nothing is guessed but what the interface makes optional.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, TypeVar

from models.anc.library import DRUGS, GCSF, REGIMENS, UNUSED
from models.anc.values import HORIZON_DAYS, Count, Dose, Gcsf, Refused, Request

MOST = 2000  # entries of one list
RANGES: Mapping[str, tuple[float, float]] = {
    "day": (0.0, 20_000.0),
    "amount_mg": (1e-6, 1e6),
    "duration_h": (0.0, 240.0),
    "anc": (0.0, 500.0),
    "mg": (1e-6, 100.0),
    "count_log_sd": (0.01, 3.0),
    "horizon_days": (2.0, 120.0),
}
COVARIATES: Mapping[str, tuple[float, float]] = {
    "ecog": (0, 5), "aag": (0.1, 6), "albumin": (0.5, 8), "age": (0, 130), "bilirubin": (0, 1000),
}  # fmt: skip
WORDS: Mapping[str, Mapping[Any, float]] = {
    "sex": {"F": 1.0, "f": 1.0, "female": 1.0, "M": 0.0, "m": 0.0, "male": 0.0, 1: 1.0, 0: 0.0},
    "prior_therapy": {True: 1.0, False: 0.0},
}


T = TypeVar("T")


class _Unusable(ValueError):
    """Leaves this module as Refused only: the field, then what was expected there."""


def parse(line: Mapping[str, Any]) -> Request | Refused:
    """A decoded JSON object. Days, mg, hours and 10⁹/L as the interface says."""
    name = _id(line)
    if name is None:
        return Refused(None, "id", "a text or a whole number")
    try:
        return _request(name, line)
    except _Unusable as fault:
        return Refused(name, *fault.args)


def _id(line: object) -> str | None:
    found = line.get("id") if isinstance(line, Mapping) else None
    usable = (isinstance(found, str) and found.strip()) or (isinstance(found, int) and not isinstance(found, bool))
    return str(found) if usable else None


def _request(name: str, line: Mapping[str, Any]) -> Request:
    doses = _entries(line, "doses", _dose)
    if not doses:
        raise _Unusable("doses", "at least one dose: day, amount_mg, duration_h")
    counts, gcsf = _entries(line, "counts", _count), _entries(line, "gcsf", _gcsf)
    first = min(dose.day for dose in doses)
    for label, entries in (("counts", counts), ("gcsf", gcsf)):
        _not_before(label, entries, first)
    return Request(
        name,
        _key(line, "drug", DRUGS),
        _key(line, "regimen", REGIMENS),
        doses,
        counts,
        gcsf,
        _covariates(line),
        None if line.get("count_log_sd") is None else _number(line, "count_log_sd", ""),
        HORIZON_DAYS if line.get("horizon_days") is None else _number(line, "horizon_days", ""),
    )


def _not_before(label: str, entries: tuple[Any, ...], first: float) -> None:
    for place, entry in enumerate(entries):
        if entry.day < first:
            raise _Unusable(f"{label}[{place}].day", f"no day before the first dose (day {first:g}), got {entry.day:g}")


def _key(line: Mapping[str, Any], name: str, known: Mapping[str, object], within: str = "") -> str | None:
    found = line.get(name)
    if found is None:
        return None
    if isinstance(found, str) and found in known:
        return found
    why = f" ({UNUSED[found]})" if isinstance(found, str) and found in UNUSED else ""
    raise _Unusable(within + name, f"one of {', '.join(sorted(known))}, got {_short(found)}{why}")


def _short(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 60 else text[:57] + "..."


def _entries(line: Mapping[str, Any], name: str, make: Callable[[Mapping[str, Any], str], T]) -> tuple[T, ...]:
    found = line.get(name)
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > MOST:
        raise _Unusable(name, f"a list of at most {MOST} entries")
    made = []
    for place, entry in enumerate(found):
        within = f"{name}[{place}]"
        if not isinstance(entry, Mapping):
            raise _Unusable(within, f"an object, got {_short(entry)}")
        made.append(make(entry, within + "."))
    return tuple(made)


def _dose(entry: Mapping[str, Any], within: str) -> Dose:
    day, amount, duration = (_number(entry, name, within) for name in ("day", "amount_mg", "duration_h"))
    return Dose(day, amount, duration, _key(entry, "drug", DRUGS, within))


def _count(entry: Mapping[str, Any], within: str) -> Count:
    return Count(_number(entry, "day", within), _number(entry, "anc", within))


def _gcsf(entry: Mapping[str, Any], within: str) -> Gcsf:
    mg = None if entry.get("mg") is None else _number(entry, "mg", within)
    return Gcsf(_number(entry, "day", within), mg, _key(entry, "name", GCSF, within) or "filgrastim")


def _number(entry: Mapping[str, Any], name: str, within: str) -> float:
    low, high = RANGES[name]
    return _between(entry.get(name), (low, high), within + name)


def _between(found: object, span: tuple[float, float], where: str) -> float:
    low, high = span
    if isinstance(found, int | float) and not isinstance(found, bool) and _finite(found) and low <= found <= high:
        return float(found)
    got = "nothing" if found is None else _short(found)
    raise _Unusable(where, f"a number from {low:g} to {high:g}, got {got}")


def _finite(found: float) -> bool:
    try:
        return isfinite(found)
    except OverflowError:  # a whole number beyond every float
        return False


def _covariates(line: Mapping[str, Any]) -> dict[str, float]:
    found = line.get("covariates")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise _Unusable("covariates", f"an object, got {_short(found)}")
    return {str(name): _covariate(str(name), value) for name, value in found.items() if _known(name, value)}


def _known(name: object, value: object) -> bool:
    """An absent value and a name that no set uses are left out: the answer is the reference patient's."""
    return value is not None and (name in COVARIATES or name in WORDS)


def _covariate(name: str, value: object) -> float:
    where = f"covariates.{name}"
    if name in COVARIATES:
        return _between(value, COVARIATES[name], where)
    words = WORDS[name]
    if not isinstance(value, str | int) or value not in words:
        raise _Unusable(where, f"one of {', '.join(str(word) for word in words)}, got {_short(value)}")
    return words[value]
