"""The figures page and the drawn aplasia clock in a real Chromium: full and empty, two widths, two languages."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from domain.alerts import AlertEvent
from domain.instants import HOUR, MINUTE, SECOND, micros, moment
from storage import connection, marks
from tests.browser.support.accessible import violations
from tests.browser.test_console import log_in
from tests.flow import console_world as world

SHOTS = os.environ.get("VIGIE_TEST_SHOTS")  # a folder: pictures of what the tests saw
NARROW = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console of two sites, without any alert yet."""
    world.hospital(database_url)
    with connection.connect(database_url) as conn:
        world.add_user(conn, "audit1", "auditor", "paris")
    with world.served(database_url, beat_seconds=0.5) as served:
        yield served


def page_of(browser: Browser, console: world.Served, *, width: int = 1440, locale: str = "en-GB") -> Page:
    """A page that has logged in as the physician."""
    height = 900 if width > 760 else 844
    page = browser.new_context(viewport={"width": width, "height": height}, locale=locale, bypass_csp=True).new_page()
    log_in(page, console.url)
    return page


def fill(url: str) -> None:
    """In the month before this one: fevers with every end there is, and a flood of silences."""
    today = moment(world.now()).replace(day=1, hour=12)
    now = micros((today - timedelta(days=15)).replace(day=15))
    with connection.connect(url) as conn:
        conn.autocommit = True
        conn.execute("UPDATE patient SET created_at = %s", (moment(now - 400 * HOUR),))
        for number, (patient, ago, dose) in enumerate(
            [("P1", 9 * HOUR, 42 * MINUTE), ("P2", 7 * HOUR, 130 * MINUTE), ("P1", 4 * HOUR, None),
             ("P2", 25 * MINUTE, None)], start=1
        ):  # fmt: skip
            at = now - ago
            alert = world.an_alert(patient, number, at=at, rule=f"{('fever', 'rigors', 'unwell')[number % 3]}")
            world.write_event(conn, "paris", world.opened(alert))
            marks.delivered(conn, [marks.Receipt("nurse1", b"s", ("paris",), 0, 1 << 40, at + 20 * SECOND)])
            marks.seen(conn, alert.id, who="nurse1", at=at + 4 * MINUTE)
            state = "closed" if number < 4 else "acknowledged"
            after = msgspec.structs.replace(alert, version=2, state=state)
            kind = "closed" if number < 4 else "acknowledged"
            world.write_event(conn, "paris", AlertEvent(kind, at + 9 * MINUTE, after, actor="nurse1", note="calling"))
            if dose is not None:
                conn.execute(
                    """INSERT INTO given (patient, kind, name, given_at, received_at, by, device, boot, seq, idx)
                       VALUES (%s, 'antibiotic', 'ceftriaxone', %s, now(), 'nurse', 'console', 'b', %s, 0)""",
                    (patient, moment(at + dose), number),
                )
        for number in range(34):
            at = now - 5 * HOUR - (number % 3) * HOUR - number * SECOND
            severity = ("medium", "low", "low")[number % 3]
            silence = world.an_alert("P2", 100 + number, at=at, rule=f"silence.{number}" if number > 20 else "battery",
                                     severity=severity, category="technical")  # fmt: skip
            world.write_event(conn, "paris", world.opened(silence))
            world.write_event(conn, "paris", AlertEvent("closed", at + MINUTE, msgspec.structs.replace(
                silence, version=2, state="closed"), actor="nurse1", note="seen"))  # fmt: skip


def shot(page: Page, name: str) -> None:
    """A picture, when a folder was named."""
    if not SHOTS:
        return
    height = page.viewport_size["height"] if page.viewport_size else 900
    for place in range(4):
        page.evaluate(f"scrollTo(0, {place * (height - 160)})")
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{place}.png"))
    page.evaluate("scrollTo(0, 0)")


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (390, "fr-FR")])
def test_the_month_is_drawn(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    fill(console.deps.database_url)
    page = page_of(browser, console, width=width, locale=locale)
    page.get_by_role("button", name="Figures" if locale == "en-GB" else "Chiffres").click()
    assert page.url.endswith("#/figures")
    page.get_by_role("button", name="Previous" if locale == "en-GB" else "Précédent").first.click()
    expect(page.locator(".clocks > li")).to_have_count(4)
    expect(page.locator(".bars .bar").first).to_be_attached()
    expect(page.locator(".limit-say.flood")).to_be_visible()
    expect(page.locator(".yield tbody tr", has_text=re.compile("Battery low|Batterie faible"))).to_contain_text("100")
    assert page.evaluate(NARROW)
    shot(page, f"figures-{width}")
    page.locator(".clocks summary").first.click()
    expect(page.locator(".clocks .clock-marks").first).to_be_visible()
    assert page.evaluate(NARROW)
    assert violations(page) == []
    page.reload()
    expect(page.locator(".figures-body")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (390, "en-GB")])
def test_an_empty_month_says_none_and_not_nought_percent(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    page = page_of(browser, console, width=width, locale=locale)
    page.goto(f"{console.url}/#/figures")
    said = {"en-GB": "No fever or danger alert", "fr-FR": "Aucune alerte de fièvre"}
    expect(page.locator(".figures")).to_contain_text(said[locale])
    assert not re.search(r"\b0\s*%", page.locator(".figures").inner_text().replace("/ 80 %", ""))
    back = page.get_by_role("button", name={"en-GB": "Previous", "fr-FR": "Précédent"}[locale]).first
    back.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".figures")).to_contain_text(said[locale])
    assert page.evaluate(NARROW)
    shot(page, f"figures-empty-{width}")
    page.context.close()


def test_who_may_see_no_patient_sees_figures_without_patients(browser: Browser, console: world.Served) -> None:
    fill(console.deps.database_url)
    page = browser.new_page(locale="en-GB")
    page.goto(console.url)
    page.fill("[name=username]", "audit1")
    page.fill("[name=password]", world.PASSWORD)
    page.click("button[type=submit]")
    page.get_by_role("button", name="Previous").first.click()
    expect(page.locator(".figures")).to_contain_text("Your role sees figures, not patients.")
    expect(page.locator("main > .empty")).to_be_hidden()
    expect(page.locator(".clocks")).to_have_count(0)
    page.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_panel_draws_the_clock_and_opening_it_is_a_mark(
    browser: Browser, console: world.Served, width: int
) -> None:
    at = world.now() - 12 * MINUTE
    alert = world.an_alert("P1", at=at)
    with connection.connect(console.deps.database_url) as conn:
        conn.autocommit = True
        world.write_event(conn, "paris", world.opened(alert))
    page = page_of(browser, console, width=width)
    world.wait_for(lambda: "delivered" in _marks(console, alert.id))
    assert "seen" not in _marks(console, alert.id)
    page.locator("li.row.high button.open").click()
    face = page.locator(".clock-face")
    expect(face).to_contain_text("12 min since the signal, antibiotic not recorded yet")
    expect(face.locator(".clock-marks li")).to_have_count(5)
    expect(face.locator(".clock-marks li").nth(1)).to_contain_text("doc1")
    expect(face.locator(".clock-marks li").nth(4)).to_contain_text("not yet")
    assert "seen" in _marks(console, alert.id)
    assert page.evaluate(NARROW)
    shot(page, f"clock-{width}")
    page.context.close()


def test_a_page_that_nobody_can_see_delivers_nothing(browser: Browser, console: world.Served) -> None:
    page = page_of(browser, console)
    page.get_by_role("button", name="Figures").click()
    alert = world.an_alert("P2")
    with connection.connect(console.deps.database_url) as conn:
        conn.autocommit = True
        world.write_event(conn, "paris", world.opened(alert))
    expect(page.locator("li.row.high")).to_have_count(1)
    page.wait_for_timeout(2500)
    expect(page.locator(".board")).to_be_hidden()
    assert "delivered" not in _marks(console, alert.id)
    page.get_by_role("button", name="Patients").click()
    world.wait_for(lambda: "delivered" in _marks(console, alert.id))
    page.context.close()


def _marks(console: world.Served, alert: str) -> set[str]:
    with connection.connect(console.deps.database_url) as conn:
        return {mark.mark for mark in marks.of_alert(conn, alert)}
