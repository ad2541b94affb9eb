"""A real Chromium for the pages. Everything here is marked `browser`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.flow import console_world as world

_HERE = Path(__file__).parent
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=user-gesture-required"
)

expect.set_options(timeout=20_000)  # a busy machine is slow; what must be quick says its own time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test below this folder."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless. Ends with the module: meanwhile no test can have an event loop of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS.split())
        yield chromium
        chromium.close()


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console of two sites, as most pages need it; a page that needs more has its own."""
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=0.5) as served:
        yield served
