"""python -m tests.gallery FOLDER: every page, empty, on an ordinary day and in a flood, phone and desktop, French and
English, light and dark; `index.html` shows them all. `--only file` takes the pages whose name begins so.
"""

import argparse
import html
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.support.app_pages import sign_in
from tests.browser.support.fake_app_hub import FakeHub
from tests.browser.support.fake_app_hub import served as app_served
from tests.flow import console_world as world
from tests.support.databases import Server
from tests.support.wards import WARDS, fill
from vigie.embedded.postgres import EmbeddedPostgres

SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1440, "height": 900}}
LOCALES = {"fr": "fr-FR", "en": "en-GB"}
SCHEMES = ("light", "dark")
TALLEST = 3000  # px: a list of 850 rows goes on as it began
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
FIRST, SECOND = "HAD-0001", "HAD-0002"
Step = Callable[[Page], None]


def _hash(place: str, drawn: str) -> Step:
    def go(page: Page) -> None:
        page.evaluate("(place) => { location.hash = place; }", f"#/{place}")
        page.wait_for_selector(drawn, timeout=15_000)

    return go


def _as_it_is(page: Page) -> None:
    page.wait_for_selector("form")


def _file(patient: str) -> Step:
    def go(page: Page) -> None:
        _hash(f"patient/{patient}", ".file .vitals figcaption")(page)
        page.wait_for_function("[...document.querySelectorAll('.vitals figcaption')].every((each) => each.textContent)")

    return go


def _day(patient: str) -> Step:
    def go(page: Page) -> None:
        _file(patient)(page)
        page.locator(".day-links a").last.click()
        page.wait_for_selector(".day-part")

    return go


def _panel(page: Page) -> None:
    page.evaluate("location.hash = '#/board'")
    page.locator("li.row .open").first.click(timeout=5_000)
    page.wait_for_selector(".panel .history")
    page.wait_for_load_state("networkidle")


def _frozen(page: Page) -> None:
    page.evaluate("location.hash = '#/board'")
    page.context.set_offline(True)
    page.wait_for_selector("#frozen:not([hidden])", timeout=40_000)


CARE: dict[str, Step] = {
    "board": lambda page: page.wait_for_selector(".board .counters"),
    "alert": _panel,
    "file": _file(FIRST),
    "file-oral": _file(SECOND),
    "synthesis": _day(FIRST),
    "unit": _hash("unit", ".ahead-cards > *"),
    "shift": _hash("shift", ".shift-body .file-part, .shift-body .empty"),
    "quarantine": _hash("quarantine", ".quarantine h1"),
    "figures": _hash("figures", ".figures-body > :not(p.muted)"),
    "protocols": _hash("admin/protocols", ".admin-body > div"),
    "rosters": _hash("admin/rosters", ".admin-body > div"),
    "frozen": _frozen,
}
OPERATOR: dict[str, Step] = {
    name: _hash(f"admin/{name}", ".admin-body > div") for name in ("accounts", "devices", "health")
}
APP = ("today", "m/8310-5", "q/chemo-daily", "i/capecitabine/extra", "done", "history", "sent", "settings", "people",
       "consents")  # fmt: skip
NEEDS_PATIENTS = ("alert", "file", "file-oral", "synthesis")


class Gallery:
    """Where the pictures go, and which pages are wanted."""

    def __init__(self, folder: Path, only: str, ward: str | None = None) -> None:
        self.folder, self.only, self.ward = folder, only, ward

    def wants(self, name: str) -> bool:
        """Whether a page was asked for."""
        return name.startswith(self.only)

    def take(self, page: Page, name: str, label: str, step: Step) -> None:
        """One picture; what cannot be reached is said and leaves no picture."""
        if not self.wants(name):
            return
        try:
            step(page)
            page.wait_for_load_state("networkidle")
            tall = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
            size = page.viewport_size or {"width": 360, "height": 740}
            page.set_viewport_size({"width": size["width"], "height": max(tall, size["height"])})  # all of it in sight
            page.screenshot(path=self.folder / f"{name} {label}.png")
            page.set_viewport_size(size)
        except Exception as error:  # noqa: BLE001 - the other pictures are still wanted
            print(f"{name} {label}: {str(error).splitlines()[0]}")


def _contexts(browser: Browser) -> Iterator[tuple[BrowserContext, str]]:
    for (size, viewport), (language, locale), scheme in itertools.product(SIZES.items(), LOCALES.items(), SCHEMES):
        context = browser.new_context(viewport=viewport, locale=locale, color_scheme=scheme)  # type: ignore[arg-type]
        yield context, f"{size} {language} {scheme}"
        context.close()


def _log_in(page: Page, url: str, username: str) -> None:
    page.fill("[name=username]", username)
    page.fill("[name=password]", world.PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("header.top")


def console_pages(browser: Browser, server: Server, gallery: Gallery) -> None:
    """Every page of the console with each ward."""
    for kind, ward in WARDS.items():
        if gallery.ward not in (None, kind):
            continue
        with server.fresh() as url:
            fill(url, ward)
            with world.served(url, beat_seconds=1.0) as console:
                for context, label in _contexts(browser):
                    print(f"console {kind} {label}", flush=True)
                    page = context.new_page()
                    page.goto(console.url)
                    if kind == "empty":
                        gallery.take(page, "login", f"{kind} {label}", _as_it_is)
                    for username, pages in (("doc1", CARE), ("op1", OPERATOR)):
                        if not any(gallery.wants(name) for name in pages):
                            continue
                        context.set_offline(False)
                        context.clear_cookies()
                        page.goto(console.url)
                        page.reload()
                        _log_in(page, console.url, username)
                        for name, step in pages.items():
                            skipped = (kind == "empty" and name in NEEDS_PATIENTS) or (
                                name == "frozen" and kind != "typical"
                            )
                            if not skipped:
                                gallery.take(page, name, f"{kind} {label}", step)


def app_pages(browser: Browser, gallery: Gallery) -> None:
    """Every page of the app on an empty and on a full day."""
    for mode in ("empty", "full"):
        with app_served(FakeHub(mode=mode)) as hub:
            for context, label in _contexts(browser):
                print(f"app {mode} {label}", flush=True)
                page = context.new_page()
                page.goto(f"{hub.url}/app/")
                gallery.take(page, "app-login", f"{mode} {label}", _as_it_is)
                if not any(gallery.wants(_app_name(place)) for place in APP):
                    continue
                sign_in(page, hub)
                for place in APP:
                    gallery.take(page, _app_name(place), f"{mode} {label}", _hash(place, "main h1"))


def _app_name(place: str) -> str:
    return f"app-{place.replace('/', '-')}"


def index(folder: Path) -> None:
    """All pictures on one page, those of a page of the hub together."""
    groups: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.png")):
        groups.setdefault(path.name.split(" ")[0], []).append(path.name)
    rows = "".join(
        f"<h2>{html.escape(name)}</h2><div>" + "".join(
            f'<figure><a href="{html.escape(each)}"><img loading="lazy" src="{html.escape(each)}"></a>'
            f"<figcaption>{html.escape(each[len(name) + 1 : -4])}</figcaption></figure>" for each in found
        ) + "</div>"
        for name, found in groups.items()
    )  # fmt: skip
    style = (
        "body{font:14px system-ui;margin:1rem}div{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;width:220px}"
        "img{width:220px;max-height:420px;object-fit:cover;object-position:top;border:1px solid #999}"
    )
    page = f"<!doctype html><meta charset=utf-8><title>Vigie</title><style>{style}</style>{rows}"
    (folder / "index.html").write_text(page, "utf-8")


@contextmanager
def _database() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="vigie-gallery-"))
    folder.chmod(0o711)
    try:
        with EmbeddedPostgres(folder / "pg") as postgres:
            yield Server("embedded", postgres.url_of("{}"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(prog="gallery", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pages whose name begins so: file, app-")
    parser.add_argument("--ward", choices=WARDS, help="one of them alone")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    gallery = Gallery(asked.folder, asked.only, asked.ward)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        if not asked.only.startswith("app-"):
            with _database() as server:
                console_pages(chromium, server, gallery)
        if not asked.only or asked.only.startswith("app"):
            app_pages(chromium, gallery)
        chromium.close()
    index(asked.folder)
    print(f"{len(list(asked.folder.glob('*.png')))} pictures: {asked.folder / 'index.html'}")


if __name__ == "__main__":
    main()
