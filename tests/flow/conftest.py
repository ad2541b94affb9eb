"""Everything here needs a real service, on each kind of database.

Marked `flow`, so that `pytest -m 'not flow'` is the quick half.
"""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test below this folder."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.flow)


@pytest.fixture
def database_url(any_database_url: str) -> str:
    """Here every test runs on each kind of database, unless it asks for `plain_database_url`."""
    return any_database_url


@pytest.fixture
def empty_database_url(any_empty_database_url: str) -> str:
    """The same, without any table."""
    return any_empty_database_url
