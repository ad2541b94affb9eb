"""The other scores: edges beyond the vectors, what is missing, inputs left alone, tables with their sources."""

import csv
import itertools
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from alerts.scores import astct, neutropenia, reported, sepsis, units
from alerts.scores.home import Visit, home_administration
from alerts.scores.tables import rows
from alerts.scores.values import bands
from domain.units import UNITS
from domain.units import convert as live_convert

TABLES = sorted((Path(__file__).parents[3] / "alerts/scores/tables").glob("*.csv"))
CISNE = neutropenia.Cisne(0, 100, "no", "no", "no", 0, 300)
MASCC = neutropenia.Mascc("none_mild", "no", "no", "solid_or_haem_without_prior_fungal", "no", "outpatient", 45)
SIRS = sepsis.Sirs(37.0, 80, 16, 8.0)
CRS = astct.Crs(38.5, "no", 0, "none")
ICANS = astct.Icans(10, "awake", "none", "none", "none")


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_every_row_of_a_table_has_source_and_status(table: Path) -> None:
    with table.open(newline="") as source:
        found = list(csv.DictReader(source))
    assert found
    for row in found:
        assert row["status"] in ("V", "V2", "M", "D"), row
        assert row["source"], row
        assert None not in row, row


def test_bands_begin_at_zero_and_leave_no_gap() -> None:
    for score in {row["score"] for row in rows("bands")}:
        found = bands(score)
        assert found[0][0] == 0
        assert found[-1][1] is None
        assert all(before[1] == after[0] for before, after in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("inputs", "total"),
    [((22, 15, 101), 1), ((21, 15, 100), 1), ((21.9, 15, 101), 0), ((21, 14, 101), 1), ((22, 3, 100), 3)],
)
def test_qsofa_edges(inputs: tuple[float, float, float], total: int) -> None:
    found = sepsis.qsofa(resp_rate=inputs[0], gcs=inputs[1], systolic=inputs[2])
    assert (found.total, found.band) == (total, "yes" if total >= 2 else "no")


@pytest.mark.parametrize(
    ("change", "total"),
    [
        ({"temperature": 38.0}, 0),
        ({"temperature": 38.1}, 1),
        ({"temperature": 36.0}, 0),
        ({"temperature": 35.9}, 1),
        ({"heart_rate": 90}, 0),
        ({"heart_rate": 91}, 1),
        ({"resp_rate": 20}, 0),
        ({"resp_rate": 21}, 1),
        ({"paco2": 31.9}, 1),
        ({"paco2": 32}, 0),
        ({"wbc": 12}, 0),
        ({"wbc": 12.1}, 1),
        ({"wbc": 4}, 0),
        ({"wbc": 3.9}, 1),
        ({"bands": 10}, 0),
        ({"bands": 10.1}, 1),
        ({"wbc": 3.9, "bands": 20}, 1),
    ],
)
def test_sirs_edges(change: dict[str, float], total: int) -> None:
    assert sepsis.sirs(structs.replace(SIRS, **change)).total == total


@pytest.mark.parametrize(
    "found",
    [
        *(
            sepsis.sirs(structs.replace(SIRS, **{name: None}))
            for name in ("temperature", "heart_rate", "resp_rate", "wbc")
        ),
        sepsis.sirs(structs.replace(SIRS, paco2=float("nan"))),
        *(neutropenia.mascc(structs.replace(MASCC, **{name: None})) for name in MASCC.__struct_fields__),
        *(neutropenia.cisne(structs.replace(CISNE, **{name: None})) for name in CISNE.__struct_fields__),
        neutropenia.mascc(structs.replace(MASCC, hypotension="perhaps")),
        neutropenia.cisne(structs.replace(CISNE, ecog=1.5)),
        sepsis.qsofa(resp_rate=None, gcs=15, systolic=120),
        sepsis.qsofa(resp_rate=20, gcs=2, systolic=120),
        reported.girerd(("yes", "yes", "yes", "no", "no", None)),
    ],
)
def test_a_missing_input_leaves_the_sum_unsaid_and_is_named(found: sepsis.Score) -> None:
    assert (found.total, found.band) == (None, None)
    assert len(found.missing) == 1
    assert "missing" in found.why.en
    assert "manque" in found.why.fr


@pytest.mark.parametrize(("rate", "pressure"), [(None, 100), (80, None), (80, 0), (0, 100), (80, -5), (80, 1000)])
def test_a_shock_index_without_a_quotient_is_unsaid(rate: float | None, pressure: float | None) -> None:
    found = sepsis.shock_index(heart_rate=rate, systolic=pressure)
    assert (found.index, found.band) == (None, None)
    assert len(found.missing) == 1


def test_the_band_of_a_shock_index_is_that_of_the_exact_value() -> None:
    assert sepsis.shock_index(heart_rate=Decimal("69.9999999"), systolic=100).band == "<0.7"
    assert sepsis.shock_index(heart_rate=70, systolic=100).band == "0.7 to <0.9"


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({"temperature": 38.0}, 1),
        ({"temperature": 37.9}, 0),
        ({"temperature": None}, None),
        ({"oxygen": "low_flow", "flow": 6}, 2),
        ({"oxygen": "low_flow", "flow": 6.1}, 3),
        ({"oxygen": "low_flow"}, None),
        ({"oxygen": "high_flow", "flow": 6}, 2),
        ({"oxygen": "facemask"}, 3),
        ({"oxygen": "tent"}, None),
        ({"hypotension": None}, None),
        ({"hypotension": "yes"}, 2),
        ({"pressors": 1}, 3),
        ({"pressors": 2}, 4),
        ({"pressors": 1, "context": "vasopressin"}, 3),
        ({"pressors": 0, "context": "vasopressin"}, 3),
        ({"temperature": None, "context": "antipyretic_given"}, 1),
        ({"context": None}, None),
    ],
)
def test_crs(change: dict[str, float | str | None], grade: int | None) -> None:
    assert astct.crs(structs.replace(CRS, **change)).grade == grade


def test_crs_says_what_is_sure() -> None:
    found = astct.crs(structs.replace(CRS, hypotension=None, pressors=None, oxygen="facemask"))
    assert (found.grade, found.at_least, found.missing) == (None, 3, ("hypotension", "pressors"))


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({"ice": None}, None),
        ({"ice": None, "consciousness": "unarousable"}, 4),
        ({"ice": 0}, 3),
        ({"ice": 2}, 3),
        ({"ice": 11}, None),
        ({"seizure": "strange"}, None),
        ({"icp_or_oedema": "focal_oedema"}, 3),
        ({"consciousness": "spontaneous"}, 1),
    ],
)
def test_icans(change: dict[str, float | str | None], grade: int | None) -> None:
    assert astct.icans(structs.replace(ICANS, **change)).grade == grade


def test_every_combination_of_answers_has_its_composite() -> None:
    table = rows("proctcae_composite")
    assert len(table) == 179
    for row in table:
        answers = {name: Decimal(row[name]) for name in reported.ASKED.values() if row[name]}
        assert reported.pro_ctcae(row["attributes"], **answers).grade == int(row["grade"])
    for letters in ("F", "S", "I", "FS", "FI", "SI", "FSI"):
        names = [reported.ASKED[letter] for letter in letters]
        for answers_of in itertools.product(range(5), repeat=len(names)):
            found = reported.pro_ctcae(letters, **dict(zip(names, answers_of, strict=True)))
            assert found.grade is not None
            assert (found.grade == 0) >= (answers_of[0] == 0)


@pytest.mark.parametrize(
    ("attributes", "answers", "outcome"),
    [
        ("FSI", {"frequency": 3, "severity": 0}, "missing"),
        ("SI", {"severity": 0}, "0"),
        ("S", {}, "missing"),
        ("S", {"severity": 5}, "invalid input"),
        ("S", {"severity": 1.5}, "invalid input"),
        ("P", {"severity": 4}, "none"),
        ("fs", {"frequency": 1, "severity": 3}, "2"),
        ("ISF", {"frequency": 0}, "0"),
        ("X", {}, "invalid input"),
        ("A", {"interference": 4}, "2"),
        ("", {}, "missing"),
    ],
)
def test_answers_that_are_missing_or_impossible(attributes: str, answers: dict[str, float], outcome: str) -> None:
    found = reported.pro_ctcae(attributes, **answers)
    assert found.outcome == outcome


def test_a_symptom_that_is_not_known_does_not_say_no() -> None:
    assert reported.symptom(current=None, previous=0).alert is None
    assert reported.symptom(current=7, previous=0).alert is None
    assert reported.symptom(current=2, previous=9).alert is None
    assert reported.symptom(current=3, previous=9).alert is True
    assert reported.symptom(current=0, previous=None).alert is False


def test_a_triage_sheet_without_an_answer_is_incomplete() -> None:
    assert reported.ukons(green=None, amber=0, red=0).overall == "incomplete"
    assert reported.ukons(green=3, amber=-1, red=0).overall == "incomplete"
    assert reported.ukons(green=None, amber=None, red=1).overall == "red"


@pytest.mark.parametrize(
    ("visit", "outcome"),
    [
        (Visit({}), "administer"),
        (Visit({}, unanswered=frozenset({"oedema_increase"})), "incomplete"),
        (Visit({}, unanswered=frozenset({"*"})), "incomplete"),
        (Visit({}, unanswered=frozenset({"new_cough"})), "administer"),
        (Visit({}, pressures=((100, 60), (100, 60))), "administer"),
        (Visit({}, pressures=((99, 70), (120, 59))), "call_hospital"),
        (Visit({}, rhythm_irregular=True), "call_hospital"),
        (Visit({}, heart_rate=130, known_chronic=True), "administer"),
        (Visit({}, weight_now=75, weight_min_42d=70), "call_hospital"),
        (Visit({}, temperature=38.0), "call_hospital"),
        (Visit({"dyspnoea": True}, unanswered=frozenset({"oedema_increase"})), "call_hospital"),
    ],
)
def test_trastuzumab_at_home(visit: Visit, outcome: str) -> None:
    assert home_administration("Trastuzumab ", visit).outcome == outcome


def test_an_unknown_drug_is_never_administered() -> None:
    assert home_administration("water", Visit({})).outcome is None


@pytest.mark.parametrize(
    ("count", "falling", "window", "answers"),
    [
        (0.49, None, None, ["yes", "yes", "yes", "yes"]),
        (0.7, None, None, ["unknown", "unknown", "unknown", "yes"]),
        (1.0, None, None, ["unknown", "no", "unknown", "no"]),
        (None, True, None, ["unknown"] * 3 + ["not gradable"]),
        (-1, True, True, ["suspected"] * 3 + ["not gradable"]),
    ],
)
def test_a_count_that_does_not_settle_it_is_unknown(
    count: float | None, falling: bool | None, window: bool | None, answers: list[str]
) -> None:
    found = neutropenia.febrile_neutropenia_anc(anc=count, falling=falling, in_window=window, fever=True)
    assert list(found.answers.values()) == answers


def test_exact_conversion_is_that_of_the_live_path() -> None:
    live = {(quantity, unit): quantity for quantity, units_of in UNITS.items() for unit in units_of}
    for row in rows("units"):
        if (row["quantity"], row["unit"]) not in live:
            continue
        for to in UNITS[row["quantity"]]:
            found = units.convert(row["quantity"], 12.5, row["unit"], to).value
            assert found is not None
            assert float(found) == pytest.approx(live_convert(row["quantity"], 12.5, row["unit"], to), rel=1e-12)


@given(st.floats(min_value=-50, max_value=200))
def test_there_and_back_is_the_same_temperature(value: float) -> None:
    there = units.convert("temperature", value, "Cel", "[degF]").value
    back = units.convert("temperature", there, "[degF]", "Cel").value
    assert back is not None
    assert float(back) == pytest.approx(value, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "asked",
    [("volume", 1, "m", "cm"), ("weight", 1, "stone", "kg"), ("weight", -1, "kg", "g"), ("weight", None, "kg", "g")],
)
def test_what_cannot_be_converted_says_why(asked: tuple[str, float | None, str, str]) -> None:
    found = units.convert(*asked)
    assert found.value is None
    assert "expected" in found.why.en


def test_glucose_needs_its_unit_to_find_its_code() -> None:
    assert units.mdc_to_loinc(160184).loinc is None
    assert units.mdc_to_loinc(160184, ucum="mg/dL").loinc == "41653-7"
    assert units.mdc_to_loinc(160184, ucum="mmol/L").loinc == "14743-9"
    assert units.mdc_to_loinc(1).loinc is None


def test_scores_leave_their_inputs_alone() -> None:
    answers = {"dyspnoea": True}
    home_administration("trastuzumab", Visit(answers))
    assert answers == {"dyspnoea": True}
