"""docs/scores.md says every score, column and status there is, and no other."""

import re
from pathlib import Path

import pytest

from alerts.scores.tables import rows
from vigie.asked_names import ASKED
from vigie.score_names import NAMES
from vigie.score_pairs import Pairs

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/scores.md").read_text()
ROWS = {cells[1].strip("` "): cells for cells in (line.split("|") for line in PAGE.splitlines()) if len(cells) == 8}
# score -> (table, its column that names the score, value)
TABLES = {
    "news2": [("news2", "", ""), ("bands", "score", "news2")],
    "ctcae": [("ctcae_numeric", "", ""), ("ctcae_clinical", "", "")],
    "astct_crs": [("astct", "score", "crs")],
    "astct_icans": [("astct", "score", "icans")],
    "proctcae": [("proctcae_composite", "", "")],
    "home_administration": [("home_administration", "", ""), ("home_limits", "", "")],
    "unit_conversions": [("units", "", "")],
    "mdc_to_loinc": [("mdc", "", "")],
    "pro_alert_star_rule": [("symptom_rule", "", "")],
    "febrile_neutropenia_anc": [("neutropenia", "", "")],
}


def test_every_score_is_documented_and_no_other() -> None:
    assert set(ROWS) - {"name", "---"} == {*NAMES, *ASKED}


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_documented(name: str) -> None:
    for shape in NAMES[name]:
        needs = set(re.findall(r"`(\w+)`", ROWS[name][2]))
        assert set(shape.needs) <= needs | {f"q{n}" for n in range(2, 6)}
        assert set(re.findall(r"`(\w+)`", ROWS[name][3])) == set(shape.gives)


@pytest.mark.parametrize("name", ASKED)
def test_every_column_of_two_files_is_documented(name: str) -> None:
    events, _, asks = ROWS[name][2].partition("ask:")
    assert asks
    assert set(ASKED[name].events) <= set(re.findall(r"`(\w+)`", events))
    for shape in ASKED[name].shapes:
        assert set(shape.needs) <= set(re.findall(r"`(\w+)`", asks))
        assert set(re.findall(r"`(\w+)`", ROWS[name][3])) == set(shape.gives)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"ukons_aggregation"}))
def test_the_statuses_are_those_of_the_tables(name: str) -> None:
    default = [("points", "score", name), ("bands", "score", name)]
    found = {
        row["status"]
        for table, column, value in TABLES.get(name, default)
        for row in rows(table)
        if not column or row[column] == value
    }
    said = set(re.findall(r"\b(V2|V|M|D)\b", ROWS[name][5].replace("rounding D", "")))
    assert said == found


def test_every_pair_that_is_named_is_read() -> None:
    section = PAGE.split("`input` holds pairs")[1].split("or `value`")[0]
    named = re.findall(r"`(\w+)`", section)
    assert len(named) > 30
    source = (ROOT / "vigie/score_pairs.py").read_text()
    assert [name for name in named if f'"{name.casefold()}"' not in source] == []
    assert Pairs("A=1").names == ("a",)
