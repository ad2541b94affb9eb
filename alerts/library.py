"""Reads the protocols and regimens that ship beside this file. The only part of the rules that opens files."""

import csv
from functools import cache
from importlib.resources import files

from alerts.plan import Library, Regimen, nadir_last_day
from alerts.protocol import resolve


@cache
def shipped() -> Library:
    """All shipped protocols, resolved, and the regimen table. Raises ProtocolError naming file, rule and field."""
    folder = files("alerts") / "protocols"
    texts = {
        entry.name.removesuffix(".toml"): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    rows = csv.DictReader((folder / "regimens.csv").read_text("utf-8").splitlines())
    regimens = {
        row["key"]: Regimen(
            row["key"], int(row["window_from_day"]), int(row["window_to_day"]), nadir_last_day(row["nadir_day"] or "")
        )
        for row in rows
    }
    return Library({name: resolve(name, texts) for name in sorted(texts)}, regimens)
