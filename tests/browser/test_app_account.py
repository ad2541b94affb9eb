"""Signing in and out of the app against the real hub: reminders, the second factor, a shared tablet left alone."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import unquote
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from domain.instants import SECOND
from storage import app_reminders, connection
from tests.browser.support.accessible import violations
from tests.browser.support.app_pages import PHONE, go, sign_in
from tests.browser.support.fake_app_hub import FakeHub, served
from tests.browser.test_app_hub import World, claim
from tests.browser.test_figures import NARROW, shot
from tests.browser.test_push import POINT, SHOWN, SUBSCRIPTIONS, Pushed
from tests.flow.app_world import PASSWORD, Ingest, account_of, both, enrol, rows, until, ward
from tests.flow.console_world import now
from web import otp, qr


@pytest.fixture
def hub(plain_database_url: str) -> Iterator[World]:
    """A ward whose hub can push."""
    ward(plain_database_url)
    with both(plain_database_url, push_key=POINT) as found, Ingest(plain_database_url):
        found.database = plain_database_url  # type: ignore[attr-defined]
        yield found  # type: ignore[misc]


@pytest.fixture
def context(browser: Browser, hub: World) -> Iterator[BrowserContext]:
    """A phone that may notify, and subscribes without a push service."""
    found = browser.new_context(viewport=PHONE, locale="en-GB")
    found.grant_permissions(["notifications"], origin=hub.url)
    found.add_init_script(SUBSCRIPTIONS)
    yield found
    found.close()


def pushed_to(hub: World) -> list[tuple[str]]:
    return rows(hub.database, "SELECT endpoint FROM app_push")


def sign_out(page: Page) -> None:
    go(page, "settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("[name=username]")).to_be_visible()


def test_reminders_are_turned_on_shown_with_a_receipt_and_end_with_the_sign_out(
    context: BrowserContext, hub: World
) -> None:
    name, code = enrol(hub.database, "patient", "P1")
    page = claim(context, hub, code)
    go(page, "settings")
    page.get_by_role("button", name="Show reminders here").click()
    expect(page.locator("main")).to_contain_text("This device shows your reminders")
    until(lambda: len(pushed_to(hub)) == 1)
    reminder = uuid4()
    with connection.connect(hub.database) as conn:
        app_reminders.add(conn, reminder, account_of(hub.database, name).id, waiting=2, at=now())
    tools = Pushed(page, hub.url)
    tools.push(json.dumps({"reminder": str(reminder), "fr": {"title": "Rappel", "body": "Quelque chose vous attend"},
                           "en": {"title": "Reminder", "body": "Something is waiting"}, "url": "/app/"}))  # fmt: skip
    [shown] = tools.shown(1)
    assert (shown["title"], shown["body"], shown["lang"]) == ("Reminder", "Something is waiting", "en")
    until(lambda: rows(hub.database, "SELECT shown_at IS NOT NULL FROM reminder") == [(True,)])
    page.get_by_text("Quiet hours").click()
    page.get_by_label("No reminder from").fill("20:00")
    page.get_by_role("button", name="Save").first.click()
    until(lambda: rows(hub.database, "SELECT quiet_from FROM app_account WHERE username = %s", name) == [(20 * 60,)])
    sign_out(page)
    assert pushed_to(hub) == []
    assert page.evaluate("localStorage.getItem('test.push')") is None


def test_reminders_end_when_the_phone_is_anothers_and_when_it_signs_out_without_network(
    context: BrowserContext, hub: World
) -> None:
    name, code = enrol(hub.database, "patient", "P1")
    page = claim(context, hub, code)
    go(page, "settings")
    page.get_by_role("button", name="Show reminders here").click()
    until(lambda: len(pushed_to(hub)) == 1)
    context.set_offline(True)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("[name=username]")).to_be_visible()
    assert page.evaluate("localStorage.getItem('test.push')") is None  # nothing is shown here any more
    assert len(pushed_to(hub)) == 1  # the hub could not be told
    context.set_offline(False)
    _, other = enrol(hub.database, "caregiver", "P2")
    claim(context, hub, other)
    until(lambda: pushed_to(hub) == [])
    assert account_of(hub.database, name) is not None


def test_the_second_factor_is_set_up_asked_for_and_taken_off(context: BrowserContext, hub: World) -> None:
    name, code = enrol(hub.database, "patient", "P1")
    page = claim(context, hub, code)
    go(page, "settings")
    page.get_by_text("Second factor · off").click()
    section = page.locator("details[open]")
    section.get_by_label("Password").fill("not the password at all")
    section.get_by_role("button", name="Turn on").click()
    expect(section.locator("form > .fault")).to_contain_text("not the right password")
    section.get_by_label("Password").fill(PASSWORD)
    section.get_by_role("button", name="Turn on").click()
    secret = section.locator(".secret").inner_text().replace(" ", "")
    expect(section.locator("img.qr")).to_have_js_property("complete", value=True)
    assert section.locator("img.qr").evaluate("(image) => image.naturalWidth > 50")
    section.get_by_label("Security code").fill(code_of(secret, 0))
    section.get_by_role("button", name="Confirm").click()
    expect(page.locator("main")).to_contain_text("Second factor · on")
    sign_out(page)
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("main")).to_contain_text("also asks for a security code")
    page.get_by_label("Security code").fill("000000")
    page.click("button[type=submit]")
    expect(page.locator(".fault:visible").first).to_contain_text("security code is not right")
    page.get_by_label("Security code").fill(code_of(secret, 1))  # each code works once
    page.click("button[type=submit]")
    expect(page.locator("h1")).to_have_text(re.compile("^Today"))


def code_of(secret: str, later: int) -> str:
    """What an authenticator app shows now, or 30 s later."""
    padded = secret + "=" * (-len(secret) % 8)
    return otp.code_at(base64.b32decode(padded), otp.step_of(now() + later * 30 * SECOND))


def test_a_half_filled_page_does_not_keep_a_shared_tablet_on_one_person(browser: Browser) -> None:
    with served(FakeHub(role="tablet", patients=["P1", "P2"])) as hub:
        context = browser.new_context(viewport=PHONE, locale="en-GB")
        page = context.new_page()
        page.clock.install()
        sign_in(page, hub)
        page.get_by_role("button", name=re.compile("Claire Moreau")).click()
        page.get_by_role("button", name="Read the wristband").click()
        expect(page.get_by_role("button", name="Begin")).to_be_visible()
        go(page, "m/8310-5")
        page.locator("input.value").press_sequentially("38")
        page.clock.fast_forward("05:00")
        expect(page.locator("input.value")).to_have_value("38")  # somebody looks for the thermometer
        page.clock.fast_forward("06:00")
        expect(page.locator("h1")).to_have_text("Who is being measured?")
        assert hub.messages() == []
        assert page.evaluate(SHOWN) == []
        context.close()


def test_a_physician_on_a_visit_is_written_down_as_a_physician(hub: World) -> None:
    app = hub.phone()
    assert app.log_in("doc1").json()["patients"][0]["by"] == "physician"
    app.temperature("P1", 37.2)
    assert rows(hub.database, "SELECT by FROM reading WHERE patient = 'P1'") == [("physician",)]
    with connection.connect(hub.database) as conn:
        conn.execute("UPDATE account SET role = 'advanced-nurse' WHERE username = 'doc1'")
    app.temperature("P1", 37.3)
    last = "SELECT by FROM reading WHERE patient = 'P1' ORDER BY seq DESC LIMIT 1"
    until(lambda: rows(hub.database, last) == [("advanced-nurse",)])


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 1280), ("fr-FR", 360)])
def test_a_nurse_hands_over_a_qr_code_and_ends_the_access(
    browser: Browser, context: BrowserContext, hub: World, locale: str, width: int
) -> None:
    words = {"en-GB": ("Accounts and codes", "Make a code", "End the access"),
             "fr-FR": ("Comptes et codes", "Créer un code", "Retirer l'accès")}[locale]  # fmt: skip
    desk = browser.new_context(viewport={"width": width, "height": 844}, locale=locale, bypass_csp=True).new_page()
    desk.goto(hub.url)
    desk.fill("[name=username]", "doc1")
    desk.fill("[name=password]", PASSWORD)
    desk.click("button[type=submit]")
    expect(desk.locator(".feed.live")).to_be_visible(timeout=15_000)
    desk.goto(f"{hub.url}/#/patient/P1")
    desk.get_by_text(words[0]).click()
    section = desk.locator(".app-people")
    section.locator("select").first.select_option("caregiver")
    section.get_by_role("button", name=words[1]).click()
    expect(section.locator("form > .fault")).not_to_be_empty()
    section.locator("fieldset input[type=checkbox]").first.check()
    section.locator("fieldset input[type=checkbox]").nth(1).check()
    section.get_by_role("button", name=words[1]).click()
    code = section.locator(".app-code").inner_text()
    picture = unquote(section.locator("img.qr").get_attribute("src") or "").removeprefix("data:image/svg+xml,")
    assert picture == qr.svg(f"https://hub.example/app/#code={code.replace('-', '')}")  # what a camera reads
    assert section.locator("img.qr").evaluate("(image) => image.naturalWidth > 50")
    assert desk.evaluate(NARROW)
    assert violations(desk) == []
    shot(desk, f"app-people-{width}")
    page = claim(context, hub, code)
    section.locator(".app-person").get_by_role("button", name=words[2]).click()
    section.locator(".app-person input").fill("no longer helps")
    section.locator(".app-person button[type=submit]").click()
    expect(page.locator("[name=username]")).to_be_visible(timeout=5000)  # within seconds nothing is seen any more
    desk.context.close()
