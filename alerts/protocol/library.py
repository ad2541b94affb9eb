"""Reads the protocols that ship here and the table of regimens. The only part of the rules that opens files."""

import csv
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from alerts.protocol.plan import Library, Regimen, nadir_last_day
from alerts.protocol.reading import Protocol, ProtocolError, resolve
from alerts.protocol.text import Sentence
from alerts.protocol.titles import titles

FOLDER = files("alerts") / "protocols"


@cache
def shipped() -> Library:
    """All shipped protocols, resolved, and the regimen table. Raises ProtocolError naming file, rule and field."""
    texts = shipped_texts()
    return Library({name: resolve(name, texts) for name in sorted(texts)}, _regimens())


@cache
def rule_titles() -> Callable[[str], Sentence]:
    """What a rule of the protocols that ship is called; one of another protocol by its id."""
    return titles(shipped().protocols.values())


def library(texts: Mapping[str, str]) -> Library:
    """The shipped protocols with these active texts (`storage.protocols.active_texts`) in their place.

    A shipped protocol that cannot be read over another text of what it extends stays as it shipped: a signature on one
    protocol takes no other away. Raises ProtocolError when an active text itself cannot be used.
    """
    if not texts:
        return shipped()
    over = {**shipped_texts(), **texts}
    return Library({name: _resolved(name, over, own=name in texts) for name in sorted(over)}, shipped().regimens)


def _resolved(name: str, over: dict[str, str], *, own: bool) -> Protocol:
    try:
        return resolve(name, over)
    except ProtocolError:
        if own:
            raise
        return shipped().protocols[name]


def shipped_texts() -> dict[str, str]:
    """{protocol id: exact text} of the files that ship."""
    return dict(_texts())


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    return tuple(
        (entry.name.removesuffix(".toml"), entry.read_text("utf-8"))
        for entry in sorted(FOLDER.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    )


def _regimens() -> dict[str, Regimen]:
    rows = csv.DictReader((files("domain") / "regimens.csv").read_text("utf-8").splitlines())
    return {
        row["key"]: Regimen(
            row["key"], int(row["window_from_day"]), int(row["window_to_day"]), nadir_last_day(row["nadir_day"] or "")
        )
        for row in rows
    }
