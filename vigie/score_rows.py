"""One row of a score file into the call of its score, and the result as columns. Wiring; caller: `vigie.score_names`.

Outputs are named as the interface names them, without `got_`.
"""

from decimal import Decimal

from alerts.scores import astct, ctcae, neutropenia, reported, sepsis, units
from alerts.scores import news2 as news2_score
from alerts.scores.ctcae import Case
from alerts.scores.home import home_administration
from alerts.scores.values import Grade, Score
from vigie import score_pairs
from vigie.score_cells import UNKNOWN, Cells
from vigie.score_pairs import Pairs, visit

Value = str | int | bool | Decimal | None
Answer = tuple[dict[str, Value], str]


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def news2(cells: Cells) -> Answer:
    """NEWS2."""
    found = news2_score.news2(
        news2_score.Vitals(
            resp_rate=cells.number("resp_rate_per_min", "resp_rate"),
            spo2=cells.number("spo2_pct", "spo2"),
            oxygen=cells.word("air_or_oxygen", ("air", "oxygen")),
            systolic=cells.number("systolic_mmHg", "systolic"),
            pulse=cells.number("pulse_per_min", "pulse"),
            consciousness=cells.word("acvpu", news2_score.LETTERS),
            temperature=cells.number("temp_C", "temperature"),
            spo2_scale=cells.number("spo2_scale", "spo2_scale"),
            age=cells.number("age_years", "age"),
        )
    )
    parts = dict(zip(NEWS2_PARTS, (part.points for part in found.parts), strict=True))
    any_three = _yes(found.single_3)
    return {**parts, "total": found.total, "any_single_3": any_three, "clinical_risk": found.band}, found.why.en


NEWS2_PARTS = ("rr", "spo2", "o2", "sbp", "pulse", "consciousness", "temp")


def _sum(found: Score, total: str, band: str) -> Answer:
    return {total: found.total, band: found.band}, found.why.en


def qsofa(cells: Cells) -> Answer:
    """qSOFA."""
    found = sepsis.qsofa(
        resp_rate=cells.number("resp_rate", "resp_rate"),
        gcs=cells.number("gcs", "gcs"),
        systolic=cells.number("systolic_mmHg", "systolic"),
    )
    return _sum(found, "score", "positive_ge2")


def sirs(cells: Cells) -> Answer:
    """SIRS."""
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


def shock_index(cells: Cells) -> Answer:
    """Shock index; a pressure of zero has no quotient."""
    rate, pressure = cells.number("heart_rate", "heart_rate"), cells.number("systolic_mmHg", "systolic")
    found = sepsis.shock_index(heart_rate=rate, systolic=pressure)
    no_quotient = pressure is not None and pressure <= 0
    return {"si": found.index, "band": "invalid input" if no_quotient else found.band}, found.why.en


def mascc(cells: Cells) -> Answer:
    """MASCC."""
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


def cisne(cells: Cells) -> Answer:
    """CISNE."""
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


def girerd(cells: Cells) -> Answer:
    """Girerd, answers 0/1 or yes/no."""
    words = {"1": "yes", "0": "no"}
    q1, q2, q3, q4, q5, q6 = (cells.word(f"q{n}", ("0", "1", "yes", "no")) for n in range(1, 7))
    found = reported.girerd(tuple(words.get(a or "", a) for a in (q1, q2, q3, q4, q5, q6)))  # type: ignore[arg-type]
    return {"yes": found.total, "class": found.band or "incomplete"}, found.why.en


def crs(cells: Cells) -> Answer:
    """CRS."""
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


def icans(cells: Cells) -> Answer:
    """ICANS."""
    graded = {name: cells.word(name, astct.words(name)) for name in astct.ICANS_DOMAINS}
    return _grade(astct.icans(astct.Icans(ice=cells.number("ice_score", "ice"), **graded)), "grade", "")


def _grade(found: Grade, column: str, unsaid: str) -> Answer:
    return {column: unsaid if found.grade is None else found.grade}, found.why.en


def _version(cells: Cells) -> str:
    plain = cells.text("ctcae_version").casefold().removeprefix("v")
    return f"{plain}.0" if plain.isdecimal() else plain


def ctcae_pairs(cells: Cells) -> Answer:
    """CTCAE from `name=value` pairs."""
    found = Pairs(cells.text("input"))
    answer = _grade(score_pairs.ctcae_pairs(cells.text("term"), _version(cells), found), "grade", "not gradable")
    cells.faults += found.faults
    return answer


def ctcae_laboratory(cells: Cells) -> Answer:
    """A laboratory row. Where a grade depends on symptoms and none are stated, symptoms are assumed."""
    term, version = cells.text("term"), _version(cells)
    number = cells.number("value")
    values = {} if number is None else dict.fromkeys(ctcae.parameters(term, version)[:1], number)
    symptomatic = cells.flag("symptomatic")
    case = Case(
        values, cells.text("unit"), cells.number("lln"), cells.number("uln"), cells.number("baseline"),
        cells.word("baseline_state", ("normal", "abnormal")), symptomatic is not False, cells.flag("fasting"),
    )  # fmt: skip
    return _grade(ctcae.grade(term, case, version=version), "grade", "not gradable")


def proctcae(cells: Cells) -> Answer:
    """PRO-CTCAE composite."""

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


def symptom(cells: Cells) -> Answer:
    """Worsening-or-severe rule."""
    before = _or_impossible(cells, "previous_0_4", "previous")
    found = reported.symptom(current=cells.number("current_0_4", "current"), previous=before)
    return {"alert": _yes(found.alert)}, found.why.en


def anc(cells: Cells) -> Answer:
    """Neutrophil count under each definition."""
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


def ukons(cells: Cells) -> Answer:
    """Sum of a triage sheet."""
    green, amber, red = (cells.number(f"n_{colour}", f"n_{colour}") for colour in ("green", "amber", "red"))
    found = reported.ukons(green=green, amber=amber, red=red)
    return {"overall": found.overall}, found.why.en


def home(cells: Cells) -> Answer:
    """Go or no-go at home."""
    found = Pairs(cells.text("inputs") or "unanswered")
    decision = home_administration(cells.text("drug"), visit(found))
    cells.faults += found.faults
    return {"outcome": decision.outcome, "reasons": "|".join(decision.reasons)}, decision.why.en


def unit(cells: Cells) -> Answer:
    """Unit conversion."""
    number = cells.number("value")
    found = units.convert(cells.text("quantity"), number, cells.text("ucum_from"), cells.text("ucum_to"))
    return {"value": found.value}, found.why.en


def mdc(cells: Cells) -> Answer:
    """Device code to LOINC."""
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
