"""Every page of the app in both languages: WCAG 2.2 AA, no sideways scroll at 320 px and 200 % text, large targets."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.support.app_pages import sign_in
from tests.browser.support.fake_app_hub import CODE, PASSWORD, FakeHub, served

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
VIOLATIONS = """async (runOnly) => (await axe.run({ runOnly, resultTypes: ["violations"] })).violations.map((each) => {
  const nodes = each.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary}`);
  return `${each.id}: ${nodes.join(" | ")}`;
})"""
SMALL = """() => [...document.querySelectorAll("button, a, input, select, summary, textarea")]
  .filter((each) => each.checkVisibility() && !each.matches(".skip"))
  .map((each) => (each.closest("label") ?? each))
  .filter((each) => { const box = each.getBoundingClientRect(); return box.height < 43.9 || box.width < 43.9; })
  .map((each) => each.outerHTML.slice(0, 120))"""
PLACES = {
    "patient": ["today", "m/8310-5", "m/8480-6", "q/chemo-daily", "i/capecitabine/extra", "done", "history", "sent",
                "settings", "people", "consents", "m/none"],
    "nurse": ["who", "today", "visit", "settings"],
    "tablet": ["who", "today"],
}  # fmt: skip


def settle(page: Page, place: str) -> None:
    """One page with what the hub says of it."""
    page.evaluate("(place) => { location.hash = `#/${place}`; }", place)
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("main .muted")).to_have_count(0)


def look(page: Page, place: str, faults: list[str]) -> None:
    """What is wrong with what is shown now. Its width is tried in French, which has the longer words."""
    faults.extend(f"{place}: {each}" for each in page.evaluate(VIOLATIONS, TAGS))
    faults.extend(f"{place}: small: {each}" for each in page.evaluate(SMALL))
    if page.evaluate("document.documentElement.lang") != "fr":
        return
    for width, size in ((320, ""), (360, "200%")):
        page.set_viewport_size({"width": width, "height": 640})
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", size)
        wide = page.evaluate(
            "Math.max(document.documentElement.scrollWidth, document.getElementById('main').scrollWidth)"
        )
        if wide > width:
            faults.append(f"{place}: {wide} px wide at {width} px, text {size or '100%'}")
    page.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize(("locale", "scheme"), [("fr-FR", "light"), ("en-GB", "light"), ("fr-FR", "dark")])
def test_every_page_of_the_patient(browser: Browser, locale: str, scheme: str) -> None:
    faults: list[str] = []
    with served(FakeHub()) as hub:
        context = browser.new_context(viewport={"width": 360, "height": 740}, locale=locale, color_scheme=scheme)
        context.add_init_script(path=AXE)
        page = context.new_page()
        page.goto(f"{hub.url}/app/#code={CODE}")
        expect(page.locator("h1")).to_be_visible()
        look(page, "claim", faults)
        sign_in(page, hub)
        places = (
            PLACES["patient"] if scheme == "light" else ["today", "m/8310-5", "q/chemo-daily", "history", "settings"]
        )
        for place in places:
            settle(page, place)
            look(page, place, faults)
        settle(page, "m/8310-5")
        page.fill("input.value", "384")
        page.click("form button[type=submit]")
        expect(page.locator(".ask")).to_be_visible()
        look(page, "question", faults)
        page.locator(".ask .primary").first.click()
        expect(page.locator(".urgent")).to_be_visible()
        look(page, "urgent", faults)
        settle(page, "sent")
        look(page, "sent", faults)
        if scheme == "light":
            _what_opens(page, hub, faults)
        context.close()
    assert not faults, "\n".join(faults)


def _what_opens(page: Page, hub: FakeHub, faults: list[str]) -> None:
    """What is opened first: a dose with what is noted, settings, codes to scan, the end of the questions, the door."""
    hub.noted = [{"device": "box-1", "boot": "b", "seq": 7, "i": 0, "by": "device"}]
    page.evaluate("async () => (await import('/app/store.js')).refreshToday()")
    settle(page, "today")
    page.locator(".inline-link").first.click()
    page.locator(".mistake button").first.click()
    expect(page.locator(".mistake .primary")).to_be_visible()
    look(page, "noted", faults)
    settle(page, "q/chemo-daily")
    for _ in range(4):
        page.locator(".answer").first.click()
    expect(page.locator(".review")).to_be_visible()
    look(page, "closing", faults)
    settle(page, "people")
    page.locator("form button[type=submit]").click()
    expect(page.locator("img.qr")).to_be_visible()
    look(page, "code", faults)
    settle(page, "settings")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.locator("details.card form").first.locator("input[type=password]").fill(PASSWORD)
    page.locator("details.card form").first.locator("button[type=submit]").click()
    expect(page.locator(".secret")).to_be_visible()
    look(page, "second factor", faults)
    hub.session = False
    page.evaluate("async () => (await import('/app/store.js')).refreshToday()")
    expect(page.locator("[name=username]")).to_be_visible()
    look(page, "door", faults)


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
@pytest.mark.parametrize("role", ["nurse", "tablet"])
def test_every_page_of_who_measures_others(browser: Browser, locale: str, role: str) -> None:
    faults: list[str] = []
    with served(FakeHub(role=role, patients=["P1", "P2", "P3"])) as hub:
        context = browser.new_context(viewport={"width": 360, "height": 740}, locale=locale)
        context.add_init_script(path=AXE)
        page = context.new_page()
        sign_in(page, hub)
        settle(page, "who")
        look(page, "who", faults)
        page.locator(".person-row").nth(1).click()
        if role == "tablet":
            expect(page.locator(".stack")).to_be_visible()
            look(page, "identity", faults)
            page.locator(".stack .primary").last.click()
        expect(page.locator(".card").first).to_be_visible()
        for place in PLACES[role]:
            settle(page, place)
            look(page, place, faults)
        context.close()
    assert not faults, "\n".join(faults)


def test_empty_pages_say_that_they_are_empty(browser: Browser) -> None:
    with served(FakeHub(mode="empty")) as hub:
        context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
        page = context.new_page()
        sign_in(page, hub)
        expect(page.locator("main")).to_contain_text("Nothing to do now")
        settle(page, "history")
        expect(page.locator("main")).to_contain_text("Nothing yet in this period")
        settle(page, "sent")
        expect(page.locator("main")).to_contain_text("Nothing was entered on this device yet")
        context.close()


def test_the_keyboard_is_enough(browser: Browser) -> None:
    with served(FakeHub()) as hub:
        context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
        page = context.new_page()
        sign_in(page, hub)
        expect(page.get_by_role("button", name="Begin")).to_be_visible()
        page.locator(".skip").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_be_focused()
        while not page.evaluate("document.activeElement?.textContent === 'Begin'"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("input.value")).to_be_focused()
        page.keyboard.type("36,8")
        page.keyboard.press("Enter")
        expect(page.locator("h1.question")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".progress-words")).to_contain_text("Question 2")
        expect(page.locator("h1.question")).to_be_focused()
        context.close()
