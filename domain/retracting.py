"""Intakes recorded by mistake: which entry a retraction takes back, and what is left. Pure; the order never matters.

A patient, a caregiver and a device take back what was said at home; only a professional what a professional wrote down.
`storage` asks the same of its rows.
"""

from collections.abc import Iterable

from domain.values import Intake, Origin, Reading, Retraction

HOME = ("device", "patient", "caregiver")


def names(retraction: Retraction, origin: Origin | None, index: int, by: str) -> bool:
    """Whether a retraction takes back the entry that was said by `by`."""
    same = origin == retraction.of and index == retraction.of_index
    return same and (by in HOME or retraction.by not in HOME)


def retracted(entry: Intake | Reading, retractions: Iterable[Retraction]) -> Retraction | None:
    """The first of the retractions that takes an intake back, or a sample made of one."""
    return next((each for each in retractions if names(each, entry.origin, entry.index, entry.by)), None)
