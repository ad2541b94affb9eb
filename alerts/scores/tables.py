"""Reads the score tables that ship in `tables/*.csv`. Nothing is decided here; callers: the scores beside this file."""

import csv
from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of one table as written; callers do not change them."""
    text = (files("alerts.scores") / "tables" / f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))
