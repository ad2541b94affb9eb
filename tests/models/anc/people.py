"""Requests and simulated people for the tests of the forecast."""

from typing import Any

from models.anc.requests import parse
from models.anc.values import Request

LINE: dict[str, Any] = {
    "id": "P1",
    "drug": "docetaxel",
    "doses": [{"day": 0, "amount_mg": 180, "duration_h": 1}],
    "counts": [{"day": 0, "anc": 5.0}, {"day": 5, "anc": 1.6}, {"day": 7, "anc": 0.6}],
}


def asked(**changes: Any) -> Request:
    """The usual request with other fields."""
    found = parse({**LINE, **changes})
    assert isinstance(found, Request), found
    return found
