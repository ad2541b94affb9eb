"""The compiled curves are the plain ones, with and without G-CSF, over several cycles."""

import numpy as np
import pytest

from models.anc import forecast
from models.anc.course import lay_out
from models.anc.curves import solve
from tests.models.anc.people import asked
from tests.models.anc.test_curves import DAILY, ONE, TWO, crowd

compiled = pytest.importorskip("models.anc.compiled", reason="numba is not installed: the extra `compiled`")


@pytest.mark.parametrize(("inputs", "gcsf"), [(ONE, ()), (TWO, ()), (TWO, DAILY)])
def test_the_compiled_path_gives_the_same_curves(inputs: tuple, gcsf: tuple) -> None:
    course = lay_out(inputs, gcsf, inputs[-1].start_h + 504.0)
    people = crowd(cycles=len(course.cycles))
    plain, fast = solve(course, people), compiled.solve(course, people)
    assert len(plain) == len(fast) == len(course.windows)
    assert max(np.abs(one - other).max() for one, other in zip(plain, fast, strict=True)) < 1e-9
    first = compiled.solve(course, people, windows=3)
    assert np.array_equal(first[-1], fast[2])


def test_a_crowd_in_single_precision_agrees_too() -> None:
    course = lay_out(ONE, (), 672.0)
    plain, fast = solve(course, crowd(np.float32)), compiled.solve(course, crowd(np.float32))
    assert fast[0].dtype == np.float32
    assert max(np.abs(one - other).max() for one, other in zip(plain, fast, strict=True)) < 1e-3


def test_a_forecast_by_compiled_curves_is_the_same() -> None:
    plain, fast = forecast(asked()), forecast(asked(), solve=compiled.solve)
    for name in ("p05", "p50", "p95"):
        assert getattr(fast.nadir_anc, name) == pytest.approx(getattr(plain.nadir_anc, name), rel=1e-3)
    assert fast.p_grade4 == pytest.approx(plain.p_grade4, abs=0.003)
