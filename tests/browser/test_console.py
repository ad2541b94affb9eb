"""The console in a real Chromium: an alert appears by itself, is acknowledged, and a dead feed cannot be overlooked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from domain.alerts import Said
from domain.instants import MINUTE
from storage import connection
from tests.browser.support.accessible import violations
from tests.flow import console_world as world

AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console of two sites, with somebody who applies what people do."""
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=1.0) as served, world.FakeEngine(database_url):
        yield served


@pytest.fixture
def page(browser: Browser, console: world.Served) -> Iterator[Page]:
    """A desktop page that has logged in as the physician; any script error fails the test."""
    with_errors: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.on("pageerror", lambda error: with_errors.append(str(error)))
    opened.on("console", lambda said: with_errors.append(said.text) if "Content Security Policy" in said.text else None)
    log_in(opened, console.url)
    yield opened
    context.close()
    assert with_errors == []


def log_in(page: Page, url: str, username: str = "doc1") -> None:
    """Through the form, until the feed is live."""
    page.goto(url)
    page.fill("[name=username]", username)
    page.fill("[name=password]", world.PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(".feed.live")).to_be_visible(timeout=15_000)


def write(console: world.Served, patient: str, site: str = "paris", **changes: Any) -> None:
    """An alert opens."""
    with connection.connect(console.deps.database_url) as conn:
        conn.autocommit = True
        world.write_event(conn, site, world.opened(world.an_alert(patient, **changes)))


def test_an_alert_appears_without_reload_and_is_acknowledged(page: Page, console: world.Served) -> None:
    expect(page.locator("li.row")).to_have_count(2)
    write(console, "P2")
    row = page.locator("li.row.high.open")
    expect(row).to_contain_text("Fever 38.9 °C")
    expect(row).to_contain_text("High")
    assert page.locator("li.row").first.get_attribute("data-patient") == "P2"
    row.locator("button.open").click()
    panel = page.locator(".panel")
    expect(panel).to_contain_text("≥ 38.3 °C")
    expect(panel).to_contain_text("38.9 corrected")
    expect(panel).to_contain_text("chemo-aplasia")
    expect(panel.locator("svg .limit-word")).to_be_visible()
    panel.get_by_role("button", name="Acknowledge").click()
    panel.locator("button[type=submit]").click()
    expect(panel.locator(".fault")).to_contain_text("reason is needed")
    panel.get_by_role("button", name="Calling the patient").click()
    panel.locator("button[type=submit]").click()
    expect(panel.locator(".headline")).to_contain_text("Acknowledged by doc1")
    expect(panel.locator(".timeline")).to_contain_text("Calling the patient")
    expect(page.locator("li.row[data-patient=P2]")).to_contain_text("Acknowledged by doc1")


def test_the_keyboard_is_enough(page: Page, console: world.Served) -> None:
    write(console, "P1")
    expect(page.locator("li.row.high")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("li[data-patient=P1] button.open")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.locator("#action-reason")).to_be_focused()
    page.keyboard.type("seen, calling")
    page.keyboard.press("Tab")
    page.locator(".action-form button[type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".headline")).to_contain_text("Acknowledged")
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator("li[data-patient=P1] button.open")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()


def test_rows_do_not_move_under_the_pointer(page: Page, console: world.Served) -> None:
    page.locator("li.row").first.hover()
    write(console, "P2")
    expect(page.locator("li[data-patient=P2].high")).to_be_visible()
    assert page.locator("li.row").first.get_attribute("data-patient") == "P1"
    page.locator(".resort").click()
    assert page.locator("li.row").first.get_attribute("data-patient") == "P2"


def test_a_dead_hub_is_unmistakable_and_nothing_is_missed(page: Page, console: world.Served) -> None:
    write(console, "P1")
    expect(page.locator("li.row.high")).to_have_count(1)
    console.stop()
    expect(page.locator("#frozen")).to_be_visible(timeout=10_000)
    expect(page.locator("#frozen")).to_contain_text("NOT LIVE since")
    expect(page.locator("#frozen")).to_contain_text("01 00 00 00 00")
    assert "NOT LIVE" in page.title()
    assert page.locator("html.is-frozen").count() == 1
    write(console, "P2")
    console.start()
    expect(page.locator("#frozen")).to_be_hidden(timeout=15_000)
    expect(page.locator("li.row.high")).to_have_count(2)
    assert page.title() == "Vigie"


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_readings_that_are_not_stored_are_unmistakable_and_not_a_dead_feed(
    browser: Browser, database_url: str, locale: str
) -> None:
    world.hospital(database_url)
    away: list[str] = []
    with world.served(database_url, beat_seconds=0.5, ready=lambda: list(away)) as console:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale)
        page = context.new_page()
        log_in(page, console.url)
        write(console, "P1")
        banner = page.locator("#unstored")
        expect(banner).to_be_hidden()
        away.append("ingest")
        since = {
            "en-GB": "Readings are not being stored since",
            "fr-FR": "Les mesures ne sont plus enregistrées depuis",
        }
        expect(banner).to_contain_text(since[locale], timeout=10_000)
        assert re.search(r"\d\d:\d\d:\d\d", banner.inner_text())
        expect(page.locator("#frozen")).to_be_hidden()
        expect(page.locator(".feed.live")).to_be_visible()
        assert (
            page.title()
            == {"en-GB": "⚠ READINGS NOT STORED · Vigie", "fr-FR": "⚠ MESURES NON ENREGISTRÉES · Vigie"}[locale]
        )
        contact = page.locator("li[data-patient=P1] .contact time")
        before = contact.inner_text()
        expect(contact).not_to_have_text(before, timeout=5_000)
        away.clear()
        expect(banner).to_be_hidden(timeout=5_000)
        assert page.title() == "Vigie"
        context.close()


def test_the_newest_value_stands_beside_what_was_said_when_the_alert_opened(page: Page, console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        world.add_reading(conn, "P1", "8310-5", 39.3, at=world.now() - 8 * MINUTE)
        # A measure that the board has no column for.
        world.add_reading(conn, "P2", "2339-0", 12.5, at=world.now() - 8 * MINUTE)
    evidence = world.an_alert("P1").evidence[0]
    write(console, "P1", evidence=(msgspec.structs.replace(evidence, corrected=None),))
    write(console, "P2", severity="medium")
    page.reload()
    row = page.locator("li[data-patient=P1]")
    expect(row.locator(".newest")).to_have_text("now 39.3 °C, 8 min ago")
    expect(page.locator("li[data-patient=P2] .newest")).to_have_text("now 38.4 °C (not corrected), 10 min ago")
    row.locator("button.open").click()
    expect(page.locator(".headline .newest")).to_have_text("now 39.3 °C, 8 min ago")
    expect(row.locator(".newest")).to_be_visible()
    page.get_by_role("button", name="FR", exact=True).click()
    expect(page.locator(".headline .newest")).to_have_text("maintenant 39,3 °C, il y a 8 min")


def test_a_snooze_offers_what_the_hub_accepts_and_needs_a_reason(page: Page, console: world.Served) -> None:
    write(console, "P1")
    page.locator("li.row.high button.open").click()
    page.get_by_role("button", name="Snooze").click()
    choices = page.locator("#action-until option")
    assert [int(value) for value in choices.evaluate_all("all => all.map(each => each.value)")] == [15, 30, 60]
    page.locator("#action-until").select_option("60")
    page.locator(".action-form button[type=submit]").click()
    expect(page.locator(".action-form .fault")).to_contain_text("reason is needed")
    page.fill("#action-reason", "nurse visits at noon")
    page.locator(".action-form button[type=submit]").click()
    expect(page.locator(".headline")).to_contain_text("Snoozed until")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_console_that_cannot_ring_says_so_and_covers_nothing(
    browser: Browser, console: world.Served, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, locale="en-GB")
    page = context.new_page()
    log_in(page, console.url)
    expect(page.locator(".silent")).to_contain_text("this console cannot ring")
    top = "document.querySelector('.rows').getBoundingClientRect().top"
    before = page.evaluate(top)
    write(console, "P1")
    expect(page.locator("#shift.mute")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    assert page.evaluate(top) == before, "rows must not move when an alert comes"
    bottom = "document.querySelector('.silent').getBoundingClientRect().bottom"
    assert page.evaluate(bottom) <= page.evaluate("document.querySelector('.counters').getBoundingClientRect().top")
    context.close()


def test_the_end_of_the_session_is_shown_as_not_live(page: Page, console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        conn.execute("DELETE FROM session")
    expect(page.locator("#frozen")).to_contain_text("Your session has ended", timeout=15_000)


def test_somebody_else_was_first(browser: Browser, database_url: str) -> None:
    """Nobody applies what nurse1 did, so that the page cannot know of it before it asks."""
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=1.0) as console, console.client("nurse1") as nurse1:
        page = browser.new_page(locale="en-GB")
        log_in(page, console.url)
        write(console, "P1")
        page.locator("li.row.high button.open").click()
        page.keyboard.press("a")
        page.fill("#action-reason", "mine")
        headers = {"If-Match": '"1"', "Idempotency-Key": "n"}
        body = {"action": "acknowledge", "reason": "first"}
        assert nurse1.post("/api/alerts/P1-1/actions", json=body, headers=headers).status_code == 202
        page.locator(".action-form button[type=submit]").click()
        expect(page.locator(".action-form .fault")).to_contain_text("nurse1 was first")
        expect(page.locator("#action-reason")).to_have_value("mine")
        page.close()


def test_a_live_update_takes_nothing_from_who_writes(page: Page, console: world.Served) -> None:
    write(console, "P1")
    page.locator("li.row.high button.open").click()
    page.keyboard.press("m")
    page.keyboard.type("nurse called, will visit")
    for _ in range(len("will visit")):
        page.keyboard.press("ArrowLeft")
    write(console, "P1", version=2, reason=Said("Fièvre 39,6 °C", "Fever 39.6 °C"))
    expect(page.locator(".headline .reason")).to_contain_text("Fever 39.6 °C")
    expect(page.locator(".action-form .since")).to_contain_text("Changed while you write: Fever 39.6 °C")
    field = page.locator("#action-reason")
    expect(field).to_be_focused()
    assert field.evaluate("(text) => [text.selectionStart, text.selectionEnd]") == [14, 14]
    page.keyboard.type("doctor ")
    expect(field).to_have_value("nurse called, doctor will visit")
    with console.client("doc1") as elsewhere:
        headers = {"If-Match": '"2"', "Idempotency-Key": "n"}
        body = {"action": "close", "reason": "treated at home"}
        assert elsewhere.post("/api/alerts/P1-1/actions", json=body, headers=headers).status_code == 202
    expect(page.locator(".action-form .since")).to_contain_text("Closed")
    expect(page.locator(".action-form button[type=submit]")).to_be_disabled()
    expect(field).to_be_focused()
    expect(field).to_have_value("nurse called, doctor will visit")


def test_a_press_without_answer_is_pressed_again_and_done_once(page: Page, console: world.Served) -> None:
    write(console, "P1")
    page.locator("li.row.high button.open").click()
    keys: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            route.continue_()
            return
        route.fetch()
        route.abort()

    page.route("**/actions", lose_the_first_answer)
    page.keyboard.press("m")
    page.keyboard.type("called the daughter")
    page.locator(".action-form button[type=submit]").click()
    expect(page.locator(".action-form .fault")).to_contain_text("Not recorded")
    expect(page.locator("#action-reason")).to_have_value("called the daughter")
    page.locator(".action-form button[type=submit]").click()
    expect(page.locator(".action-form")).to_have_count(0)
    expect(page.locator(".timeline .note")).to_have_text("called the daughter")
    assert len(set(keys)) == 1
    assert len(keys) == 2


def test_hostile_text_is_shown_as_text(page: Page, console: world.Served) -> None:
    evil = '<img src=x onerror="document.title=1">'
    write(console, "P1", reason=Said(evil, evil))
    expect(page.locator("li.row.high .reason")).to_have_text(evil)
    with connection.connect(console.deps.database_url) as conn:
        conn.autocommit = True
        alert = world.an_alert("P1", version=2)
        event = msgspec.structs.replace(world.opened(alert), kind="commented", actor="nurse1", note=evil)
        world.write_event(conn, "paris", event)
    page.locator("li.row.high button.open").click()
    expect(page.locator(".timeline .note")).to_have_text(evil)
    assert page.locator("img[src=x]").count() == 0


def test_entry_faults_are_at_their_field(page: Page, console: world.Served) -> None:
    page.locator("li[data-patient=P1] button.open").click()
    page.get_by_role("button", name="Enter", exact=True).click()
    value = page.locator(".entry-line input").first
    value.fill("abc")
    page.locator(".entry button[type=submit]").click()
    expect(value).to_have_attribute("aria-invalid", "true")
    value.fill("20000")
    page.locator(".entry button[type=submit]").click()
    expect(page.locator(".entry-line .fault", has_text="at most 10000")).to_be_visible()
    value.fill("0,4")
    page.locator(".entry button[type=submit]").click()
    expect(page.locator(".toast.good")).to_contain_text("Stored: 1")


def test_phone_width_has_no_horizontal_scroll(browser: Browser, console: world.Served) -> None:
    write(console, "P1")
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="fr-FR", has_touch=True)
    page = context.new_page()
    log_in(page, console.url)
    expect(page.locator("li.row.high")).to_contain_text("Fièvre")
    narrow = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(narrow)
    page.locator("li.row.high button.open").tap()
    expect(page.locator(".timeline")).to_be_visible()
    assert page.evaluate(narrow)
    cells = page.locator(".evidence td")
    expect(cells.last).to_contain_text("appareil, axillaire")
    right = "all => Math.max(...all.map(each => each.firstChild.getBoundingClientRect().right))"
    assert cells.evaluate_all(right) <= 360
    page.get_by_role("button", name="Saisir").tap()
    expect(page.locator(".entry-line").first).to_be_visible()
    assert page.evaluate(narrow)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, console: world.Served, scheme: Any) -> None:
    write(console, "P1")
    write(console, "P2", severity="medium", category="technical", rule="silence", late=True)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(console.url)
    page.wait_for_selector("form")
    found = violations(page)
    log_in(page, console.url)
    expect(page.locator("li.row.high")).to_be_visible()
    found += violations(page)
    page.locator("li.row.high button.open").click()
    expect(page.locator(".timeline li")).to_be_visible()
    page.keyboard.press("a")
    found += violations(page)
    context.close()
    assert found == []
