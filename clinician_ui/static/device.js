// The setting "notify this device": a button of the bar that says the state, and a window with the state in words, on and off.

import { h, s, show } from "./dom.js";
import { leave, pushState, registerWorker, turnOff, turnOn } from "./push.js";
import { t } from "./words.js";
import "./device-words.js";

const BELL = "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15ZM10 20.5a2 2 0 0 0 4 0", STROKE = "M4 4 20 21";

export function makeDevice() {
  let now = { kind: "asking" }, busy = false;
  const stroke = s("path", { d: STROKE });
  const button = h("button", { type: "button", cls: "quiet icon", id: "device", onclick: open }, s("svg", { cls: "glyph", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: BELL }), stroke));
  const words = h("p", { cls: "device-state", role: "status" }), fault = h("p", { cls: "fault", role: "alert" });
  const turn = h("button", { type: "button", cls: "primary", onclick: change });
  const dialog = h("dialog", { cls: "device", "aria-labelledby": "device-title", onclose: () => dialog.remove() }, h("h2", { id: "device-title" }, t("device_")), words, fault, h("p", null, t("deviceLead")), h("p", { cls: "muted small" }, t("deviceLast")),
    h("div", { cls: "device-buttons" }, turn, h("button", { type: "button", cls: "quiet", onclick: () => dialog.close() }, t("close_"))));

  /** Asks the browser and the hub. */
  async function look() {
    try { now = await pushState(); } catch { now = { kind: "unknown" }; }
    draw();
  }
  function draw() {
    const on = now.kind === "on", said = t(`device_${now.kind}`);
    button.classList.toggle("on", on);
    stroke.setAttribute("d", on ? "" : STROKE);
    button.title = `${t("device_")}. ${said}`;
    button.setAttribute("aria-label", button.title);
    show(words, said);
    words.className = `device-state ${now.kind}`;
    turn.hidden = !["on", "off", "other"].includes(now.kind);
    turn.textContent = on ? t("deviceTurnOff") : t("deviceTurnOn");
    turn.disabled = busy;
  }
  async function change() {
    busy = true;
    show(fault);
    draw();
    try { await (now.kind === "on" ? turnOff() : turnOn(now.key)); }
    catch (error) { show(fault, t("deviceFailed", error.message)); }
    busy = false;
    await look();
  }
  function open() { show(fault); button.after(dialog); dialog.showModal(); look(); }

  draw();
  // The worker follows the language of the page, and a new version of itself.
  look().then(() => now.kind === "on" && registerWorker()).catch(() => {});
  return { button, dialog, leave };
}
