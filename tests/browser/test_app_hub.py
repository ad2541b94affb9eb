"""The app against the real hub: code, report, fever in aplasia with its alert on a console, offline, revocation."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from psycopg.types.json import Jsonb

from domain.instants import HOUR, iso
from storage import connection
from tests.browser.support.app_pages import PHONE, go, temperature, waiting
from tests.flow.app_world import PASSWORD, Ingest, ServedBoth, both, enrol, rows, until, ward
from tests.flow.console_world import now

APLASIA = {"protocol": "chemo-aplasia", "fever_profile": "IDSA_NCCN", "site_offsets": {"axilla": 0.5}}
ORAL = {
    "protocol": "oral-therapy",
    "timezone": "Europe/Paris",
    "oral": [
        {"drug": "capecitabine", "dose_mg": 1500, "times": ["00:00", "06:00", "12:00", "18:00"], "start": "2020-01-01"}
    ],
}


class World(ServedBoth):
    """The served hub with its database."""

    database: str


@pytest.fixture(scope="module")
def hub(embedded_server: Any) -> Iterator[World]:
    """A ward: A1 in aplasia, O1 and O2 with capecitabine, before the engine starts."""
    with embedded_server.fresh() as url:
        ward(url)
        window = {"aplasia": {"from": iso(now() - HOUR), "until": iso(now() + 240 * HOUR)}}
        with connection.connect(url) as conn:
            for patient, body in (("A1", {**APLASIA, **window}), ("O1", ORAL), ("O2", ORAL)):
                conn.execute("INSERT INTO patient VALUES (%s, 'ward', now() - interval '2 days')", (patient,))
                conn.execute(
                    "INSERT INTO plan VALUES (%s, 1, %s, 'doc1', now() - interval '2 days')", (patient, Jsonb(body))
                )
        with both(url) as served, Ingest(url):
            served.database = url  # type: ignore[attr-defined]
            yield served  # type: ignore[misc]


@pytest.fixture
def phones(browser: Browser) -> Iterator[list[BrowserContext]]:
    """Telephones of a test; a script error or a refused script on one of them fails it."""
    made: list[BrowserContext] = []
    yield made
    for each in made:
        each.close()


def phone(browser: Browser, phones: list[BrowserContext], **more: Any) -> BrowserContext:
    """One more, in English."""
    found = browser.new_context(viewport=PHONE, locale="en-GB", **more)
    phones.append(found)
    return found


def claim(context: BrowserContext, hub: World, code: str) -> Page:
    """From the QR code to today."""
    page = context.new_page()
    page.goto(f"{hub.url}/app/#code={code.replace('-', '')}")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text(re.compile("^Today"))
    return page


def test_a_fever_in_aplasia_from_the_code_to_the_alert_on_a_console(
    browser: Browser, phones: list[BrowserContext], hub: World
) -> None:
    _, code = enrol(hub.database, "patient", "A1")
    page = claim(phone(browser, phones), hub, code)
    expect(page.locator("main")).to_contain_text("Aplasia period")
    desk = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    phones.append(desk)
    console = desk.new_page()
    console.goto(hub.url)
    console.fill("[name=username]", "doc1")
    console.fill("[name=password]", PASSWORD)
    console.click("button[type=submit]")
    expect(console.locator(".feed.live")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Begin").click()
    page.locator("select[name=site]").select_option("axilla")
    page.fill("input.value", "38.1")
    page.keyboard.press("Enter")
    expect(page.locator(".urgent")).to_contain_text("Call your team now")  # 38.6 corrected for the armpit
    expect(console.locator("li.row.high[data-patient=A1]")).to_contain_text("38", timeout=10_000)
    page.get_by_role("link", name=re.compile("Go on")).click()
    expect(page.locator("h1.question")).to_be_visible()
    go(page, "sent")
    expect(page.locator(".message")).to_contain_text("Your team received this at")
    console.locator("li.row[data-patient=A1] button.open").click()
    expect(console.locator(".panel")).to_be_visible()
    page.reload()
    expect(page.locator(".message")).to_contain_text("read by a physician at", timeout=10_000)
    go(page, "today")
    expect(page.locator(".urgent")).to_contain_text("Call the team now")  # now in the hub's words


def test_a_closed_tab_offline_is_delivered_once(browser: Browser, phones: list[BrowserContext], hub: World) -> None:
    _, code = enrol(hub.database, "patient", "O1")
    context = phone(browser, phones)
    page = claim(context, hub, code)
    page.wait_for_function("async () => (await caches.keys()).length > 0 && !!navigator.serviceWorker.controller")
    take = page.get_by_role("button", name=re.compile("^Taken: capecitabine")).first
    expect(take).to_be_visible()
    context.set_offline(True)
    temperature(page, "36.9")
    go(page, "today")
    take.click()
    expect(page.locator(".card").filter(has_text="Done already")).to_contain_text("still on this device")
    page.close()
    again = context.new_page()
    again.goto(f"{hub.url}/app/")
    expect(again.locator("header.top")).to_contain_text("2 entries not sent yet")
    context.set_offline(False)
    again.wait_for_function(
        "() => document.querySelector('header.top').textContent.includes('All sent')", timeout=20_000
    )
    assert waiting(again) == 0
    assert rows(hub.database, "SELECT value::float FROM reading WHERE patient = 'O1'") == [(36.9,)]
    assert rows(hub.database, "SELECT state, by FROM intake WHERE patient = 'O1'") == [("taken", "patient")]
    device = rows(hub.database, "SELECT DISTINCT device FROM reading WHERE patient = 'O1'")[0][0]
    assert rows(hub.database, "SELECT count(*), max(seq) FROM message WHERE device = %s GROUP BY boot", device) in (
        [(2, 2)],
        [(1, 1), (1, 1)],
    )


def test_two_people_answer_at_once_and_one_is_sent_away(
    browser: Browser, phones: list[BrowserContext], hub: World
) -> None:
    _, code = enrol(hub.database, "patient", "O2")
    own = claim(phone(browser, phones), hub, code)
    go(own, "people")
    own.get_by_role("button", name="Make a code").click()
    other = claim(phone(browser, phones), hub, own.locator(".big-code").inner_text())
    expect(other.locator("h1")).to_contain_text("Today:")
    temperature(own, "36.5")
    temperature(other, "36.6")
    until(lambda: len(rows(hub.database, "SELECT 1 FROM reading WHERE patient = 'O2'")) == 2)
    found = rows(hub.database, "SELECT by, value::float FROM reading WHERE patient = 'O2' ORDER BY value")
    assert found == [("patient", 36.5), ("caregiver", 36.6)]
    go(own, "history")
    expect(own.locator("main")).to_contain_text("caregiver")
    go(own, "people")
    own.get_by_role("button", name="End the access").click()
    own.get_by_role("button", name="Yes, end it").click()
    expect(other.locator("body")).not_to_contain_text("O2", timeout=5000)
    expect(other.locator("body")).not_to_contain_text("36.6")
