"""A patient's sheet in a real Chromium: filled in, changed by two at once, opened by one key; and the advice."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.support.accessible import violations
from tests.browser.support.hostile import HOSTILE
from tests.browser.test_console import write
from tests.browser.test_figures import page_of
from tests.browser.test_work_list import picture
from tests.flow import console_world as world

THEIRS = {"family_name": "Durand", "address": "5 rue du Port", "allergy_status": "none",
          "contacts": [{"name": "Claire", "relation": "", "phone": "15"}]}  # fmt: skip


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """A served console."""
    world.hospital(plain_database_url)
    with world.served(plain_database_url, beat_seconds=0.5) as served:
        yield served


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_a_sheet_is_filled_in_by_two_at_once(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    english = locale == "en-GB"
    page = page_of(browser, console, width=width, locale=locale)
    page.goto(f"{console.url}/#/patient/P1")
    box = page.locator(".sheetPart")
    expect(box).to_contain_text("never asked" if english else "jamais demandées")
    box.get_by_role("button", name="Change" if english else "Modifier").click()
    expect(box.locator("[name=family_name]")).to_be_focused()
    box.locator("[name=family_name]").fill("Martin")
    box.locator("[name=address]").fill(HOSTILE)
    box.locator("[name=phone]").fill("call me")
    box.locator("[name=allergy_status]").select_option("known")
    box.get_by_role("button", name="Add a person" if english else "Ajouter une personne").click()
    box.locator(".people input").first.fill("Paul Martin")
    page.get_by_role("button", name="FR" if english else "EN", exact=True).click()
    assert box.locator("[name=address]").input_value() == HOSTILE, "what was typed outlives a change of language"
    page.get_by_role("button", name="EN" if english else "FR", exact=True).click()
    box.locator("[type=submit]").click()
    expect(box.locator("[aria-invalid=true]")).to_have_count(3)  # telephone, which allergies, Paul's number
    assert violations(page) == []
    box.locator("form").scroll_into_view_if_needed()
    picture(page, f"sheet-form-{width}")
    box.locator("[name=phone]").fill("06 12 34 56 78")
    box.locator("[name=allergies]").fill("pénicilline")
    box.locator(".people input[type=tel]").fill("06 98 76 54 32")
    with console.client("doc1") as doctor:
        headers = {"If-Match": '"0"', "Idempotency-Key": world.token()}
        assert doctor.put("/api/patients/P1/sheet", json=THEIRS, headers=headers).status_code == 200
    for language in (
        ("FR", "EN") if english else ("EN", "FR")
    ):  # drawn anew on the newest, written on the one it began with
        page.get_by_role("button", name=language, exact=True).click()
        expect(box.locator("[name=address]")).to_have_value(HOSTILE)
    box.locator("[type=submit]").click()
    expect(box.locator("form > .fault")).to_contain_text("doc1")
    expect(box.locator(".since").first).to_contain_text("Durand")
    expect(box.locator("fieldset .since")).to_contain_text("Claire 15")
    assert box.locator("[name=address]").input_value() == HOSTILE
    box.locator("[type=submit]").click()
    expect(box.locator("form")).to_have_count(0)
    expect(box).to_contain_text("pénicilline")
    expect(box).to_contain_text("Martin")
    assert violations(page) == []
    assert "owned" not in page.title()
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_a_sheet_stands_at_the_alert_and_stays_when_the_hub_is_gone(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    english = locale == "en-GB"
    write(console, "P1")
    with console.client("doc1") as doctor:
        headers = {"If-Match": '"0"', "Idempotency-Key": world.token()}
        sheet = THEIRS | {"address": HOSTILE, "allergy_status": "known", "allergies": HOSTILE}
        assert doctor.put("/api/patients/P1/sheet", json=sheet, headers=headers).status_code == 200
    page = page_of(browser, console, width=width, locale=locale)
    page.locator("li.row.high button.open").click()
    page.keyboard.press("h")
    home = page.locator(".calls.home")
    expect(home.locator("span.as-written").first).to_have_text(HOSTILE)
    expect(home.locator(".allergy.known")).to_contain_text(HOSTILE)
    expect(home.locator("a[href='tel:15']")).to_be_visible()
    expect(home.locator("header button")).to_be_focused()
    picture(page, f"sheet-home-{width}")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("c")
    expect(home).to_have_count(0)
    expect(page.locator(".calls")).to_contain_text("Claire")
    expect(page.locator(".panel blockquote.advice")).to_contain_text("Call" if english else "Appelez")
    expect(page.locator(".panel")).to_contain_text("No app" if english else "Aucune application")
    page.locator(".panel blockquote.advice").scroll_into_view_if_needed()
    picture(page, f"sheet-advice-{width}")

    page.route("**/sheet", lambda route: route.abort())
    page.keyboard.press("h")
    expect(home).to_contain_text("does not answer" if english else "ne répond pas")
    expect(home.locator("a[href='tel:15']")).to_be_visible()
    picture(page, f"sheet-kept-{width}")
    assert "owned" not in page.title()
    page.context.close()
