"""The daily synthesis in a real Chromium: full and empty, two widths, both languages, signed by keyboard, hostile."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from domain.instants import HOUR, moment
from domain.wall_clock import local_date, zone_of
from storage import connection, registry
from tests.browser.support.accessible import violations
from tests.browser.support.hostile import HOSTILE
from tests.browser.test_figures import NARROW, page_of, shot
from tests.flow import console_world as world
from tests.flow.test_synthesis import fill, yesterday


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_a_full_day_is_read_and_signed(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    url, (day, noon), english = console.deps.database_url, yesterday(), locale == "en-GB"
    fill(url, noon)
    with connection.connect(url) as conn:
        conn.execute(
            """INSERT INTO report (patient, questionnaire, item, text, measured_at, received_at, by, device, boot, seq,
                                   idx) VALUES ('P1', 'daily', 'other', %s, %s, now(), 'patient', 'app', 'h', 1, 0)""",
            (HOSTILE, moment(noon + HOUR)),
        )
    page = page_of(browser, console, width=width, locale=locale)
    page.goto(f"{console.url}/#/patient/P1")
    page.get_by_role("link", name="Yesterday" if english else "Hier").click()
    expect(page.locator(".day h1")).to_contain_text("P1")
    assert page.url.endswith(f"#/patient/P1/day/{day}")
    expect(page.locator(".day-part")).to_have_count(7)
    expect(page.locator(".day .of-alerts")).to_contain_text("High" if english else "Élevée")
    expect(page.locator(".day .of-symptoms")).to_contain_text("<img src=x")
    expect(page.locator(".day-status")).to_contain_text("reviewed by nobody" if english else "relue par personne")
    assert page.title() == "Vigie"
    assert page.evaluate(NARROW)
    assert violations(page) == []
    shot(page, f"day-{width}")
    with page.expect_download() as caught:
        page.get_by_role("link", name="PDF in French" if english else "PDF en français").click()
    assert caught.value.suggested_filename == f"vigie-P1-{day}-fr.pdf"
    page.locator(".day-sign textarea").fill(HOSTILE)
    with connection.connect(url) as conn:
        world.add_reading(conn, "P1", "8310-5", 39.2, at=noon + 3 * HOUR)
    page.locator(".day-sign [type=submit]").click()
    expect(page.locator("#toasts")).to_contain_text("read again" if english else "relisez")
    expect(page.locator(".day .of-trends")).to_contain_text("39.2" if english else "39,2")
    assert page.locator(".day-sign textarea").input_value() == HOSTILE
    page.locator(".day-sign [type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".day-status blockquote")).to_have_text(HOSTILE)
    expect(page.locator(".day-sign")).to_have_count(0)
    page.get_by_role("button", name="Shift" if english else "Garde", exact=True).click()
    page.get_by_role("button", name="Yesterday" if english else "Hier").click()
    expect(page.locator(".day-list")).to_contain_text("reviewed by doc1" if english else "relue par doc1")
    expect(page.locator(".day-list li").nth(1)).to_contain_text("automatic" if english else "automatique")
    assert page.evaluate(NARROW)
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (360, "en-GB")])
def test_a_day_of_nothing_says_so(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    day = (local_date(world.now(), zone_of("Europe/Paris")) - timedelta(days=40)).isoformat()
    with connection.connect(console.deps.database_url) as conn:
        registry.add_plan(conn, "P2", {"protocol": "vital-signs"}, set_by="doc1", set_at=world.now())
    page = page_of(browser, console, width=width, locale=locale)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{console.url}/#/patient/P2/day/{day}")
    expect(page.locator(".day .of-alerts")).to_contain_text({"en-GB": "No alert", "fr-FR": "Aucune alerte"}[locale])
    expect(page.locator(".day-part")).to_have_count(7)
    assert page.evaluate(NARROW)
    assert violations(page) == []
    shot(page, f"day-empty-{width}")
    page.goto(f"{console.url}/#/patient/L1/day/{day}")
    expect(page.locator(".day")).to_contain_text(
        {"en-GB": "not in your circle", "fr-FR": "pas dans votre cercle"}[locale]
    )
    page.context.close()
