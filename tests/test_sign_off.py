"""The page for the clinical lead is what the files say, and leaves nothing out."""

import csv
from pathlib import Path

import pytest

from alerts.library import shipped
from domain.vocabulary import MEASURES
from vigie import sign_off

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/sign-off.md").read_text()
REGIMENS = list(csv.DictReader((ROOT / "alerts/protocols/regimens.csv").read_text().splitlines()))


def test_the_page_is_what_is_generated() -> None:
    assert sign_off.text() == PAGE, "run `make schemas`"


def test_every_criterion_of_every_protocol_has_a_row_with_its_source() -> None:
    for protocol in shipped().protocols.values():
        for rule in protocol.rules:
            for criterion in rule.criterion:
                [row] = [line for line in PAGE.splitlines() if f"| {rule.id}: {criterion.name} (" in line]
                assert f"`{protocol.id}`" in row
                assert row.endswith(f"| {criterion.source} | {criterion.status} |")


@pytest.mark.parametrize("row", REGIMENS, ids=lambda row: str(row["key"]))
def test_every_number_of_the_regimens_that_is_not_verified_has_a_row(row: dict[str, str]) -> None:
    for field in ("window", "nadir"):
        assert (f"| `{row['key']}` | {field} |" in PAGE) == (row[f"{field}_status"] != "V")


@pytest.mark.parametrize("code", MEASURES)
def test_every_measure_that_is_not_verified_has_a_row(code: str) -> None:
    measure = MEASURES[code]
    assert (f"| `{code}` | {measure.en} | code |" in PAGE) == (measure.code_status != "V")
    assert (f"| `{code}` | {measure.en} | refused |" in PAGE) == (measure.reject_above is not None)


def test_a_cell_cannot_break_the_table() -> None:
    regimen = {**REGIMENS[0], "source": "a|b"}
    page = sign_off.document(shipped(), [regimen], ())
    assert "| a\\|b | D |" in page
