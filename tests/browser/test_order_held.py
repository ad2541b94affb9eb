"""When the rows of the work list stand still, in a real Chromium: below a moving pointer, from a press to its click."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.instants import MINUTE
from tests.browser.test_console import log_in, write
from tests.flow import console_world as world

STILL, STEP = 20_000, 5_000  # ms; the first as pointing.js has it


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """P1 stands above P2 until an alert of P2 comes."""
    world.hospital(plain_database_url)
    with world.served(plain_database_url, beat_seconds=0.5) as served:
        yield served


def page_of(browser: Browser, console: world.Served, *, touch: bool = False, locale: str = "en-GB") -> Page:
    """A page whose clock can be put forward."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale, has_touch=touch)
    page = context.new_page()
    page.clock.install()
    log_in(page, console.url)
    expect(page.locator("li.row")).to_have_count(2)
    return page


def forward(page: Page, ms: int) -> None:
    """Later, in steps so short that no banner of a dead feed moves the rows away from the pointer."""
    for _ in range(ms // STEP):
        page.clock.fast_forward(STEP)
        page.wait_for_timeout(700)
    assert page.locator("#frozen").is_hidden()


def first(page: Page) -> str | None:
    """The patient of the first row."""
    return page.locator("li.row").first.get_attribute("data-patient")


def an_alert_of_the_second(page: Page, console: world.Served) -> None:
    """It would go to the first place."""
    write(console, "P2")
    expect(page.locator("li[data-patient=P2].high")).to_be_visible()


def test_a_pointer_that_rests_holds_the_order_for_twenty_seconds(browser: Browser, console: world.Served) -> None:
    page = page_of(browser, console, locale="fr-FR")
    page.locator("li.row").first.hover()
    an_alert_of_the_second(page, console)
    assert first(page) == "P1"
    page.route("**/api/snapshot", lambda route: route.abort())  # nothing else has the rows drawn again
    page.route("**/api/windows", lambda route: route.abort())
    expect(page.locator(".resort")).to_have_text("Ordre figé, 1 à déplacer : réordonner")
    forward(page, STILL - 2 * STEP)
    page.locator("li.row").first.hover(position={"x": 30, "y": 20})
    forward(page, STILL - 2 * STEP)
    assert first(page) == "P1", "it has moved since"
    forward(page, 2 * STEP)
    expect(page.locator("li.row").first).to_have_attribute("data-patient", "P2")
    expect(page.locator(".resort")).to_be_hidden()
    page.context.close()


def test_no_row_moves_between_a_press_and_its_click(browser: Browser, console: world.Served) -> None:
    page = page_of(browser, console)
    page.locator("li.row").first.locator("button.open").hover()
    forward(page, STILL)
    page.mouse.down()
    an_alert_of_the_second(page, console)
    forward(page, STILL)
    write(console, "P2", number=2, rule="rigors", severity="medium")
    expect(page.locator("li[data-patient=P2].medium")).to_be_visible()
    assert first(page) == "P1"
    page.mouse.up()
    expect(page.locator(".panel h2")).to_have_text("P1")
    expect(page.locator("li.row").first).to_have_attribute("data-patient", "P2")
    page.context.close()


def test_a_finger_holds_the_rows_until_its_press_has_arrived(browser: Browser, console: world.Served) -> None:
    page = page_of(browser, console, touch=True)
    box = page.locator("li.row").first.locator("button.open").bounding_box()
    assert box is not None
    finger = page.context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    an_alert_of_the_second(page, console)
    assert first(page) == "P1", "a finger is on it"
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("li.row").first).to_have_attribute("data-patient", "P2")
    page.context.close()


def test_what_a_pointer_left_in_focus_holds_no_longer_than_the_pointer(browser: Browser, console: world.Served) -> None:
    for number, rule in enumerate(("fever", "rigors"), start=1):
        write(console, "P1", number=number, rule=rule, cause="fever", severity="medium")
    page = page_of(browser, console)
    page.locator("li.row .toggle").click()
    expect(page.locator("li.row .toggle")).to_be_focused()
    page.mouse.move(5, 5)
    forward(page, STEP)
    an_alert_of_the_second(page, console)
    assert first(page) == "P1"
    forward(page, STILL)
    expect(page.locator("li.row").first).to_have_attribute("data-patient", "P2")
    expect(page.locator("li.row .toggle")).to_be_focused()
    page.keyboard.press("j")
    write(console, "P1", number=3, rule="unwell", at=world.now() - 60 * MINUTE)
    expect(page.locator("li[data-patient=P1].high")).to_be_visible()
    forward(page, STILL)
    assert first(page) == "P2", "the keyboard stands in the list"
    page.context.close()
