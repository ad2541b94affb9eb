"""A person at the app: signing in, what the outbox holds, a real browser that can be killed."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from tests.browser.support.fake_app_hub import NAME, PASSWORD, FakeHub

PHONE = {"width": 360, "height": 740}
READY = """async () => {
  const { kept } = await import("/app/store.js");
  const here = await kept("P1", "questionnaire/chemo-daily");
  return (await caches.keys()).length > 0 && !!navigator.serviceWorker.controller && !!here;
}"""
WAITING = """async () => { const { devicesWaiting } = await import("/app/outbox.js");
  return [...(await devicesWaiting()).values()].reduce((sum, each) => sum + each, 0); }"""


def sign_in(page: Page, hub: FakeHub) -> None:
    """Through the form, until today is there."""
    page.goto(f"{hub.url}/app/")
    page.fill("[name=username]", NAME)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("header.top")).to_be_visible()


def go(page: Page, place: str) -> None:
    """One page of the app, drawn."""
    page.evaluate("(place) => { location.hash = place; }", f"#/{place}")
    expect(page.locator("main h1")).to_be_visible()


def waiting(page: Page) -> int:
    """Messages that are not acknowledged."""
    return int(page.evaluate(WAITING))


def until_stored(page: Page, hub: FakeHub, count: int, seconds: float = 20) -> None:
    """Until the hub has so many messages and nothing waits."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and (len(hub.stored) < count or waiting(page)):
        page.wait_for_timeout(50)
    assert (len(hub.stored), waiting(page)) == (count, 0)


def temperature(page: Page, value: str) -> None:
    """Enter one."""
    go(page, "m/8310-5")
    page.fill("input.value", value)
    page.click("form button[type=submit]")
    page.wait_for_function(
        "() => !location.hash.startsWith('#/m/') || document.querySelector('.urgent, .ask, .advice')"
    )


def worker_ready(page: Page) -> None:
    """The files are in the service worker's cache and the questions are here: from now on network is not needed."""
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.wait_for_function(READY)


@contextlib.contextmanager
def killable(chromium: BrowserType, profile: Path) -> Iterator["Killable"]:
    """A Chromium of its own over a profile that stays; killed at the end at the latest."""
    found = Killable(chromium, profile)
    try:
        yield found
    finally:
        found.kill()
        shutil.rmtree(profile, ignore_errors=True)


class Killable:
    """`open` starts it and gives its page; `kill` is SIGKILL to all of its processes."""

    def __init__(self, chromium: BrowserType, profile: Path) -> None:
        self.chromium = chromium
        self.profile = profile
        self.started: subprocess.Popen[bytes] | None = None
        self.browser: Browser | None = None

    def open(self) -> tuple[BrowserContext, Page]:
        """Start it again over what it had."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = (
            "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --lang=en-GB"
        )
        own = [f"--user-data-dir={self.profile}", f"--remote-debugging-port={port}"]
        command = ["/usr/bin/chromium", *options.split(), *own, "about:blank"]
        environment = {**os.environ, "LANGUAGE": "en_GB"}
        self.started = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.browser = self._connect(port)
        context = self.browser.contexts[0]
        return context, context.new_page()

    def _connect(self, port: int) -> Browser:
        end = time.monotonic() + 20
        while True:
            try:
                return self.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            except Exception:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def kill(self) -> None:
        """As a flat battery does it."""
        if self.started is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.started.pid, signal.SIGKILL)
        self.started.wait(10)
        self.started = None
