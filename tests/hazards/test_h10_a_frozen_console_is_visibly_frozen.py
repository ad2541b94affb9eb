"""H10: a frozen console is visibly frozen, also when the hub hangs with its connections open; then it resumes whole."""

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import _ARGUMENTS
from tests.flow.hub_world import PASSWORD, Trial, aplasia, devices_of, spec, temperature, trial

pytestmark = [pytest.mark.flow, pytest.mark.browser, pytest.mark.one_server]

FROZEN_WITHIN = 12_000  # ms: two beats of five seconds missed


def log_in(page: Page, url: str) -> None:
    page.goto(url)
    page.fill("[name=username]", "doc1")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(".feed.live")).to_be_visible(timeout=15_000)


def hung(running: Trial, how: signal.Signals) -> None:
    """Stop (or continue) the hub's process: its sockets stay open and say nothing."""
    hub = running.world.hub
    assert hub is not None
    os.kill(hub.pid, how)


def test_a_hub_that_hangs_is_shown_and_nothing_is_missed_when_it_goes_on(
    database_url: str, service_folder: Path
) -> None:
    with trial(service_folder, speed=1.0, database_url=database_url) as running, sync_playwright() as playwright:
        now = running.world.clock.now
        running.register([spec("p1", "stable", **aplasia(now())), spec("p2", "stable", **aplasia(now()))])
        running.serve()
        devices = devices_of(running, "p1", "p2")
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS.split())
        page = chromium.new_context(locale="en-GB").new_page()
        log_in(page, running.world.url)
        devices["p1"].send(temperature(1, 39.0, at=now()))
        expect(page.locator("li.row.high")).to_have_count(1, timeout=10_000)
        expect(page.locator("#frozen")).to_be_hidden()
        hung(running, signal.SIGSTOP)
        try:
            devices["p2"].send(temperature(1, 39.0, at=now()))
            expect(page.locator("#frozen")).to_be_visible(timeout=FROZEN_WITHIN)
            expect(page.locator("#frozen")).to_contain_text("NOT LIVE since")
            expect(page.locator("li.row.high")).to_have_count(1)
        finally:
            hung(running, signal.SIGCONT)
        expect(page.locator("#frozen")).to_be_hidden(timeout=20_000)
        expect(page.locator("li.row.high")).to_have_count(2, timeout=10_000)
        chromium.close()
        for device in devices.values():
            device.close()
