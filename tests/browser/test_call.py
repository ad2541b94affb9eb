"""The numbers of an alert by one key, and how similar alerts ended before, in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from domain.alerts import AlertEvent
from domain.instants import HOUR
from storage import connection
from tests.browser.support.accessible import violations
from tests.browser.test_console import log_in, write
from tests.browser.test_work_list import picture
from tests.flow import console_world as world


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """P1 has a telephone and had a fever that was closed."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        conn.execute("INSERT INTO identity.person (patient, phone) VALUES ('P1', '+33 1 23 45 67 89')")
        before = world.an_alert("P1", 7, at=world.now() - 30 * HOUR)
        world.write_event(conn, "paris", world.opened(before))
        shut = world.an_alert("P1", 7, at=world.now() - 30 * HOUR, state="closed", version=2, closed_by="doc1",
                              closed_at=world.now() - 20 * HOUR)  # fmt: skip
        world.write_event(conn, "paris", AlertEvent("closed", world.now(), shut, actor="doc1", note="Treated at home"))
    with world.served(plain_database_url, beat_seconds=1.0) as served:
        yield served


@pytest.mark.parametrize("width", [360, 1440])
def test_call_opens_the_numbers_and_similar_alerts_say_how_they_ended(
    browser: Browser, console: world.Served, width: int
) -> None:
    write(console, "P1")
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB", bypass_csp=True)
    page = context.new_page()
    log_in(page, console.url)
    page.locator("li.row.high button.open").click()
    page.keyboard.press("c")
    calls = page.locator(".calls")
    expect(calls.locator("a").first).to_be_focused()
    assert calls.locator("a").first.get_attribute("href") == "tel:+33123456789"
    expect(calls).to_contain_text("No roster for this site.")
    assert [each.get_attribute("href") for each in calls.locator(".emergency a").all()] == ["tel:15", "tel:112"]
    picture(page, f"call-{width}")
    page.keyboard.press("c")
    expect(calls).to_have_count(0)
    page.get_by_text("Similar alerts before").click()
    expect(page.locator(".similar")).to_contain_text("Treated at home")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.keyboard.press("x")
    expect(page.locator(".action-form")).to_contain_text("Outcome")
    context.close()


@pytest.mark.parametrize(("width", "locale"), [(360, "fr-FR"), (1440, "en-GB")])
def test_a_site_that_is_not_known_is_said(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, bypass_csp=True)
    page = context.new_page()
    log_in(page, console.url)
    page.locator("li[data-patient=P2] button.open").click()
    page.keyboard.press("c")
    calls = page.locator(".calls")
    none = "No roster for this site." if locale == "en-GB" else "Aucun tableau d'astreinte pour ce site."
    expect(calls).to_contain_text(none)
    with connection.connect(console.deps.database_url) as conn:
        conn.execute("UPDATE patient SET ended_at = now() WHERE id = 'P2'")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the page asks again: P2 is on no list now
    unknown = "Site unknown: nobody can say" if locale == "en-GB" else "Site inconnu : impossible de dire"
    expect(calls).to_contain_text(unknown)
    picture(page, f"call-no-site-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    context.close()
