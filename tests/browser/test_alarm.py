"""The alarm by severity in a real Chromium: bursts, until when they go on, and a mute that a new high alert ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from clinician_ui.app import STATIC

# A made-up minute at the alarm: each step is [real ms, alerts]; answers the severities played and what was muted.
PLAY = """async (steps) => {
  const { makeAlarm } = await import('/static/alarm.js');
  let at = 0, log = [];
  const alarm = makeAlarm((severity) => { log.push([at, severity]); return true; });
  for (const [when, alerts, deed] of steps) {
    at = when;
    const all = alerts.map(([id, severity, more]) => ({ id, severity, state: 'open', rings: true, ...more }));
    if (deed === 'mute') alarm.muteFor(all, at);
    if (deed && deed.saw) alarm.saw(all.filter((each) => each.id === deed.saw));
    const told = alarm.tick(all, 0, at);
    if (deed === 'muted?') log.push([at, told.muted]);
  }
  return log;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """The console's own modules, served without a hub behind them."""
    opened = browser.new_page()
    folder = STATIC
    opened.route("**/*", lambda route: _serve(route, folder))
    opened.goto("http://alarm.test/")
    yield opened
    opened.close()


def _serve(route: Any, folder: Any) -> None:
    name = route.request.url.removeprefix("http://alarm.test/")
    if name.startswith("static/"):
        route.fulfill(path=folder / name.removeprefix("static/"), content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>alarm</title>", content_type="text/html")


def test_the_bursts_are_those_of_the_standard(page: Page) -> None:
    found = page.evaluate("import('/static/alarm-sounds.js').then(({ BURSTS, HARMONICS }) => ({ BURSTS, HARMONICS }))")
    bursts = found["BURSTS"]
    assert [len(bursts[each]["pulses"]) for each in ("high", "medium", "low")] == [10, 3, 2]
    for burst in bursts.values():
        assert 150 <= burst["frequency"] <= 1000
        above = [burst["frequency"] * (place + 1) for place in range(1, len(found["HARMONICS"]))]
        assert sum(300 <= each <= 4000 for each in above) >= 4
    assert min(found["HARMONICS"]) * 10 ** (15 / 20) >= max(found["HARMONICS"]), "within 15 dB"
    high = bursts["high"]
    gaps = [b - a - high["long"] for a, b in zip(high["pulses"], high["pulses"][1:], strict=False)]
    plain, middle = [gaps[place] for place in (0, 1, 3, 5, 6, 8)], [gaps[2], gaps[7]]
    assert all(0.05 <= gap <= 0.125 for gap in plain)
    assert all(abs(gap - (2 * plain[0] + high["long"])) < 0.001 for gap in middle)
    assert 0.35 <= gaps[4] <= 1.3
    assert bursts["low"]["every"] is None
    assert high["every"] < bursts["medium"]["every"]


def test_high_goes_on_until_it_is_seen_medium_slower_and_low_once(page: Page) -> None:
    one, rest = ["A", "high"], [["B", "medium"], ["C", "low"]]
    steps: list[Any] = [[0, []], [1000, [one]], [5000, [one]], [9000, [one]], [10_000, [one, *rest], {"saw": "A"}]]
    steps += [[at, [one, *rest]] for at in (13_000, 20_000, 33_000)]
    played = page.evaluate(PLAY, steps)
    assert played == [[1000, "high"], [9000, "high"], [13_000, "medium"], [33_000, "medium"]]
    low = page.evaluate(PLAY, [[0, []], *[[at, [["C", "low"]]] for at in (1000, 60_000, 600_000)]])
    assert low == [[1000, "low"]]


def test_what_was_there_at_the_beginning_rings_only_when_high(page: Page) -> None:
    there = [["A", "medium"], ["B", "low"]]
    assert page.evaluate(PLAY, [[0, there], [30_000, there]]) == []
    assert page.evaluate(PLAY, [[0, [["A", "high"]]]]) == [[0, "high"]]


def test_late_snoozed_and_acknowledged_alerts_do_not_ring_and_one_that_comes_back_does(page: Page) -> None:
    quiet = [["A", "high", {"rings": False}], ["B", "high", {"state": "acknowledged"}]]
    assert page.evaluate(PLAY, [[0, []], [1000, quiet], [60_000, quiet]]) == []
    snoozed = [["A", "high", {"snoozed_until": "2999-01-01T00:00:00Z"}]]
    steps = [[0, [["A", "high"]], {"saw": "A"}], [9000, snoozed], [18_000, [["A", "high"]]]]
    assert page.evaluate(PLAY, steps) == [[18_000, "high"]]


def test_a_mute_ends_by_itself_and_at_once_for_a_new_high_alert(page: Page) -> None:
    one, two, worse = ["A", "high"], ["B", "high"], ["M", "high"]
    steps = [[0, [one]], [8000, [one], "mute"], [100_000, [one], "muted?"], [127_999, [one]], [128_000, [one]]]
    assert page.evaluate(PLAY, steps) == [[0, "high"], [100_000, 28_000], [128_000, "high"]]
    steps = [[0, [one]], [8000, [one], "mute"], [9000, [one, ["M", "medium"]], "muted?"], [10_000, [one, two]]]
    assert page.evaluate(PLAY, steps) == [[0, "high"], [9000, 119_000], [10_000, "high"]]
    steps = [[0, [["M", "medium"]]], [100, [["M", "medium"]], "mute"], [5000, [worse]]]
    assert page.evaluate(PLAY, steps) == [[5000, "high"]], "an alert that got worse is a new one"
