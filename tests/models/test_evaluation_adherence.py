"""The evaluation of adherence: its statistics, its series, and that it says so when the data are not here."""

from pathlib import Path

import numpy as np
import pytest

from models.adherence import lapse_prior
from models.adherence.lapse import Prior, lapse_risk
from models.evaluation import adherence, lapse_people, pill_caps
from models.evaluation.figure import Figure, Sources


def test_the_area_is_the_chance_of_the_right_order_with_ties_as_half() -> None:
    risk = np.array([0.1, 0.4, 0.4, 0.9])
    assert adherence.auc(risk, np.array([0.0, 0, 1, 1])) == (1 + 0.5 + 1 + 1) / 4
    assert np.isnan(adherence.auc(risk, np.zeros(4)))


def test_without_data_every_figure_says_that_it_was_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adherence, "SIMULATED", 2)
    found = [one for one in adherence.figures(Sources(tmp_path), lambda *_: None) if isinstance(one, Figure)]
    not_run = [one for one in found if one.name != adherence.COVERED.name]
    assert len(not_run) == 9
    assert all(one.value is None and "not run" in one.note for one in not_run)


def test_the_interval_holds_the_true_chance_as_often_as_it_says() -> None:
    assert 107 <= lapse_people.covered(lapse_prior.shipped(), 120, seed=4) <= 119


def test_an_interval_from_a_wrong_prior_does_not() -> None:
    sure_of_the_wrong = Prior("wrong", (0.9, 0.9, 0.9, 0.9), 1000.0, 1000.0)
    dice = np.random.default_rng(4)
    inside = 0
    for _ in range(40):
        doses, following, true = lapse_people.simulated(lapse_prior.shipped(), dice)
        found = lapse_risk(doses, following, sure_of_the_wrong, dice)
        inside += (found.low or 0) <= true <= (found.high or 0)
    assert inside < 10


def test_a_day_with_an_opening_is_a_dose_taken_and_another_between_the_first_and_the_last_one_missed(
    tmp_path: Path,
) -> None:
    head = "Patient,Package ID,Dose Timestamp,Dose Timestamp UTC,Dose Label\n"
    days = [*range(1, 25), 27, 28, 29, 30, 31]
    rows = [f"P,B,2025-01-{day:02}T09:00:00-05:00,2025-01-{day:02}T14:00:00+00:00,x\n" for day in days]
    (tmp_path / "test_ecap3.csv").write_text(head + "".join(rows))
    [person] = pill_caps.people(tmp_path)
    assert [dose.outcome for dose in person.doses] == ["taken"] * 24 + ["missed"] * 2 + ["taken"] * 5
    assert person.doses[0].weekday == 2


def test_adherencetech_says_of_each_dose_what_became_of_it(tmp_path: Path) -> None:
    head = "Status,Dose_Date_Patient_Timezone,Deadline_Patient_Timezone\n"
    rows = [f"{status},1/{day}/2025,7:00\n" for day, status in enumerate(["LATE", "MISSED", "PAUSED"] * 10, 1)]
    (tmp_path / "test_adheretech_2.csv").write_text(head + "".join(reversed(rows)))
    [person] = pill_caps.people(tmp_path)
    assert [dose.outcome for dose in person.doses[:4]] == ["taken", "missed", "unknown", "taken"]
    assert person.doses[0].hour == 7
