"""The shift page and the printed list in a real Chromium: full and empty, two widths, two languages, hub gone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from domain.instants import HOUR, SECOND
from domain.oncall import Shift
from storage import connection, sheets
from tests.browser.support.accessible import violations
from tests.browser.test_figures import NARROW, page_of, shot
from tests.flow import console_world as world
from tests.flow.oncall_world import add_roster, put
from vigie.demo_sheets import sheet_of

HOSTILE = "<script>document.title='owned'</script> & P1 à rappeler"


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console of two sites, with an alert."""
    world.hospital(database_url)
    with connection.connect(database_url) as conn:
        world.add_user(conn, "nurse3", "nurse", "paris")
        world.write_event(conn, "paris", world.opened(world.an_alert("P1")))
    with world.served(database_url, beat_seconds=0.5) as served:
        yield served


def rostered(console: world.Served) -> None:
    """One roster for the first site: a nurse now, somebody else next, and no physician in three hours."""
    now = world.now() // SECOND * SECOND
    with connection.connect(console.deps.database_url) as conn:
        add_roster(conn, "nights", "hospital", "paris", at=now)
        put(
            conn, "nights", Shift("a", "nurse", "nurse1", now - HOUR, now + 5 * HOUR),
            Shift("b", "nurse", "nurse3", now + 5 * HOUR, now + 30 * HOUR),
            Shift("c", "physician", "doc1", now - HOUR, now + 3 * HOUR), at=now,
        )  # fmt: skip


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_a_shift_is_handed_over(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    rostered(console)
    english = locale == "en-GB"
    page = page_of(browser, console, width=width, locale=locale)
    page.get_by_role("button", name="Shift" if english else "Garde", exact=True).click()
    assert page.url.endswith("#/shift")
    expect(page.locator(".duty")).to_contain_text("nurse1")
    expect(page.locator(".duty")).to_contain_text("nurse3")
    expect(page.locator(".gaps li").first).to_contain_text("Nobody on call" if english else "Personne de garde")
    figures = page.locator(".statistics")
    expect(figures.locator(".times tbody tr").first).to_contain_text("High" if english else "Élevée")
    expect(figures.locator(".times tbody tr").first).to_contain_text("not yet: 1" if english else "pas encore : 1")
    since = figures.locator(".spans button").first
    expect(since).to_contain_text("Since the shift began" if english else "Depuis le début de garde")
    expect(since).to_have_attribute("aria-pressed", "true")
    figures.get_by_role("button", name="8").click()
    expect(since).to_have_attribute("aria-pressed", "false")
    expect(figures.locator(".times tbody tr").first).to_be_visible()
    figures.locator("summary").click()
    area = page.locator(".handover-form textarea")
    assert "P1" in area.input_value()
    area.fill("…")
    page.locator(".handover-form [type=submit]").click()
    expect(page.locator(".handover-form .fault")).not_to_be_empty()
    area.fill(HOSTILE)
    page.locator(".handover-form [type=submit]").click()
    expect(page.locator(".handover-notes .note")).to_have_text(HOSTILE)
    assert page.title() == "Vigie"
    assert page.locator(".handover-notes button").count() == 0, "nobody gives a receipt for a note of their own"
    with console.client("nurse1") as nurse:
        [note] = nurse.get("/api/oncall/paris").json()["handover"]
        assert nurse.post(f"/api/oncall/paris/handover/{note['id']}/read").status_code == 200
    page.reload()
    expect(page.locator(".handover-notes")).to_contain_text("nurse1")
    assert page.evaluate(NARROW)
    shot(page, f"shift-{width}")
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (360, "en-GB")])
def test_a_site_without_a_roster_says_so(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    page = page_of(browser, console, width=width, locale=locale)
    page.goto(f"{console.url}/#/shift")
    expect(page.locator(".shift-body")).to_contain_text("No roster" if locale == "en-GB" else "Aucun tableau")
    assert page.evaluate(NARROW)
    shot(page, f"shift-empty-{width}")
    assert violations(page) == []
    page.context.close()


def test_the_list_prints_when_the_hub_is_gone(browser: Browser, console: world.Served) -> None:
    rostered(console)
    with connection.connect(console.deps.database_url) as conn:
        sheets.write(conn, sheets.Draft("P1", sheet_of(1), "doc1", "physician", world.now(), None))
    page = page_of(browser, console)
    page.evaluate("window.print = () => { window.printed = true; }")
    expect(page.locator(".row[data-patient=P1]")).to_be_visible()
    page.wait_for_timeout(300)
    console.stop()
    expect(page.locator("#frozen")).to_be_visible(timeout=15_000)
    page.locator("#frozen").get_by_role("button", name="Print the list").click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    paper = page.locator("#paper")
    expect(paper).to_be_visible()
    expect(page.locator("#app")).to_be_hidden()
    expect(paper).to_contain_text("P1")
    expect(paper).to_contain_text("Fever 38.9")
    expect(paper).to_contain_text("nurse1")
    expect(paper).to_contain_text("112")
    for words in ("pénicilline", "rue de l'Exemple", "Digicode", "06 39 98 50 01", "01 99 00 00 15"):
        expect(paper).to_contain_text(words)
    shot(page, "shift-paper")
    page.context.close()
