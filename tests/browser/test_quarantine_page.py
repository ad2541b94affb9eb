"""Refused messages in a real Chromium: explained, judged again one by one or all of a device, whatever they say."""

import pytest
from playwright.sync_api import Browser, expect

from domain.instants import MINUTE, moment
from storage import connection
from tests.browser.support.accessible import violations
from tests.browser.support.hostile import HOSTILE
from tests.browser.test_figures import NARROW, page_of, shot
from tests.flow import console_world as world

_REFUSED = """
INSERT INTO rejected (received_at, reason, path, expected, topic, site, device, patient, boot, seq, sha256, payload,
                      again_by, again_at, again_said, stored_at)
VALUES (%(at)s, %(reason)s, %(path)s, %(expected)s, 'vigie/1/paris/d/obs', 'paris', %(device)s, %(patient)s, 'b',
        %(seq)s, sha256(%(payload)s), %(payload)s, %(by)s, %(again)s, %(said)s, %(stored)s)
"""


def refuse(conn: connection.Connection, seq: int, **changes: object) -> None:
    """One refusal, as ingest leaves it."""
    at = moment(world.now() - seq * MINUTE)
    nobody = {"patient": None, "by": None, "again": None, "said": None, "stored": None}
    row = {
        "at": at, "reason": "unassigned", "path": "", "expected": "a device worn by a patient at that time",
        "device": "oxi-7", "seq": seq, "payload": b'{"v":1,"seq":%d}' % seq, **nobody,
    }  # fmt: skip
    conn.execute(_REFUSED, {**row, **changes})


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_what_was_refused_is_explained_and_judged_again(
    browser: Browser, console: world.Served, width: int, locale: str
) -> None:
    english, now = locale == "en-GB", moment(world.now())
    with connection.connect(console.deps.database_url) as conn:
        refuse(conn, 5, device="console", reason="implausible", path="obs[0].v", expected="25 to 45 Cel", patient="P1")
        refuse(conn, 4, by="nurse1", again=now, stored=now)
        refuse(conn, 3, by="nurse1", again=now, said=f"unassigned: obs[0]: {HOSTILE}")
        refuse(conn, 2)
        refuse(conn, 1)
    page = page_of(browser, console, width=width, locale=locale)
    page.goto(f"{console.url}/#/quarantine")
    cards = page.locator(".refusals li")
    expect(cards).to_have_count(5)
    expect(cards.first).to_contain_text("say who wears it" if english else "indiquer qui le porte")
    one, every = ("Judge again", "Judge all of this device again") if english else (
        "Juger de nouveau", "Tout juger de nouveau pour cet appareil")  # fmt: skip
    expect(page.get_by_role("button", name=one, exact=True)).to_have_count(3)  # neither what is stored nor an entry
    expect(page.get_by_role("button", name=every, exact=True)).to_have_count(1)
    expect(cards.nth(2)).to_contain_text("<img src=x onerror")
    expect(cards.nth(3)).to_contain_text("Judged again and stored" if english else "Jugé de nouveau et enregistré")
    reason = "device worn by nobody" if english else "appareil non attribué"
    expect(cards.nth(2).locator(".again")).to_contain_text(reason)
    expect(cards.nth(1)).to_contain_text("worn by a patient" if english else "Personne ne portait")
    assert page.title() == "Vigie"
    assert page.evaluate(NARROW)
    assert violations(page) == []
    shot(page, f"quarantine-{width}")
    with world.FakeEngine(console.deps.database_url):
        page.get_by_role("button", name=every, exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.locator("#toasts")).to_contain_text("Stored: 3." if english else "Enregistrés : 3.")
    page.get_by_role("button", name=one, exact=True).nth(1).click()
    expect(page.locator("#toasts")).to_contain_text("the hub is at it" if english else "le hub s'en charge")
    page.context.close()
    with connection.connect(console.deps.database_url) as conn:
        asked = conn.execute("SELECT body -> 'refusals' FROM action_inbox WHERE kind = 'rejudge' ORDER BY position")
        assert [len(row[0]) for row in asked] == [3, 1]
