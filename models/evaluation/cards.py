"""The figures of docs/models: `figures.json`, and the block of each model card that is written from it.

A figure that was not run leaves the recorded one of the same version in place. Called by `models.evaluation.run`.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from models.evaluation.figure import Figure

RECORD = "figures.json"
BLOCK = re.compile(r"(<!-- figures: [^>]*-->\n).*?(<!-- end of figures -->)", re.DOTALL)
HEAD = ("figure", "value", "95 % interval", "goal", "met", "baseline", "counted on", "note")


def recorded(folder: Path) -> list[Figure]:
    """What `figures.json` says; nothing without one."""
    path = folder / RECORD
    return [Figure(**row) for row in json.loads(path.read_text("utf-8"))] if path.exists() else []


def merged(before: Sequence[Figure], now: Sequence[Figure]) -> list[Figure]:
    """The new figures in place of those of the same models; one that was not run keeps its recorded value."""
    kept = {(found.model, found.name, found.version): found for found in before if found.value is not None}
    renewed = {found.model for found in now}
    others = [found for found in before if found.model not in renewed]
    own = [kept.get((f.model, f.name, f.version), f) if f.value is None else f for f in now]
    return sorted([*others, *own], key=lambda found: found.model)


def write(folder: Path, figures: Sequence[Figure], cards: Iterable[tuple[str, str]]) -> None:
    """`figures.json`, and the block of each (model, card) whose card is there. NaN is written as null."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [asdict(found) for found in figures]
    (folder / RECORD).write_text(json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    for model, card in cards:
        path = folder / card
        if path.exists():
            path.write_text(with_block(path.read_text("utf-8"), block(figures, model)), "utf-8")


def with_block(text: str, table: str) -> str:
    """A card with another table between its two marks; ValueError where there is no place for one."""
    if not BLOCK.search(text):
        raise ValueError("model card: expected a block <!-- figures: ... --> to <!-- end of figures -->")
    return BLOCK.sub(lambda found: found[1] + table + found[2], text)


def block(figures: Iterable[Figure], model: str) -> str:
    """The table of one model as Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *(cells(found) for found in figures if found.model == model)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def cells(found: Figure) -> tuple[str, ...]:
    """One figure as words."""
    span = "" if found.low is None or found.high is None else f"{number(found.low)} to {number(found.high)}"
    met = {None: "", True: "yes", False: "**no**"}[found.meets]
    shown = "not run" if found.value is None else number(found.value)
    return (found.name, shown, span, found.goal, met, found.baseline, found.of, found.note)


def number(value: float) -> str:
    """Three significant digits, never in exponents where a reader would stumble."""
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.1e}"
