"""What somebody has begun to write waits while another alert, another patient or another language is shown."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.alerts import AlertEvent
from storage import connection
from tests.browser.test_console import write
from tests.browser.test_figures import page_of
from tests.flow import console_world as world


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """A served console."""
    world.hospital(plain_database_url)
    with world.served(plain_database_url, beat_seconds=0.5) as served:
        yield served


def alert_open(browser: Browser, console: world.Served) -> Page:
    """A page that shows the alert of the first patient."""
    write(console, "P1")
    page = page_of(browser, console, width=1440)
    page.locator("li.row.high button.open").click()
    return page


def test_what_was_begun_waits(browser: Browser, console: world.Served) -> None:
    write(console, "P1")
    write(console, "P2")
    page = page_of(browser, console, width=1440)
    rows, field = page.locator("li.row.high button.open"), page.locator("#action-reason")
    rows.nth(0).click()
    page.keyboard.press("x")
    field.fill("seen at home")
    rows.nth(1).click()
    expect(field).to_have_count(0)  # the other alert has a form of its own
    page.keyboard.press("m")
    rows.nth(0).click()
    expect(field).to_have_value("seen at home")
    expect(page.locator(".action-form")).to_contain_text("Outcome")
    page.get_by_role("button", name="FR", exact=True).click()
    expect(field).to_have_value("seen at home")
    expect(page.locator(".action-form")).to_contain_text("Issue")
    page.get_by_role("button", name="EN", exact=True).click()
    page.keyboard.press("Escape")
    rows.nth(0).click()
    expect(field).to_have_value("seen at home")
    rows.nth(1).click()
    expect(field).to_have_count(0)  # nothing had been written in it
    rows.nth(0).click()
    page.locator(".action-form").get_by_role("button", name="Cancel").click()
    rows.nth(1).click()
    rows.nth(0).click()
    expect(field).to_have_count(0)  # put away by the person

    page.locator(".panel").get_by_role("button", name="Enter", exact=True).click()
    page.locator(".entry-line input[inputmode=decimal]").first.fill("0.4")
    rows.nth(1).click()
    expect(page.locator(".panel .headline")).to_be_visible()
    rows.nth(0).click()
    expect(page.locator(".panel .headline")).to_be_visible()  # the alert comes first
    page.get_by_role("button", name="FR", exact=True).click()
    page.get_by_role("button", name="commencée").click()
    expect(page.locator(".entry-line input[inputmode=decimal]").first).to_have_value("0.4")
    page.locator(".entry form .form-buttons .quiet").click()
    expect(page.get_by_role("button", name="commencée")).to_have_count(0)
    page.get_by_role("button", name="EN", exact=True).click()

    page.locator(".pauses").get_by_role("button", name="Set a pause").click()
    page.locator(".pauses textarea").fill("day hospital")
    rows.nth(1).click()
    rows.nth(0).click()
    expect(page.locator(".pauses textarea")).to_have_value("day hospital")
    page.context.close()


def test_a_failure_stays_until_it_is_put_away(browser: Browser, console: world.Served) -> None:
    page = alert_open(browser, console)
    page.clock.install()
    page.route("**/actions", lambda route: route.abort())
    page.get_by_role("button", name="Assign to me").click()
    toast = page.locator(".toast.bad")
    expect(toast).to_contain_text("Not recorded")
    page.clock.fast_forward(60_000)
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    page.unroute("**/actions")
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator(".actions .waiting")).to_contain_text("Recorded")
    page.context.close()


def test_a_late_refusal_gives_the_words_back(browser: Browser, console: world.Served) -> None:
    page = alert_open(browser, console)
    page.keyboard.press("m")
    page.locator("#action-reason").fill("called the daughter")
    with page.expect_response("**/actions") as answered:
        page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".actions .waiting")).to_be_visible()
    event = AlertEvent(
        "refused", world.now(), world.an_alert("P1"), actor="doc1", note="too late",
        action=answered.value.json()["action"],
    )  # fmt: skip
    with connection.connect(console.deps.database_url) as conn:
        conn.autocommit = True
        world.write_event(conn, "paris", event)
    expect(page.locator(".toast.bad")).to_contain_text("too late")
    expect(page.locator("#action-reason")).to_have_value("called the daughter")
    page.context.close()


def test_numbers_are_those_of_the_row_under_the_keyboard(browser: Browser, console: world.Served) -> None:
    write(console, "P1")
    write(console, "P2")
    page = page_of(browser, console, width=1440)
    rows = page.locator("li.row.high button.open")
    rows.nth(0).click()
    other = page.locator("li.row.high").nth(1).get_attribute("data-patient")
    rows.nth(1).focus()
    page.keyboard.press("c")
    expect(page.locator(".panel h2")).to_contain_text(str(other))
    expect(page.locator(".calls")).to_be_visible()
    expect(page.locator(".calls a[href='tel:0100000000']")).to_be_focused()  # Enter dials nobody's emergency number
    page.keyboard.press("Escape")
    expect(page.locator(".calls")).to_have_count(0)
    expect(page.locator(".panel")).to_be_visible()
    page.context.close()


def test_an_answer_that_is_not_the_hub_s_is_no_success(browser: Browser, console: world.Served) -> None:
    page = alert_open(browser, console)
    page.route("**/actions", lambda route: route.fulfill(status=200, body="<html>please log in</html>"))
    page.keyboard.press("m")
    page.locator("#action-reason").fill("kept")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".action-form .fault")).to_contain_text("not the hub's")
    expect(page.locator("#action-reason")).to_have_value("kept")
    page.context.close()
