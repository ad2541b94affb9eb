"""The cards of the models say what `figures.json` says, and a figure that was not run takes no recorded one away."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest

from models import MODELS
from models.evaluation.cards import block, merged, recorded, with_block, write
from models.evaluation.figure import Ask, Measured, absent, at_most, figure

CARDS = Path(__file__).parents[2] / "docs/models"
ASK = Ask("anc", "1", "Brier", at_most(0.13), "0.199")
RUN = figure(ASK, Measured(0.12, 0.11, 0.13), of="9 people")


@pytest.mark.parametrize("name", MODELS)
def test_a_card_says_what_was_recorded(name: str) -> None:
    module = importlib.import_module(f"models.evaluation.{name}")
    text = (CARDS / module.CARD).read_text()
    assert with_block(text, block(recorded(CARDS), name)) == text
    assert [found for found in recorded(CARDS) if found.model == name]
    assert {found.version for found in recorded(CARDS) if found.model == name} == {module.VERSION}
    assert f"`{module.VERSION}`" in text


def test_a_figure_without_data_keeps_the_recorded_one_of_its_version_alone() -> None:
    gone = absent(ASK, "no folder")
    assert merged([RUN], [gone]) == [RUN]
    assert merged([replace(RUN, version="0")], [gone]) == [gone]
    assert "not run: data absent (no folder)" in block([gone], "anc")


def test_a_new_figure_replaces_and_other_models_stay() -> None:
    other = replace(RUN, model="zz")
    worse = figure(ASK, Measured(0.14), of="9 people")
    assert merged([RUN, other], [worse]) == [worse, other]
    assert worse.meets is False
    assert figure(ASK, Measured(float("nan")), of="0 people").meets is False


def test_figures_and_cards_are_written_together(tmp_path: Path) -> None:
    (tmp_path / "c.md").write_text("a\n<!-- figures: x -->\nold\n<!-- end of figures -->\nb\n")
    write(tmp_path, [RUN], [("anc", "c.md")])
    assert recorded(tmp_path) == [RUN]
    assert "| Brier | 0.12 | 0.11 to 0.13 | ≤ 0.13 | yes |" in (tmp_path / "c.md").read_text()
    with pytest.raises(ValueError, match="expected a block"):
        with_block("no place", "table")
