"""The NEWS2 totals among the features are those of the score that is shown, and tell nothing where little is known."""

import numpy as np

from alerts.scores.news2 import Vitals, news2
from models.early_warning.points import carried, totals
from models.early_warning.slots import DEPTH, SIGNS

RANGES = {"HR": (30, 150), "O2Sat": (85, 100), "Temp": (34, 40.5), "SBP": (75, 235), "Resp": (5, 32)}


def _window(**values: float) -> np.ndarray:
    found = np.full((1, DEPTH, len(SIGNS)), np.nan)
    for sign, value in values.items():
        found[0, 0, SIGNS.index(sign)] = value
    return found


def test_totals_are_those_of_the_score_that_is_shown() -> None:
    dice = np.random.default_rng(8)
    for _ in range(300):
        values = {sign: round(float(dice.uniform(*span)), 1) for sign, span in RANGES.items()}
        oxygen = float(dice.integers(2))
        shown = news2(Vitals(
            values["Resp"], values["O2Sat"], "oxygen" if oxygen else "air", values["SBP"], values["HR"], "A",
            values["Temp"],
        ))  # fmt: skip
        assert totals(_window(**values, Oxygen=oxygen), 1)[0, 0] == shown.total, values


def test_too_little_is_no_total_and_an_old_value_stands_for_a_day() -> None:
    assert np.isnan(totals(_window(HR=120, Resp=30), 1)[0, 0])
    found = _window(HR=120, Resp=30)
    found[0, 23, SIGNS.index("Temp")] = 39.5
    assert totals(found, 2)[0].tolist()[0] == 7
    later = np.concatenate([np.full((1, 1, len(SIGNS)), np.nan), found[:, :-1]], axis=1)
    assert np.isnan(totals(later, 1)[0, 0])
    assert carried(later, 3)[0, :, SIGNS.index("HR")].tolist()[:2] == [120, 120]
