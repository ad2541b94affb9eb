"""The patient's app in a real Chromium at phone size, against a hub in memory: report, fever, offline, killed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.support import app_days
from tests.browser.support.app_pages import (
    PHONE,
    go,
    killable,
    sign_in,
    temperature,
    until_stored,
    waiting,
    worker_ready,
)
from tests.browser.support.fake_app_hub import CODE, NAME, PASSWORD, FakeHub, served

CLICKS = """window.taps = 0;
addEventListener("click", (event) => { if (event.isTrusted && event.detail) window.taps += 1; }, true);"""
OF_THE_OTHER = """async () => {
  const { enter } = await import("/app/store.js");
  await enter({ obs: [{ c: "8310-5", v: 36.9, u: "Cel" }] }, { of: "P1" });
}"""
KEPT_OF = """async (patient) => {
  const { inTransaction, asked } = await import("/app/db.js");
  return inTransaction(["kept", "messages"], "readonly", async (stores) => {
    const keys = (await asked(stores.kept.getAllKeys())).filter((each) => each.startsWith(`${patient}/`));
    return keys.length + (await asked(stores.messages.getAll())).filter((each) => each.patient === patient).length;
  });
}"""


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with a full day."""
    with served(FakeHub()) as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone in English; a script error or a refused script fails the test."""
    faults: list[str] = []
    found = browser.new_context(viewport=PHONE, locale="en-GB", has_touch=True)
    found.on("weberror", lambda fault: faults.append(str(fault.error)))
    found.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield found
    found.close()
    assert faults == []


@pytest.fixture
def page(context: BrowserContext, hub: FakeHub) -> Page:
    """Signed in."""
    opened = context.new_page()
    sign_in(opened, hub)
    return opened


def test_a_code_opens_an_account_once(context: BrowserContext, hub: FakeHub) -> None:
    page = context.new_page()
    page.goto(f"{hub.url}/app/#code={CODE}")
    expect(page.locator("[name=code]")).to_have_value(CODE)
    assert page.url.endswith("/app/")  # the code does not stay in the address
    page.fill("[name=password]", "short")
    page.click("button[type=submit]")
    expect(page.locator(".fault:visible")).to_contain_text("12 characters")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(".big-code")).to_have_text(NAME)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Today")
    other = context.browser.new_context(locale="en-GB").new_page() if context.browser else page
    other.goto(f"{hub.url}/app/#code={CODE}")
    other.fill("[name=password]", PASSWORD)
    other.click("button[type=submit]")
    expect(other.locator(".fault:visible")).to_contain_text("used already")
    other.context.close()


def test_a_stable_patient_reports_in_six_taps(page: Page, hub: FakeHub) -> None:
    page.evaluate(CLICKS)
    page.get_by_role("button", name="Begin").tap()
    expect(page.locator("input.value")).to_be_focused()
    page.keyboard.type("36.9")
    page.keyboard.press("Enter")  # the key of the phone's own keyboard
    for answer in ("No", "No", "Well", "No"):
        page.get_by_role("button", name=answer, exact=True).tap()
    page.get_by_role("button", name="Send").tap()
    expect(page.locator("h1")).to_have_text("Thank you")
    expect(page.locator("main [role=status]")).to_contain_text("received everything")
    assert page.evaluate("window.taps") <= 6
    first, second = hub.messages()
    assert [(each["c"], each["v"], each["u"], each["site"]) for each in first["obs"]] == [
        ("8310-5", 36.9, "Cel", "axilla")
    ]
    assert first["ev"] == [{"k": "boot"}]
    assert [(each["i"], each["a"], each["g"]) for each in second["rep"]] == [
        ("rigors", "presence", 0), ("catheter-flushed", "presence", 0), ("unwell", "severity", 0),
        ("symptoms", "presence", 0),
    ]  # fmt: skip
    assert {each["q"] for each in second["rep"]} == {"daily"}
    assert (second["boot"], second["seq"]) == (first["boot"], 2)


def test_a_few_answers_leave_the_questions_due_and_it_goes_on_with_the_rest(page: Page, hub: FakeHub) -> None:
    begin = page.get_by_role("button", name="Begin")
    expect(begin).to_have_count(1)
    worker_ready(page)
    hub.looking = False
    temperature(page, "36.9")
    go(page, "q/chemo-daily")
    page.get_by_role("button", name="Yes", exact=True).click()  # rigors: told at once, by itself
    page.get_by_role("button", name="Go on with the questions").click()
    page.get_by_role("button", name="No", exact=True).click()
    go(page, "today")
    expect(begin).to_have_count(1)
    go(page, "q/chemo-daily")
    expect(page.locator("h1")).to_have_text("How do you feel at present?")
    page.get_by_role("button", name="Well", exact=True).click()
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("button", name="Send").click()
    until_stored(page, hub, 3)
    assert [[each["i"] for each in message.get("rep", [])] for message in hub.messages()] == [
        [], ["rigors"], ["catheter-flushed", "unwell", "symptoms"],
    ]  # fmt: skip
    go(page, "today")
    expect(begin).to_have_count(0)
    expect(page.locator(".card").filter(has_text="Done already")).to_contain_text("How are you?")


def test_one_tap_takes_a_dose_and_it_can_be_undone(page: Page, hub: FakeHub) -> None:
    page.get_by_role("button", name=re.compile("^Taken: capecitabine")).click()
    expect(page.locator(".card").filter(has_text="Done already")).to_contain_text("taken at")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=re.compile("^Taken: capecitabine"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Taken: capecitabine")).click()
    until_stored(page, hub, 2)
    undone, taken = hub.messages()
    assert "int" not in undone  # nothing of it left the phone; its number did, so that there is no gap
    assert {"k": "undone"} in undone["ev"]
    dose = taken["int"][0]
    assert (dose["state"], dose["drug"], dose["n"], dose["mg"]) == ("taken", "capecitabine", 3, 1500)
    go(page, "sent")
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".message")).to_contain_text("Your team received this at")
    hub.read = True
    expect(page.locator(".message")).to_contain_text("read by a nurse at", timeout=8000)


def test_a_dose_left_out_says_why(page: Page, hub: FakeHub) -> None:
    page.get_by_role("link", name=re.compile("^Something else for capecitabine")).click()
    page.get_by_label("I did not take it").check()
    page.get_by_label("Why?").select_option("told")
    page.get_by_role("button", name="Send").click()
    until_stored(page, hub, 1)
    message = hub.messages()[0]
    assert message["int"][0]["state"] == "skipped"
    assert message["int"][0]["why"] == "The team told me not to take it"


def test_a_fever_in_aplasia_says_what_to_do_at_once_without_network(
    page: Page, hub: FakeHub, context: BrowserContext
) -> None:
    worker_ready(page)
    context.set_offline(True)
    temperature(page, "384")
    page.get_by_role("button", name="I meant 38.4 °C").click()
    card = page.locator(".urgent")
    expect(card).to_contain_text("Call your team now")
    expect(card).to_contain_text("Take nothing against the fever")
    expect(page.locator(".urgent-title")).to_be_focused()
    assert card.locator("a.call").first.get_attribute("href") == "tel:+33123456789"
    expect(card).to_contain_text("number seen")
    assert [each.get_attribute("href") for each in card.locator("a.small").all()] == ["tel:15", "tel:112"]
    go(page, "today")
    expect(page.locator(".urgent")).to_contain_text("38.4 °C")
    expect(page.locator(".watched")).to_contain_text("Nobody")
    expect(page.locator("header.top")).to_contain_text("1 entry not sent yet")
    assert hub.stored == {}
    context.set_offline(False)
    until_stored(page, hub, 1)


def test_below_the_single_limit_it_asks_to_measure_again(page: Page, hub: FakeHub) -> None:
    page.evaluate("localStorage.setItem('vigie-app.site', 'tympanic')")
    temperature(page, "38.1")
    expect(page.locator("main")).to_contain_text("Measure again in 60 minutes")
    expect(page.locator(".urgent")).to_have_count(0)
    go(page, "q/chemo-daily")
    page.get_by_role("button", name="Yes").click()
    expect(page.locator(".urgent")).to_contain_text("Call your team now")  # rigors, without any fever
    until_stored(page, hub, 2)  # that answer does not wait for the last question
    assert hub.messages()[1]["rep"][0]["i"] == "rigors"


def test_killed_while_offline_nothing_is_lost_and_nothing_comes_twice(
    hub: FakeHub, browser: Browser, tmp_path: Path
) -> None:
    with killable(browser.browser_type, tmp_path / "profile") as phone:
        context, page = phone.open()
        sign_in(page, hub)
        worker_ready(page)
        context.set_offline(True)
        temperature(page, "37.2")
        expect(page.locator("h1")).to_have_text("Thank you")
        go(page, "q/chemo-daily")
        page.get_by_role("button", name="No").click()
        page.get_by_role("button", name="Yes").click()
        expect(page.locator(".progress-words")).to_contain_text("Question 3")
        phone.kill()
        hub.storing = False
        context, page = phone.open()
        context.set_offline(True)
        page.goto(f"{hub.url}/app/#/q/chemo-daily")  # from the service worker
        expect(page.locator(".progress-words")).to_contain_text("Question 3")
        assert waiting(page) == 1
        temperature(page, "37.4")
        hub.storing, hub.lose_answers = True, 1
        context.set_offline(False)
        until_stored(page, hub, 2)
        first, second = hub.messages()
        assert [each["obs"][0]["v"] for each in (first, second)] == [37.2, 37.4]
        assert second["ev"] == [{"k": "boot", "prev": first["boot"], "last": 1}]
        assert second["t"] > first["t"]
        assert (hub.twice > 0, hub.conflicts) == (True, 0)  # the lost answer made it come again, byte for byte


ENTER_MANY = """async (count) => {
  const { append, start } = await import("/app/outbox.js");
  const day = 86400000, from = Date.now() - 7 * day;
  for (let n = 0; n < count; n += 1) {
    if (n % 100 === 50) await start();
    const entry = { obs: [{ c: "8310-5", v: 36 + (n % 9) / 10, u: "Cel" }] };
    await append({ device: "app-p1", patient: "P1", at: from + n * (7 * day / count), toff: 0 }, entry);
  }
}"""


def test_a_week_of_five_hundred_entries_goes_once_and_in_order(
    page: Page, hub: FakeHub, context: BrowserContext
) -> None:
    context.set_offline(True)
    page.evaluate(ENTER_MANY, 500)
    assert waiting(page) == 500
    hub.lose_answers = 2
    context.set_offline(False)
    until_stored(page, hub, 500, seconds=60)
    messages = hub.messages()
    assert [each["t"] for each in messages] == sorted(each["t"] for each in messages)
    boots = list(dict.fromkeys(each["boot"] for each in messages))
    assert len(boots) == 6
    for boot in boots:
        seqs = [each["seq"] for each in messages if each["boot"] == boot]
        assert seqs == list(range(1, len(seqs) + 1))
    assert hub.conflicts == 0


def test_two_tabs_share_one_order(page: Page, hub: FakeHub, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto(f"{hub.url}/app/")
    expect(other.locator("h1")).to_have_text("Today")
    hub.storing = False
    for n in range(3):
        temperature(page, f"36.{n}")
        temperature(other, f"36.{n + 5}")
    hub.storing = True
    until_stored(page, hub, 6)
    messages = hub.messages()
    assert [each["obs"][0]["v"] for each in messages] == [36.0, 36.5, 36.1, 36.6, 36.2, 36.7]
    assert len({(each["boot"], each["seq"]) for each in messages}) == 6
    assert len({each["boot"] for each in messages}) == 1
    assert hub.twice == 0
    expect(other.locator("header.top")).to_contain_text("All sent")


def test_hostile_text_is_shown_and_never_run(page: Page, hub: FakeHub) -> None:
    go(page, "q/chemo-daily")
    for answer in ("No", "No", "Well", "No"):
        page.get_by_role("button", name=answer, exact=True).click()
    text = app_days.HOSTILE + "\u0000" + "x" * 10_000
    page.locator("textarea").evaluate(
        "(area, text) => { area.value = text; area.dispatchEvent(new Event('input')); }", text
    )
    page.get_by_role("button", name="Send").click()
    until_stored(page, hub, 1)
    sent = hub.messages()[0]["rep"][-1]["s"]
    assert sent.startswith(app_days.HOSTILE)
    assert (len(sent), "\u0000" in sent) == (10_000, False)
    go(page, "history")
    page.locator("details", has_text="1 answer").locator("summary").click()
    expect(page.locator(".lines").last).to_contain_text("<script>")
    assert page.title() != "ran"
    assert page.locator("main img, main script").count() == 0


def test_a_value_that_the_hub_refuses_says_why(page: Page, hub: FakeHub) -> None:
    hub.refuse = "8310-5"
    temperature(page, "45.5")
    expect(page.locator(".ask")).to_contain_text("45.5 °C is not possible")
    page.get_by_role("button", name="The device really shows").click()
    until_stored(page, hub, 1)
    go(page, "sent")
    expect(page.locator(".message .fault")).to_contain_text("measure once more")


def test_pressure_the_wrong_way_round_or_in_centimetres_is_asked_about(page: Page, hub: FakeHub) -> None:
    go(page, "m/8480-6")
    page.fill("[name='8480-6']", "12,4")
    page.fill("[name='8462-4']", "78")
    page.click("form button[type=submit]")
    page.get_by_role("button", name="I meant 124 mmHg").click()
    until_stored(page, hub, 1)
    assert [each["v"] for each in hub.messages()[0]["obs"]] == [124, 78]
    go(page, "m/8480-6")
    page.fill("[name='8480-6']", "84")
    page.fill("[name='8462-4']", "102")
    page.click("form button[type=submit]")
    page.get_by_role("button", name="Swap the two").click()
    until_stored(page, hub, 2)
    assert [each["v"] for each in hub.messages()[1]["obs"]] == [102, 84]


def test_signing_out_over_unsent_entries_is_asked_about(page: Page, hub: FakeHub) -> None:
    hub.storing = False
    temperature(page, "36.8")
    go(page, "settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("[role=alert] h2")).to_have_text("1 entry is not sent yet")
    page.get_by_role("button", name="Sign out anyway").click()
    expect(page.locator("[name=username]")).to_be_visible()
    hub.storing = True
    sign_in(page, hub)
    until_stored(page, hub, 1)


def test_an_ended_session_keeps_what_was_entered(page: Page, hub: FakeHub) -> None:
    hub.storing = False
    temperature(page, "36.8")
    hub.session, hub.storing = False, True
    expect(page.locator(".note")).to_contain_text("What you entered is kept")
    expect(page.locator("body")).not_to_contain_text("Moreau")
    hub.otp = True
    page.fill("[name=username]", NAME)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.fill("[name=otp]", "123456")
    page.click("button[type=submit]")
    until_stored(page, hub, 1)


def test_a_caregiver_sees_nothing_after_the_end_of_the_access(context: BrowserContext) -> None:
    with served(FakeHub(role="caregiver", patients=["P1", "P2"])) as hub:
        page = context.new_page()
        sign_in(page, hub)
        expect(page.locator("h1")).to_have_text("For whom?")
        page.get_by_role("button", name=re.compile("Jean-Baptiste")).click()
        expect(page.locator("h1")).to_contain_text("Jean-Baptiste")
        temperature(page, "36.7")
        page.evaluate(OF_THE_OTHER)  # what was opened for one person goes to that person, whoever is chosen meanwhile
        until_stored(page, hub, 2)
        assert [device for device, _, _ in hub.order] == ["app-p2", "app-p1"]
        hub.patients = ["P1"]
        expect(page.locator("body")).not_to_contain_text("Jean-Baptiste", timeout=5000)
        assert page.evaluate(KEPT_OF, "P2") == 0


def test_a_shared_tablet_asks_who_is_measured(context: BrowserContext) -> None:
    with served(FakeHub(role="tablet", patients=["P1", "P2"])) as hub:
        page = context.new_page()
        sign_in(page, hub)
        expect(page.locator("h1")).to_have_text("Who is being measured?")
        page.get_by_role("button", name=re.compile("Claire Moreau")).click()
        expect(page.locator("main")).to_contain_text("2 March 1956")
        page.get_by_role("button", name="Read the wristband").click()
        expect(page).to_have_url(re.compile("#/today$"))  # the choice is kept before the page changes
        temperature(page, "36.6")
        until_stored(page, hub, 1)
        assert {"k": "identity", "why": "wristband"} in hub.messages()[0]["ev"]
        page.get_by_role("button", name="Finished: next person").click()
        expect(page.locator("h1")).to_have_text("Who is being measured?")


def test_a_nurse_enters_a_visit_without_network(context: BrowserContext) -> None:
    with served(FakeHub(role="nurse", patients=["P1", "P2"])) as hub:
        page = context.new_page()
        sign_in(page, hub)
        page.get_by_role("button", name=re.compile("Claire Moreau")).click()
        expect(page.get_by_role("link", name="Begin the visit")).to_be_visible()
        worker_ready(page)
        context.set_offline(True)
        page.get_by_role("link", name="Begin the visit").click()
        page.fill("[name='8310-5']", "36,9")
        page.fill("[name='59408-5']", "97")
        page.get_by_label("How do you feel at present?").select_option("1")
        page.get_by_label("Note for the team").fill("Catheter clean.")
        page.wait_for_timeout(300)
        page.reload()  # a closed tab loses nothing
        expect(page.locator("[name='8310-5']")).to_have_value("36,9")
        page.get_by_role("button", name="Send the visit").click()
        expect(page.locator("main [role=status]")).to_contain_text("still on this device")
        context.set_offline(False)
        until_stored(page, hub, 1)
        message = hub.messages()[0]
        assert [(each["c"], each["v"]) for each in message["obs"]] == [("8310-5", 36.9), ("59408-5", 97)]
        assert [each.get("g", each.get("s")) for each in message["rep"]] == [1, "Catheter clean."]
