"""The unit in a real Chromium: small multiples drawn by groups, the next 48 hours, two widths, hostile names."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from domain.instants import DAY, HOUR, MINUTE, iso
from storage import connection, registry
from tests.browser.support.accessible import violations
from tests.browser.test_figures import NARROW, page_of, shot
from tests.flow import console_world as world

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
MANY = 130


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console of two sites; `paris` has a window to come, devices to see and an alert."""
    now = world.now()
    world.hospital(database_url)
    with connection.connect(database_url) as conn:
        window = {"from": iso(now + 5 * HOUR), "until": iso(now + 9 * DAY)}
        plan = {"protocol": "chemo-aplasia", "regimen": "docetaxel", "cycle_start": iso(now - 6 * DAY)[:10]}
        registry.add_plan(conn, "P1", plan, set_by="doc1", set_at=now - DAY)
        registry.add_plan(conn, "P2", {"protocol": "chemo-aplasia", "aplasia": window}, set_by="doc1", set_at=now - DAY)
        for n in range(40):
            world.add_reading(conn, "P2", "8310-5", 36.8 + (n % 9) / 10, at=now - n * 33 * MINUTE)
            if n not in range(12, 20):
                world.add_reading(conn, "P2", "8867-4", 80 + (n * 7) % 15, at=now - n * 33 * MINUTE)
        conn.execute("UPDATE device SET battery = 2, online = false WHERE id = 'dev-p1'")
        conn.execute(
            "INSERT INTO identity.person (patient, family_name, given_name) VALUES ('P1', %s, 'Anne')", (HOSTILE,)
        )
        world.write_event(conn, "paris", world.opened(world.an_alert("P2", 1)))
    with world.served(database_url, beat_seconds=0.5) as served:
        yield served


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (360, "en-GB")])
def test_every_patient_is_a_small_multiple_and_the_next_hours_are_said(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    page, french = page_of(browser, console, width=width, locale=locale), locale == "fr-FR"
    page.get_by_role("button", name="Unité" if french else "Unit").click()
    tiles = page.locator(".unit-tile")
    expect(tiles).to_have_count(2)
    expect(tiles.first).to_have_attribute("data-patient", "P2")  # it has the alert
    expect(tiles.first.locator(".sparkline:not(.none) path")).to_have_count(2)
    expect(tiles.first).to_contain_text("Élevée 1" if french else "High 1")
    expect(page.locator(".ahead-card.uDevices li")).to_contain_text("batterie faible" if french else "battery low")
    expect(page.locator(".ahead-card.uOpening li")).to_have_count(1)
    assert page.title() == "Vigie"
    assert page.evaluate(NARROW)
    shot(page, f"unit-{width}")
    assert violations(page) == []
    with connection.connect(console.deps.database_url) as conn:
        world.write_event(conn, "paris", world.opened(world.an_alert("P1", 2, severity="medium")))
    expect(page.locator(".unit-tile[data-patient=P1]")).to_contain_text("Moyenne 1" if french else "Medium 1")
    tiles.first.get_by_role("link").press("Enter")
    expect(page.locator(".file h1")).to_have_text("P2")
    page.context.close()


def test_only_what_is_near_is_drawn_and_asked_for(browser: Browser, console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        for n in range(MANY):
            world.add_patient(conn, f"X{n:03}", "paris")
    page = page_of(browser, console)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/unit/traces" in request.url else None)
    page.goto(f"{console.url}/#/unit")
    expect(page.locator(".unit-tile").first).to_be_visible()
    expect(page.locator(".unit-group")).to_have_count(4)
    assert page.locator(".unit-tile").count() < MANY
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".unit-tile[data-patient=X129]")).to_be_visible()
    expect(page.locator(".unit-group").first.locator(".unit-tile")).to_have_count(0)
    expect(page.locator(".unit-tile[data-patient=X129] .sparkline.none")).to_have_count(3)
    assert len(asked) <= 4
    page.context.close()
