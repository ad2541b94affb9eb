"""Notes and the responsible person on the patient's file, in a real Chromium: written, corrected, handed over."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from storage import connection
from tests.browser.support.accessible import violations
from tests.browser.support.hostile import HOSTILE
from tests.browser.test_figures import NARROW, page_of, shot
from tests.flow import console_world as world


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console with an alert of the second patient."""
    world.hospital(database_url)
    with connection.connect(database_url) as conn:
        world.write_event(conn, "paris", world.opened(world.an_alert("P2")))
    with world.served(database_url, beat_seconds=0.5) as served:
        yield served


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_a_note_and_a_transfer(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    english = locale == "en-GB"
    page = page_of(browser, console, width=width, locale=locale)
    page.goto(f"{console.url}/#/patient/P1")
    notes, charge = page.locator(".notesOfPatient"), page.locator(".responsible")
    expect(notes).to_contain_text("No note" if english else "Aucune note")
    expect(charge).to_contain_text("Nobody" if english else "Personne")
    notes.locator("textarea").fill(HOSTILE)
    page.get_by_role("button", name="FR" if english else "EN", exact=True).click()
    assert notes.locator("textarea").input_value() == HOSTILE, "what was typed outlives a change of language"
    page.get_by_role("button", name="EN" if english else "FR", exact=True).click()
    notes.locator("[type=submit]").click()
    expect(notes.locator("blockquote")).to_have_text(HOSTILE)
    notes.get_by_role("button", name="Correct" if english else "Corriger", exact=True).click()
    notes.locator("textarea").fill("chute sans gravité")
    notes.locator("[type=submit]").click()
    expect(notes.locator("blockquote").first).to_have_text("chute sans gravité")
    notes.locator("summary").click()
    expect(notes.locator(".corrected blockquote")).to_have_text(HOSTILE)

    charge.locator("[type=submit]").click()
    expect(charge.locator(".fault")).to_contain_text("Choose" if english else "Choisissez")
    with console.client("nurse1") as nurse:
        wish = {"person": "nurse1", "before": None, "reason": "entrée"}
        assert nurse.post("/api/patients/P1/responsible", json=wish).status_code == 201
    charge.locator("select").select_option("doc1")
    charge.locator("textarea").fill(HOSTILE)
    charge.locator("[type=submit]").click()
    expect(charge.locator(".fault")).to_contain_text("nurse1")  # somebody was first, and is shown
    assert charge.locator("textarea").input_value() == HOSTILE
    expect(charge.locator(".responsible-now")).to_contain_text("nurse1")
    charge.locator("[type=submit]").focus()
    page.keyboard.press("Enter")
    expect(charge.locator(".responsible-now")).to_contain_text("doc1")
    charge.locator("summary").click()
    assert page.title() == "Vigie"
    assert page.evaluate(NARROW)
    assert violations(page) == []
    charge.scroll_into_view_if_needed()
    if width > 760:
        shot(page, f"care-{width}")
    page.goto(f"{console.url}/#/board?mine=1")
    expect(page.locator("li.row[data-patient=P1]")).to_be_visible()
    expect(page.locator("li.row[data-patient=P2]")).to_have_count(0)
    page.context.close()
