"""From a data file to a trained file: whole people in a fold, nothing after an onset, the same on a cluster."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from msgspec import structs
from rich.progress import Progress

from models.early_warning import files
from models.early_warning.calibration import fit, risk
from models.early_warning.features import features
from models.early_warning.model import Model
from models.early_warning.scoring import follow
from models.early_warning.values import from_hours, moments
from models.evaluation.early_warning_fit import FOLDS, Fitted, calibrated, classifier, cross_fit, folds, followed, work
from models.evaluation.early_warning_records import Made, Records, columns_of, known, made, piece, records
from models.evaluation.early_warning_training import mapper, train
from tests.models.early_warning.people import columns, person, small

FOUND = records(columns())
SPANS = known(FOUND)


def _here(do: Callable[[Any], Any], some: Sequence[Any], _what: str) -> Iterator[Any]:
    return (small(each) if do is classifier else do(each) for each in some)


@pytest.fixture(scope="module")
def made_here() -> Made:
    return made(FOUND, SPANS, lambda some: (piece(each) for each in some))


@pytest.fixture(scope="module")
def fitted(made_here: Made) -> Fitted:
    return cross_fit(FOUND, made_here, 7, lambda some: (small(each) for each in some))


def test_the_onset_is_six_hours_after_the_first_label_and_soon_is_twelve_hours_before_it() -> None:
    assert np.unique(FOUND.onset[FOUND.person == 0]).tolist() == [62]
    assert np.isinf(FOUND.onset[FOUND.person == 1]).all()
    assert FOUND.hour[FOUND.soon & (FOUND.person == 0)].tolist() == list(range(50, 61))
    late: Records = records({**columns(1), "SepsisLabel": (np.arange(60) > 20).astype(float)})
    assert late.hour[late.soon].tolist() == list(range(16, 28))
    assert not late.before[27:].any()


def test_the_features_of_a_fit_are_those_of_live_use(made_here: Made) -> None:
    hours, inputs = person(4)
    live = features(from_hours(hours, inputs), moments(hours))
    assert np.array_equal(made_here.features[FOUND.person == 4], live, equal_nan=True)


def test_a_person_is_in_one_fold_and_onsets_are_spread() -> None:
    fold = folds(FOUND, 7)
    assert all(len(set(fold[FOUND.person == one].tolist())) == 1 for one in range(80))
    septic = [fold[FOUND.person == one][0] for one in range(0, 80, 4)]
    assert np.bincount(septic).tolist() == [len(septic) // FOLDS] * FOLDS
    assert np.array_equal(fold, folds(FOUND, 7))
    assert not np.array_equal(fold, folds(FOUND, 8))


def test_a_fit_sees_neither_its_fold_nor_rows_after_an_onset(made_here: Made) -> None:
    fold = folds(FOUND, 7)
    late = records({**columns(), "SepsisLabel": np.tile(np.arange(60) > 20, 80) * (FOUND.person % 4 == 0)})
    given = work(late, made_here, fold != 0, 7)
    allowed = made_here.features[(fold != 0) & late.before]
    assert len(given[0]) < len(allowed)
    assert {row.tobytes() for row in given[0]} <= {row.tobytes() for row in allowed}


def test_a_column_without_any_value_does_not_stop_a_fit(made_here: Made) -> None:
    empty = made_here.features.copy()
    empty[:, 3] = np.nan
    given = work(FOUND, Made(empty, made_here.usable), FOUND.person < 20, 7)
    assert (given[0][:, 3] == 0).all()
    assert np.isnan(given[0]).any()
    small(given)


def test_unseen_people_get_a_risk_that_is_calibrated_together(fitted: Fitted) -> None:
    everybody = np.ones(len(fitted.raw), bool)
    calibration = calibrated(FOUND, fitted.raw, everybody)
    rows = ~np.isnan(fitted.raw) & FOUND.before
    assert risk(calibration, fitted.raw[rows]).mean() == pytest.approx(FOUND.soon[rows].mean(), rel=0.1)
    assert np.isnan(fitted.raw).any()
    assert len(followed(FOUND, fitted.raw, everybody).raw) == FOUND.before.sum()


def test_isotonic_steps_are_interpolated_and_rise() -> None:
    raw = np.arange(100.0)
    found = fit(raw, (np.arange(100) % 10 < np.arange(100) // 10).astype(float))
    assert (np.diff(found.risk) > 0).all()
    assert (np.diff(found.raw) > 0).all()
    assert risk(found, np.array([-1e9, 1e9])).tolist() == [found.risk[0], found.risk[-1]]


def test_a_trained_file_scores_and_says_what_it_was_made_of(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table(columns()), tmp_path / "in.parquet")
    train(tmp_path / "in.parquet", tmp_path / "out.skops", 7, _here)
    model = files.load(tmp_path / "out.skops")
    assert isinstance(model, Model)
    assert model.provenance["seed"] == "7"
    hours, inputs = person(101)
    assert follow(model, from_hours(hours, inputs), moments(hours).tolist())[-1].status == "ready"


def test_two_workers_train_a_model_of_the_same_scores(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table(columns()), tmp_path / "in.parquet")
    train(tmp_path / "in.parquet", tmp_path / "here.skops", 7, _here)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0", local_directory=str(tmp_path),
        ) as cluster,
        Progress(disable=True) as bars,
        mapper(cluster.scheduler_address, bars) as over,
    ):  # fmt: skip

        def there(do: Callable[[Any], Any], some: Sequence[Any], what: str) -> Iterator[Any]:
            return over(small if do is classifier else do, some, what)

        train(tmp_path / "in.parquet", tmp_path / "there.skops", 7, there)
    trained = [files.load(tmp_path / f"{where}.skops") for where in ("here", "there")]
    hours, inputs = person(101)
    one, other = (
        [
            structs.replace(score, model_version="")
            for score in follow(each, from_hours(hours, inputs), moments(hours).tolist())
        ]
        for each in trained
    )  # the version names the file, which holds the time it was written
    assert one == other
    assert one[-1].status == "ready"


def test_a_file_without_its_columns_is_refused_by_name(tmp_path: Path) -> None:
    kept = {name: values for name, values in columns(2).items() if name != "Temp"}
    pyarrow.parquet.write_table(pyarrow.table(kept), tmp_path / "in.parquet")
    with pytest.raises(ValueError, match="Temp: expected this column"):
        columns_of(tmp_path / "in.parquet")
