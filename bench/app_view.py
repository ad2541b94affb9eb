"""The first view of the app over a slow network, as Chromium emulates "Fast 3G": python -m bench.app_view

Bytes of all files before compression; milliseconds from the request to the first paint and to a form that can be used;
then from the service worker, where the network is not asked. Medians of several fresh profiles.
"""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount

from patient_ui.shell import STATIC, shell
from web.guard import Guard

# Chromium's own preset: 1.6 Mbit/s x 0.9 down, 750 kbit/s x 0.9 up, 150 ms x 3.75 for each request.
FAST_3G = {"offline": False, "downloadThroughput": 188_743, "uploadThroughput": 86_400, "latency": 562.5}
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
USABLE = "() => { const form = document.querySelector('main form'); return form ? performance.now() : 0; }"


def measure(*, runs: int = 5) -> dict[str, Any]:
    """Medians over fresh profiles."""
    with _served() as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        first, again = zip(*(_visit(chromium, url) for _ in range(runs)), strict=True)
        chromium.close()
    return {
        "bytes": sum(each.stat().st_size for each in STATIC.iterdir()),
        "first_paint_ms": _middle(each[0] for each in first),
        "first_usable_ms": _middle(each[1] for each in first),
        "again_usable_ms": _middle(each[1] for each in again),
        "runs": runs,
    }


def _middle(values: Iterator[float]) -> int:
    return round(statistics.median(values))


def _visit(chromium: Browser, url: str) -> tuple[tuple[float, float], tuple[float, float]]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", FAST_3G)
    first = _look(page, url)
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    again = _look(page, url)
    context.close()
    return first, again


def _look(page: Page, url: str) -> tuple[float, float]:
    page.goto(f"{url}/app/", wait_until="commit")
    usable = page.wait_for_function(USABLE, polling=10).json_value()
    page.wait_for_function(f"() => {PAINT}")
    return page.evaluate(PAINT), usable


@contextmanager
def _served() -> Iterator[str]:
    """The app's files with the hub's headers."""
    app = Starlette(routes=[Mount("/app", shell())])
    server = uvicorn.Server(uvicorn.Config(Guard(app), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(5)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
