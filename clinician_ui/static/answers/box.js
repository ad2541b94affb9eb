// Answers without an alert: one row of the work list, of constant height while it is shut. What is open does not change under
// the reader: new answers are counted, and shown when asked for.

import "./words.js";
import { Refusal, call } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { ageOf, fullName } from "../marks.js";
import { may, person } from "../store.js";
import { figure, said, sourceWord, t } from "../words.js";

const nameOf = (each) => `${each.device}/${each.boot}/${each.seq}`;
let open = false, ticked = new Set(), seen = [], known = [], more = false; // outlive a change of language

export function makeAnswers() {
  const head = h("button", { type: "button", cls: "green-head", "aria-expanded": "false", "aria-controls": "green-list", onclick: toggle });
  const body = h("div", { id: "green-list", cls: "green-body", hidden: true });
  const node = h("section", { cls: "green-answers", hidden: !may("acknowledge") }, head, body);
  let serial = 0;

  async function load() {
    if (!may("acknowledge")) return;
    const mine = ++serial;
    try {
      const found = await call("GET", "/api/answers/unread");
      if (mine !== serial) return;
      known = found.messages;
      more = found.more;
    } catch { return; } // the next minute asks again; what is shown says its own ages
    drawHead();
    if (open) drawNews();
  }

  function toggle() {
    open = !open;
    if (open) take();
    drawHead();
    draw();
  }

  /** What the reader now looks at. */
  function take() {
    seen = known;
    ticked = new Set(seen.filter((each) => each.look_first.length === 0).map(nameOf));
  }

  function drawHead() {
    const patients = new Set(known.map((each) => each.patient)).size, n = known.length;
    head.setAttribute("aria-expanded", open ? "true" : "false");
    head.disabled = n === 0 && !open;
    show(head, h("span", { cls: "chevron", "aria-hidden": "true" }, open ? "▾" : "▸"), h("span", null, n === 0 ? t("greenNone") : n === 1 ? t("greenOne") : t("greenMany", more ? `${n}+` : n, patients)));
  }

  const news = h("p", { cls: "green-news", role: "status" });
  function drawNews() {
    const before = new Set(seen.map(nameOf)), fresh = known.filter((each) => !before.has(nameOf(each))).length;
    show(news, fresh > 0 && [t("greenNew", fresh), " ", h("button", { type: "button", cls: "quiet", onclick: () => { take(); draw(); } }, t("greenShowNew"))]);
  }

  function draw() {
    body.hidden = !open;
    if (!open) { show(body); return; }
    const fault = h("p", { cls: "fault", role: "alert" }), button = h("button", { type: "button", cls: "primary", onclick: () => send(button, fault) });
    const count = () => { button.textContent = t("greenRead", ticked.size); button.disabled = ticked.size === 0; };
    show(body, h("p", { cls: "muted small" }, t("greenLead"), more && ` (${t("greenMore", seen.length)})`), news,
      h("ul", { cls: "green-list" }, seen.map((each) => line(each, count))),
      h("div", { cls: "green-foot" }, button, fault));
    count();
    drawNews();
  }

  function line(each, count) {
    const key = nameOf(each), who = fullName(person(each.patient));
    const box = h("input", { type: "checkbox", checked: ticked.has(key), "aria-label": t("greenTick", who, shortTime(each.at)), onchange: () => { if (box.checked) ticked.add(key); else ticked.delete(key); count(); } });
    const graded = each.answers.filter((one) => one.grade !== null || one.number !== null), texts = each.answers.filter((one) => one.text);
    return h("li", { cls: each.look_first.length > 0 ? "first" : "" }, box,
      h("div", null, h("p", null, h("a", { href: `#/patient/${encodeURIComponent(each.patient)}` }, who), " ", h("span", { cls: "small muted" }, sourceWord(each.by), ", ", ageOf(each.at)), each.look_first.map((why) => [" ", h("span", { cls: "tag warn" }, `⚠ ${t(`look_${why}`)}`)])),
        h("p", { cls: "small" }, graded.map((one, place) => [place > 0 && " · ", `${said(one.name)} `, h("b", null, one.grade === null ? figure(one.number) : `${one.grade}/4`)])),
        texts.map((one) => h("blockquote", { dir: "auto" }, one.text))));
  }

  async function send(button, fault) {
    const messages = seen.filter((each) => ticked.has(nameOf(each))).map(({ device, boot, seq }) => ({ device, boot, seq }));
    button.disabled = true;
    show(fault);
    try {
      const done = await call("POST", "/api/answers/read", { messages });
      toast([t("greenDone", done.read), done.before > 0 && t("greenBefore", done.before)].filter(Boolean).join(" "));
      await again();
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) { toast(t("greenStale"), "bad"); await again(); return; }
      show(fault, t("failed", error.message));
      button.disabled = false;
    }
  }

  async function again() {
    await load();
    take();
    if (seen.length === 0) open = false;
    drawHead();
    draw();
    head.focus({ preventScroll: true });
  }

  drawHead();
  draw();
  return { node, load };
}
