"""The forecast in the alert panel, in a real Chromium: drawn and refused, two widths, two languages, strict CSP."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from domain.instants import DAY, iso
from domain.vocabulary import NEUTROPHILS
from models.anc.values import CurvePoint
from storage import connection, registry
from tests.alerts.predict.answers import forecast
from tests.browser.test_console import log_in
from tests.flow import console_world as world
from tests.flow.test_forecasting import add_given, owner, service, step, work

SHOTS = os.environ.get("VIGIE_TEST_SHOTS")  # a folder: pictures of what the tests saw
NARROW = "document.documentElement.scrollWidth <= innerWidth"


def fan(_: bytes) -> bytes:
    """A fall to 0.4 on day 8 and back, wider where nothing was measured."""
    curve = []
    for step_ in range(113):
        day = step_ / 4
        dip = math.exp(-(((day - 8) / 3.2) ** 2)) * 2.4
        wide = 0.12 + 0.05 * min(day, 9)
        low, mid, high = (math.exp(math.log(5) - dip + side * wide) for side in (-1, 0, 1))
        curve.append(CurvePoint(day, low, mid, high, low / 2, high * 2))
    return msgspec.json.encode(forecast(curve=tuple(curve)))


@pytest.fixture
def console(plain_database_url: str) -> Iterator[world.Served]:
    """P1 on day 4 after docetaxel with three counts and a next dose; P2 with a regimen and nothing recorded."""
    url, at = plain_database_url, world.now()
    start = at - 4 * DAY
    world.hospital(url)
    with connection.connect(url) as conn:
        plan: dict[str, Any] = {"protocol": "chemo-aplasia", "aplasia": None}
        registry.add_plan(conn, "P1", plan | {"doses": [iso(start + 21 * DAY)]}, set_by="t", set_at=start)
        registry.add_plan(
            conn, "P2", plan | {"regimen": "docetaxel", "cycle_start": iso(start)[:10]}, set_by="t", set_at=start
        )
        add_given(conn, "P1", "chemotherapy", "docetaxel", start, 150.0)
        for day, anc in ((0.0, 5.4), (2.0, 4.1), (3.5, 2.2)):
            world.add_reading(conn, "P1", NEUTROPHILS, anc, at=start + round(day * DAY), by="nurse")
        conn.commit()
        work(service(url, fan, at=at))
        step(conn, owner(url, at), at)
        world.write_event(conn, "paris", world.opened(world.an_alert("P2", 7, rule="heart-rate", severity="medium")))
    with world.served(url, beat_seconds=0.5) as served:
        yield served


def opened(browser: Browser, console: world.Served, *, width: int, locale: str) -> tuple[Page, list[str]]:
    """A page that has logged in, and what its console complained of."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    log_in(page, console.url)
    said.clear()  # the first question, before anybody has logged in, is refused
    return page, said


def shot(page: Page, name: str, section: str = ".panel .forecast") -> None:
    """A picture of the section, when a folder was named."""
    if SHOTS:
        page.locator(section).scroll_into_view_if_needed()
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (390, "fr-FR")])
def test_a_forecast_is_drawn_with_its_figures_and_says_that_it_is_none_of_a_measurement(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    page, said = opened(browser, console, width=width, locale=locale)
    english = (
        "Aplasia forecast",
        "Risk of less than 0.5 G/L62 %",
        "Forecast of a model (anc-1.1.0), not a measurement.",
    )
    french = ("Aplasie prévue", "Risque de moins de 0,5 G/L62 %", "Prévision d'un modèle (anc-1.1.0), pas une mesure.")
    words = english if locale == "en-GB" else french
    page.locator(".row", has_text=words[0]).get_by_role("button").first.click()
    section = page.locator(".forecast")
    expect(section.locator("svg path.band")).to_be_attached()
    expect(section.locator("svg .dot")).to_have_count(3)
    expect(section).to_contain_text(words[1].replace(" %", "\u00a0%"))
    expect(section).to_contain_text(words[2])
    assert page.evaluate(NARROW)
    assert page.locator(".forecast [style]").count() == 0
    shot(page, f"forecast-{width}")
    page.get_by_role("link", name={"en-GB": "File", "fr-FR": "Dossier"}[locale]).click()
    on_file = page.locator(".file .forecast")
    expect(on_file.locator("svg path.band")).to_be_attached()
    expect(on_file).to_contain_text({"en-GB": "back 8 d before (10 d before to 4 d before)",
                                     "fr-FR": "retour 8 j avant (10 j avant à 4 j avant)"}[locale])  # fmt: skip
    assert page.evaluate(NARROW)
    shot(page, f"forecast-file-{width}", ".file .forecast")
    assert said == []
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (390, "en-GB")])
def test_a_refused_forecast_says_what_to_enter_and_draws_nothing(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    page, said = opened(browser, console, width=width, locale=locale)
    page.locator(".row", has_text="P2").get_by_role("button").first.click()
    section = page.locator(".forecast")
    expect(section).to_contain_text("saisir le nom" if locale == "fr-FR" else "enter its name and its amount in mg")
    assert section.locator("svg").count() == 0
    assert page.evaluate(NARROW)
    shot(page, f"forecast-refused-{width}")
    page.goto(f"{console.url}/#/patient/P2")
    expect(page.locator(".file .forecast-why")).to_be_visible()
    assert said == []
    page.context.close()
