"""CTCAE grades from numbers, versions 5.0 and 6.0, over `tables/ctcae_numeric.csv`. Pure.

Source: NCI CTCAE 5.0 (2017) as transcribed in oncohub/CTCAE5, 6.0 as transcribed in admiral; laboratory terms checked
against admiral's tests. Graded in the unit of the report. Versions grade one count differently: rules are written on
counts. Life-threatening consequences and grade 5 are a clinician's to say (`ctcae_clinical.py`).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache

from msgspec import Struct, structs

from alerts.scores.tables import rows
from alerts.scores.values import Grade, Number, exact, usable
from domain.alerts import Said

VERSIONS = ("5.0", "6.0")
ALIASES = {
    "qtc prolonged": "electrocardiogram qt corrected interval prolonged",
    "anaemia": "anemia",
    "diarrhoea": "diarrhea",
    "dyspnoea": "dyspnea",
    "hypokalaemia": "hypokalemia",
    "hyperkalaemia": "hyperkalemia",
    "hyponatraemia": "hyponatremia",
    "hypernatraemia": "hypernatremia",
    "hypoglycaemia": "hypoglycemia",
    "hyperglycaemia": "hyperglycemia",
    "hypomagnesaemia": "hypomagnesemia",
    "hypercalcaemia": "hypercalcemia",
}
_UNITS = {"10*3/ul": "10*9/l", "10*3/mm3": "10*9/l", "10^9/l": "10*9/l", "meq/l": "mmol/l"}
_PER_MICROLITRE = ("/ul", "/mm3")
_FACTS = {
    "symptomatic": "symptoms", "asymptomatic": "symptoms", "fasting": "fasting", "up to 24 h": "duration",
    "more than 24 h": "duration", "baseline normal": "state of the baseline",
    "baseline abnormal": "state of the baseline", "baseline below LLN": "baseline and LLN",
    "above baseline too": "baseline",
}  # fmt: skip
_BOUNDED = {"temperature": "temperature", "systolic (adult)": "systolic", "diastolic (adult)": "diastolic"}
_CHANGES = ("rise over baseline", "loss from baseline", "gain from baseline", "stools per day above baseline")
_OF_THE_TERM = ("baseline normal", "baseline abnormal", "baseline below LLN", "above baseline too")
# In 6.0 only grades 2 and 3 of this term are published here: outside their bands nothing can be said.
_PARTIAL = "creatinine clearance decreased"


class Case(Struct, frozen=True):
    """What was found. Which fields a term needs: `docs/scores.md`.

    `values`: parameter of the table -> number, in `unit` (`lln`, `uln` and `baseline` in the same unit).
    `baseline_state`: normal or abnormal; when absent it follows from `baseline` and `uln`. `hours`: how long it lasted.
    """

    values: Mapping[str, Number]
    unit: str = ""
    lln: Number | None = None
    uln: Number | None = None
    baseline: Number | None = None
    baseline_state: str | None = None
    symptomatic: bool | None = None
    fasting: bool | None = None
    hours: Number | None = None


class Band(Struct, frozen=True):
    """One row of the table."""

    grade: int
    parameter: str
    basis: str
    low: str
    low_inclusive: bool
    high: str
    high_inclusive: bool
    unit: str
    condition: str
    falling: bool


@cache
def _bands(term: str, version: str) -> tuple[Band, ...]:
    return tuple(
        Band(
            int(row["grade"]), row["parameter"], row["basis"], row["from"], row["from_inclusive"] == "yes", row["to"],
            row["to_inclusive"] == "yes", row["unit"].casefold(), row["condition"], row["direction"] == "low",
        )
        for row in rows("ctcae_numeric")
        if row["version"] == version and row["term"].casefold() == term
    )  # fmt: skip


def term_of(text: str) -> str:
    """A term as the tables spell it, in lower case."""
    plain = text.strip().casefold().removesuffix("(adult)").strip()
    return ALIASES.get(plain, plain)


def parameters(term: str, version: str) -> tuple[str, ...]:
    """What a term is graded on; empty when it has no numbers in that version."""
    return tuple(dict.fromkeys(band.parameter for band in _bands(term_of(term), version)))


def ungraded(version: str, fr: str, en: str, missing: tuple[str, ...] = (), *, at_least: int = 0) -> Grade:
    """`not gradable`, with the reason."""
    return Grade("ctcae", version, None, at_least, missing, Said(f"non gradable : {fr}", f"not gradable: {en}"))


def grade(term: str, case: Case, *, version: str = "5.0") -> Grade:
    """The worst grade of the term's bands; None where a limit, a fact or a band is missing that could change it."""
    name = term_of(term)
    bands = _bands(name, version)
    if not bands:
        text = f"{term!r} in CTCAE {version}"
        return ungraded(version, f"pas de seuils numériques pour {text}", f"no numbers for {text}")
    absent = tuple(dict.fromkeys(band.parameter for band in bands))
    case = structs.replace(case, values={name: case.values[name] for name in absent if _possible(name, case)})
    if not case.values:
        return ungraded(version, "il manque " + ", ".join(absent), "missing " + ", ".join(absent), absent)
    unit = _unit(case.unit)
    scale = Decimal(1)
    if unit in _PER_MICROLITRE:
        unit, scale = "10*9/l", Decimal("0.001")
    fitting = tuple(band for band in bands if band.unit in ("", unit))
    if not fitting:
        units = ", ".join(sorted({band.unit for band in bands}))
        return ungraded(
            version, f"unité : {units} attendu, reçu {case.unit!r}", f"unit: expected {units}, got {case.unit!r}"
        )
    graded = _worst(fitting, case, scale, version=version)
    if name == _PARTIAL and graded.grade == 0:
        return ungraded(version, "hors des seuils publiés", "outside the bands that are published")
    return graded


def _worst(bands: tuple[Band, ...], case: Case, scale: Decimal, *, version: str) -> Grade:
    """The worst of the groups; nothing when one that cannot be said could be worse."""
    found = [_group(group, case, scale) for group in _groups(bands)]
    known = max((g for g, _ in found if g is not None), default=0)
    if any(g is None and worst > known for g, worst in found):
        lacking = _lacking(bands, case)
        if not lacking:
            return ungraded(
                version, "valeur entre deux grades", "the value is in a gap between two grades", at_least=known
            )
        said = ", ".join(lacking)
        return ungraded(version, "il manque " + said, "missing " + said, lacking, at_least=known)
    return Grade("ctcae", version, known, known, (), Said(f"CTCAE {version}", f"CTCAE {version}"))


def _possible(parameter: str, case: Case) -> bool:
    """Whether the number is there and one that can be. A change may be negative."""
    number = exact(case.values.get(parameter))
    if number is None:
        return False
    if parameter in _BOUNDED:
        return usable(_BOUNDED[parameter], number) is not None
    return parameter in _CHANGES or number >= 0


def _unit(text: str) -> str:
    plain = text.partition("(")[0].strip()
    if plain == "G/L":  # giga per litre, a count; g/L is a mass
        return "10*9/l"
    return _UNITS.get(plain.casefold(), plain.casefold())


def _groups(bands: tuple[Band, ...]) -> Iterable[tuple[Band, ...]]:
    """Bands that one number is compared with: by parameter and by what they multiply."""
    keys = dict.fromkeys((band.parameter, band.basis) for band in bands)
    return [tuple(band for band in bands if (band.parameter, band.basis) == key) for key in keys]


def _group(bands: tuple[Band, ...], case: Case, scale: Decimal) -> tuple[int | None, int]:
    """Grade of one group, None when it cannot be said, and the worst it could be."""
    worst = max(band.grade for band in bands)
    whole = _holds(bands[0].condition, case) if bands[0].condition in _OF_THE_TERM else True
    value = exact(case.values.get(bands[0].parameter))
    if whole is False:
        return 0, worst
    if whole is None or value is None:
        return None, worst
    value *= scale
    for band in sorted(bands, key=lambda band: -band.grade):
        within, holds = _within(band, value, case, scale), _holds(band.condition, case)
        if within and holds:
            return band.grade, worst
        if within is not False and holds is not False:
            return None, worst
    return (0 if _normal(bands, value, case, scale) else None), worst


def _within(band: Band, value: Decimal, case: Case, scale: Decimal) -> bool | None:
    above: bool | None = True
    below: bool | None = True
    if band.low:
        low = _limit(band.low, band, case, scale)
        above = None if low is None else value > low or (band.low_inclusive and value == low)
    if band.high:
        high = _limit(band.high, band, case, scale)
        below = None if high is None else value < high or (band.high_inclusive and value == high)
    if above is False or below is False:
        return False
    return True if above and below else None


def _limit(text: str, band: Band, case: Case, scale: Decimal) -> Decimal | None:
    """An edge as a number; None when it needs a limit that is not known."""
    if text not in ("LLN", "ULN") and not band.basis:
        return Decimal(text)
    number = exact(case.lln if text == "LLN" else case.baseline if band.basis == "baseline" else case.uln)
    if number is None or number < 0 or (number == 0 and text != "LLN"):
        return None
    return number * scale if text in ("LLN", "ULN") else number * scale * Decimal(text)


def _normal(bands: tuple[Band, ...], value: Decimal, case: Case, scale: Decimal) -> bool:
    """Whether a value in no band is on the normal side of all of them, and not in a gap between two."""
    for band in bands:
        edge = _limit(band.high if band.falling else band.low, band, case, scale)  # the mild edge is never blank
        inclusive = band.high_inclusive if band.falling else band.low_inclusive
        if edge is None or (value == edge and inclusive):
            return False
        if value < edge if band.falling else value > edge:
            return False
    return True


def _holds(condition: str, case: Case) -> bool | None:
    """Whether a band's condition is true; None when the fact is not known."""
    baseline, hours = exact(case.baseline), exact(case.hours)
    match condition:
        case "":
            return True
        case "symptomatic" | "asymptomatic":
            return None if case.symptomatic is None else case.symptomatic == (condition == "symptomatic")
        case "fasting":
            return case.fasting or None  # nothing is published for a glucose that is not fasting
        case "up to 24 h" | "more than 24 h":
            return None if hours is None else (hours > 24) == (condition == "more than 24 h")
        case "baseline normal" | "baseline abnormal":
            state = _baseline_state(case)
            return None if state is None else condition.endswith(f" {state}")
        case "baseline below LLN":
            lln = exact(case.lln)
            return None if baseline is None or lln is None else baseline < lln
        case "above baseline too":
            value = exact(next(iter(case.values.values()), None))
            return None if baseline is None or value is None else value > baseline
    raise ValueError(f"ctcae_numeric: condition: {condition!r} is not known")


def _baseline_state(case: Case) -> str | None:
    if case.baseline_state in ("normal", "abnormal"):
        return case.baseline_state
    baseline, uln = exact(case.baseline), exact(case.uln)
    if case.baseline_state is not None or baseline is None or uln is None:
        return None
    return "abnormal" if baseline > uln else "normal"


def _lacking(bands: tuple[Band, ...], case: Case) -> tuple[str, ...]:
    """What a grade would have needed."""
    needs: dict[str, object] = {band.parameter: case.values.get(band.parameter) for band in bands}
    for band in bands:
        if "LLN" in (band.low, band.high):
            needs["LLN"] = case.lln
        if "ULN" in (band.low, band.high, band.basis):
            needs["ULN"] = case.uln or None
        if band.basis == "baseline":
            needs["baseline"] = case.baseline or None
        if band.condition:
            needs[_FACTS[band.condition]] = _holds(band.condition, case)
    return tuple(name for name, value in needs.items() if value is None)
