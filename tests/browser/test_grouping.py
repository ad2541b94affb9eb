"""Alerts of one cause are one row and none is lost by it: front, members, one and all acknowledged, sites, pauses."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from domain.alerts import AlertEvent, Escalation, Said
from domain.instants import DAY, HOUR, MINUTE, moment
from storage import connection, pauses
from tests.browser.support.accessible import violations
from tests.browser.test_console import log_in
from tests.flow import console_world as world

SHOTS = os.environ.get("VIGIE_TEST_SHOTS")  # a folder: pictures of what the tests saw
NARROW = "document.documentElement.scrollWidth <= innerWidth"
SITE = "site.paris"
SHOWN = re.compile(r"/api/(patients|alerts|oncall)/")
TONES = """
    window.tones = 0;
    const made = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () { window.tones += 1; return made.call(this); };
"""
RIGORS = Said("Frissons déclarés", "Rigors reported")
UNWELL = Said("Se sent très mal", "Feels seriously unwell")


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console, with somebody who applies what people do."""
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=0.5) as served, world.FakeEngine(database_url):
        yield served


@pytest.fixture
def page(browser: Browser, console: world.Served) -> Iterator[Page]:
    """A desktop page of the physician; a script error fails the test."""
    faults: list[str] = []
    opened = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", bypass_csp=True).new_page()
    opened.add_init_script(TONES)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    log_in(opened, console.url)
    yield opened
    opened.context.close()
    assert faults == []


def write(console: world.Served, patient: str, number: int = 1, *, kind: str = "opened", **changes: Any) -> None:
    """An event of an alert of the cause "fever", unless said otherwise."""
    alert = world.an_alert(patient, number, **{"cause": "fever", "place": 0, **changes})
    with connection.connect(console.deps.database_url) as conn:
        conn.autocommit = True
        world.write_event(conn, "paris", AlertEvent(kind, alert.opened_at, alert))


def three(console: world.Served, patient: str = "P1") -> None:
    """Fever in front, rigors and feeling unwell behind."""
    write(console, patient, 3, rule="unwell", place=4, reason=UNWELL, severity="medium")
    write(console, patient, 2, rule="rigors", place=3, reason=RIGORS, evidence=(), at=world.now() - 15 * MINUTE,
          escalation=Escalation(1, world.now() + 20 * MINUTE))  # fmt: skip
    write(console, patient, 1, place=0)


def row(page: Page, patient: str = "P1") -> Locator:
    """The first row of a patient."""
    return page.locator(f"li.row[data-patient='{patient}']").first


def look_at(page: Page, patient: str = "P1") -> None:
    """Open the panel once the fever is in front."""
    expect(row(page, patient).locator(".reason")).to_contain_text("38.9 °C")
    row(page, patient).locator("button.open").click()


def shot(page: Page, name: str) -> None:
    """A picture, when a folder was named."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_one_cause_is_one_row_and_another_cause_is_another(page: Page, console: world.Served) -> None:
    three(console)
    write(console, "P1", 4, rule="battery", cause="technical", severity="low", category="technical",
          reason=Said("Pile faible", "Battery low"))  # fmt: skip
    expect(page.locator("li.row[data-patient=P1]")).to_have_count(2)
    first = row(page)
    expect(first.locator(".reason")).to_have_text("Fever 38.9 °C (corrected), aplasia window")
    expect(first.locator(".toggle")).to_contain_text("+ 2 alerts")
    expect(first.locator(".toggle")).to_contain_text("Rigors reported")
    expect(first.locator(".toggle")).to_contain_text("Feels seriously unwell")
    expect(first).to_contain_text("+ 1 other cause")
    counters = page.locator(".counters")
    expect(counters.locator(".tile.high b")).to_have_text("2")
    expect(counters.locator(".tile.medium b")).to_have_text("1")
    expect(counters.locator(".tile.low b")).to_have_text("1")


def test_without_a_cause_an_alert_stands_alone(page: Page, console: world.Served) -> None:
    write(console, "P1", 1, cause="")
    write(console, "P1", 2, cause="", rule="rigors", reason=RIGORS)
    expect(page.locator("li.row[data-patient=P1]")).to_have_count(2)


def test_the_highest_then_the_lowest_place_then_the_oldest_is_in_front(page: Page, console: world.Served) -> None:
    old = world.now() - 3 * HOUR
    write(console, "P1", 1, severity="medium", place=0, at=old, reason=Said("a", "medium, first place"))
    expect(row(page).locator(".reason")).to_have_text("medium, first place")
    write(console, "P1", 2, rule="rigors", place=5, at=old, reason=Said("b", "high, fifth place"))
    expect(row(page).locator(".reason")).to_have_text("high, fifth place")
    write(console, "P1", 3, rule="unwell", place=2, reason=Said("c", "high, second place"))
    expect(row(page).locator(".reason")).to_have_text("high, second place")
    write(console, "P1", 4, rule="unwell2", place=2, at=old, reason=Said("d", "high, second place, older"))
    expect(row(page).locator(".reason")).to_have_text("high, second place, older")


def test_an_open_one_is_never_behind_an_acknowledged_one(page: Page, console: world.Served) -> None:
    three(console)
    look_at(page)
    panel = page.locator(".panel")
    panel.locator(".actions .primary").click()
    page.fill("#action-reason", "calling")
    panel.locator("button[type=submit]").click()
    expect(panel.locator(".headline")).to_contain_text("Acknowledged by doc1")
    front = row(page)
    expect(front.locator(".reason")).to_have_text("Rigors reported")
    expect(front.locator(".why > .line .state")).to_have_text("Unattended")
    expect(page.locator("li.row.high.open[data-patient=P1]")).to_have_count(1)
    expect(page.locator(".tile.high b")).to_have_text("1")
    expect(page.locator(".tile.medium b")).to_have_text("1")
    expect(front.locator(".toggle .state.acknowledged")).to_have_text("Fever 38.9 °C (corrected)")


def test_grouping_silences_no_alert(page: Page, console: world.Served) -> None:
    page.click("#shift")
    expect(page.locator("#shift.on")).to_be_visible()
    before = page.evaluate("window.tones")
    write(console, "P1", 1)
    expect(row(page)).to_contain_text("Fever")
    assert page.evaluate("window.tones") - before == 10
    mute = page.locator("#mute")
    mute.click()
    expect(mute).to_contain_text("left")
    write(console, "P1", 2, rule="rigors", place=3, reason=RIGORS)
    expect(row(page).locator(".toggle")).to_contain_text("Rigors")
    # A second high alert of one cause rings like the first.
    expect(mute).to_have_text("Mute 2 min")
    page.wait_for_function(f"window.tones - {before} >= 20")
    mute.click()
    write(console, "P1", 3, rule="unwell", place=4, severity="medium", reason=UNWELL)
    expect(row(page).locator(".toggle")).to_contain_text("+ 2")
    expect(mute).to_contain_text("left")
    write(console, "P1", 3, rule="unwell", place=4, reason=UNWELL, version=2, kind="worsened")
    # So does one that got worse behind another.
    expect(mute).to_have_text("Mute 2 min")
    mute.click()
    two = page.evaluate("window.tones")
    write(console, "P1", 3, rule="unwell", place=4, severity="medium", reason=UNWELL, version=3, kind="eased")
    expect(page.locator(".tile.medium b")).to_have_text("1")
    expect(mute).to_contain_text("left")
    assert page.evaluate("window.tones") == two, "what eases does not ring"


def test_the_keyboard_opens_a_group_and_a_member(page: Page, console: world.Served) -> None:
    three(console)
    expect(row(page).locator(".toggle")).to_contain_text("+ 2")
    page.keyboard.press("j")
    page.keyboard.press("e")
    first = row(page)
    expect(first.locator(".toggle")).to_have_attribute("aria-expanded", "true")
    expect(first.locator(".members > li")).to_have_count(2)
    expect(first.locator(".members > li").first).to_contain_text("step 1, next step at")
    expect(first.locator("button.open")).to_be_focused()
    page.keyboard.press("Tab")
    expect(first.locator(".toggle")).to_be_focused()
    write(console, "P2", 9)
    expect(row(page, "P2")).to_contain_text("Fever")
    expect(first.locator(".toggle")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".panel .headline")).to_contain_text("Rigors reported")
    expect(page.locator(".panel .members > li")).to_have_count(3)
    assert violations(page) == []


def test_all_shown_are_acknowledged_each_on_its_own_version(page: Page, console: world.Served) -> None:
    three(console)
    look_at(page)
    sent: list[tuple[str, str, str]] = []
    page.on("request", lambda asked: sent.append(
        (asked.url.split("/")[-2], asked.headers["if-match"], asked.headers["idempotency-key"])
    ) if asked.url.endswith("/actions") else None)  # fmt: skip
    page.get_by_role("button", name="Acknowledge all 3 shown").click()
    form = page.locator(".together form")
    expect(form.locator(".all-list li")).to_have_count(3)
    # What comes, and what changes, while somebody writes: named, and not taken; on its new version.
    write(console, "P1", 4, rule="rigors-after-flush", place=2, reason=Said("Après rinçage", "Rigors after a flush"))
    write(console, "P1", 2, rule="rigors", place=3, reason=RIGORS, evidence=(), version=2, kind="escalated")
    expect(form.locator(".since")).to_contain_text("Rigors after a flush")
    form.locator("button[type=submit]").click()
    expect(form.locator(".fault")).to_contain_text("reason is needed")
    form.get_by_role("button", name="Calling the patient").click()
    form.locator("button[type=submit]").click()
    expect(page.locator(".panel .members .state.acknowledged")).to_have_count(3)
    assert sorted(each[:2] for each in sent) == [("P1-1", '"1"'), ("P1-2", '"2"'), ("P1-3", '"1"')]
    assert len({key for _, _, key in sent}) == 3
    expect(row(page).locator(".reason")).to_have_text("Rigors after a flush")
    expect(page.locator("li.row.high.open[data-patient=P1]")).to_have_count(1)
    with connection.connect(console.deps.database_url) as conn:
        states: dict[str, str] = dict(conn.execute("SELECT id, state FROM alert").fetchall())
    assert states == {"P1-1": "acknowledged", "P1-2": "acknowledged", "P1-3": "acknowledged", "P1-4": "open"}


def test_one_of_all_that_somebody_had_first_is_named_and_the_others_are_recorded(
    browser: Browser, database_url: str
) -> None:
    """Nobody applies what nurse1 did, so that the page cannot know of it before it asks."""
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=0.5) as console, console.client("nurse1") as nurse1:
        page = browser.new_page(locale="en-GB")
        log_in(page, console.url)
        three(console)
        look_at(page)
        headers = {"If-Match": '"1"', "Idempotency-Key": "n"}
        body = {"action": "acknowledge", "reason": "mine"}
        assert nurse1.post("/api/alerts/P1-2/actions", json=body, headers=headers).status_code == 202
        page.get_by_role("button", name="Acknowledge all 3 shown").click()
        page.fill("#all-reason", "seen")
        page.locator(".together button[type=submit]").click()
        fault = page.locator(".together .fault")
        expect(fault).to_contain_text("2 of 3 recorded. Not recorded: Rigors reported")
        expect(fault).to_contain_text("nurse1 was first")
        expect(page.locator("#all-reason")).to_have_value("seen")
        page.close()


def test_a_row_that_goes_while_somebody_points_keeps_its_place(page: Page, console: world.Served) -> None:
    write(console, "P1", 1)
    write(console, "P1", 2, cause="vital-signs", rule="spo2", reason=Said("SpO₂", "Saturation 90 %"))
    write(console, "P2", 1, severity="medium")
    expect(page.locator("li.row")).to_have_count(3)
    page.mouse.move(5, 5)
    page.locator("li.row").nth(2).hover()
    alert = world.an_alert("P1", 1, cause="fever", state="closed", version=2)
    with connection.connect(console.deps.database_url) as conn:
        conn.autocommit = True
        world.write_event(conn, "paris", AlertEvent("closed", world.now(), alert, actor="doc1"))
    expect(page.locator("li.row").first).to_contain_text("Closed")
    assert page.locator("li.row").count() == 3
    page.locator(".resort").click()
    page.mouse.move(5, 5)
    expect(page.locator("li.row")).to_have_count(2)


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (390, "fr-FR")])
def test_an_alert_of_a_site_is_a_row_of_its_own(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    said = Said("Personne d'astreinte à partir de 20:00 : infirmier", "Nobody on call from 20:00: nurse")
    write(console, SITE, 1, rule="nobody-on-call", cause="nobody-on-call", category="technical", severity="medium",
          reason=said, evidence=())  # fmt: skip
    three(console)
    context = browser.new_context(viewport={"width": width, "height": 844}, locale=locale, has_touch=width < 760)
    page = context.new_page()
    missed: list[str] = []
    page.on("response", lambda got: missed.append(got.url) if got.status == 404 and SHOWN.search(got.url) else None)
    page.on("pageerror", lambda error: missed.append(str(error)))
    log_in(page, console.url)
    site = row(page, SITE)
    expect(site).to_contain_text("Site paris")
    expect(page.locator(".tile.all b")).to_have_text("2")
    shot(page, f"grouping-list-{width}")
    site.locator("button.open").click()
    panel = page.locator(".panel")
    expect(panel.locator("h2")).to_have_text("Site paris")
    expect(panel).to_contain_text({"en-GB": "No roster for this site.", "fr-FR": "Aucun tableau d'astreinte"}[locale])
    expect(panel.locator(".timeline li")).to_have_count(1)
    expect(panel.locator(".pauses")).to_have_count(0)
    expect(panel.locator(".chart")).to_have_count(0)
    shot(page, f"grouping-site-{width}")
    panel.locator(".actions .primary").click()
    page.fill("#action-reason", "seen")
    panel.locator("button[type=submit]").click()
    expect(panel.locator(".headline .state.acknowledged")).to_be_visible()
    page.locator(".panel-buttons .icon").click()
    row(page).locator(".toggle").click()
    assert page.evaluate(NARROW)
    shot(page, f"grouping-open-{width}")
    row(page).locator(".members button").first.click()
    expect(page.locator(".together .members > li")).to_have_count(3)
    assert page.evaluate(NARROW)
    shot(page, f"grouping-panel-{width}")
    context.close()
    assert missed == []


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (390, "en-GB")])
def test_a_site_without_patients_says_so_and_hides_no_alert_of_its_own(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    with connection.connect(console.deps.database_url) as conn:
        conn.execute("UPDATE patient SET ended_at = now() WHERE kind = 'person'")
    page = browser.new_context(viewport={"width": width, "height": 844}, locale=locale).new_page()
    log_in(page, console.url)
    expect(page.locator(".board > .empty")).to_contain_text("Aucun patient" if locale == "fr-FR" else "No patient")
    assert page.evaluate(NARROW)
    shot(page, f"grouping-empty-{width}")
    write(console, SITE, 1, rule="no-attended-console", cause="no-attended-console", category="technical", evidence=())
    expect(page.locator("li.row.of-site.high.open")).to_be_visible()
    expect(page.locator(".board > .empty")).to_be_hidden()
    page.context.close()


def test_a_stay_that_ended_hides_no_open_alert(page: Page, console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        conn.execute("UPDATE patient SET ended_at = now() WHERE id = 'P2'")
    write(console, "P2", 1)
    page.reload()
    expect(row(page, "P2")).to_contain_text("Fever 38.9 °C")
    look_at(page, "P2")
    expect(page.locator(".panel .timeline li")).to_have_count(1)


def test_a_row_that_changes_stays_the_same_row_with_the_same_button(page: Page, console: world.Served) -> None:
    write(console, "P1", 1)
    expect(row(page).locator(".reason")).to_contain_text("38.9 °C")
    row(page).locator("button.open").focus()
    kept = row(page).evaluate_handle("(item) => [item, document.activeElement]")
    write(console, "P1", 1, kind="raised", reason=RIGORS, version=2)
    expect(row(page).locator(".reason")).to_contain_text("Rigors")
    same = "([item, button]) => item.isConnected && item.contains(button) && button === document.activeElement"
    assert kept.evaluate(same)


def test_a_late_answer_about_one_patient_never_shows_in_the_panel_of_another(page: Page, console: world.Served) -> None:
    write(console, "P1", 1)
    write(console, "P2", 2)
    held: list[Route] = []
    page.route(re.compile(r"/api/patients/P\d$"), lambda route: held.append(route))
    look_at(page)
    page.keyboard.press("Escape")
    look_at(page, "P2")
    page.wait_for_function("document.querySelector('.panel .timeline li') !== null")
    asked = [each for each in held if each.request.url.endswith("/P1")]
    given = {"name": "Filgrastim", "kind": "gcsf", "amount": 300, "unit": "ug", "at": "2026-01-01T10:00:00Z"}
    for each in asked:
        with page.expect_response("**/api/patients/P1"):
            each.fulfill(json={"given": [given], "window": None})
    write(console, "P2", 2, kind="raised", reason=RIGORS, version=2)
    expect(page.locator(".panel .headline")).to_contain_text("Rigors")
    assert asked
    expect(page.locator(".panel")).not_to_contain_text("Filgrastim")


def test_the_panel_names_the_clause_and_the_digest(page: Page, console: world.Served) -> None:
    write(console, "P1", 1, clause="chemo-aplasia/fever", protocol_digest="0123456789abcdef" * 4)
    look_at(page)
    facts = page.locator(".facts")
    expect(facts).to_contain_text("chemo-aplasia, version 1")
    expect(facts).to_contain_text("chemo-aplasia/fever · digest 0123456789ab")


def test_who_was_told_stands_in_the_panel(page: Page, console: world.Served) -> None:
    write(console, "P1", 1)
    with connection.connect(console.deps.database_url) as conn:
        _told(conn)
    look_at(page)
    told = page.locator(".panel .told")
    expect(told).to_contain_text("When it opened")
    expect(told.locator("li").first).to_contain_text("nurse1")
    expect(told.locator("li").first).to_contain_text("SMS")
    expect(told.locator("li").first).to_contain_text("failed")
    expect(told.locator("li").first).to_contain_text("HTTP 500")
    page.get_by_role("button", name="FR", exact=True).click()
    expect(page.locator(".panel .told li").first).to_contain_text("échec")


def _told(conn: Any) -> None:
    number = conn.execute(
        """INSERT INTO outbox (alert, patient, site, rule, category, severity, event_kind, version, step, who, how, at,
                               reason_fr, reason_en, next_at)
           VALUES ('P1-1', 'P1', 'paris', 'fever', 'clinical', 'high', 'opened', 1, 0, '{nurse}', '{sms}', now(),
                   'f', 'e', now()) RETURNING id"""
    ).fetchone()[0]
    conn.execute(
        """WITH added AS (
               INSERT INTO delivery (id, outbox, person, role, channel, state, at, due_at, deadline_at, start_at,
                                     changed_at, detail)
               VALUES (gen_random_uuid(), %s, 'nurse1', 'nurse', 'sms', 'failed', now(), now(), now(), now(), now(),
                       'HTTP 500') RETURNING id)
           INSERT INTO delivery_log (delivery, state, tries, at, detail)
           SELECT id, 'failed', 1, now(), 'HTTP 500' FROM added""",
        (number,),
    )


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (390, "en-GB")])
def test_a_pause_is_set_seen_and_revoked(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    french = locale == "fr-FR"
    page = browser.new_context(viewport={"width": width, "height": 844}, locale=locale, bypass_csp=True).new_page()
    log_in(page, console.url)
    row(page).locator("button.open").click()
    box = page.locator(".pauses")
    expect(box).to_contain_text("Aucune pause." if french else "No pause.")
    box.get_by_role("button", name="Poser une pause" if french else "Set a pause").click()
    box.locator("button[type=submit]").click()
    expect(box.locator("[name=until]")).to_have_attribute("aria-invalid", "true")
    expect(box.locator("[name=reason]")).to_have_attribute("aria-invalid", "true")
    box.locator("[name=until]").fill(moment(world.now() + 3 * DAY).strftime("%Y-%m-%dT08:00"))
    box.locator("[name=reason]").fill("transfusion")
    expect(box.locator("[aria-invalid=true]")).to_have_count(0)
    # An alert that comes meanwhile takes nothing of it away.
    write(console, "P1", 1)
    expect(page.locator("li.row.high" if width > 760 else ".pauses form").first).to_be_visible()
    expect(box.locator("[name=reason]")).to_have_value("transfusion")
    shot(page, f"pause-form-{width}")
    box.locator("button[type=submit]").click()
    expect(box.locator(".pause-list li.now")).to_contain_text("transfusion")
    assert page.evaluate(NARROW)
    assert violations(page) == []
    page.keyboard.press("Escape")
    paused = row(page).locator(".paused")
    expect(paused).to_contain_text("En pause : service hospitalier" if french else "Paused: hospital ward")
    expect(paused.locator("svg")).to_be_visible()
    shot(page, f"pause-list-{width}")
    row(page).locator("button.open").click()
    expect(page.locator(".paused-now")).to_contain_text("transfusion")
    shot(page, f"pause-panel-{width}")
    page.locator(".pauses").get_by_role("button", name="Révoquer" if french else "Revoke").click()
    page.locator(".pauses [name=reason]").fill("back early")
    page.locator(".pauses button[type=submit]").click()
    expect(page.locator(".pause-list")).to_contain_text("révoquée par doc1" if french else "revoked by doc1")
    expect(row(page).locator(".paused")).to_have_count(0)
    page.context.close()


def test_who_may_not_pause_sees_pauses_and_no_form(browser: Browser, console: world.Served) -> None:
    with connection.connect(console.deps.database_url) as conn:
        world.add_user(conn, "phar1", "pharmacist", "paris")
        wish = pauses.Set("P1", "death", world.now() - HOUR, None, "died on the ward")
        pauses.insert(conn, wish, actor="doc1", role="physician", at=world.now() - HOUR)
    page = browser.new_page(locale="en-GB")
    log_in(page, console.url, "phar1")
    expect(row(page).locator(".paused")).to_have_text("Paused: death, no end set")
    row(page).locator("button.open").click()
    expect(page.locator(".pause-list")).to_contain_text("died on the ward")
    expect(page.locator(".pauses button")).to_have_count(0)
    page.close()
