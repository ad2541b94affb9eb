"""The shipped model: nothing of the future in a score, reasons in both languages, UNKNOWN where it does not know."""

from itertools import pairwise

import numpy as np
import pytest
import skops.io

from domain.instants import HOUR
from models.early_warning import files
from models.early_warning.calibration import risk
from models.early_warning.features import features
from models.early_warning.fitness import BASIC
from models.early_warning.scoring import follow, score
from models.early_warning.trees import forest, walk
from models.early_warning.values import PLAUSIBLE, VITALS, Observations, Score, from_hours, moments
from models.evaluation.early_warning_fit import MEMBERS
from tests.models.early_warning.people import person, shipped

MODEL = shipped()
HOURS, TABLE = person(0)


def _rows(hours: np.ndarray = HOURS, table: np.ndarray = TABLE) -> list[Score]:
    return follow(MODEL, from_hours(hours, table), moments(hours).tolist())


def test_the_trees_are_those_of_scikit_learn_and_contributions_add_up() -> None:
    held = skops.io.loads(files.SHIPPED.read_bytes(), trusted=list(files.TYPES))
    rows = features(from_hours(HOURS, TABLE), moments(HOURS))
    raw, added = walk(MODEL.trees, rows)
    fits = [one.decision_function(rows) for one in held["classifiers"]]
    assert len(fits) == MEMBERS
    assert np.allclose(raw, np.mean(fits, axis=0), rtol=0, atol=1e-12)
    assert np.array_equal(walk(forest(held["classifiers"][:1]), rows)[0], fits[0])
    start = raw - added.sum(axis=1)
    assert np.allclose(start, start[0], atol=1e-9)
    assert [walk(MODEL.trees, rows[n : n + 1])[0][0] for n in range(len(rows))] == raw.tolist()


def test_what_comes_later_changes_no_score() -> None:
    whole = _rows()
    for row in range(0, len(HOURS), 5):
        rang = [int(at) for at, found in zip(moments(HOURS[:row]), whole, strict=False) if found.alarm]
        cut = from_hours(HOURS[: row + 1], TABLE[: row + 1])
        assert score(MODEL, cut, int(moments(HOURS)[row]), previous_alarms=rang) == whole[row]
        assert score(MODEL, from_hours(HOURS, TABLE), int(moments(HOURS)[row]), previous_alarms=rang) == whole[row]


def test_shifting_a_record_changes_no_score() -> None:
    assert _rows(HOURS + 137) == _rows()


def test_the_input_is_left_as_it_was() -> None:
    observations = from_hours(HOURS, TABLE)
    before = {name: (column.times.copy(), column.values.copy()) for name, column in observations.columns.items()}
    follow(MODEL, observations, moments(HOURS).tolist())
    for name, column in observations.columns.items():
        assert np.array_equal(before[name][0], column.times)
        assert np.array_equal(before[name][1], column.values)


def test_a_ready_score_has_a_risk_and_three_reasons_in_both_languages() -> None:
    last = _rows()[-1]
    assert last.status == "ready"
    assert last.risk is not None
    assert 0 < last.risk < 1
    assert len(last.reasons) == 3
    for reason in last.reasons:
        assert reason.said.fr.endswith("augmente le risque" if reason.contribution > 0 else "abaisse le risque")
        assert reason.said.en.endswith("raises the risk" if reason.contribution > 0 else "lowers the risk")
        assert "nan" not in (reason.said.fr + reason.said.en).lower()
    assert len(last.watched) == len(MODEL.watched)
    assert last.model_version.startswith("1.1.0+")


def _with(place: int, value: float) -> np.ndarray:
    table = TABLE.copy()
    table[-1, place] = value
    return table


ABSURD: list[tuple[str, np.ndarray, str]] = [
    ("nothing", np.full_like(TABLE, np.nan), "unknown"),
    ("one value", np.where(np.arange(TABLE.size).reshape(TABLE.shape) == TABLE.size - 9, 80.0, np.nan), "unknown"),
    ("a pulse of 5000", _with(0, 5000.0), "out_of_range"),
    ("a negative pressure", _with(3, -1.0), "out_of_range"),
    ("a temperature of 0", _with(2, 0.0), "out_of_range"),
    ("an infinite temperature", _with(2, np.inf), "out_of_range"),
    ("minus infinity", _with(6, -np.inf), "out_of_range"),
]


@pytest.mark.parametrize(("table", "status"), [each[1:] for each in ABSURD], ids=[each[0] for each in ABSURD])
def test_too_little_or_absurd_values_are_unknown_with_why(table: np.ndarray, status: str) -> None:
    found = _rows(HOURS, table)[-1]
    assert (found.status, found.risk, found.alarm, found.reasons) == (status, None, False, ())
    assert found.why.fr
    assert found.why.en


def test_no_column_at_all_is_unknown() -> None:
    assert score(MODEL, Observations({}), 5 * HOUR).status == "unknown"


def test_values_that_are_too_old_are_stale() -> None:
    later = int((HOURS[-1] + MODEL.known.stale_after_h + 1) * HOUR)
    found = score(MODEL, from_hours(HOURS, TABLE), later)
    assert found.status == "stale"
    assert "h" in found.why.en
    assert score(MODEL, from_hours(HOURS, TABLE), later + 72 * HOUR).status == "unknown"


def test_a_value_no_patient_of_the_training_had_is_said_with_its_bounds() -> None:
    [name, *_] = [name for name in VITALS if MODEL.known.high[name] + 1 < PLAUSIBLE[name][1]]
    found = _rows(HOURS, _with(VITALS.index(name), MODEL.known.high[name] + 1))[-1]
    assert found.status == "out_of_range"
    assert f"{MODEL.known.high[name]:g}" in found.why.en


def test_an_old_absurd_value_counts_as_the_refused_reading_it_would_have_been() -> None:
    table, gone = TABLE.copy(), TABLE.copy()
    table[-3, 0], gone[-3, 0] = 5000.0, np.nan
    table[-1, 0] = gone[-1, 0] = 82.0
    assert _rows(HOURS, table)[-1] == _rows(HOURS, gone)[-1]


def test_alarms_keep_their_refractory_time() -> None:
    budget = float(MODEL.curve.rates[-1])
    at = moments(HOURS).tolist()
    found = follow(MODEL, from_hours(HOURS, TABLE), at, budget=budget)
    rang = [moment for moment, one in zip(at, found, strict=True) if one.alarm]
    assert rang
    assert all(b - a >= MODEL.refractory for a, b in pairwise(rang))
    assert not score(MODEL, from_hours(HOURS, TABLE), rang[0] + HOUR, previous_alarms=rang, budget=budget).alarm


def test_a_smaller_budget_never_alarms_more() -> None:
    at = moments(HOURS).tolist()
    many = [
        sum(s.alarm for s in follow(MODEL, from_hours(*person(n)), at, budget=b)) for b in (0.1, 0.5) for n in (0, 4)
    ]
    assert sum(many[:2]) <= sum(many[2:])
    with pytest.raises(ValueError, match="budget: expected"):
        score(MODEL, from_hours(HOURS, TABLE), at[-1], budget=1e6)


def test_the_risk_rises_with_the_log_odds() -> None:
    raw = np.linspace(MODEL.calibration.raw[0], MODEL.calibration.raw[-1], 500)
    assert (np.diff(risk(MODEL.calibration, raw)) > 0).all()


@pytest.mark.parametrize("name", BASIC)
def test_every_basic_sign_may_be_missing(name: str) -> None:
    table = TABLE.copy()
    table[:, VITALS.index(name)] = np.nan
    assert _rows(HOURS, table)[-1].status == "ready"
