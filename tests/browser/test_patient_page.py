"""The patient's page in a real Chromium: full and empty, two widths, two languages, by keyboard, hostile text."""

import math
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.types.json import Jsonb

from alerts.predict import mode_desk
from domain.instants import DAY, HOUR, MINUTE, micros, moment
from domain.protocols import Act
from domain.values import Intake, Origin, Retraction
from storage import connection, messages, registry, retractions
from tests.browser.support.accessible import violations
from tests.browser.support.hostile import HOSTILE
from tests.browser.test_figures import NARROW, page_of, shot
from tests.flow import console_world as world


@pytest.fixture
def console(database_url: str) -> Iterator[world.Served]:
    """A served console of two sites."""
    world.hospital(database_url)
    with connection.connect(database_url) as conn:
        world.add_patient(conn, "P3", "paris")
    with world.served(database_url, beat_seconds=0.5) as served:
        yield served


def fill(url: str) -> None:
    """Two weeks of a patient in aplasia: vital signs with a hole and late values, counts, answers, alerts."""
    now = world.now()
    plan = {
        "protocol": "chemo-aplasia", "fever_profile": "CAUTIOUS_HOME", "regimen": "docetaxel",
        "cycle_start": moment(now - 8 * DAY).date().isoformat(), "timezone": "Europe/Paris",
    }  # fmt: skip
    with connection.connect(url) as conn:
        conn.execute("DELETE FROM plan WHERE patient = 'P1'")
        conn.execute(
            "INSERT INTO plan (patient, version, body, set_by, set_at) VALUES ('P1', 1, %s, 'test', now())",
            (Jsonb(plan),),
        )
        rows = {"8310-5": (36.8, 0.5), "8867-4": (84.0, 9.0), "59408-5": (96.0, 1.5), "9279-1": (16.0, 2.0),
                "8480-6": (124.0, 8.0), "8462-4": (76.0, 6.0)}  # fmt: skip
        for place, (code, (middle, swing)) in enumerate(rows.items()):
            for n in range(14 * 24):
                at = now - n * HOUR - 7 * MINUTE + place
                if 20 < n < 32:
                    continue  # a night without readings
                fever = 1.9 * math.exp(-n / 4) if code == "8310-5" else 0.0
                late = 40 * MINUTE if n % 17 == 3 else 5_000_000
                value = round(middle + swing * math.sin(n / 3.8) + fever, 1)
                world.add_reading(conn, "P1", code, value, at=at, received_at=at + late)
        for days, anc in ((12, 4.1), (7, 2.2), (3, 0.7), (1, 0.31)):
            world.add_reading(conn, "P1", "26499-4", anc, at=now - days * DAY, by="nurse")
        conn.execute(
            """INSERT INTO given (patient, kind, name, given_at, received_at, by, device, boot, seq, idx)
               VALUES ('P1', 'chemotherapy', 'docetaxel', %s, now(), 'nurse', 'console', 'b', 1, 0)""",
            (moment(now - 8 * DAY),),
        )
        for n in range(20):
            for item, grade in (("nausea", (n * 7) % 4), ("fatigue", min(4, n // 5)), ("pain", n % 3)):
                _answer(conn, now - n * DAY - 2 * HOUR, item, grade=grade, index=n)
        _answer(conn, now - 3 * HOUR, "comment", text=HOSTILE, index=99, version="chemo-daily@1.0.0")
        for number, (severity, ago) in enumerate((("high", HOUR), ("medium", 3 * DAY), ("low", 6 * DAY)), start=1):
            alert = world.an_alert("P1", number, at=now - ago, rule=f"fever{number}", severity=severity)
            world.write_event(conn, "paris", world.opened(alert))


def _answer(conn: connection.Connection, at: int, item: str, *, index: int, **answer: object) -> None:
    conn.execute(
        """INSERT INTO report (patient, questionnaire, item, attribute, grade, text, measured_at, received_at, by,
                               device, boot, seq, idx, version)
           VALUES ('P1', 'daily', %s, 'severity', %s, %s, %s, now(), 'patient', 'app', %s, %s, 0, %s)""",
        (item, answer.get("grade"), answer.get("text"), moment(at), item, index, answer.get("version")),
    )


def fill_oral(url: str) -> None:
    """Seven weeks of imatinib: taken, late, left out, not reported, twice, and a drug that is in no plan."""
    today = moment(world.now()).replace(hour=6, minute=0, second=0, microsecond=0)
    first = micros(today) - 50 * DAY
    plan = {"protocol": "oral-therapy", "timezone": "UTC",
            "oral": [{"drug": "imatinib", "dose_mg": 400, "tablets": 1, "times": ["06:00"]}]}  # fmt: skip
    rows = []
    for n in range((world.now() - first) // DAY + 1):
        at, state, why = first + n * DAY, "skipped" if n in (11, 30, 31) else "taken", HOSTILE if n == 31 else None
        late = 7 * HOUR if n % 9 == 4 else 5 * MINUTE
        if n not in (17, 18):
            rows.append(_intake(at if state == "skipped" else at + late, n, state, why=why))
    rows.append(_intake(first + 45 * DAY + 3 * HOUR, 90))
    rows.append(_intake(first + 46 * DAY, 91, drug=HOSTILE))
    with connection.connect(url) as conn:
        registry.add_plan(conn, "P2", plan, set_by="doc1", set_at=first - HOUR)
        messages.insert_intakes(conn, [*rows, _intake(first + 44 * DAY + HOUR, 92)])
        gone = Retraction("P2", Origin("app", "b", 92), 0, world.now(), world.now(), "patient", Origin("app", "b", 93),
                          why=HOSTILE)  # fmt: skip
        retractions.insert(conn, [gone])
        act = Act("doc1", "physician", world.now(), "asked for by the nurses")
        mode_desk.set_mode(conn, "paris", "lapse", "on", act=act)


def _intake(at: int, seq: int, state: str = "taken", drug: str = "imatinib", why: str | None = None) -> Intake:
    return Intake("P2", drug, None, at, None, None, state, at, at, "patient", Origin("app", "b", seq), why=why)


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (360, "en-GB")])
def test_the_calendar_of_doses(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    fill_oral(console.deps.database_url)
    page = page_of(browser, console, width=width, locale=locale)
    opened(page, console, "P2")
    french = locale == "fr-FR"
    expect(page.locator(".dose-days .s-skipped")).to_have_count(3)
    expect(page.locator(".dose-days .s-missed")).to_have_count(2)
    expect(page.locator(".dose-days .s-extra")).to_have_count(1)
    facts = page.locator(".drug-facts")
    expect(facts).to_contain_text("Dose-intensité relative" if french else "Relative dose intensity")
    expect(facts).to_contain_text("modèle" if french else "model")
    page.locator(".drug details summary").click()
    expect(page.locator(".drug details")).to_contain_text("<img src=x")
    expect(page.locator(".file-part.doses")).to_contain_text("hors du plan" if french else "not in the plan")
    page.locator(".take-back button").first.click()
    expect(page.locator(".take-back input")).to_be_focused()
    expect(page.locator(".file-part.doses")).to_contain_text("Retirées" if french else "Taken back")
    assert page.title() == "Vigie"
    assert page.evaluate(NARROW)
    page.locator(".take-back form").scroll_into_view_if_needed()
    shot(page, f"doses-{width}")
    page.get_by_role("button", name="Retirer" if french else "Take back", exact=True).click()
    with connection.connect(console.deps.database_url) as conn:
        wait = page.wait_for_timeout
        while not (found := conn.execute("SELECT body FROM action_inbox WHERE kind = 'entries'").fetchall()):
            wait(50)
    assert found[0][0]["retract"][0]["boot"] == "b"
    assert page.evaluate(DRAWN_ANEW) == [False, True, False]  # what was folded out stays so
    assert violations(page) == []
    page.context.close()


DRAWN_ANEW = """async () => {
  const { h, show } = await import("/static/dom.js"), node = h("div");
  const draw = (...names) => show(node, names.map((name) => h("details", null, h("summary", null, name))));
  draw("doses", "doses", "notes");
  node.children[1].open = node.children[2].open = true;
  draw("doses", "doses", "other");
  return [...node.children].map((box) => box.open);
}"""


def opened(page: Page, console: world.Served, patient: str) -> None:
    """The page of one patient, drawn."""
    page.goto(f"{console.url}/#/patient/{patient}")
    expect(page.locator(".file .vitals figcaption").first).not_to_be_empty()


@pytest.mark.parametrize(("width", "locale"), [(1440, "en-GB"), (360, "fr-FR")])
def test_a_full_file(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    fill(console.deps.database_url)
    page = page_of(browser, console, width=width, locale=locale)
    opened(page, console, "P1")
    expect(page.locator(".vital canvas")).to_have_count(6)
    expect(page.locator(".course-words")).to_contain_text(
        {"en-GB": "Aplasia window", "fr-FR": "Fenêtre d'aplasie"}[locale]
    )
    expect(page.locator(".score-sum")).to_contain_text("point")
    expect(page.locator(".score tbody tr")).to_have_count(7)
    expect(page.locator(".heat tbody tr")).to_have_count(3)
    expect(page.locator(".heat tbody")).to_contain_text({"en-GB": "Nausea", "fr-FR": "Nausées"}[locale])
    expect(page.locator(".comments")).to_contain_text("<img src=x")
    assert page.title() == "Vigie"
    assert page.evaluate(NARROW)
    shot(page, f"patient-{width}")
    page.get_by_role("button", name={"en-GB": "7 d", "fr-FR": "7 j"}[locale]).click()
    expect(page.locator(".ranges [aria-pressed=true]")).to_have_text({"en-GB": "7 d", "fr-FR": "7 j"}[locale])
    page.locator(".vital details summary").first.click()
    expect(page.locator(".vital details[open] tbody tr").first).to_be_visible()
    titles = {"en-GB": ("After chemotherapy: questions of the day", "Questions of the day"),
              "fr-FR": ("Après la chimiothérapie : questions du jour", "Questions du jour")}[locale]  # fmt: skip
    for title in titles:
        expect(page.locator(".rounds summary", has_text=f" · {title} · ").first).to_be_visible()
    expect(page.locator(".rounds")).not_to_contain_text("daily")
    page.locator(".rounds summary", has_text=titles[1]).last.click()
    expect(page.locator(".rounds details[open]").first).to_contain_text("/4")
    page.locator(".device-list summary").first.click()
    expect(page.locator(".device-list details[open]")).to_contain_text(
        {"en-GB": "No message", "fr-FR": "Aucun message"}[locale]
    )
    page.locator(".file .pauses").get_by_role(
        "button", name={"en-GB": "Set a pause", "fr-FR": "Poser une pause"}[locale]
    ).click()
    expect(page.locator(".file .pauses form")).to_be_visible()
    assert page.evaluate(NARROW)
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr-FR"), (360, "en-GB")])
def test_an_empty_file_says_so(browser: Browser, console: world.Served, width: int, locale: str) -> None:
    page = page_of(browser, console, width=width, locale=locale)
    opened(page, console, "P3")
    expect(page.locator(".vital canvas")).to_have_count(0)
    expect(page.locator(".score-sum")).to_contain_text({"en-GB": "not known", "fr-FR": "non connu"}[locale])
    expect(page.locator(".symptoms")).to_contain_text({"en-GB": "No answer", "fr-FR": "Aucune réponse"}[locale])
    assert page.evaluate(NARROW)
    shot(page, f"patient-empty-{width}")
    assert violations(page) == []
    page.context.close()


def test_from_the_list_and_back_by_keyboard_and_a_patient_of_another_site(
    browser: Browser, console: world.Served
) -> None:
    fill(console.deps.database_url)
    page = page_of(browser, console)
    page.locator(".row[data-patient=P1] .open").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="File").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".file h1")).to_be_focused()
    page.locator(".file-alerts button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel")).to_be_visible()
    page.goto(f"{console.url}/#/patient/L1")
    expect(page.locator(".file")).to_contain_text("not in your circle of care")
    page.context.close()
