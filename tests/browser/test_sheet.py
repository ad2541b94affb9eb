"""A patient's sheet in a real Chromium: filled in, changed by two at once, opened by one key; and the advice."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

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


LONG = {"en-GB": "expected at most 100 characters", "fr-FR": "attendu 100 caractères au plus"}
NAME = {"en-GB": "expected a name", "fr-FR": "attendu un nom"}
PHONE = {"en-GB": "expected a number as one dials it, such as 06 12 34 56 78",
         "fr-FR": "attendu un numéro comme on le compose, par exemple 06 12 34 56 78"}  # fmt: skip
LETTERS = {"en-GB": "expected text without invisible characters that cannot be kept",
           "fr-FR": "attendu un texte sans caractère invisible qui ne peut être gardé"}  # fmt: skip
TO_COME = {"en-GB": "expected a day that has come", "fr-FR": "attendu un jour qui n'est pas à venir"}
TOO_OLD = {"en-GB": "expected a day from 1900 on", "fr-FR": "attendu un jour depuis 1900"}
WHICH = {"en-GB": "expected which ones", "fr-FR": "attendu lesquelles"}
WHOLE = {
    403: {"en-GB": "your role may not change the sheet", "fr-FR": "votre rôle ne permet pas de modifier la fiche"},
    404: {"en-GB": "not in your circle of care", "fr-FR": "n'est plus dans votre cercle de soins"},
    422: {"en-GB": "the hub does not take the sheet", "fr-FR": "le hub n'accepte pas la fiche"},
    500: {"en-GB": "the hub made an error", "fr-FR": "le hub a fait une erreur"},
    503: {"en-GB": "the database does not answer", "fr-FR": "la base de données ne répond pas"},
}


def refused(status: int) -> Callable[[Route], None]:
    """What answers so instead of the hub."""
    return lambda route: route.fulfill(status=status, json={"status": status, "detail": "in the hub's own words"})


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_a_refusal_is_said_in_the_language_of_the_page(browser: Browser, console: world.Served, locale: str) -> None:
    page = page_of(browser, console, locale=locale)
    page.goto(f"{console.url}/#/patient/P1")
    box = page.locator(".sheetPart")
    box.get_by_role("button", name="Change" if locale == "en-GB" else "Modifier").click()
    page.evaluate("for (const each of document.querySelectorAll('.sheetPart input')) each.removeAttribute('maxlength')")
    for name in ("family_name", "given_name", "emergency_unit"):
        box.locator(f"[name={name}]").fill("x" * 101)
    box.locator("[name=address]").fill("a\x00b")
    box.locator("[name=birth_date]").fill("1850-02-03")
    box.locator("[name=emergency_phone]").fill("call me")
    box.locator("[name=allergy_status]").select_option("known")
    box.get_by_role("button", name="Add a person" if locale == "en-GB" else "Ajouter une personne").click()
    box.locator("[type=submit]").click()
    wanted = {"family_name": LONG, "given_name": LONG, "emergency_unit": LONG, "address": LETTERS,
              "birth_date": TOO_OLD, "emergency_phone": PHONE, "allergies": WHICH}  # fmt: skip
    for name, words in wanted.items():
        expect(box.locator(f"label:has([name={name}]) .fault")).to_have_text(words[locale])
    assert box.locator(".people .fault").all_inner_texts() == [NAME[locale], "", PHONE[locale]]

    box.get_by_role("button", name="Cancel" if locale == "en-GB" else "Annuler").click()
    box.get_by_role("button", name="Change" if locale == "en-GB" else "Modifier").click()
    box.locator("[name=birth_date]").fill("2956-02-03")
    box.locator("[type=submit]").click()
    expect(box.locator("form [aria-invalid=true] ~ .fault")).to_have_text(TO_COME[locale])
    for status, words in WHOLE.items():
        page.route("**/sheet", refused(status))
        box.locator("[type=submit]").click()
        expect(box.locator("form > .fault")).to_contain_text(words[locale])
        page.unroute("**/sheet")
    page.context.close()


def test_a_press_again_after_a_lost_answer_shows_the_sheet_as_it_is_now(
    browser: Browser, console: world.Served
) -> None:
    page = page_of(browser, console)
    page.goto(f"{console.url}/#/patient/P1")
    box = page.locator(".sheetPart")
    box.get_by_role("button", name="Change").click()
    box.locator("[name=access]").fill("code 12A4")

    def lost(route: Route) -> None:
        """It is stored, and nobody hears of it."""
        route.fetch()
        route.abort()

    page.route("**/sheet", lost)
    box.locator("[type=submit]").click()
    expect(box.locator("form > .fault")).to_contain_text("does not answer")
    page.unroute("**/sheet")
    with console.client("nurse1") as nurse:
        headers = {"If-Match": '"1"', "Idempotency-Key": world.token()}
        written = nurse.put("/api/patients/P1/sheet", json=THEIRS | {"access": "code 77"}, headers=headers)
        assert written.status_code == 200, written.text
    box.locator("[type=submit]").click()
    expect(box).to_contain_text("code 77")
    expect(box.locator("form")).to_have_count(0)
    expect(box).not_to_contain_text("12A4")
    with console.client("nurse1") as nurse:
        assert nurse.get("/api/patients/P1/sheet").json()["version"] == 2
    page.context.close()
