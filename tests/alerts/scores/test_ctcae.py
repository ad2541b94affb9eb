"""CTCAE: every band's edges on both sides, gaps, limits that are missing, terms a version does not have."""

from decimal import Decimal

import pytest

from alerts.scores import ctcae, ctcae_clinical
from alerts.scores.ctcae import Case
from alerts.scores.tables import rows

FIXED = [
    row
    for row in rows("ctcae_numeric")
    if not row["basis"] and row["parameter"] != "rise over baseline" and "baseline" not in row["condition"]
]


def case(row: dict[str, str], value: Decimal) -> Case:
    """A case in which only the value decides: the facts are those of the row."""
    others = {"systolic (adult)": Decimal(100), "diastolic (adult)": Decimal(60), "rise over baseline": Decimal(0)}
    values = {p: others[p] for p in ctcae.parameters(row["term"], row["version"]) if p in others}
    return Case(
        {**values, row["parameter"]: value},
        unit=row["unit"],
        lln=Decimal(1000),
        uln=Decimal("0.001"),
        symptomatic=row["condition"] == "symptomatic",
        fasting=True,
        hours=Decimal(25) if row["condition"] == "more than 24 h" else Decimal(24),
    )


@pytest.mark.parametrize("row", FIXED, ids=lambda row: f"{row['version']}-{row['term']}-{row['grade']}-{row['unit']}")
def test_an_edge_belongs_to_the_grade_the_table_says(row: dict[str, str]) -> None:
    for side in ("from", "to"):
        if row[side] in ("", "LLN", "ULN"):
            continue
        edge, inclusive = Decimal(row[side]), row[f"{side}_inclusive"] == "yes"
        found = ctcae.grade(row["term"], case(row, edge), version=row["version"])
        assert (found.grade == int(row["grade"])) == inclusive, (side, edge, found)
        within = edge + (Decimal("0.001") if side == "from" else Decimal("-0.001"))
        if row[{"from": "to", "to": "from"}[side]]:
            assert ctcae.grade(row["term"], case(row, within), version=row["version"]).grade == int(row["grade"])


@pytest.mark.parametrize("row", FIXED, ids=lambda row: f"{row['version']}-{row['term']}-{row['grade']}-{row['unit']}")
def test_without_the_value_there_is_no_grade(row: dict[str, str]) -> None:
    found = ctcae.grade(row["term"], Case({}, unit=row["unit"]), version=row["version"])
    assert found.grade is None
    assert found.why.en.startswith("not gradable: missing")
    for value in (float("nan"), float("inf")):
        assert (
            ctcae.grade(row["term"], Case({row["parameter"]: value}, unit=row["unit"]), version=row["version"]).grade
            is None
        )


@pytest.mark.parametrize(
    ("term", "found", "version", "grade"),
    [
        ("Hyponatremia", Case({"sodium": 129.5}, "mmol/L", lln=135, symptomatic=False), "5.0", None),
        ("Hyponatremia", Case({"sodium": 129.5}, "mmol/L", lln=135, symptomatic=False), "6.0", 2),
        ("Hyponatremia", Case({"sodium": 127}, "mmol/L", lln=135), "5.0", None),
        ("Hyponatremia", Case({"sodium": 122}, "mmol/L"), "5.0", 3),
        ("Neutrophil count decreased", Case({"ANC": 1.4}, "G/L", lln=1.2), "5.0", 2),
        ("Neutrophil count decreased", Case({"ANC": 1.6}, "10*9/L", lln=1.5), "5.0", 0),
        ("Neutrophil count decreased", Case({"ANC": 499}, "/uL"), "5.0", 4),
        ("Neutrophil count decreased", Case({"ANC": 1499}, "/mm3", lln=1500), "5.0", 2),
        ("Neutrophil count decreased", Case({"ANC": 0.3}, "10*9/L"), "6.0", 3),
        ("Neutrophil count decreased", Case({"ANC": 0.3}, "mg/L"), "5.0", None),
        ("Anemia", Case({"haemoglobin": 6.2}, "mmol/L", lln=7.5), "5.0", 1),
        ("Fever", Case({"temperature": 40.1}, "Cel"), "5.0", None),
        ("Fever", Case({"temperature": 40.0}, "Cel"), "5.0", 2),
        ("Fever", Case({"temperature": 39}, "Cel"), "6.0", None),
        ("Hypertension (adult)", Case({"systolic (adult)": 165}, "mm[Hg]"), "5.0", 3),
        ("Hypertension (adult)", Case({"systolic (adult)": 150}, "mm[Hg]"), "5.0", None),
        ("Creatinine increased", Case({"creatinine": 100}, uln=90), "5.0", None),
        ("Creatinine increased", Case({"creatinine": 100}, uln=90, baseline=0), "5.0", None),
        ("Creatinine increased", Case({"creatinine": 300}, uln=90), "5.0", 3),
        ("Creatinine increased", Case({"creatinine": 100}, uln=90, lln=50, baseline=40), "6.0", 2),
        ("Creatinine increased", Case({"creatinine": 100}, uln=90, lln=50, baseline=60), "6.0", 1),
        ("Creatinine clearance decreased", Case({"creatinine clearance": 60}, "mL/min"), "6.0", None),
        ("Alanine aminotransferase increased", Case({"ALT": 100}, uln=40, baseline=30), "5.0", 1),
        ("Alanine aminotransferase increased", Case({"ALT": 100}, uln=40), "5.0", None),
        ("Alkaline phosphatase increased", Case({"ALP": 140}, uln=120, baseline=150), "6.0", 0),
        ("Alkaline phosphatase increased", Case({"ALP": 140}, uln=120), "6.0", None),
        ("Hyperglycemia", Case({"glucose": 260}, "mg/dL", uln=100), "6.0", 3),
        ("Hyperglycemia", Case({"glucose": 200}, "mg/dL", uln=100), "6.0", None),
        ("Hyperglycemia", Case({"glucose": 200}, "mg/dL", uln=100, fasting=True), "6.0", 2),
        ("Platelet count decreased", Case({"platelets": 9}, "10*9/L"), "6.0", None),
        ("Unheard of", Case({"ANC": 1}), "5.0", None),
        ("Fever", Case({"temperature": 39}, "Cel"), "4.0", None),
    ],
)
def test_what_a_version_says(term: str, found: Case, version: str, grade: int | None) -> None:
    result = ctcae.grade(term, found, version=version)
    assert (result.grade, result.version) == (grade, version)
    assert result.why.en
    assert (grade is None) == result.why.fr.startswith("non gradable")


@pytest.mark.parametrize(
    ("anc", "temperature", "minutes", "grade"),
    [
        (0.9, 38.4, None, 3),
        (0.9, 38.3, None, None),
        (0.9, 38.3, 60, 0),
        (0.9, 38.0, 61, 3),
        (0.9, 37.9, 500, 0),
        (1.0, 40, 500, 0),
        (None, 39, 0, None),
        (0.9, None, 0, None),
    ],
)
def test_febrile_neutropenia(
    anc: float | None, temperature: float | None, minutes: float | None, grade: int | None
) -> None:
    found = ctcae_clinical.febrile_neutropenia(anc=anc, temperature=temperature, sustained_min=minutes)
    assert found.grade == grade


def test_a_rise_of_qtc_needs_its_baseline() -> None:
    assert ctcae_clinical.qtc(average_ms=470, baseline_ms=None).grade is None
    assert ctcae_clinical.qtc(average_ms=505, baseline_ms=None).grade == 3
    assert ctcae_clinical.qtc(average_ms=440, baseline_ms=379).grade == 3
    assert ctcae_clinical.qtc(average_ms=480.5, baseline_ms=470).grade is None
    assert ctcae_clinical.qtc(average_ms=None, baseline_ms=470).grade is None


def test_weight_stools_breath() -> None:
    assert [ctcae_clinical.weight("Weight loss", baseline_kg=80, now_kg=now).grade for now in (76, 72, 64, 80, 90)] == [
        1,
        2,
        3,
        0,
        0,
    ]
    assert ctcae_clinical.weight("Weight gain", baseline_kg=80, now_kg=84).grade == 1
    assert ctcae_clinical.weight("Weight gain", baseline_kg=0, now_kg=84).grade is None
    assert [ctcae_clinical.diarrhoea(baseline_stools=1, stools_today=n).grade for n in (0, 1, 4, 5, 7, 8)] == [
        0,
        0,
        1,
        2,
        2,
        3,
    ]
    assert ctcae_clinical.diarrhoea(baseline_stools=None, stools_today=8).grade is None
    assert [ctcae_clinical.hypoxia(spo2=v, at=at).grade for v, at in ((88, "rest"), (87.9, "rest"), (87, None))] == [
        0,
        3,
        None,
    ]
    assert ctcae_clinical.dyspnoea(None).grade is None


def test_a_clinician_chooses_among_the_grades_a_term_has() -> None:
    for row in rows("ctcae_clinical"):
        assert ctcae_clinical.judged(row["term"], int(row["grade"])).grade == int(row["grade"])
    assert ctcae_clinical.judged("Nausea", 4).grade is None
    assert ctcae_clinical.judged("Sepsis", 2).grade is None
    assert ctcae_clinical.judged("Nausea", None).grade is None
    assert ctcae_clinical.judged("Nausea", 1, version="6.0").grade is None


def test_a_value_that_cannot_be_has_no_grade() -> None:
    """A temperature in Fahrenheit, a count below zero."""
    assert ctcae.grade("Fever", Case({"temperature": 101}, "Cel", hours=1)).grade is None
    assert ctcae.grade("Hypothermia", Case({"temperature": 3.6}, "Cel")).grade is None
    assert (
        ctcae.grade("Hypertension", Case({"systolic (adult)": 1600, "diastolic (adult)": 70}, "mm[Hg]")).grade is None
    )
    assert ctcae.grade("Neutrophil count decreased", Case({"ANC": -0.5}, "10*9/L")).grade is None
