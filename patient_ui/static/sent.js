// Each thing that was entered here and where it is: still on this device, received, read, refused. Nothing is only hoped for.

import { atWords, toHub } from "./clock.js";
import { button, h, show } from "./dom.js";
import { dosesOf, mistake } from "./doses.js";
import { known, unitWords } from "./measures.js";
import { byRole, number } from "./names.js";
import { discard } from "./outbox.js";
import { changed, patientOf, readRows, sendNow, state } from "./store.js";
import { plural, said, t } from "./words.js";

export function sentPage() {
  const node = h("div", { cls: "page" });
  let shown = "";
  const live = () => {
    const fresh = h("div", null, parts());
    if (shown === fresh.textContent) return;
    shown = fresh.textContent;
    show(node, ...fresh.childNodes);
  };
  live();
  return { title: t("navSent"), node, live };
}

function parts() {
  const rows = state.rows.filter((each) => !each.undone && what(each));
  return [h("h1", { tabindex: -1 }, t("navSent")), summary(), shut(),
    rows.length ? h("ul", { cls: "sent" }, rows.slice(0, 60).map(line)) : h("p", { cls: "empty" }, t("nothingSent"))];
}

function summary() {
  const words = state.waiting ? `${plural("stillHere", state.waiting)} ${t(state.network === "none" ? "whyNoNetwork" : state.network === "away" ? "whyAway" : "whySending")}` : t("allReceived");
  return h("section", { cls: `card ${state.waiting ? "" : "calm"}` }, h("p", { role: "status" }, h("span", { "aria-hidden": "true" }, state.waiting ? "▢ " : "✓ "), words), state.waiting > 0 && button(t("tryNow"), () => sendNow(), "quiet"));
}

/** What the hub will not take for this patient any more: the person is told, and chooses. */
function shut() {
  const device = patientOf()?.device;
  const count = state.rows.filter((each) => each.state === "waiting").length;
  if (!state.shut.has(device) || !count) return null;
  return h("section", { cls: "card ask" }, h("p", null, plural("shutOut", count)), button(t("deleteThem"), async () => { await discard(device); state.shut.delete(device); await readRows(); changed(); }, "quiet"));
}

const doseName = (drug) => said((state.today?.due ?? []).find((each) => each.kind === "intake" && each.drug === drug)?.name) || drug;

/** The content of a message in words. */
export function what(row) {
  const body = JSON.parse(row.text), codes = known(state.today);
  const values = (body.obs ?? []).map((each) => `${said(codes.get(each.c)?.name) || each.c} ${number(each.v, 2)} ${unitWords(each.u)}`);
  const doses = (body.int ?? []).map((each) => t("is", doseName(each.drug), t(`state-${each.state}`)));
  const back = (body.ev ?? []).filter((each) => each.k === "retract").map(() => t("sentBack"));
  return [...values, ...doses, ...back, ...(body.rep?.length ? [plural("answers", body.rep.length)] : [])].join(" · ");
}

function line(row) {
  return h("li", { cls: `message ${row.state}` }, h("p", null, h("strong", null, what(row))), h("p", { cls: "hint" }, t("enteredAt", atWords(toHub(row.at)))), fate(row), dosesOf(row).map((each) => mistake(each, doseName(each.drug), changed)),
    (row.refused ?? []).map((each) => h("p", { cls: "fault" }, t("refusedBy", said(each.said) || each.expected || each.reason))));
}

function fate(row) {
  if (row.state === "aside") return h("p", { cls: "fault" }, t("asideWords"));
  if (row.state === "waiting") return h("p", null, h("span", { "aria-hidden": "true" }, "▢ "), t("onThisPhone"));
  const read = row.readAt ? t("readBy", byRole(row.readBy), atWords(row.readAt)) : t("notRead");
  return h("p", null, h("span", { "aria-hidden": "true" }, row.readAt ? "✓✓ " : "✓ "), t("receivedAt", atWords(row.receivedAt)), ", ", read, ".");
}
