"""The hazards are held on each kind of database."""

import pytest


@pytest.fixture
def database_url(any_database_url: str) -> str:
    """Here every test runs on each kind of database, unless it asks for `plain_database_url`."""
    return any_database_url
