"""A bad line is refused with its id, the field and what was expected there; nothing is guessed."""

from typing import Any

import pytest

from models.anc.library import DRUGS, REGIMENS, SETS, UNUSED
from models.anc.requests import parse
from models.anc.values import Count, Refused, Request
from tests.models.anc.people import LINE, asked

DOSE = LINE["doses"][0]
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"drug": "aspirin"}, "drug", "one of"),
    ({"drug": "vinflunine"}, "drug", "implausible unit"),
    ({"drug": "5-fluorouracil"}, "drug", "leucocytes"),
    ({"drug": 7}, "drug", "one of"),
    ({"regimen": "none-such"}, "regimen", "r-chop-21"),
    ({"doses": []}, "doses", "at least one dose"),
    ({"doses": None}, "doses", "at least one dose"),
    ({"doses": {}}, "doses", "a list"),
    ({"doses": [3]}, "doses[0]", "an object"),
    ({"doses": [{"day": 0, "duration_h": 1}]}, "doses[0].amount_mg", "got nothing"),
    ({"doses": [{**DOSE, "amount_mg": None}]}, "doses[0].amount_mg", "got nothing"),
    ({"doses": [{**DOSE, "amount_mg": 0}]}, "doses[0].amount_mg", "a number from"),
    ({"doses": [{**DOSE, "amount_mg": "180"}]}, "doses[0].amount_mg", "got '180'"),
    ({"doses": [{**DOSE, "amount_mg": True}]}, "doses[0].amount_mg", "got True"),
    ({"doses": [{**DOSE, "day": -1}]}, "doses[0].day", "a number from 0"),
    ({"doses": [{"day": 0, "amount_mg": 180}]}, "doses[0].duration_h", "got nothing"),
    ({"doses": [DOSE, {**DOSE, "drug": "water"}]}, "doses[1].drug", "one of"),
    ({"counts": [{"day": 0, "anc": -1}]}, "counts[0].anc", "got -1"),
    ({"counts": [{"day": 0, "anc": float("nan")}]}, "counts[0].anc", "got nan"),
    ({"counts": [{"day": 0, "anc": float("inf")}]}, "counts[0].anc", "got inf"),
    ({"counts": [{"day": 0, "anc": 10**400}]}, "counts[0].anc", "a number from 0 to 500"),
    ({"counts": [{"day": 0, "anc": 4.0}, {"day": 1}]}, "counts[1].anc", "got nothing"),
    ({"counts": [{"day": -0.5, "anc": 4.0}]}, "counts[0].day", "a number from 0"),
    ({"counts": "4.0"}, "counts", "a list"),
    ({"doses": [{**DOSE, "day": 3}]}, "counts[0].day", "no day before the first dose (day 3)"),
    ({"gcsf": [{"day": 2, "mg": 0}]}, "gcsf[0].mg", "a number from"),
    ({"gcsf": [{"day": 2, "name": "epo"}]}, "gcsf[0].name", "filgrastim, pegfilgrastim"),
    ({"covariates": []}, "covariates", "an object"),
    ({"covariates": {"sex": "x"}}, "covariates.sex", "female"),
    ({"covariates": {"aag": "high"}}, "covariates.aag", "a number from"),
    ({"count_log_sd": 0}, "count_log_sd", "a number from"),
    ({"horizon_days": 1e9}, "horizon_days", "a number from 2 to 120"),
]


@pytest.mark.parametrize(("change", "field", "expected"), BAD, ids=lambda each: str(each)[:40])
def test_a_bad_field_is_named_with_what_was_expected(change: dict[str, Any], field: str, expected: str) -> None:
    found = parse({**LINE, **change})
    assert isinstance(found, Refused)
    assert (found.id, found.field) == ("P1", field)
    assert expected in found.expected


@pytest.mark.parametrize("line", [{}, {"id": ""}, {"id": None}, {"id": True}, [], None, "x", 3])
def test_a_line_without_an_id_is_refused_by_it(line: Any) -> None:
    assert parse(line) == Refused(None, "id", "a text or a whole number")


def test_what_may_be_absent_has_its_default() -> None:
    found = parse({"id": 7, "regimen": "folfox", "doses": [DOSE], "gcsf": [{"day": 4}]})
    assert isinstance(found, Request)
    assert (found.id, found.drug, found.counts, found.horizon_days, found.count_log_sd) == ("7", None, (), 28.0, None)
    assert (found.gcsf[0].mg, found.gcsf[0].name) == (None, "filgrastim")


def test_covariates_are_read_and_other_names_are_not_used() -> None:
    found = asked(covariates={"sex": "F", "prior_therapy": True, "aag": 1.5, "weight": "heavy", "ecog": None})
    assert found.covariates == {"sex": 1.0, "prior_therapy": 1.0, "aag": 1.5}
    assert found.counts[0] == Count(0.0, 5.0)


def test_every_published_set_is_used_or_refused_with_a_reason() -> None:
    assert not set(SETS) & set(UNUSED)
    assert {"kloft2006_docetaxel", "wahlby2004_paclitaxel"} <= set(SETS)
    assert len(SETS) + len(UNUSED) - 2 == 16  # two of the unused names are drugs
    assert all(found.source and found.status.startswith("VERIFIED") for found in SETS.values())
    assert abs(DRUGS["docetaxel"].slope - 19.27) < 0.005
    assert len(REGIMENS) == 25
