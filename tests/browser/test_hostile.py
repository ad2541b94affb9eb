"""200 hostile strings in every field that patients write, on every page: nothing runs, no policy is touched."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from domain.instants import DAY, HOUR, MINUTE, moment
from domain.values import Intake, Origin
from storage import connection, messages, registry
from tests.browser.support import app_days
from tests.browser.support.app_pages import go, sign_in
from tests.browser.support.fake_app_hub import FakeHub
from tests.browser.support.fake_app_hub import served as app_served
from tests.browser.test_console import log_in
from tests.flow import console_world as world
from tests.support.hostile import MARK, STRINGS

IMATINIB = {"drug": "imatinib", "dose_mg": 400, "times": ["06:00"]}
PEOPLE = 10
EACH = len(STRINGS) // PEOPLE
# What must not be in the page, whoever made it: elements that only markup could have brought.
MARKUP = (
    "img[src='x'], iframe, object, embed, base, video, math, plaintext, script:not([src]), a[href^='javascript'], "
    "form[action], [onerror], [onload], [onfocus], [ontoggle]"
)
FOREIGN = "(markup) => [...document.querySelectorAll(markup)].map((each) => each.outerHTML.slice(0, 100))"
WATCH = """window.faults = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.faults.push(`${event.violatedDirective} ${event.blockedURI}`));"""


def test_there_are_200_of_them() -> None:
    assert (len(STRINGS), len(set(STRINGS))) == (200, 200)


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """Ten patients, each with a tenth of the strings as comments, reasons, drugs and refused messages; names too."""
    world.hospital(database_url)
    now = world.now()
    with connection.connect(database_url) as conn:
        for n in range(PEOPLE):
            mine = STRINGS[n::PEOPLE]
            world.add_patient(conn, f"H{n}", "paris", (mine[0], mine[1]))
            world.write_event(conn, "paris", world.opened(world.an_alert(f"H{n}", 1)))
            plan = {"protocol": "oral-therapy", "timezone": "UTC", "oral": [IMATINIB]}
            registry.add_plan(conn, f"H{n}", plan, set_by="doc1", set_at=now - 50 * DAY)
            for place, text in enumerate(mine):
                _written(conn, f"H{n}", place, text, now)
    with world.served(database_url, beat_seconds=0.5) as served:
        yield served


def _written(conn: connection.Connection, patient: str, place: int, text: str, now: int) -> None:
    """The string in each field that comes from a home."""
    conn.execute(
        """INSERT INTO report (patient, questionnaire, item, attribute, grade, text, measured_at, received_at, by,
                               device, boot, seq, idx)
           VALUES (%s, 'daily', 'other', 'text', NULL, %s, %s, now(), 'patient', 'app', %s, %s, 0)""",
        (patient, text, moment(now - place * MINUTE), patient, place),
    )
    conn.execute(
        """INSERT INTO report (patient, questionnaire, item, attribute, grade, text, measured_at, received_at, by,
                               device, boot, seq, idx)
           VALUES (%s, 'daily', %s, 'severity', 2, NULL, %s, now(), 'patient', 'app', %s, %s, 1)""",
        (patient, text, moment(now - place * HOUR), patient, place),
    )
    at = now - (place + 1) * DAY
    rows = [
        Intake(patient, drug, None, at, None, None, state, at, at, "patient",
               Origin("app", f"b-{patient}", place * 2 + n), why=why)
        for n, (drug, state, why) in enumerate((("imatinib", "skipped", text[:200]), (text, "taken", None)))
    ]  # fmt: skip
    messages.insert_intakes(conn, rows)
    conn.execute(
        """INSERT INTO rejected (received_at, reason, path, expected, topic, site, device, patient, sha256, payload)
           VALUES (now(), 'malformed', %s, %s, %s, 'paris', %s, %s, %s, %s)""",
        (text, text, text, text, patient, f"{patient}{place}".encode(), text.encode()),
    )
    conn.execute(
        """INSERT INTO given (patient, kind, name, given_at, received_at, by, device, boot, seq, idx)
           VALUES (%s, 'antipyretic', %s, now(), now(), 'patient', 'app', %s, %s, 0)""",
        (patient, text, f"g-{patient}", place),
    )


def _context(browser: Browser) -> tuple[BrowserContext, Page, list[str]]:
    """A browser that writes down every complaint, with the hub's own policy in force."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.add_init_script(WATCH)
    page, said = context.new_page(), list[str]()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
    page.on("console", lambda told: said.append(told.text) if "Policy" in told.text or "Trusted" in told.text else None)
    return context, page, said


def _clean(page: Page, said: list[str], where: str) -> None:
    assert page.evaluate(f"window.{MARK}") is None, where
    assert page.evaluate(FOREIGN, MARKUP) == [], where
    assert page.evaluate("window.faults") == [], where
    assert said == [], where


def test_every_page_of_the_console(browser: Browser, console: world.Served) -> None:
    context, page, said = _context(browser)
    log_in(page, console.url)
    expect(page.locator("li.row.high")).to_have_count(PEOPLE)
    _clean(page, said, "work list")
    page.locator("#row-search").fill(STRINGS[0])
    _clean(page, said, "search")
    page.locator("#row-search").fill("")
    shown: set[str] = set()
    for n in range(PEOPLE):
        page.evaluate("location.hash = '#/board'")
        page.locator(f"li.row[data-patient=H{n}] .open").first.click()
        expect(page.locator(".panel .history li").first).to_be_visible()
        expect(page.locator(".panel")).to_contain_text("Treatments given")
        _clean(page, said, f"panel H{n}")
        page.evaluate(f"location.hash = '#/patient/H{n}'")
        # no longer that of the patient before
        expect(page.locator(".file:not(.day) .file-top")).to_contain_text(f"H{n} ")
        expect(page.locator(".comments li")).to_have_count(EACH)
        page.locator(".drug details summary").click()
        expect(page.locator(".drug details tr").first).to_be_visible()
        shown |= set(page.locator(".comments .note").all_text_contents())
        _clean(page, said, f"file H{n}")
        page.locator(".day-links a").last.click()  # the synthesis of yesterday, with answers of its own
        expect(page.locator(f".day-files a[href*='/H{n}/']").first).to_be_attached()
        expect(page.locator(".day-part")).to_have_count(7)
        _clean(page, said, f"synthesis H{n}")
    assert {_plain(each) for each in shown} == {_plain(each) for each in STRINGS}
    page.evaluate("location.hash = '#/quarantine'")
    expect(page.locator(".refusals li")).to_have_count(len(STRINGS))
    _clean(page, said, "quarantine")
    for place, drawn in (("unit", ".unit-tile"), ("shift", ".shift-body > *"), ("figures", ".figures-body > *"),
                         ("admin/protocols", ".admin-body > *")):  # fmt: skip
        page.evaluate("(place) => { location.hash = place; }", f"#/{place}")
        expect(page.locator(drawn).first).to_be_visible()
        _clean(page, said, place)
    context.close()


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def test_every_page_of_the_app(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    at = app_days.iso(time.time() - 86_400)
    answer = {"at": at, "questionnaire": "daily", "attribute": "text", "grade": None, "number": None, "by": "patient"}
    texts = [answer | {"item": text, "text": text} for text in STRINGS]
    intake = {"due_at": at, "at": at, "state": "taken", "mg": 1, "n": 1, "by": "patient"}
    drugs = [intake | {"drug": text} for text in STRINGS]
    ordinary = app_days.history
    kept = {"answers": {"answers": texts}, "intakes": {"intakes": drugs}}
    monkeypatch.setattr(app_days, "history", lambda mode, code, now: kept.get(code) or ordinary(mode, code, now))
    monkeypatch.setitem(app_days.NAMES, "P1", (STRINGS[0], STRINGS[1]))
    helpers = [app_days.CAREGIVER | {"person": text} for text in STRINGS]
    with app_served(FakeHub(caregivers=helpers)) as hub:
        context, page, said = _context(browser)
        sign_in(page, hub)
        for place in ("today", "history", "people", "consents", "settings", "m/8310-5", "i/capecitabine/extra", "done"):
            go(page, place)
            page.wait_for_load_state("networkidle")
            _clean(page, said, place)
        go(page, "history")
        expect(page.get_by_text(STRINGS[10]).first).to_be_attached()
        go(page, "sent")
        _clean(page, said, "sent")
        context.close()
