"""The work list's filters in a real Chromium: what is hidden is said, a high alert most of all; silence; clocks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.alerts import Said
from domain.instants import HOUR, MINUTE, iso
from storage import connection, registry
from tests.browser.support.accessible import violations
from tests.browser.test_console import log_in, write
from tests.flow import console_world as world

SILENT = Said("Température : rien depuis 16 h", "Temperature: nothing for 16 h")


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """Two sites under one physician; P1 has a name and an open window, P2 an oral treatment."""
    url = plain_database_url
    world.hospital(url)
    with connection.connect(url) as conn:
        world.add_user(conn, "both", "physician", "paris", "lyon")
        world.add_patient(conn, "P3", "paris", ("Lefèvre", "Zoé"))
        plan = {"protocol": "chemo-aplasia", "aplasia": {"from": iso(world.now() - 48 * HOUR), "until": None}}
        registry.add_plan(conn, "P3", plan, set_by="test", set_at=world.now())
        registry.add_plan(conn, "P1", {"protocol": "vital-signs"}, set_by="test", set_at=world.now())
    with world.served(url, beat_seconds=1.0) as served:
        yield served


def opened(browser: Browser, console: world.Served, *, locale: str = "en-GB", width: int = 1440, **more: Any) -> Page:
    """A page of somebody who sees both sites."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, **more)
    page = context.new_page()
    log_in(page, console.url, "both")
    return page


def picture(page: Page, name: str) -> None:
    """Kept where somebody wants to look at it."""
    folder = os.environ.get("VIGIE_TEST_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def shown(page: Page) -> list[str]:
    """The patients of the rows, in order."""
    return [str(each.get_attribute("data-patient")) for each in page.locator("li.row").all()]


def test_a_filter_says_what_it_hides_and_never_hides_a_high_alert_silently(
    browser: Browser, console: world.Served
) -> None:
    page = opened(browser, console)
    expect(page.locator("li.row")).to_have_count(4)
    page.keyboard.press("/")
    page.keyboard.type("lefevre")
    expect(page.locator("li.row")).to_have_count(1)
    assert shown(page) == ["P3"]
    line = page.locator(".filter-line")
    expect(line).to_contain_text("1 of 4 patients · 3 hidden by filters")
    top = "document.querySelector('.rows').getBoundingClientRect().top"
    before = page.evaluate(top)
    write(console, "L1", "lyon")
    expect(line).to_contain_text("1 high alert is outside this filter")
    assert page.evaluate(top) == before, "rows must not move when an alert comes"
    assert line.get_attribute("class") == "filter-line warn"
    picture(page, "filter-outside")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("li.row")).to_have_count(4)
    expect(line).to_be_hidden()
    assert shown(page)[0] == "L1"
    page.context.close()


def test_filters_stand_in_the_address_and_a_name_does_not(browser: Browser, console: world.Served) -> None:
    write(console, "L1", "lyon", assignee="both", state="acknowledged", acknowledged_by="both")
    write(console, "P1", rule="silence.8310-5", category="technical", severity="medium", reason=SILENT)
    page = opened(browser, console)
    page.locator("[data-filter=site]").select_option("lyon")
    assert page.url.endswith("#/board?site=lyon")
    assert shown(page) == ["L1"]
    page.get_by_role("button", name="Mine").click()
    assert shown(page) == ["L1"]
    page.locator("[data-filter=site]").select_option("")
    page.get_by_role("button", name="Mine").click()
    page.locator("[data-filter=kind]").select_option("silence")
    assert shown(page) == ["P1"]
    expect(page.locator("li.row .sev .tag")).to_have_text("Silence")
    expect(page.locator(".tile.silence b")).to_have_text("1")
    expect(page.locator(".tile.tech b")).to_have_text("0")
    page.fill("#row-search", "P")
    assert "P" not in page.url.split("#")[1]
    page.reload()
    expect(page.locator(".feed.live")).to_be_visible()
    assert shown(page) == ["P1"]
    expect(page.locator("#row-search")).to_have_value("P")
    page.fill("#row-search", "nobody of that name")
    expect(page.locator(".board .empty")).to_have_text("No patient matches these filters.")
    page.context.close()


def test_an_open_window_and_a_running_clock_stand_in_the_row(browser: Browser, console: world.Served) -> None:
    write(console, "P3", at=world.now() - 25 * MINUTE)
    page = opened(browser, console)
    row = page.locator("li[data-patient=P3]")
    expect(row.locator(".window-tag")).to_have_text("Aplasia")
    expect(row.locator(".row-clock")).to_contain_text("25 min since the signal, no antibiotic")
    page.locator("[data-filter=phase]").select_option("aplasia")
    assert shown(page) == ["P3", "L1", "P2"], "without a plan the project's default counts as inside"
    page.locator("[data-filter=protocol]").select_option("vital-signs")
    assert shown(page) == []
    expect(page.locator(".filter-line")).to_contain_text("1 high alert")
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(360, "fr-FR"), (1440, "fr-FR")])
def test_the_filters_fit_and_axe_finds_nothing_serious(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    write(console, "P3", at=world.now() - 70 * MINUTE)
    write(console, "L1", "lyon")
    write(console, "P1", rule="silence.8310-5", category="technical", severity="medium", reason=SILENT)
    page = opened(browser, console, locale=locale, width=width, bypass_csp=True)
    expect(page.locator(".row-clock").first).to_be_visible()
    picture(page, f"board-{width}")
    if width == 360:
        page.get_by_role("button", name="Filtres").click()
    page.locator("[data-filter=kind]").select_option("silence")
    expect(page.locator(".filter-line.warn")).to_contain_text("2 alertes élevées")
    picture(page, f"board-filtered-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.context.close()
