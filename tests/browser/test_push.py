"""Web push in a real Chromium: the setting of the console, a push, its notification, its receipt, the way to the alert.

No push service is reached: `PushManager` hands out a subscription of the test, pushes are delivered by DevTools.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from alerts.escalation.channels.texts import Wording
from alerts.escalation.channels.web_push import payload
from domain.instants import SECOND
from storage import connection, deliveries, outbox, rosters
from tests.alerts.escalation.channels.support import a_message
from tests.browser.test_console import console, log_in, write
from tests.flow import console_world as world

__all__ = ["console"]  # a fixture

POINT = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
SUBSCRIPTIONS = """
const KEPT = "test.push";
const subscription = (kept) => kept && {
  ...kept, options: {}, toJSON: () => ({ endpoint: kept.endpoint, expirationTime: null, keys: kept.keys }),
  unsubscribe: async () => { localStorage.removeItem(KEPT); return true; },
};
PushManager.prototype.getSubscription = async () => subscription(JSON.parse(localStorage.getItem(KEPT)));
PushManager.prototype.subscribe = async (options) => {
  if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("bad options");
  const endpoint = `https://fcm.googleapis.com/fcm/send/${crypto.randomUUID()}`;
  localStorage.setItem(KEPT, JSON.stringify({ endpoint, keys: { p256dh: "B".repeat(87), auth: "a".repeat(22) } }));
  return subscription(JSON.parse(localStorage.getItem(KEPT)));
};
"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((each) => ({
  title: each.title, body: each.body, tag: each.tag, lang: each.lang, stays: each.requireInteraction,
  at: each.timestamp,
}))"""
CLICK = """async () => { for (const notification of await self.registration.getNotifications())
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification })); }"""


CLICK_WITHOUT_A_PAGE = """async () => {
  const opened = [];
  self.clients.matchAll = async () => [];
  self.clients.openWindow = async (address) => opened.push(address);
  const notification = (await self.registration.getNotifications())[0];
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  for (let turn = 0; turn < 50 && opened.length === 0; turn += 1) await new Promise((over) => setTimeout(over, 20));
  return opened;
}"""


@pytest.fixture
def hub(database_url: str) -> Iterator[world.Served]:
    """A console of a hub that has a key."""
    world.hospital(database_url)
    with world.served(database_url, beat_seconds=1.0, push_key=POINT) as served:
        yield served


@pytest.fixture
def context(browser: Browser, hub: world.Served) -> Iterator[BrowserContext]:
    """A browser that may notify and that subscribes without a push service; a refused script or connection fails."""
    faults: list[str] = []
    found = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    found.grant_permissions(["notifications"], origin=hub.url)
    found.add_init_script(SUBSCRIPTIONS)
    found.on("weberror", lambda fault: faults.append(str(fault.error)))
    found.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield found
    found.close()
    assert faults == []


def devices(hub: world.Served, person: str) -> list[str]:
    """Where the person is pushed to."""
    with connection.connect(hub.deps.database_url) as conn:
        return [push.endpoint for push in rosters.contacts(conn, [person])[person].webpush]


def turn_on(page: Page) -> None:
    """By the window of the setting."""
    page.click("#device")
    expect(page.locator("dialog.device .device-state")).to_contain_text("Off: this device is not notified")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("dialog.device .device-state")).to_contain_text("On: this device is notified for you")


def test_this_device_is_turned_on_and_off_and_ends_with_the_log_out(context: BrowserContext, hub: world.Served) -> None:
    page = context.new_page()
    log_in(page, hub.url)
    expect(page.locator("#device")).to_have_attribute(
        "aria-label", "Notify this device. Off: this device is not notified."
    )
    turn_on(page)
    [first] = devices(hub, "doc1")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.device")).to_be_hidden()
    page.reload()
    expect(page.locator("#device.on")).to_be_visible()
    page.click("#device")
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator("dialog.device .device-state")).to_contain_text("Off")
    assert devices(hub, "doc1") == []
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("dialog.device .device-state")).to_contain_text("On:")
    [second] = devices(hub, "doc1")
    assert first != second
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Sign out").or_(page.get_by_role("button", name="Log out")).click()
    expect(page.locator("[name=username]")).to_be_visible()
    assert devices(hub, "doc1") == []
    assert page.evaluate("localStorage.getItem('test.push')") is None


def test_a_device_of_another_account_says_so_and_is_taken_over(context: BrowserContext, hub: world.Served) -> None:
    page = context.new_page()
    log_in(page, hub.url)
    turn_on(page)
    [former] = devices(hub, "doc1")
    context.clear_cookies()
    log_in(page, hub.url, "nurse1")
    page.click("#device")
    expect(page.locator("dialog.device .device-state")).to_contain_text("Off for you")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("dialog.device .device-state")).to_contain_text("On:")
    [now] = devices(hub, "nurse1")
    assert now != former


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })",
            "blocks notifications of this site",
        ),
        ("delete window.PushManager", "takes no notifications"),
        ("Object.defineProperty(window, 'isSecureContext', { get: () => false })", "https address"),
    ],
)
def test_why_it_is_not_possible_is_said_in_words(browser: Browser, hub: world.Served, script: str, said: str) -> None:
    context = browser.new_context(locale="en-GB")
    context.add_init_script(script)
    page = context.new_page()
    log_in(page, hub.url)
    page.click("#device")
    expect(page.locator("dialog.device .device-state")).to_contain_text(said)
    expect(page.get_by_role("button", name="Turn on")).to_be_hidden()
    context.close()


def test_a_hub_without_a_key_says_so(browser: Browser, console: world.Served) -> None:
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    log_in(page, console.url)
    page.click("#device")
    expect(page.locator("dialog.device .device-state")).to_contain_text("n'a pas de clé")
    context.close()


class Pushed:
    """Pushes by DevTools to the service worker of a page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.tools: CDPSession = page.context.new_cdp_session(page)
        self.registrations: list[str] = []
        self.tools.on("ServiceWorker.workerRegistrationUpdated", self._seen)
        self.tools.send("ServiceWorker.enable")
        page.wait_for_timeout(200)

    def _seen(self, event: dict[str, Any]) -> None:
        self.registrations += [each["registrationId"] for each in event["registrations"] if not each["isDeleted"]]

    def push(self, text: str) -> None:
        """One push message in clear, as the browser has it once it was decrypted."""
        given = {"origin": self.url, "registrationId": self.registrations[-1], "data": text}
        self.tools.send("ServiceWorker.deliverPushMessage", given)

    def shown(self, count: int) -> list[dict[str, Any]]:
        """The notifications on the screen, once there are so many."""
        for _ in range(400):
            found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
            if len(found) == count:
                return found
            self.page.wait_for_timeout(50)
        raise AssertionError(found)


def sent(hub: world.Served, alert: str, version: int = 1) -> UUID:
    """A delivery to the physician that the push service took."""
    at, key = world.now(), uuid4()
    due = outbox.Due(
        alert, "P1", "paris", "fever", "clinical", "high", "opened", version, 0, ("physician",), ("web-push",), at,
        "Fièvre", "Fever",
    )  # fmt: skip
    new = deliveries.New(key, "doc1", "physician", "web-push", "sent", at, at + 30 * SECOND, "answered 201")
    with connection.connect(hub.deps.database_url) as conn:
        outbox.insert(conn, [due])
        row = conn.execute("SELECT max(id) FROM outbox").fetchone()
        assert row is not None
        deliveries.insert(conn, row[0], new, now=at)
    return key


def state_of(hub: world.Served, delivery: UUID) -> str:
    """Of one delivery."""
    with connection.connect(hub.deps.database_url) as conn:
        row = conn.execute("SELECT state FROM delivery WHERE id = %s", (delivery,)).fetchone()
    assert row is not None
    return str(row[0])


def message(delivery: UUID, severity: str = "high") -> str:
    """What the hub encrypts for a browser."""
    return payload(a_message(id=str(delivery), severity=severity), Wording()).decode()


def test_a_push_is_shown_received_and_leads_to_the_alert(context: BrowserContext, hub: world.Served) -> None:
    write(hub, "P1")
    write(hub, "P2", severity="medium")
    page = context.new_page()
    log_in(page, hub.url)
    turn_on(page)
    page.keyboard.press("Escape")
    pushed = Pushed(page, hub.url)
    first, again = sent(hub, "P1-1"), sent(hub, "P1-1", version=2)
    pushed.push(message(first))
    [shown] = pushed.shown(1)
    assert shown == {
        "title": "Alert, high: Fever", "body": "paris · P1 · 22/11 06:12", "tag": "P1-1", "lang": "en", "stays": True,
        "at": 1_795_324_320_000,
    }  # fmt: skip
    world.wait_for(lambda: state_of(hub, first) == "delivered")
    pushed.push(message(again, "medium"))
    world.wait_for(lambda: state_of(hub, again) == "delivered")
    [repeated] = pushed.shown(1)
    assert (repeated["stays"], repeated["title"]) == (False, "Alert, medium: Fever")
    [worker] = context.service_workers
    worker.evaluate(CLICK)
    expect(page.locator(".panel .headline")).to_contain_text("Fever 38.9 °C")
    expect(page.locator(".panel h2")).to_contain_text("P1")
    pushed.shown(0)
    pushed.push(message(again))
    pushed.shown(1)
    assert worker.evaluate(CLICK_WITHOUT_A_PAGE) == ["/#alert/P1-1"]


def test_a_notification_speaks_the_language_of_the_page(browser: Browser, hub: world.Served) -> None:
    context = browser.new_context(locale="fr-FR")
    context.grant_permissions(["notifications"], origin=hub.url)
    context.add_init_script(SUBSCRIPTIONS)
    page = context.new_page()
    log_in(page, hub.url)
    page.click("#device")
    page.get_by_role("button", name="Activer", exact=True).click()
    expect(page.locator("dialog.device .device-state")).to_contain_text("Activé")
    pushed = Pushed(page, hub.url)
    pushed.push(message(uuid4()))
    [shown] = pushed.shown(1)
    assert (shown["title"], shown["lang"]) == ("Alerte haute : Fièvre", "fr")
    context.close()


def test_a_push_that_cannot_be_read_is_shown_all_the_same(context: BrowserContext, hub: world.Served) -> None:
    page = context.new_page()
    log_in(page, hub.url)
    turn_on(page)
    pushed = Pushed(page, hub.url)
    for text in ("no json", "[]", '{"en": {"title": 3}, "alert": {}, "delivery": 7, "at": "?"}', ""):
        pushed.push(text)
        [shown] = pushed.shown(1)
        assert (shown["title"], shown["body"], shown["tag"]) == ("Vigie: an alert", "Open the console.", "vigie")


def test_without_a_session_a_push_is_shown_and_not_received(context: BrowserContext, hub: world.Served) -> None:
    page = context.new_page()
    log_in(page, hub.url)
    turn_on(page)
    pushed = Pushed(page, hub.url)
    write(hub, "P1")
    delivery = sent(hub, "P1-1")
    context.clear_cookies()
    with context.expect_event("response", lambda answer: "receipt" in answer.url) as answered:
        pushed.push(message(delivery))
        pushed.shown(1)
    assert answered.value.status == 401
    assert state_of(hub, delivery) == "sent"


def test_the_link_of_a_message_opens_its_alert(context: BrowserContext, hub: world.Served) -> None:
    write(hub, "P2")
    page = context.new_page()
    log_in(page, f"{hub.url}/#alert/P2-1")
    expect(page.locator(".panel h2")).to_contain_text("P2")
    expect(page.locator(".panel .headline")).to_contain_text("Fever 38.9 °C")
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#alert/nothing%20here'")
    expect(page.locator(".toast.bad")).to_contain_text("no such alert in your circle")
    page.evaluate("location.hash = '#alert/P2-1'")
    expect(page.locator(".panel h2")).to_contain_text("P2")
