"""The rankings of the evaluation agree with scikit-learn, and compare within a group alone."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.evaluation.ranking import auroc, average_precision, measured, ranked

DICE = np.random.default_rng(3)
SCORE = np.round(DICE.normal(size=4000), 1)
POSITIVE = DICE.random(4000) < 1 / (1 + np.exp(3 - SCORE))
PERSON = np.arange(4000) // 8
WEIGHT = DICE.integers(0, 4, 500).astype(float)[PERSON]
ALONE = ranked(SCORE, POSITIVE, PERSON, group=np.zeros(4000))


def test_the_area_and_the_precision_are_those_of_scikit_learn() -> None:
    order = np.lexsort((SCORE, np.zeros(4000)))
    for weight in (np.ones(4000), WEIGHT):
        expected = roc_auc_score(POSITIVE, SCORE, sample_weight=weight)
        assert auroc(ALONE, weight[order]) == pytest.approx(expected, abs=1e-12)
        expected = average_precision_score(POSITIVE, SCORE, sample_weight=weight)
        assert average_precision(ALONE, weight[order]) == pytest.approx(expected, abs=1e-12)


def test_rows_are_compared_within_their_hour_and_hours_count_by_their_positives() -> None:
    hour = DICE.integers(0, 5, 4000).astype(float)
    areas = [(roc_auc_score(POSITIVE[hour == h], SCORE[hour == h]), POSITIVE[hour == h].sum()) for h in range(5)]
    expected = sum(area * n for area, n in areas) / sum(n for _, n in areas)
    rows = ranked(SCORE + 10 * hour, POSITIVE, PERSON, group=hour)
    assert auroc(rows, np.ones(4000)) == pytest.approx(expected, abs=1e-12)


def test_the_interval_is_over_people_and_holds_the_value() -> None:
    found = measured(auroc, ALONE, 1)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert measured(auroc, ALONE, 1) == found
