"""Every rule case of tests/cases says what it should, through the engine that runs live."""

from pathlib import Path

import pytest

from alerts.cases import Case
from alerts.library import shipped
from vigie.rule_cases import check, load, run

CASES = load([Path(__file__).parent / "cases"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{Path(case.where).name}-{case.title[:40]}")
def test_case(case: Case) -> None:
    check(case, shipped())
    outcome = run(case, shipped())
    assert not outcome.differences, "\n".join(map(str, (*outcome.differences, *outcome.said)))


def test_the_shipped_protocols_have_cases() -> None:
    assert {"chemo-aplasia", "vital-signs"} <= {case.plan["protocol"] for case in CASES}
    assert len(CASES) >= 25
    assert len({case.title for case in CASES}) == len(CASES)
