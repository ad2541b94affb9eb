// The bar on top: age of the feed, sound, parts, language, theme, keyboard list.

import { mayAdminister } from "./admin/page.js";
import { makeDevice } from "./device.js";
import { FeedState } from "./components/feed-state.js";
import { MuteButton } from "./components/mute-button.js";
import { h, s } from "./dom.js";
import { makeKeyboard } from "./keyboard.js";
import { canSound, startShift } from "./sound.js";
import { may, quarantined, state } from "./store.js";
import { makeUnstored } from "./unstored.js";
import { language, setLanguage, t } from "./words.js";
import "./figures-words.js";
import "./shift/words.js";
import "./unit/words.js";

export function makeHeader({ go, redraw, logout, mute: muteAlarm }) {
  const feed = new FeedState();
  const shift = h("button", { type: "button", cls: "quiet", id: "shift", title: t("shiftHint"), onclick: unlock }, t("startShift"));
  const muting = new MuteButton();
  muting.press = muteAlarm;
  const badge = h("span", { cls: "badge", hidden: true });
  const tabs = { board: h("button", { type: "button", onclick: () => go("board") }, t("workList")), unit: h("button", { type: "button", onclick: () => go("unit") }, t("unitTab")), quarantine: h("button", { type: "button", onclick: () => go("quarantine") }, t("quarantine"), badge), shift: h("button", { type: "button", onclick: () => go("shift") }, t("shiftPage")), figures: h("button", { type: "button", onclick: () => go("figures") }, t("figures")), admin: h("button", { type: "button", onclick: () => go("admin") }, t("adminTab")) };
  const other = language() === "fr" ? "en" : "fr";
  const unstored = makeUnstored();
  // In the flow, so that it covers nothing; there from the beginning until sound is on, so that no alert moves the rows by it.
  const silent = h("div", { cls: "silent", role: "status", hidden: !may("see") || canSound() }, t("noSound"));
  const keyboard = makeKeyboard();
  // Whoever sees no alert can give no receipt either.
  const device = may("see") ? makeDevice() : null;
  const node = h("header", { cls: "top" },
    h("div", { cls: "bar" }, h("div", { cls: "brand" }, h("img", { src: "/static/icon.svg", alt: "", width: 26, height: 26 }), "Vigie"),
      h("nav", null, may("see") && tabs.board, may("see") && tabs.unit, may("see") && tabs.shift, may("quarantine") && tabs.quarantine, may("figures") && tabs.figures, mayAdminister() && tabs.admin), may("see") && feed, h("div", { cls: "grow" }),
      may("see") && shift, may("see") && muting, device?.button, h("span", { cls: "me small" }, state.me.username, h("span", { cls: "muted" }, t(state.me.role))),
      h("button", { type: "button", cls: "quiet icon wide-only", id: "keys", title: t("keys"), "aria-label": t("keys"), onclick: keyboard.open }, "?"),
      h("button", { type: "button", cls: "quiet icon wide-only", title: t("theme"), "aria-label": t("theme"), onclick: turnTheme }, icon("M12 4a8 8 0 1 0 0 16ZM12 4a8 8 0 0 1 0 16")),
      h("button", { type: "button", cls: "quiet", lang: other, onclick: () => { setLanguage(other); redraw(); } }, other.toUpperCase()),
      h("button", { type: "button", cls: "quiet icon", title: t("logout"), "aria-label": t("logout"), onclick: async () => { await device?.leave(); logout(); } }, icon("M14 5H6v14h8M11 12h10M17.5 8.5 21 12l-3.5 3.5"))),
    state.me.hub?.demo && h("div", { cls: "demo small" }, t("demo")), unstored.node, keyboard.node);
  // What sticks below the bar must know how high the bar is now.
  new ResizeObserver(() => document.documentElement.style.setProperty("--top", `${node.offsetHeight}px`)).observe(node);

  async function unlock() {
    if (await startShift()) sound(true);
    else { mute(); }
  }
  function sound(on) {
    muting.sounds = on;
    if (on) silent.hidden = true;
    if (on && !shift.classList.contains("on")) { shift.classList.add("on"); shift.classList.remove("mute"); shift.textContent = `♪ ${t("soundOn")}`; }
    if (!on && shift.classList.contains("on")) mute();
  }
  function mute() {
    if (shift.classList.contains("mute") && !silent.hidden && !muting.sounds) return;
    shift.classList.remove("on");
    shift.classList.add("mute");
    shift.textContent = `✕ ${t("startShift")}`;
    shift.title = t("noSound");
    silent.hidden = false;
    muting.sounds = false;
  }
  /** What rings, and how long it is muted yet: the time left is always there to read. */
  function rings({ ringing, muted }) {
    muting.ringing = ringing.length;
    muting.left = Math.ceil(muted / 1000);
  }
  return {
    node, silent, unstored, mute, rings, sound, keys: keyboard.open,
    at: (where) => Object.entries(tabs).forEach(([name, tab]) => (name === where ? tab.setAttribute("aria-current", "page") : tab.removeAttribute("aria-current"))),
    unseen: (count) => { badge.hidden = !count; badge.textContent = count; },
    quarantined: () => { badge.hidden = !quarantined(); badge.textContent = quarantined(); },
    feed: (told, frozen) => feed.heard(told, frozen),
  };
}

const icon = (path) => s("svg", { cls: "glyph", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: path }));

function turnTheme() {
  const now = document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("vigie.theme", next); } catch { /* not remembered */ }
}
try { const kept = localStorage.getItem("vigie.theme"); if (kept) document.documentElement.dataset.theme = kept; } catch { /* default */ }
