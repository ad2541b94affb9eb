// Shortcuts of one character: whether this browser takes them (WCAG 2.1.4), and the window that lists them. Remembered like the theme.

import { h, show } from "./dom.js";
import { t } from "./words.js";
import "./keyboard-words.js";

const KEPT = "vigie.keys", page = document.documentElement;

/** Escape, Tab, Enter and the arrows are no characters and work always. */
export const oneKey = () => page.dataset.keys !== "off";

function take(on) {
  page.dataset.keys = on ? "on" : "off";
  try { localStorage.setItem(KEPT, page.dataset.keys); } catch { /* not remembered */ }
}
try { page.dataset.keys = localStorage.getItem(KEPT) === "off" ? "off" : "on"; } catch { /* default */ }

export function makeKeyboard() {
  const node = h("dialog", { cls: "keys", "aria-labelledby": "keys-title" });
  function open() {
    const box = h("input", { type: "checkbox", checked: oneKey(), "aria-describedby": "keys-lead", onchange: () => take(box.checked) });
    show(node, h("h2", { id: "keys-title" }, t("keys")), h("ul", null, t("keysList").split("|").map((each) => h("li", null, each))),
      h("label", { cls: "check" }, box, t("keysOn")), h("p", { id: "keys-lead", cls: "muted small" }, t("keysLead")),
      h("div", { cls: "device-buttons" }, h("button", { type: "button", cls: "primary", autofocus: true, onclick: () => node.close() }, t("close_"))));
    if (!node.open) node.showModal();
  }
  return { node, open };
}
