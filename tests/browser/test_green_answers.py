"""Answers without an alert on the work list, in a real Chromium: one row, looked at, read at once."""

import pytest
from playwright.sync_api import Browser, expect

from domain.instants import HOUR, MINUTE
from storage import connection
from tests.browser.support.accessible import violations
from tests.browser.support.hostile import HOSTILE
from tests.browser.test_figures import NARROW, page_of, shot
from tests.flow import console_world as world
from tests.flow.test_answers_read import answer


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_green_answers_are_read_at_once(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    english, now = locale == "en-GB", world.now()
    with connection.connect(console.deps.database_url) as conn:
        answer(conn, "P1", 1, now - 3 * HOUR, items={"nausea": 1, "pain": 0, "fatigue": 2})
        answer(conn, "P1", 2, now - 2 * HOUR, items={"nausea": 0})
        answer(conn, "P2", 3, now - HOUR, items={"other": HOSTILE})
        answer(conn, "P2", 4, now - 30 * MINUTE, items={"fatigue": 4})
    page = page_of(browser, console, width=width, locale=locale)
    head = page.locator(".green-head")
    expect(head).to_contain_text("4 answers" if english else "4 réponses")
    expect(head).to_have_attribute("aria-expanded", "false")
    head.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".green-list li")).to_have_count(4)
    expect(page.locator(".green-list input:checked")).to_have_count(2)
    expect(page.locator(".green-list blockquote")).to_have_text(HOSTILE)
    expect(page.locator(".green-list .first")).to_have_count(2)
    assert page.title() == "Vigie"
    assert page.evaluate(NARROW)
    assert violations(page) == []
    shot(page, f"green-{width}")
    with connection.connect(console.deps.database_url) as conn:
        answer(conn, "P1", 5, now - 5 * MINUTE)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.reload()
    expect(head).to_contain_text("5 answers" if english else "5 réponses")
    head.click()
    page.locator(".green-list li").last.locator("input").uncheck()
    page.get_by_role("button", name="Mark as read: 2" if english else "Marquer lues : 2").click()
    expect(page.locator("#toasts")).to_contain_text("2")
    expect(page.locator(".green-list li")).to_have_count(3)
    page.locator(".green-list input").first.check()
    page.locator(".green-list input").nth(1).check()
    page.locator(".green-foot button").click()
    expect(head).to_contain_text("No answer" if english else "Aucune réponse")
    expect(page.locator(".green-body")).to_be_hidden()
    page.context.close()
    with connection.connect(console.deps.database_url) as conn:
        who = conn.execute("SELECT who, count(*) FROM answers_read GROUP BY who").fetchall()
    assert who == [("doc1", 5)]
