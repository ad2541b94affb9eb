"""NEWS2: every edge of the chart, the rounding policy, what is missing, and the fast path against the exact one."""

import csv
import itertools
import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.scores import quick
from alerts.scores.news2 import ITEMS, Vitals, chart, news2
from domain.vocabulary import (
    ACVPU,
    CONSCIOUSNESS,
    HEART_RATE,
    OXYGEN_FLOW,
    RESPIRATORY_RATE,
    SPO2,
    SYSTOLIC,
    TEMPERATURE,
)

VECTORS = Path(__file__).parents[2] / "vectors"
NORMAL = {
    "resp_rate": 16,
    "spo2": 98,
    "oxygen": "air",
    "systolic": 125,
    "pulse": 75,
    "consciousness": "A",
    "temperature": 37.0,
}


def points(**changed: object) -> dict[str, int | None]:
    return {part.name: part.points for part in news2(Vitals(**{**NORMAL, **changed})).parts}  # type: ignore[arg-type]


def test_every_edge_of_the_chart_has_its_points() -> None:
    for item, bands in chart().items():
        for band in bands:
            for edge in (band.low, band.high):
                if edge is None:
                    continue
                name, scale = ("spo2", int(item[-1])) if item.startswith("spo2") else (item, 1)
                air = band.condition or "air"
                assert points(**{name: edge, "spo2_scale": scale, "oxygen": air})[name] == band.points, (band, edge)


def test_the_bands_of_an_item_leave_no_gap() -> None:
    for item, bands in chart().items():
        if item in ("oxygen", "consciousness"):
            continue
        step = Decimal(bands[0].rounding.split()[1])
        for air in ("air", "oxygen"):
            ordered = sorted((b for b in bands if b.condition in ("", air)), key=lambda b: b.low or Decimal(-1))
            assert ordered[0].low is None
            assert ordered[-1].high is None
            for before, after in itertools.pairwise(ordered):
                assert before.high is not None
                assert after.low == before.high + step


POLICY = {
    "NEWS2-P01": 0,
    "NEWS2-P02": 1,
    "NEWS2-P03": 0,
    "NEWS2-P04": 1,
    "NEWS2-P05": 2,
    "NEWS2-P06": 1,
    "NEWS2-P07": 3,
    "NEWS2-P08": 2,
}


def test_the_rounding_policy() -> None:
    with (VECTORS / "news2_policy.csv").open(newline="") as source:
        found = {row["id"]: row for row in csv.DictReader(source)}
    names = {"temp_C": "temperature", "spo2_pct": "spo2", "resp_rate_per_min": "resp_rate"}
    for case, expected in POLICY.items():
        name = names[found[case]["field"]]
        assert f"{expected} point" in found[case]["recommended_behaviour"]
        assert points(**{name: Decimal(found[case]["value"])})[name] == expected
        assert points(**{name: float(found[case]["value"])})[name] == expected


@pytest.mark.parametrize("item", ITEMS)
def test_a_missing_item_leaves_the_total_unsaid_and_is_named(item: str) -> None:
    found = news2(Vitals(**{**NORMAL, item: None}))  # type: ignore[arg-type]
    assert (found.total, found.band, found.single_3, found.missing) == (None, None, None, (item,))
    assert found.why.en.startswith("missing")
    assert news2(Vitals(**{**NORMAL, item: None, "pulse" if item != "pulse" else "systolic": 20})).single_3 is True  # type: ignore[arg-type]


def test_nothing_known_is_unknown_and_never_zero() -> None:
    found = news2(Vitals())
    assert (found.total, found.band, found.at_least, len(found.missing)) == (None, None, 0, 7)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1, 1000, Decimal("NaN")])
@pytest.mark.parametrize("item", ["resp_rate", "spo2", "systolic", "pulse", "temperature"])
def test_an_impossible_value_is_missing(item: str, bad: float) -> None:
    assert points(**{item: bad})[item] is None


def test_an_unknown_scale_leaves_saturation_unsaid() -> None:
    for scale in (None, 0, 3, 1.5):
        found = news2(Vitals(**NORMAL, spo2_scale=scale))  # type: ignore[arg-type]
        assert found.missing == ("spo2_scale",)
        assert found.total is None


def test_on_scale_2_the_oxygen_counts_from_93_on() -> None:
    assert points(spo2=92, spo2_scale=2, oxygen=None)["spo2"] == 0
    assert points(spo2=93, spo2_scale=2, oxygen=None)["spo2"] is None


def test_below_sixteen_it_does_not_apply() -> None:
    assert news2(Vitals(**NORMAL, age=15)).total is None  # type: ignore[arg-type]
    assert news2(Vitals(**NORMAL, age=16)).total == 0  # type: ignore[arg-type]


NUMBERS = {
    RESPIRATORY_RATE: "resp_rate",
    SPO2: "spo2",
    SYSTOLIC: "systolic",
    HEART_RATE: "pulse",
    TEMPERATURE: "temperature",
}
near = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(min_value=-1, max_value=400),
    st.integers(-10, 4000).map(lambda n: n / 10),
    st.integers(0, 80000).map(lambda n: n / 200),
    st.integers(0, 8000).map(lambda n: math.nextafter(n / 20, math.inf)),
    st.integers(0, 8000).map(lambda n: math.nextafter(n / 20, -math.inf)),
)


@given(code=st.sampled_from(sorted(NUMBERS)), value=near)
def test_the_fast_item_is_the_exact_one(code: str, value: float) -> None:
    assert quick.item(code, value) == points(**{NUMBERS[code]: value})[NUMBERS[code]]


@given(value=near, air=st.sampled_from(["air", "oxygen"]))
def test_the_fast_saturation_on_scale_2_is_the_exact_one(value: float, air: str) -> None:
    code = quick.SCALE_2_AIR if air == "air" else quick.SCALE_2_OXYGEN
    assert quick.item(code, value) == points(spo2=value, spo2_scale=2, oxygen=air)["spo2"]


@given(st.tuples(*(st.sampled_from([None, 0, 1, 2, 3]) for _ in ITEMS)))
def test_the_fast_aggregate_is_the_exact_one(parts: tuple[int | None, ...]) -> None:
    values: dict[str, dict[int, object]] = {
        "resp_rate": {0: 16, 1: 10, 2: 22, 3: 30},
        "spo2": {0: 98, 1: 95, 2: 93, 3: 80},
        "oxygen": {0: "air", 2: "oxygen"},
        "systolic": {0: 125, 1: 105, 2: 95, 3: 80},
        "pulse": {0: 75, 1: 45, 2: 120, 3: 140},
        "consciousness": {0: "A", 3: "C"},
        "temperature": {0: 37, 1: 38.5, 2: 40, 3: 34},
    }
    known = tuple(p if p in values[item] else None for item, p in zip(ITEMS, parts, strict=True))
    vitals = {item: values[item][p] for item, p in zip(ITEMS, known, strict=True) if p is not None}
    exact = news2(Vitals(**vitals))  # type: ignore[arg-type]
    fast = quick.news2(known)  # type: ignore[arg-type]
    assert (fast.total, fast.risk, fast.at_least) == (exact.total, exact.band, exact.at_least)
    assert (fast.worst == 3) == (exact.single_3 is True)


def test_the_fast_path_knows_consciousness_and_oxygen() -> None:
    for letter, number in ACVPU.items():
        assert quick.item(CONSCIOUSNESS, number) == points(consciousness=letter)["consciousness"]
    assert [quick.item(OXYGEN_FLOW, flow) for flow in (0, 0.5, 15, -1, math.nan)] == [0, 2, 2, None, None]
