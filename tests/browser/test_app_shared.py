"""The app where it could mislead or tell too much: a dose taken, an old list, a phone or tablet that is shared."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.support.app_pages import PHONE, go, sign_in, temperature, until_stored, waiting, worker_ready
from tests.browser.support.fake_app_hub import CODE, PASSWORD, FakeHub, served

TAKE = re.compile("^Taken: capecitabine")
LOOK_AGAIN = """async () => (await import("/app/store.js")).refreshToday()"""
OLDER = """async (hours) => {
  const { state, changed } = await import("/app/store.js");
  state.todayAt -= hours * 3600000;
  const earlier = (at) => new Date(Date.parse(at) - hours * 3600000).toISOString();
  for (const each of state.today.due) each.due_at = earlier(each.due_at);
  changed();
}"""
REDRAW = """async () => (await import("/app/store.js")).changed()"""
DUE = """async () => {
  const { dueNow } = await import("/app/due.js"), { timeOf } = await import("/app/clock.js");
  return dueNow().map((each) => ({ kind: each.kind, state: each.state, hour: timeOf(each.due_at), code: each.code,
    open: ["due", "late"].includes(each.state) && !each.here }));
}"""
HELD = """async () => {
  const { append } = await import("/app/outbox.js"), { send } = await import("/app/store.js");
  const row = { device: "app-p1", patient: "P1", at: Date.now(), toff: 0, hold: 400 * 86400000 };
  await append(row, { obs: [{ c: "8310-5", v: 39.1, u: "Cel" }] });
  send();
}"""
KEPT = """async () => {
  const { inTransaction, asked } = await import("/app/db.js");
  return inTransaction(["kept"], "readonly", (stores) => asked(stores.kept.getAllKeys()));
}"""
GIVEN_UP = """async () => { await (await import("/app/outbox.js")).discard("app-p1"); }"""


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    """A phone in English."""
    found = browser.new_context(viewport=PHONE, locale="en-GB", has_touch=True)
    yield found
    found.close()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with a full day."""
    with served(FakeHub()) as found:
        yield found


@pytest.fixture
def page(context: BrowserContext, hub: FakeHub) -> Page:
    """Signed in."""
    opened = context.new_page()
    sign_in(opened, hub)
    return opened


def test_a_dose_that_was_taken_never_looks_due_again(page: Page, hub: FakeHub) -> None:
    page.get_by_role("button", name=TAKE).click()
    page.evaluate(LOOK_AGAIN)  # the hub does not have it yet
    hub.looking = False
    until_stored(page, hub, 1)
    page.evaluate(LOOK_AGAIN)
    expect(page.locator(".card").filter(has_text="Done already")).to_contain_text("received by the team")
    expect(page.get_by_role("button", name=TAKE)).to_have_count(0)


def test_a_dose_that_was_taken_is_not_told_a_second_time_by_changing_it(page: Page, hub: FakeHub) -> None:
    address = page.get_by_role("link", name=re.compile("^Something else for")).get_attribute("href") or ""
    page.get_by_role("button", name=TAKE).click()
    expect(page.get_by_role("button", name=TAKE)).to_have_count(0)
    go(page, address.removeprefix("#/"))
    expect(page.locator(".note")).to_contain_text("would count as a second dose")
    expect(page.get_by_label("I took it at another time")).to_have_count(0)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".fault:visible")).to_have_count(1)
    page.get_by_label("I vomited").check()
    page.get_by_role("button", name="Send").click()
    until_stored(page, hub, 2)
    assert [each["int"][0]["state"] for each in hub.messages()] == ["taken", "vomited"]


def test_a_dose_noted_by_mistake_is_taken_back_without_network_and_noted_anew(page: Page, hub: FakeHub) -> None:
    page.get_by_role("button", name=TAKE).click()
    hub.looking = False  # what the hub makes of it is not known here
    until_stored(page, hub, 1)
    hub.storing = False
    page.get_by_role("link", name="Change").click()
    noted = page.locator(".card").filter(has_text="What is noted")
    expect(noted).to_contain_text("taken")
    noted.get_by_role("button", name=re.compile("^That was a mistake: ")).click()
    page.get_by_role("button", name="No", exact=True).click()
    noted.get_by_role("button", name=re.compile("^That was a mistake: ")).click()
    page.get_by_role("button", name="Yes, take it back").click()
    expect(page.locator(".note")).to_contain_text("The entry is taken back")
    expect(noted).to_have_count(0)
    page.get_by_role("link", name="Back to today").click()
    page.get_by_role("button", name=TAKE).click()  # due again, at once
    hub.storing = True
    until_stored(page, hub, 3)
    first, gone, again = hub.messages()
    named = {"k": "retract", "boot": first["boot"], "from": first["seq"], "v": 0}
    assert [each for each in gone["ev"] if each["k"] == "retract"] == [named]
    assert (first["int"][0]["due"], "int" in gone) == (again["int"][0]["due"], False)
    go(page, "sent")
    expect(page.locator(".message").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("a dose taken back")
    expect(page.get_by_role("button", name=re.compile("^That was a mistake: "))).to_have_count(1)


def test_what_the_hub_knows_of_a_dose_is_taken_back_too(page: Page, hub: FakeHub) -> None:
    hub.noted = [
        {"device": "box-1", "boot": "b", "seq": 7, "i": 2, "by": "device"},
        {"device": "console", "boot": "c", "seq": 1, "i": 0, "by": "nurse"},
    ]
    page.evaluate(LOOK_AGAIN)
    page.get_by_role("link", name="Change").click()
    button = page.get_by_role("button", name=re.compile("^That was a mistake: "))
    expect(button).to_have_count(1)  # not what the nurse wrote
    button.click()
    page.get_by_role("button", name="Yes, take it back").click()
    until_stored(page, hub, 1)
    [gone] = [each for each in hub.messages()[0]["ev"] if each["k"] == "retract"]
    assert gone == {"k": "retract", "device": "box-1", "boot": "b", "from": 7, "v": 2}
    go(page, "history")
    page.get_by_role("button", name=re.compile("^That was a mistake: ")).first.click()
    page.get_by_role("button", name="Yes, take it back").click()
    until_stored(page, hub, 2)
    expect(page.locator(".gone")).to_have_count(2)
    expect(page.locator(".gone").first).to_contain_text("taken back, entered by mistake")


def test_without_network_the_evening_comes_and_yesterdays_list_is_not_todays(page: Page, hub: FakeHub) -> None:
    expect(page.get_by_role("button", name=TAKE)).to_have_count(1)
    hub.looking = False
    page.evaluate(OLDER, 11)
    expect(page.get_by_role("button", name=TAKE)).to_have_count(2)  # the dose of the evening is due by now
    page.evaluate(OLDER, 24)
    expect(page.locator("main")).to_contain_text("it is not today's")
    page.get_by_role("link", name=re.compile("^Dose taken or not")).click()
    page.get_by_role("button", name="Send").click()
    until_stored(page, hub, 1)
    dose = hub.messages()[0]["int"][0]
    assert (dose["state"], "due" in dose) == ("taken", False)  # neither one too many nor another day's


def test_seven_days_without_network_each_day_has_its_doses_and_questions(context: BrowserContext) -> None:
    with served(FakeHub(ahead=True)) as hub:
        page = context.new_page()
        page.clock.install()
        sign_in(page, hub)
        worker_ready(page)
        expect(page.get_by_role("button", name=TAKE)).to_have_count(1)
        hub.looking = hub.storing = False
        for day in range(1, 8):
            page.clock.set_system_time(_at(day, 9))
            page.evaluate(REDRAW)
            expect(page.locator("main")).to_contain_text("this list comes from the plan received then")
            due = page.evaluate(DUE)
            doses = [each for each in due if each["kind"] == "intake"]
            assert [each["hour"] for each in doses] == ["08:00", "20:00"], (day, doses)
            assert doses[0]["state"] == ("held" if day == 5 else "due"), (day, doses)
            assert {each["state"] for each in due if each["kind"] != "intake"} <= {"due", "late"}, (day, due)
            if day == 5:
                continue
            page.get_by_role("button", name=TAKE).click()
            temperature(page, "36.8")
            go(page, "q/chemo-daily")
            for answer in ("No", "No", "Well", "No", "Send"):
                page.get_by_role("button", name=answer, exact=True).click()
            expect(page.locator("h1")).not_to_have_text(re.compile("answers"))  # kept: the page of the answers is left
            go(page, "today")
            expect(page.get_by_role("button", name=TAKE)).to_have_count(0)
            page.clock.set_system_time(_at(day, 12))
            page.evaluate(REDRAW)
            assert {each["kind"] for each in page.evaluate(DUE) if each["open"]} <= {"measure"}, day
        page.clock.set_system_time(_at(9, 9))
        page.evaluate(REDRAW)
        expect(page.locator("main")).to_contain_text("it is not today's")  # nothing is made up beyond what was told


def _at(day: int, hour: int) -> datetime:
    now = datetime.now(ZoneInfo("Europe/Paris"))
    return datetime.combine(now.date() + timedelta(days=day), datetime.min.time().replace(hour=hour), now.tzinfo)


def test_an_old_empty_list_does_not_say_that_nothing_is_to_do(page: Page, hub: FakeHub) -> None:
    hub.mode = "empty"
    hub.version += 1
    expect(page.locator("main")).to_contain_text("Nothing to do now")
    hub.looking = False
    page.evaluate(OLDER, 25)
    expect(page.locator("main")).not_to_contain_text("Nothing to do now")


def test_a_clock_that_was_set_back_holds_nothing(page: Page, hub: FakeHub) -> None:
    page.evaluate(HELD)
    until_stored(page, hub, 1)


def test_what_was_given_up_is_reported(page: Page, hub: FakeHub) -> None:
    hub.storing = False
    temperature(page, "36.8")
    temperature(page, "36.9")
    page.evaluate(GIVEN_UP)
    hub.storing = True
    temperature(page, "37.0")
    until_stored(page, hub, 1)
    dropped = [each for each in hub.messages()[0]["ev"] if each["k"] == "dropped"]
    assert [(each["from"], each["to"]) for each in dropped] == [(1, 2)]


@pytest.mark.parametrize("way", ["sign out", "a code"])
def test_another_person_on_the_phone_sees_nothing_of_the_first(page: Page, hub: FakeHub, way: str) -> None:
    hub.storing = False
    temperature(page, "36.8")
    go(page, "q/chemo-daily")
    page.get_by_role("button", name="Yes").click()
    page.wait_for_timeout(300)
    hub.person, hub.role, hub.scopes, hub.looking = "lune-77", "caregiver", ["answer"], False
    if way == "sign out":
        go(page, "settings")
        page.get_by_role("button", name="Sign out").click()
        with page.expect_navigation():
            page.get_by_role("button", name="Sign out anyway").click()
        sign_in(page, hub)
    else:
        page.goto("about:blank")
        page.goto(f"{hub.url}/app/#code={CODE}")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.get_by_role("button", name="Continue").click()
    expect(page.locator("header.top")).to_be_visible()
    assert page.evaluate(KEPT) == []
    go(page, "sent")
    expect(page.locator(".message")).to_have_count(0)
    assert waiting(page) == 2  # the first person's entries wait for the first person
    hub.looking = hub.storing = True
    go(page, "q/chemo-daily")
    expect(page.locator(".progress-words")).to_contain_text("Question 1")
    assert hub.stored == {}


def test_a_scope_that_was_taken_back_shows_nothing_within_five_seconds(context: BrowserContext) -> None:
    with served(FakeHub(role="caregiver")) as hub:
        page = context.new_page()
        sign_in(page, hub)
        go(page, "history")
        expect(page.locator("main")).to_contain_text("Temperature")
        hub.scopes = ["answer"]
        expect(page.locator("main")).not_to_contain_text("Temperature", timeout=5000)
        assert [each for each in page.evaluate(KEPT) if "history" in each] == []


def test_a_shared_tablet_without_network_asks_again_who_is_measured(context: BrowserContext) -> None:
    with served(FakeHub(role="tablet", patients=["P1", "P2"])) as hub:
        page = context.new_page()
        page.clock.install()
        sign_in(page, hub)
        page.get_by_role("button", name=re.compile("Claire Moreau")).click()
        page.get_by_role("button", name="Read the wristband").click()
        expect(page.locator("h1")).to_contain_text("Claire")
        context.set_offline(True)
        page.clock.fast_forward("04:00")
        expect(page.locator("h1")).to_have_text("Who is being measured?")
