"""Every row of every vector file of the scores, through `vigie score`'s own path, equal to the digit."""

import csv
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from vigie.score_file import score
from vigie.score_names import NAMES

VECTORS = Path(__file__).parents[2] / "vectors"
FILES = {
    "ctcae": ("ctcae_clinical_edges", "third_party/ctcae_labs_from_admiral_tests"),
    "proctcae": ("proctcae_handling",),
    "home_administration": ("home_administration_check",),
}


def rows() -> Iterator[tuple[str, str, dict[str, str]]]:
    for name in NAMES:
        for file in FILES.get(name, (name,)):
            with (VECTORS / f"{file}.csv").open(newline="", encoding="utf-8-sig") as source:
                header, *lines = score(name, source)
            for line in lines:
                yield name, file, dict(zip(header, line, strict=True))


def same(expected: str, got: str) -> bool:
    """Equal text, or equal at the decimals that were expected, half up."""
    if expected == got:
        return True
    try:
        step = Decimal(1).scaleb(int(Decimal(expected).as_tuple().exponent))
        return Decimal(got).quantize(step, ROUND_HALF_UP) == Decimal(expected)
    except ArithmeticError:
        return False


@pytest.mark.parametrize(("name", "file", "row"), [pytest.param(*r, id=f"{r[0]}-{r[2]['id']}") for r in rows()])
def test_a_vector_is_equal(name: str, file: str, row: dict[str, str]) -> None:
    expected = {column[4:]: value for column, value in row.items() if column.startswith("exp_")}
    assert expected
    for output, value in expected.items():
        assert same(value, row[f"got_{output}"]), (output, value, row[f"got_{output}"], row["got_why"])


@pytest.mark.parametrize("name", NAMES)
def test_every_score_has_vectors_and_every_output_an_expected_column(name: str) -> None:
    for file in FILES.get(name, (name,)):
        with (VECTORS / f"{file}.csv").open(newline="") as source:
            header = next(csv.reader(source))
        shapes = [shape for shape in NAMES[name] if set(shape.needs) <= set(header)]
        assert len(shapes) == 1
        assert {f"exp_{output}" for output in shapes[0].gives} == {c for c in header if c.startswith("exp_")}
