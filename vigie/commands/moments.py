"""Instants as people type them on the command line, and tables as they read them there."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import typer

from domain.instants import Micros, micros, parse_iso
from vigie.commands.shell import refuse

PARIS = ZoneInfo("Europe/Paris")


def instant(field: str, text: str, *, now: Micros) -> Micros:
    """`now`, ISO 8601 with an offset, or a date: its first moment in Europe/Paris. Refuses naming the field."""
    if text.strip() == "now":
        return now
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    try:
        return parse_iso(text) if day is None else micros(datetime(day.year, day.month, day.day, tzinfo=PARIS))
    except (ValueError, OverflowError):
        refuse(f"{field}: expected now, a date YYYY-MM-DD, or ISO 8601 with an offset, got {text!r}")


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need; the last one runs on. What people wrote cannot speak to the terminal."""
    shown = [["".join(letter if letter.isprintable() else " " for letter in cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in shown) for place in range(len(shown[0]) - 1)] if shown else []
    for row in shown:
        typer.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))
