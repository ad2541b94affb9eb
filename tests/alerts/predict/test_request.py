"""The question a forecast is asked: out of plan, treatments and counts, with nothing guessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.predict.request import Asked, Treatment, asked, encoded
from domain.instants import DAY, HOUR, Micros, iso
from models.anc.requests import parse
from models.anc.values import Count, Dose, Gcsf, Request

T0: Micros = 1_795_000_000_000_000
NOW = T0 + 10 * DAY


def chemo(day: float, amount: float | None = 150.0, unit: str | None = "mg", name: str = "Docétaxel") -> Treatment:
    return Treatment("chemotherapy", name, T0 + round(day * DAY), amount, unit)


def shot(day: float, name: str = "filgrastim", amount: float | None = 0.3, unit: str | None = "mg") -> Treatment:
    return Treatment("gcsf", name, T0 + round(day * DAY), amount, unit)


def ask(*given: Treatment, counts: Any = (), plan: Any = None, at: Micros = NOW) -> Asked:
    return asked("P1", plan, given, counts=[(T0 + round(day * DAY), value) for day, value in counts], at=at)


def missing(found: Asked) -> list[str]:
    assert found.request is None
    assert all(each.fr for each in found.missing)
    return [each.en for each in found.missing]


def test_doses_counts_and_gcsf_are_days_since_the_first_dose() -> None:
    found = ask(shot(2), chemo(0), counts=[(7, 0.8), (3, 2.5)])
    assert found.day_zero_at == T0
    assert found.request == Request(
        "P1", "docetaxel", None, (Dose(0, 150, 1.0, "docetaxel"),), (Count(3, 2.5), Count(7, 0.8)),
        (Gcsf(2, 0.3, "filgrastim"),), {},
    )  # fmt: skip


def test_what_is_asked_is_what_the_command_line_accepts() -> None:
    found = ask(chemo(0), shot(2), counts=[(3, 2.5)])
    assert found.request is not None
    assert parse(encoded(found.request)) == found.request


def test_counts_before_the_first_dose_and_after_now_are_left_out() -> None:
    found = ask(chemo(0), counts=[(-1, 5.0), (3, 2.5), (11, 0.1)])
    assert found.request is not None
    assert found.request.counts == (Count(3, 2.5),)


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (None, "mg", "got nothing"),
        (75.0, "mg/m2", "got 75 mg/m2"),
        (150.0, None, "got 150"),
        (0.0, "mg", "got 0 mg"),
        (-5.0, "mg", "got -5 mg"),
    ],
)
def test_a_dose_without_a_usable_amount_is_said_and_not_guessed(amount: Any, unit: Any, said: str) -> None:
    [fault] = missing(ask(chemo(0, amount, unit), plan={"regimen": "docetaxel", "cycle_start": "2026-11-18"}))
    assert fault.startswith("dose of Docétaxel on 2026-11-18: expected an amount in mg")
    assert fault.endswith(said)


def test_a_regimen_without_a_recorded_dose_says_what_to_enter() -> None:
    plan = {"regimen": "docetaxel", "cycle_start": "2026-11-18"}
    assert missing(ask(plan=plan)) == [
        "no chemotherapy given is recorded (docetaxel): enter its name and its amount in mg"
    ]


def test_a_planned_dose_that_nobody_recorded_is_missing_once_it_is_a_day_and_a_half_ago() -> None:
    plan = {"doses": [iso(T0), iso(T0 + 7 * DAY), iso(T0 + 21 * DAY)]}
    assert missing(ask(chemo(0), plan=plan)) == [
        f"dose planned on {iso(T0 + 7 * DAY)[:10]} not recorded: enter its name and amount in mg, or mend the plan"
    ]
    found = ask(chemo(0), plan=plan, at=T0 + 8 * DAY)
    assert found.request is not None
    assert found.next_dose_at == T0 + 21 * DAY
    assert ask(chemo(0), chemo(7.2), plan=plan).request is not None


def test_an_unknown_drug_is_refused_unless_the_plan_names_a_regimen() -> None:
    assert "Cyclophosphamide is not in the library" in missing(ask(chemo(0, name="Cyclophosphamide")))[0]
    from models.anc.library import REGIMENS

    regimen = next(key for key in REGIMENS if key != "docetaxel")
    found = ask(
        chemo(0, name="A"), chemo(0.1, 50.0, name="B"), chemo(21, name="A"), plan={"regimen": regimen}, at=T0 + 22 * DAY
    )
    assert found.request is not None
    assert (found.request.drug, found.request.regimen) == (None, regimen)
    assert found.request.doses == (Dose(0, 200, 1.0), Dose(21, 150, 1.0))


def test_an_unknown_gcsf_is_said() -> None:
    [fault] = missing(ask(chemo(0), shot(2, name="Something")))
    assert fault.startswith("G-CSF Something on 2026-11-20: expected one of filgrastim, pegfilgrastim")
    found = ask(chemo(0), shot(2, "Pegfilgrastim 6 mg", None, None))
    assert found.request is not None
    assert found.request.gcsf == (Gcsf(2, None, "pegfilgrastim"),)


def test_only_the_newest_treatment_counts_and_an_old_one_is_over() -> None:
    found = ask(chemo(-100), chemo(0))
    assert found.request is not None
    assert [dose.day for dose in found.request.doses] == [0]
    assert missing(ask(chemo(0), at=T0 + 43 * DAY)) == [
        "the last dose recorded is of 2026-11-18: nothing left to forecast"
    ]


@given(st.permutations([chemo(0), chemo(5), shot(2), shot(3)]))
def test_the_order_of_entry_changes_nothing(rows: list[Treatment]) -> None:
    assert (
        ask(*rows, counts=[(3, 1.0)]).fingerprint
        == ask(chemo(0), chemo(5), shot(2), shot(3), counts=[(3, 1.0)]).fingerprint
    )


def test_the_fingerprint_changes_with_what_the_answer_depends_on_and_not_with_time() -> None:
    first = ask(chemo(0), counts=[(3, 1.0)])
    assert ask(chemo(0), counts=[(3, 1.0), (3, 1.0)], at=NOW + HOUR).fingerprint == first.fingerprint
    others = [
        ask(chemo(0), counts=[(3, 1.1)]),
        ask(chemo(0, 149.0), counts=[(3, 1.0)]),
        ask(chemo(0), shot(2), counts=[(3, 1.0)]),
        ask(chemo(0), counts=[(3, 1.0)], plan={"doses": [iso(T0 + 21 * DAY)]}),
    ]
    assert len({first.fingerprint, *(each.fingerprint for each in others)}) == 5
