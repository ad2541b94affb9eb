"""Shortcuts of one character in a real Chromium: a person can switch them off; what is no character works always."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.support.accessible import violations
from tests.browser.test_console import write
from tests.browser.test_figures import page_of
from tests.browser.test_work_list import picture
from tests.flow import console_world as world


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_shortcuts_of_one_character_can_be_switched_off(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    write(console, "P1")
    page = page_of(browser, console, width=width, locale=locale)
    words = page.locator("dialog.keys")
    page.keyboard.press("?")
    expect(words).to_contain_text("Shortcuts of a single key" if locale == "en-GB" else "Raccourcis d'une seule touche")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    words.get_by_role("checkbox").uncheck()
    picture(page, f"keys-{width}")
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()

    page.reload()
    expect(page.locator(".feed.live")).to_be_visible()
    first = page.locator("li[data-patient=P1] button.open")
    for key in ("j", "/", "a", "c", "?"):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement === document.body"), f"{key} does nothing"
    expect(page.locator(".panel")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".panel .headline")).to_be_visible()
    expect(page.locator(".panel kbd").first).to_be_hidden()
    page.keyboard.press("x")
    expect(page.locator("#action-reason")).to_have_count(0)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.panel') !== null")
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(first).to_be_focused()

    page.locator("#keys").click()
    words.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    first.focus()
    page.keyboard.press("a")
    expect(page.locator("#action-reason")).to_be_focused()
    page.context.close()


def test_a_window_in_front_takes_every_key(browser: Browser, console: world.Served) -> None:
    write(console, "P1")
    page = page_of(browser, console, width=1440)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".panel .headline")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_be_visible()
    for key in ("a", "x", "m", "c", "h"):
        page.keyboard.press(key)
    expect(page.locator("#action-reason, .calls")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("dialog.keys")).to_be_hidden()
    expect(page.locator(".panel .headline")).to_be_visible()  # one press of Escape closes the window alone
    page.keyboard.press("x")
    expect(page.locator("#action-reason")).to_be_visible()
    page.context.close()
