"""The app on a phone against a real hub: taps and seconds of a stable patient's daily report, and how long after a week
without network 500 entries are all stored, each once: python -m bench.app_use

A tap on a key of the phone's own keyboard is not counted; the seconds are those of a script that answers at once, and
so the app's own part of the minute that a person takes.
"""

import json
import re
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from bench import setting
from clinician_ui.first_account import NewUser, add_user
from domain.instants import DAY, Micros
from domain.values import Origin, Report
from storage import messages, registry
from vigie.embedded.world import World

ENTRIES, DAYS = 500, 7
PATIENT, PASSWORD = "p-app", "trois mots ensemble"
CLICKS = "window.taps = 0; addEventListener('pointerdown', () => { window.taps += 1; }, true);"
ENTER = """async ([count, days]) => {
  const { enter } = await import("/app/store.js"), { start } = await import("/app/outbox.js");
  const from = Date.now() - days * 86400000;
  for (let n = 0; n < count; n += 1) {
    if (n % 100 === 99) await start();  // the app is started again now and then
    await enter({ obs: [{ c: "8867-4", v: 60 + (n % 40), u: "/min" }] }, { at: from + Math.round(n * days * 86400000 / count) });
  }
}"""  # noqa: E501
PLAN = {"protocol": "chemo-aplasia", "timezone": "Europe/Paris", "cadence": {"8310-5": 1440}}
WELL = (("rigors", "presence"), ("catheter-flushed", "presence"), ("unwell", "severity"), ("symptoms", "presence"))


def measure(folder: Path) -> dict[str, Any]:
    """Both, on one hub."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    world = World(folder)
    try:
        world.start_services()
        at, password = world.clock.now(), secrets.token_urlsafe(12)
        with world.connect() as conn:
            registry.add_site(conn, setting.SITE, setting.SITE, at)
            registry.add_patient(conn, PATIENT, setting.SITE, at - (DAYS + 1) * DAY)
            registry.add_plan(conn, PATIENT, PLAN, set_by="bench", set_at=at - DAY)
            messages.insert_reports(conn, _yesterday(at))
            add_user(conn, NewUser("bench", "nurse", password, (setting.SITE,)), at, actor="bench")
        world.start_hub()
        world.wait_until_ready()
        with sync_playwright() as playwright:
            context = _phone(playwright)
            page = _claimed(context, world, password)
            return {**_report(page), **_week(page, context, world)}
    finally:
        world.close()


def _yesterday(at: Micros) -> list[Report]:
    """A round of a day before: the first one of all asks more."""
    said = at - DAY
    return [
        Report(PATIENT, "daily", item, attribute, 0, None, None, said, said, "patient", Origin("bench", "b", 1), place)
        for place, (item, attribute) in enumerate(WELL)
    ]


def _phone(playwright: Playwright) -> BrowserContext:
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    return chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB", has_touch=True)


def _claimed(context: BrowserContext, world: World, password: str) -> Page:
    with httpx.Client(base_url=world.url, headers={"Origin": world.url}, timeout=20) as nurse:
        nurse.post("/api/session", json={"username": "bench", "password": password}).raise_for_status()
        made = nurse.post(f"/api/patients/{PATIENT}/enrolment-codes", json={}).raise_for_status().json()
    page = context.new_page()
    page.goto(f"{world.url}/app/#code={made['code'].replace('-', '')}")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Begin").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def _answer(page: Page) -> None:
    """The report of a patient who is well: temperature, then the best answer to each question, then send."""
    page.get_by_role("button", name="Begin").tap()
    for _ in range(20):
        page.locator(
            "main input.value, main .answer, main h1:text('Your answers'), main h1:text('Thank you')"
        ).first.wait_for()
        if page.locator("main input.value").count():
            page.keyboard.type("36.8")
            page.keyboard.press("Enter")
            page.locator("main input.value").wait_for(state="detached")
        elif page.locator("main .answer").count():
            before = page.locator("main h1").inner_text()
            page.locator("main .answer").first.tap()
            page.wait_for_function("(before) => document.querySelector('main h1')?.innerText !== before", arg=before)
        elif page.get_by_role("button", name="Send").count():
            page.get_by_role("button", name="Send").tap()
            page.get_by_role("heading", name="Thank you").wait_for()
        else:
            break
    page.get_by_text(re.compile("received everything")).wait_for()


def _report(page: Page) -> dict[str, Any]:
    page.evaluate(CLICKS)
    begun = time.monotonic()
    _answer(page)
    return {"report_taps": page.evaluate("window.taps"), "report_s": round(time.monotonic() - begun, 1)}


def _week(page: Page, context: BrowserContext, world: World) -> dict[str, Any]:
    context.set_offline(True)
    page.evaluate(ENTER, [ENTRIES, DAYS])
    count = "SELECT count(*), count(DISTINCT (device, boot, seq, idx)), count(DISTINCT measured_at) FROM reading"
    where = f"{count} WHERE patient = %s AND code = '8867-4'"
    context.set_offline(False)
    begun = time.monotonic()
    with world.connect() as conn:
        conn.autocommit = True
        while (found := conn.execute(where, (PATIENT,)).fetchone() or (0, 0, 0))[0] < ENTRIES:
            if time.monotonic() - begun > 120:
                break
            page.wait_for_timeout(50)
    return {
        "week_s": round(time.monotonic() - begun, 1),
        "week_sent": ENTRIES,
        "week_stored": found[0],
        "week_once": found[1],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as place:
        Path(place).chmod(0o711)
        print(json.dumps(measure(Path(place) / "app"), indent=1))
