"""Everything here needs a real service: marked `flow`, so that `pytest -m 'not flow'` is the quick half."""

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test below this folder."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.flow)
