"""`name=value` pairs of the CTCAE and home-administration files as inputs of those scores. Caller: score_names."""

import re
from collections.abc import Mapping
from decimal import Decimal

from alerts.scores import ctcae, ctcae_clinical
from alerts.scores.ctcae import Case, term_of
from alerts.scores.home import Visit, criteria
from alerts.scores.values import Grade
from vigie.score_cells import UNKNOWN, Cells, parse_number

# name in the file -> (parameter of the table, unit)
_MEASURED: Mapping[str, tuple[str, str]] = {
    "temp_c": ("temperature", "Cel"),
    "anc_g_l": ("ANC", "10*9/L"),
    "plt_g_l": ("platelets", "10*9/L"),
    "wbc_g_l": ("leucocytes", "10*9/L"),
    "lymphocytes_g_l": ("lymphocytes", "10*9/L"),
    "hb_g_dl": ("haemoglobin", "g/dL"),
    "hb_g_l": ("haemoglobin", "g/L"),
    "hb_mmol_l": ("haemoglobin", "mmol/L"),
    "k_mmol_l": ("potassium", "mmol/L"),
    "na_mmol_l": ("sodium", "mmol/L"),
    "mg_mmol_l": ("magnesium", "mmol/L"),
    "mg_mg_dl": ("magnesium", "mg/dL"),
    "ca_mmol_l": ("corrected calcium", "mmol/L"),
    "ca_mg_dl": ("corrected calcium", "mg/dL"),
    "glucose_mmol_l": ("glucose", "mmol/L"),
    "glucose_mg_dl": ("glucose", "mg/dL"),
    "crcl_ml_min": ("creatinine clearance", "mL/min"),
}
_POSITIVE = frozenset({
    "yes", "true", "1", "new", "increased", "increase", "more", "worse", "worsened", "severe", "rest", "at_rest",
    "at rest", "present", "missed", "dry", "productive", "painful", "hindering",
})  # fmt: skip
_NEGATIVE = frozenset({
    "no", "none", "false", "0", "normal", "unchanged", "stable", "same", "absent", "usual", "as usual", "good", "known",
    "chronic", "old", "ok",
})  # fmt: skip
_BELOW_SEVERE = frozenset({"mild", "moderate", "slight", "light"})
# name in the file -> criterion; names that ask for the good state come with `not`
_ASKED = {
    "oedema": "oedema_increase", "edema": "oedema_increase", "dyspnea": "dyspnoea", "cough": "new_cough",
    "nausea": "severe_nausea", "premedication_taken": "not premedication_missed", "oral_intake": "not no_oral_intake",
    "fever": "fever_chills_unwell", "chills": "fever_chills_unwell", "unwell": "fever_chills_unwell",
    "decline": "general_decline", "general_deterioration": "general_decline",
}  # fmt: skip
_MEASURES = {"bp": "low_bp", "hr": "hr_high_irregular"} | dict.fromkeys(
    ("weight_now", "weight_min_21d", "weight_min_42d"), "weight_gain"
)
_TEMPERATURES = ("temp_c", "temp", "temperature")
_BY_WORDS = ("febrile neutropenia", "dyspnea", "hypoxia")  # terms without numbers of one kind
_NO_CRITERION = frozenset({"known_chronic", "spo2", "spo2_pct", *_TEMPERATURES})


def pairs(text: str) -> dict[str, str]:
    """`a=1; b=x y` as names in lower case and values; a word without `=` has a blank value."""
    found = {}
    for piece in text.split(";"):
        name, _, value = piece.partition("=")
        if name.strip():
            found[name.strip().casefold()] = value.strip()
    return found


class Pairs(Cells):
    """The pairs of one cell, read like cells."""

    def __init__(self, text: str) -> None:
        super().__init__(pairs(text))
        self.names = tuple(pairs(text))


def ctcae_pairs(term: str, version: str, found: Pairs) -> Grade:
    """The grade of a term from its pairs."""
    name = term_of(term)
    if version == "5.0" and ("grade" in found.names or not (ctcae.parameters(name, version) or name in _BY_WORDS)):
        return ctcae_clinical.judged(term, found.number("grade"))
    if version == "5.0":
        match name:
            case "febrile neutropenia":
                return ctcae_clinical.febrile_neutropenia(
                    anc=found.number("anc_g_l", "anc"),
                    temperature=found.number("temp_c", "temperature"),
                    sustained_min=found.number("sustained_min"),
                )
            case "dyspnea":
                return ctcae_clinical.dyspnoea(found.word("dyspnoea", ctcae_clinical.EXERTION))
            case "hypoxia":
                at = found.word("at", ("rest", "exercise_only"))
                return ctcae_clinical.hypoxia(spo2=found.number("spo2_pct", "spo2"), at=at)
            case "weight loss" | "weight gain":
                before, now = found.number("baseline_kg", "weight"), found.number("now_kg", "weight")
                return ctcae_clinical.weight(term, baseline_kg=before, now_kg=now)
            case "diarrhea":
                before, now = found.number("baseline_stools", "count"), found.number("stools_today", "count")
                return ctcae_clinical.diarrhoea(baseline_stools=before, stools_today=now)
            case "electrocardiogram qt corrected interval prolonged":
                before = found.number("baseline_ms")
                return ctcae_clinical.qtc(average_ms=found.number("avg_qtc_ms"), baseline_ms=before)
    return _measured(term, version, found)


def _measured(term: str, version: str, found: Pairs) -> Grade:
    parameters = ctcae.parameters(term, version)
    values: dict[str, Decimal] = {}
    unit = found.text("unit")
    for name, (parameter, measured_in) in _MEASURED.items():
        kind = "temperature" if parameter == "temperature" else None
        if name in found.names and parameter in parameters and (number := found.number(name, kind)) is not None:
            values[parameter], unit = number, measured_in
    if term_of(term) == "hypertension":
        unit = "mm[Hg]"
        for name, kind in (("sbp", "systolic"), ("dbp", "diastolic")):
            if (number := found.number(name, kind)) is not None:
                values[f"{kind} (adult)"] = number
    if "value" in found.names and parameters and (number := found.number("value")) is not None:
        values[parameters[0]] = number
    case = Case(
        values, unit, found.number("lln"), found.number("uln"), found.number("baseline"),
        found.word("baseline_state", ("normal", "abnormal")), found.flag("symptomatic"), found.flag("fasting"),
        found.number("duration_h"),
    )  # fmt: skip
    return ctcae.grade(term, case, version=version)


def visit(found: Pairs) -> Visit:
    """The pairs of a home visit. A question that is not named is negative; a word not understood is unanswered."""
    answers: dict[str, bool] = {}
    unanswered: set[str] = set()
    for name in found.names:
        text = found.text(name).casefold()
        if name == "unanswered" or (text in UNKNOWN and name not in _NO_CRITERION):
            unanswered |= _named(text) if name == "unanswered" else {_criterion(name)[0]}
        elif name not in _MEASURES and name not in _NO_CRITERION:
            _answer(found, name, text, answers, unanswered)
    pressures = _pressures(found, unanswered)
    rate, irregular = _pulse(found, unanswered)
    now, lowest_21d, lowest_42d = (
        _weight(found, name, unanswered) for name in ("weight_now", "weight_min_21d", "weight_min_42d")
    )
    return Visit(
        answers,
        pressures=pressures,
        heart_rate=rate,
        rhythm_irregular=irregular,
        known_chronic=found.flag("known_chronic") is True,
        weight_now=now,
        weight_min_21d=lowest_21d,
        weight_min_42d=lowest_42d,
        temperature=_temperature(found),
        unanswered=frozenset(unanswered),
    )


def _temperature(found: Pairs) -> Decimal | None:
    return next((found.number(name, "temperature") for name in _TEMPERATURES if name in found.names), None)


def _criterion(name: str) -> tuple[str, bool]:
    """The criterion a name stands for, and whether `yes` means the criterion is met."""
    asked = _MEASURES.get(name) or _ASKED.get(name, name)
    plain = asked.removeprefix("not ")
    return (plain if plain in criteria() else "*"), plain == asked


def _named(text: str) -> set[str]:
    return {_criterion(name.strip())[0] for name in re.split(r"[,|]", text) if name.strip()} or {"*"}


def _answer(found: Pairs, name: str, text: str, answers: dict[str, bool], unanswered: set[str]) -> None:
    key, straight = _criterion(name)
    severe_only = key in ("severe_nausea", "sensory_neuropathy", "motor_neuropathy")
    positive = text in _POSITIVE or (text in _BELOW_SEVERE and not severe_only)
    negative = text in _NEGATIVE or (text in _BELOW_SEVERE and severe_only)
    if key == "*" and negative:
        return
    if key == "*" or not (positive or negative):
        found.wrong(name, "yes or no to a question of this list")
        unanswered.add(key)
    else:
        answers[key] = answers.get(key, False) or positive == straight


def _pressures(found: Pairs, unanswered: set[str]) -> tuple[tuple[Decimal, Decimal], ...]:
    text, read = found.text("bp"), []
    if text.casefold() in UNKNOWN:
        return ()
    for piece in text.split(","):
        systolic, _, diastolic = piece.strip().partition("/")
        pair = parse_number(systolic.strip()), parse_number(diastolic.strip())
        if pair[0] is None or pair[1] is None or not 0 < pair[0] <= 375 or not 0 < pair[1] <= 375:
            found.wrong("bp", "systolic/diastolic in mmHg, readings joined by a comma")
            unanswered.add("low_bp")
        else:
            read.append((pair[0], pair[1]))
    return tuple(read)


def _pulse(found: Pairs, unanswered: set[str]) -> tuple[Decimal | None, bool]:
    words = found.text("hr").casefold().split()
    rhythm = [word for word in words if word in ("regular", "irregular")]
    numbers = [parse_number(word) for word in words if word not in ("regular", "irregular", "/min", "bpm")]
    if words and words[0] not in UNKNOWN and (None in numbers or len(numbers) > 1 or len(rhythm) > 1):
        found.wrong("hr", "a rate and regular or irregular")
        unanswered.add("hr_high_irregular")
        return None, "irregular" in rhythm
    return (numbers[0] if numbers else None), "irregular" in rhythm


def _weight(found: Pairs, name: str, unanswered: set[str]) -> Decimal | None:
    before = len(found.faults)
    number = found.number(name, "weight")
    if len(found.faults) > before:
        unanswered.add("weight_gain")
        return None
    return number
