"""Requests of other sites are refused; clients that are no browsers are not."""

import pytest
from starlette.datastructures import Headers

from web.guard import foreign
from web.tokens import digest, new_token, one_time_password, password_fault


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "hub"}, False),
        ({"host": "hub", "origin": "https://hub"}, False),
        ({"host": "hub:8000", "origin": "http://hub:8000", "sec-fetch-site": "same-origin"}, False),
        ({"host": "hub", "origin": "https://evil"}, True),
        ({"host": "hub", "origin": "null"}, True),
        ({"host": "hub", "sec-fetch-site": "cross-site"}, True),
        ({"host": "hub", "sec-fetch-site": "same-site"}, True),
        ({"host": "hub", "origin": "https://hub.evil"}, True),
    ],
)
def test_foreign(headers: dict[str, str], expected: bool) -> None:
    assert foreign(Headers(headers)) is expected


def test_a_digest_needs_the_hubs_secret() -> None:
    token = new_token()
    assert digest(b"a", token) == digest(b"a", token)
    assert digest(b"a", token) != digest(b"b", token)


def test_passwords() -> None:
    assert password_fault(one_time_password(), "admin") is None
    assert password_fault("short", "doc1") == "12 to 200 characters"
    assert password_fault("doc1-and-doc1-again", "doc1") is not None
    assert password_fault("aaaaaaaaaaaaaaaa", "bert") is not None
