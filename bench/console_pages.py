"""What runs inside the page while the console is measured, and how a page is opened and weighed.

Called by `bench.console`.
"""

# ruff: noqa: E501  (scripts read better on one line)

from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.flow import console_world as world

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
MEGA = 1024 * 1024

# The list with its alerts is on the screen: the moment of the frame after it, since the navigation began.
USEFUL = """() => new Promise((done) => {
  const look = () => document.querySelectorAll("li.row.high").length > 0
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now()))) : setTimeout(look, 5);
  look();
})"""
WATCH_FRAMES = """() => {
  const seen = { longest: 0, over: 0, count: 0 };
  let last = performance.now();
  const frame = (now) => { const took = now - last; last = now; seen.count += 1; seen.longest = Math.max(seen.longest, took); seen.over += took > 100; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  window.frames_ms = () => seen;
}"""
# When each alert is on the screen: the frame after its row is in the list, by the clock of this machine.
WATCH_ROWS = """() => {
  window.seen_at = {};
  const look = () => requestAnimationFrame(() => setTimeout(() => {
    for (const row of document.querySelectorAll("li.row[data-front]")) window.seen_at[row.dataset.front] ??= Date.now();
    for (const part of document.querySelectorAll("[data-part]")) window.seen_at[part.dataset.part] ??= Date.now();
  }));
  new MutationObserver(look).observe(document.getElementById("rows"), { childList: true, subtree: true });
}"""
# The chart library of the patient's file over 100,000 points, moved by one part in 200 each frame for 3 s.
PAN = """async () => {
  const uplot = (await import("/static/vendor/uplot.js")).default;
  const n = 100000, xs = new Float64Array(n), ys = new Float64Array(n);
  for (let i = 0; i < n; i += 1) { xs[i] = 1.7e9 + i * 60; ys[i] = 37 + Math.sin(i / 400) + Math.sin(i * 12.9898) * 0.3; }
  const box = document.createElement("div");
  document.body.prepend(box);
  const chart = new uplot({ width: 1200, height: 300, scales: { x: { time: true } }, series: [{}, { stroke: "#06c", width: 1.6, points: { show: false } }] }, [xs, ys], box);
  const span = (xs[n - 1] - xs[0]) / 2;
  let frames = 0, longest = 0, start = 0, last = 0;
  return new Promise((done) => {
    const step = (now) => {
      if (!start) { start = now; last = now; }
      longest = Math.max(longest, now - last); last = now; frames += 1;
      if (now - start > 3000) { done({ points: n, frames_per_s: Math.round(frames / ((now - start) / 1000)), longest_frame_ms: Math.round(longest) }); return; }
      const from = xs[0] + span * ((frames % 200) / 200);
      chart.setScale("x", { min: from, max: from + span });
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}"""


def signed_in(chromium: Browser, address: str) -> Page:
    """A console on a desktop, its list drawn."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR").new_page()
    page.goto(address)
    page.fill("[name=username]", "doc1")
    page.fill("[name=password]", world.PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("li.row.high", timeout=60_000)
    return page


def visit(page: Page, address: str) -> dict[str, Any]:
    """The page loaded anew with an empty cache: ms to the list, kB over the wire, MB of live heap."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    tools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="commit")
    useful = page.evaluate(USEFUL)
    page.wait_for_timeout(300)
    heap, rows = heap_mb(tools), page.locator("li.row").count()
    tools.detach()
    return {"useful_ms": round(useful), "kb": round(sum(sizes) / 1000), "heap_mb": heap, "rows": rows}


def heap_mb(tools: CDPSession) -> float:
    """What is alive after a collection."""
    tools.send("HeapProfiler.enable")
    tools.send("HeapProfiler.collectGarbage")
    return round(float(tools.send("Runtime.getHeapUsage")["usedSize"]) / MEGA, 1)
