"""Administration in a real Chromium: an account is made, devices, health, both languages, a phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from storage import connection, doctor
from tests.browser.support.accessible import violations
from tests.browser.test_work_list import picture
from tests.flow import console_world as world
from tests.flow import oncall_world


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """The hospital, with a coordinator and a roster."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        world.add_user(conn, "coord1", "coordinator", "paris")
        world.add_user(conn, "nurse3", "nurse", "paris")
    with world.served(plain_database_url, beat_seconds=1.0) as served:
        yield served


def opened(browser: Browser, console: world.Served, username: str, *, width: int = 1440, locale: str = "en-GB") -> Page:
    """Administration, as somebody."""
    page = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, bypass_csp=True).new_page()
    page.goto(f"{console.url}/#/admin")
    page.fill("[name=username]", username)
    page.fill("[name=password]", world.PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(".admin-tabs")).to_be_visible(timeout=15_000)
    return page


def test_the_sites_of_an_account_are_changed(browser: Browser, console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        world.add_user(conn, "op2", "operator", "paris", "lyon")
    page = opened(browser, console, "op2")
    row = page.locator(".stacked tr", has_text="nurse3")
    row.get_by_role("button", name="Sites").click()
    row.get_by_label("paris").uncheck()
    row.get_by_label("lyon").check()
    row.get_by_role("button", name="Save").click()
    expect(row.locator("td").nth(2)).to_have_text("lyon")
    page.context.close()


def test_an_account_is_made_and_disabled(browser: Browser, console: world.Served) -> None:
    page = opened(browser, console, "op1")
    expect(page.locator(".stacked tbody tr")).to_have_count(5)
    page.get_by_label("User name").fill("not a name")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_label("User name")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("User name").fill("nurse9")
    page.get_by_label("Role").select_option("nurse")
    page.get_by_role("button", name="Make the account").click()
    word = page.locator(".one-time code")
    expect(word).to_be_focused()
    row = page.locator(".stacked tr", has_text="nurse9")
    expect(row).to_contain_text("password not changed yet")
    row.get_by_role("button", name="Disable").click()
    row.get_by_label("Why").fill("left")
    row.locator("button[type=submit]").click()
    expect(row).to_contain_text("disabled since")
    row.get_by_role("button", name="Enable").click()
    expect(row.get_by_role("button", name="Disable")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(360, "fr-FR"), (1440, "en-GB")])
def test_every_tab_fits_and_axe_finds_nothing_serious(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    for username, tabs in (("op1", ("accounts", "devices", "health")), ("coord1", ("protocols", "rosters"))):
        page = opened(browser, console, username, width=width, locale=locale)
        for tab in tabs:
            page.goto(f"{console.url}/#/admin/{tab}")
            expect(page.locator(".admin-tabs [aria-current]")).to_have_attribute("href", f"#/admin/{tab}")
            expect(page.locator(".admin-body").get_by_text("Loading…")).to_have_count(0)
            expect(page.locator(".admin-body .stacked, .admin-body .empty").first).to_be_visible()
            if tab == "devices":
                page.locator(".deeds button").first.click()
                expect(page.locator(".qr")).to_be_visible()
            if tab == "protocols":
                page.get_by_role("button", name=re.compile("^(Compare|Comparer)$")).click()
                expect(page.locator(".stacked")).to_have_count(2)
            picture(page, f"admin-{tab}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
            assert violations(page) == []
        page.context.close()


def test_a_shift_is_added_somebody_stands_in_and_a_protocol_is_signed(browser: Browser, console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        oncall_world.add_roster(conn, "nights", "hospital", "paris", at=world.now())
    page = opened(browser, console, "doc1")
    page.goto(f"{console.url}/#/admin/rosters")
    expect(page.locator(".admin-body")).to_contain_text("Nobody on call within seven days.")
    adding, standing_in = page.locator(".admin-form").nth(0), page.locator(".admin-form").nth(1)
    adding.get_by_label("Role").select_option("nurse")
    adding.get_by_label("Person").fill("nobody")
    adding.get_by_role("button", name="Add a shift").click()
    expect(adding.get_by_label("Person")).to_have_attribute("aria-invalid", "true")
    adding.get_by_label("Person").fill("nurse1")
    adding.get_by_role("button", name="Add a shift").click()
    expect(page.locator(".stacked tbody tr")).to_contain_text("nurse1")
    standing_in.get_by_label("Person").fill("nurse1")
    standing_in.get_by_label("Stands in").fill("nurse3")
    standing_in.get_by_label("Reason").fill("ill")
    standing_in.get_by_role("button", name="Substitute somebody").click()
    expect(page.locator(".stacked tbody tr").first).to_contain_text("stands in for nurse1")
    picture(page, "admin-roster-filled")
    page.goto(f"{console.url}/#/admin/protocols")
    page.locator(".stacked tr", has_text="vital-signs").get_by_role("button", name="Read").click()
    page.get_by_role("button", name="Sign this text").click()
    expect(page.locator(".stacked tr", has_text="vital-signs")).to_contain_text("physician : doc1")
    page.context.close()


def test_what_the_doctor_says_is_said_in_french(browser: Browser, console: world.Served) -> None:
    page = opened(browser, console, "op1", locale="fr-FR")
    page.goto(f"{console.url}/#/admin/health")
    checks = page.locator(".admin-body .stacked tbody tr")
    expect(checks.first).to_contain_text("version du serveur")
    expect(checks.last).to_contain_text("heures closes à résumer")
    with connection.connect(console.deps.database_url) as conn:
        said = [text for check in doctor.diagnose(conn).checks for text in (check.name, check.found, check.expected)]
    said += ["6 chunks of 7 days, 2 in the columnstore", "24 h at 1,200,000 readings a day, 128 MB of shared_buffers"]
    said += ["policy: Success", "0 connected, 'standby'", "length of a chunk", "3 applied, 1 pending"]
    english = re.compile(r"\b(the|of|is|by|or|and|a day|applied|late|newer|more|would|could|connected|yes)\b")
    for text in said:
        shown = page.evaluate("async (text) => (await import('/static/admin/check-words.js')).checkWords(text)", text)
        assert not english.search(shown), shown
    page.context.close()
