"""The scores `vigie score` knows: columns in, columns out, and the call in between. Pure wiring; caller: score_file.

Outputs are named as the vector files name them, without `exp_`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from alerts.scores import astct, ctcae, neutropenia, news2, reported, sepsis, units
from alerts.scores.ctcae import Case
from alerts.scores.home import home_administration
from alerts.scores.values import Grade, Score
from vigie.score_cells import UNKNOWN, Cells
from vigie.score_pairs import Pairs, ctcae_pairs, visit

Value = str | int | bool | Decimal | None
Answer = tuple[dict[str, Value], str]


@dataclass(frozen=True)
class Columns:
    """One shape of file: the columns it must have, those it gets, and the call for a row."""

    needs: tuple[str, ...]
    gives: tuple[str, ...]
    answer: Callable[[Cells], Answer]


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _news2(cells: Cells) -> Answer:
    found = news2.news2(
        news2.Vitals(
            resp_rate=cells.number("resp_rate_per_min", "resp_rate"),
            spo2=cells.number("spo2_pct", "spo2"),
            oxygen=cells.word("air_or_oxygen", ("air", "oxygen")),
            systolic=cells.number("systolic_mmHg", "systolic"),
            pulse=cells.number("pulse_per_min", "pulse"),
            consciousness=cells.word("acvpu", news2.LETTERS),
            temperature=cells.number("temp_C", "temperature"),
            spo2_scale=cells.number("spo2_scale", "spo2_scale"),
            age=cells.number("age_years", "age"),
        )
    )
    parts = dict(zip(_NEWS2_PARTS, (part.points for part in found.parts), strict=True))
    any_three = _yes(found.single_3)
    return {**parts, "total": found.total, "any_single_3": any_three, "clinical_risk": found.band}, found.why.en


_NEWS2_PARTS = ("rr", "spo2", "o2", "sbp", "pulse", "consciousness", "temp")


def _sum(found: Score, total: str, band: str) -> Answer:
    return {total: found.total, band: found.band}, found.why.en


def _qsofa(cells: Cells) -> Answer:
    found = sepsis.qsofa(
        resp_rate=cells.number("resp_rate", "resp_rate"),
        gcs=cells.number("gcs", "gcs"),
        systolic=cells.number("systolic_mmHg", "systolic"),
    )
    return _sum(found, "score", "positive_ge2")


def _sirs(cells: Cells) -> Answer:
    inputs = sepsis.Sirs(
        temperature=cells.number("temp_C", "temperature"),
        heart_rate=cells.number("heart_rate", "heart_rate"),
        resp_rate=cells.number("resp_rate", "resp_rate"),
        wbc=cells.number("wbc_G_L", "wbc"),
        paco2=_measured(cells, "paco2_mmHg", "paco2"),
        bands=_measured(cells, "bands_pct", "bands"),
    )
    return _sum(sepsis.sirs(inputs), "criteria", "sirs_ge2")


def _measured(cells: Cells, column: str, kind: str) -> Decimal | None:
    """A blank cell is not measured; one that cannot be read is not a number, which is missing."""
    number = cells.number(column, kind)
    return _IMPOSSIBLE if number is None and cells.text(column) else number


_IMPOSSIBLE = Decimal("NaN")


def _or_impossible(cells: Cells, column: str, kind: str) -> Decimal | None:
    """The number; not a number for a text that is none, so that the score does not take it for a blank."""
    number = cells.number(column, kind)
    return _IMPOSSIBLE if number is None and cells.text(column).casefold() not in UNKNOWN else number


def _shock_index(cells: Cells) -> Answer:
    rate, pressure = cells.number("heart_rate", "heart_rate"), cells.number("systolic_mmHg", "systolic")
    found = sepsis.shock_index(heart_rate=rate, systolic=pressure)
    no_quotient = pressure is not None and pressure <= 0
    return {"si": found.index, "band": "invalid input" if no_quotient else found.band}, found.why.en


def _mascc(cells: Cells) -> Answer:
    words = neutropenia.MASCC_WORDS
    inputs = neutropenia.Mascc(
        burden_of_illness=cells.word("burden_of_illness", words["burden_of_illness"]),
        hypotension=cells.word("hypotension_sbp_lt_90", words["hypotension"]),
        copd=cells.word("active_copd", words["copd"]),
        tumour=cells.word("tumour_and_fungal_history", words["tumour"]),
        dehydration=cells.word("dehydration_needing_iv", words["dehydration"]),
        status_at_onset=cells.word("status_at_fever_onset", words["status_at_onset"]),
        age=cells.number("age_years", "age"),
    )
    return _sum(neutropenia.mascc(inputs), "score", "risk_ge21_low")


def _cisne(cells: Cells) -> Answer:
    inputs = neutropenia.Cisne(
        ecog=cells.number("ecog", "ecog"),
        glucose=cells.number("glucose_mg_dL", "glucose"),
        diabetes_or_corticosteroids=cells.word("diabetes_or_corticosteroids", ("yes", "no")),
        copd=cells.word("copd", ("yes", "no")),
        cardiovascular=cells.word("cardiovascular_disease", ("yes", "no")),
        mucositis=cells.number("mucositis_grade", "mucositis"),
        monocytes=cells.number("monocytes_per_uL", "monocytes"),
    )
    return _sum(neutropenia.cisne(inputs), "score", "risk")


def _girerd(cells: Cells) -> Answer:
    words = {"1": "yes", "0": "no"}
    q1, q2, q3, q4, q5, q6 = (cells.word(f"q{n}", ("0", "1", "yes", "no")) for n in range(1, 7))
    found = reported.girerd(tuple(words.get(a or "", a) for a in (q1, q2, q3, q4, q5, q6)))  # type: ignore[arg-type]
    return {"yes": found.total, "class": found.band or "incomplete"}, found.why.en


def _crs(cells: Cells) -> Answer:
    device = cells.text("oxygen").casefold()
    name, _, litres = device.rpartition("_")
    flow = None
    if name in ("low_flow", "high_flow"):
        device, flow = name, Cells({"oxygen": litres}).number("oxygen", "flow")
    if flow is None and (name in ("low_flow", "high_flow") or device not in _DEVICES):
        cells.wrong("oxygen", f"one of {', '.join(_DEVICES)}, low_flow_N, high_flow_N")
    inputs = astct.Crs(
        temperature=cells.number("temp_C", "temperature"),
        hypotension=cells.word("hypotension", ("yes", "no")),
        pressors=cells.number("number_of_pressors_excl_vasopressin", "pressors"),
        oxygen=device,
        flow=flow,
        context=cells.word("context", astct.CONTEXTS),
    )
    return _grade(astct.crs(inputs), "grade", "")


_DEVICES = ("none", "blow_by", "facemask", "non_rebreather", "venturi", "positive_pressure")


def _icans(cells: Cells) -> Answer:
    graded = {name: cells.word(name, astct.words(name)) for name in astct.ICANS_DOMAINS}
    return _grade(astct.icans(astct.Icans(ice=cells.number("ice_score", "ice"), **graded)), "grade", "")


def _grade(found: Grade, column: str, unsaid: str) -> Answer:
    return {column: unsaid if found.grade is None else found.grade}, found.why.en


def _version(cells: Cells) -> str:
    plain = cells.text("ctcae_version").casefold().removeprefix("v")
    return f"{plain}.0" if plain.isdecimal() else plain


def _ctcae_pairs(cells: Cells) -> Answer:
    found = Pairs(cells.text("input"))
    answer = _grade(ctcae_pairs(cells.text("term"), _version(cells), found), "grade", "not gradable")
    cells.faults += found.faults
    return answer


def _ctcae_laboratory(cells: Cells) -> Answer:
    """A laboratory row. Where a grade depends on symptoms and none are stated, symptoms are assumed."""
    term, version = cells.text("term"), _version(cells)
    number = cells.number("value")
    values = {} if number is None or number < 0 else dict.fromkeys(ctcae.parameters(term, version)[:1], number)
    symptomatic = cells.flag("symptomatic")
    case = Case(
        values, cells.text("unit"), cells.number("lln"), cells.number("uln"), cells.number("baseline"),
        cells.word("baseline_state", ("normal", "abnormal")), symptomatic is not False, cells.flag("fasting"),
    )  # fmt: skip
    return _grade(ctcae.grade(term, case, version=version), "grade", "not gradable")


def _proctcae(cells: Cells) -> Answer:
    def answered(column: str) -> Decimal | None:
        if cells.text(column).casefold() in _NOT_SCORED:
            return None
        return _or_impossible(cells, column, column)

    found = reported.pro_ctcae(
        cells.text("attributes"),
        frequency=answered("frequency"),
        severity=answered("severity"),
        interference=answered("interference"),
    )
    return {"composite": found.outcome}, found.why.en


_NOT_SCORED = frozenset({"not applicable", "not sexually active", "prefer not to answer"})


def _symptom(cells: Cells) -> Answer:
    before = _or_impossible(cells, "previous_0_4", "previous")
    found = reported.symptom(current=cells.number("current_0_4", "current"), previous=before)
    return {"alert": _yes(found.alert)}, found.why.en


def _anc(cells: Cells) -> Answer:
    window, fever = cells.text("window").casefold(), cells.text("fever").casefold()
    found = neutropenia.febrile_neutropenia_anc(
        anc=cells.number("anc_G_L", "anc"),
        falling=cells.flag("expected_to_fall_below_0_5_in_48h"),
        in_window=_first(window, ("in", "inside", "within"), ("outside", "out")),
        fever=_first(fever, ("yes",), ("no",)),
    )
    return dict(found.answers), found.why.en


def _first(text: str, positive: tuple[str, ...], negative: tuple[str, ...]) -> bool | None:
    """What the first word of a sentence says."""
    word = text.split(" ")[0]
    return True if word in positive else False if word in negative else None


def _ukons(cells: Cells) -> Answer:
    green, amber, red = (cells.number(f"n_{colour}", "count") for colour in ("green", "amber", "red"))
    found = reported.ukons(green=green, amber=amber, red=red)
    return {"overall": found.overall}, found.why.en


def _home(cells: Cells) -> Answer:
    found = Pairs(cells.text("inputs") or "unanswered")
    decision = home_administration(cells.text("drug"), visit(found))
    cells.faults += found.faults
    return {"outcome": decision.outcome, "reasons": "|".join(decision.reasons)}, decision.why.en


def _unit(cells: Cells) -> Answer:
    number = cells.number("value")
    found = units.convert(cells.text("quantity"), number, cells.text("ucum_from"), cells.text("ucum_to"))
    return {"value": found.value}, found.why.en


def _mdc(cells: Cells) -> Answer:
    code, partition, term = (_whole(cells, column) for column in ("mdc_code", "partition", "term_code"))
    made = None if partition is None or term is None else units.mdc_code(partition, term)
    if code is not None and made is not None and made != code:
        cells.wrong("mdc_code", f"partition x 65536 + term code = {made}")
        return {"loinc": None}, ""
    found = units.mdc_to_loinc(made if code is None else code, ucum=cells.text("ucum") or None)
    return {"loinc": found.loinc}, "" if found.loinc else found.why.en


def _whole(cells: Cells, column: str) -> int | None:
    number = cells.number(column)
    if number is not None and (number != number.to_integral_value() or not 0 <= number < 1 << 32):
        cells.wrong(column, "a whole number")
        return None
    return None if number is None else int(number)


_GRADE = ("grade",)
NAMES: Mapping[str, tuple[Columns, ...]] = {
    "news2": (
        Columns(
            ("resp_rate_per_min", "spo2_pct", "spo2_scale", "air_or_oxygen", "systolic_mmHg", "pulse_per_min", "acvpu",
             "temp_C"),
            (*_NEWS2_PARTS, "total", "any_single_3", "clinical_risk"), _news2,
        ),
    ),
    "qsofa": (Columns(("resp_rate", "gcs", "systolic_mmHg"), ("score", "positive_ge2"), _qsofa),),
    "sirs": (
        Columns(
            ("temp_C", "heart_rate", "resp_rate", "paco2_mmHg", "wbc_G_L", "bands_pct"), ("criteria", "sirs_ge2"), _sirs
        ),
    ),
    "shock_index": (Columns(("heart_rate", "systolic_mmHg"), ("si", "band"), _shock_index),),
    "mascc": (
        Columns(
            ("burden_of_illness", "hypotension_sbp_lt_90", "active_copd", "tumour_and_fungal_history",
             "dehydration_needing_iv", "status_at_fever_onset", "age_years"),
            ("score", "risk_ge21_low"), _mascc,
        ),
    ),
    "cisne": (
        Columns(
            ("ecog", "glucose_mg_dL", "diabetes_or_corticosteroids", "copd", "cardiovascular_disease",
             "mucositis_grade", "monocytes_per_uL"),
            ("score", "risk"), _cisne,
        ),
    ),
    "girerd": (Columns(tuple(f"q{n}" for n in range(1, 7)), ("yes", "class"), _girerd),),
    "astct_crs": (
        Columns(
            ("temp_C", "hypotension", "number_of_pressors_excl_vasopressin", "oxygen", "context"), _GRADE, _crs
        ),
    ),
    "astct_icans": (Columns(("ice_score", *astct.ICANS_DOMAINS), _GRADE, _icans),),
    "ctcae": (
        Columns(("ctcae_version", "term", "input"), _GRADE, _ctcae_pairs),
        Columns(
            ("ctcae_version", "term", "value", "unit", "lln", "uln", "baseline", "baseline_state"), _GRADE,
            _ctcae_laboratory,
        ),
    ),
    "proctcae": (Columns(("attributes", "frequency", "severity", "interference"), ("composite",), _proctcae),),
    "home_administration": (Columns(("drug", "inputs"), ("outcome", "reasons"), _home),),
    "unit_conversions": (Columns(("quantity", "value", "ucum_from", "ucum_to"), ("value",), _unit),),
    "mdc_to_loinc": (Columns(("mdc_code",), ("loinc",), _mdc),),
    "ukons_aggregation": (Columns(("n_green", "n_amber", "n_red"), ("overall",), _ukons),),
    "pro_alert_star_rule": (Columns(("previous_0_4", "current_0_4"), ("alert",), _symptom),),
    "febrile_neutropenia_anc": (
        Columns(
            ("anc_G_L", "expected_to_fall_below_0_5_in_48h", "window", "fever"),
            ("IDSA", "NCCN", "ESMO_2016", "CTCAE_5_grade3"), _anc,
        ),
    ),
}  # fmt: skip
