"""A console in a real Chromium answers each beat: it attends its site from the moment its alarm can be heard."""

from typing import Any

from playwright.sync_api import Browser, Page

from domain.instants import MINUTE
from storage import presence
from storage.connection import connect
from tests.browser.test_console import console, log_in
from tests.flow.console_world import Served, now, wait_for

__all__ = ["console"]  # a fixture


def test_a_console_attends_once_somebody_has_started_the_shift(browser: Browser, console: Served) -> None:
    assert console.server is not None
    live: Any = console.server.config.app.state.feed  # type: ignore[union-attr]

    def attended() -> set[str]:
        live.presence.write()
        with connect(console.deps.database_url) as conn:
            return presence.attended(conn, ["paris", "lyon"], now() - 5 * MINUTE)

    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    log_in(page, console.url)
    waits_for(page, lambda: len(live.presence._seen) == 1)
    assert attended() == set()
    page.click("#shift")
    waits_for(page, lambda: attended() == {"paris"})
    context.close()


def waits_for(page: Page, true: Any) -> None:
    """Until it is so; the page goes on meanwhile."""
    page.wait_for_timeout(100)
    wait_for(true, within=15)
