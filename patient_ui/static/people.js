// The patient decides who else may see and answer: a code for a caregiver, what each may do, and the end of it at once.

import { call } from "./api.js";
import { ago, whenWords } from "./clock.js";
import { button, h, say, show } from "./dom.js";
import { troubleWords } from "./trouble.js";
import { state } from "./store.js";
import { language, t } from "./words.js";

const SCOPES = ["answer", "see", "be_told"];

export function peoplePage() {
  const list = h("div", { cls: "page" }, h("p", { cls: "muted" }, t("loading"))), made = h("div", { "aria-live": "polite" }), node = h("div", { cls: "page" });
  const draw = async () => {
    try { show(list, shown((await call("GET", `caregivers?patient=${encodeURIComponent(state.patient)}`)).caregivers, draw)); }
    catch (error) { show(list, h("p", { cls: "note" }, troubleWords(error))); }
  };
  show(node, h("h1", { tabindex: -1 }, t("peopleTitle")), h("p", null, t("peopleLead")), list, made, invite(made, draw), h("a", { cls: "button quiet", href: "#/settings" }, t("back")));
  draw();
  return { title: t("peopleTitle"), node, nav: "settings" };
}

const scopes = (each) => SCOPES.filter((one) => each.scopes.includes(one)).map((one) => t(`scope-${one}`)).join(", ");

function shown(people, draw) {
  if (!people.length) return [h("p", { cls: "empty" }, t("nobodyElse"))];
  return people.map((each) => {
    const node = h("section", { cls: "card" });
    const plain = () => show(node, h("h2", null, each.person), h("p", null, scopes(each)), h("p", { cls: "hint" }, each.claimed ? (each.last_seen_at ? t("lastSeen", ago(each.last_seen_at)) : t("neverSeen")) : t("notClaimed"), each.since ? ` · ${t("since", whenWords(each.since))}` : ""), button(t("revoke"), sure));
    const sure = () => { show(node, h("div", { cls: "ask" }, h("h2", { tabindex: -1 }, t("revokeSure", each.person)), h("div", { cls: "pair" }, button(t("revokeYes"), end, "primary"), button(t("cancel"), plain)))); node.querySelector("h2").focus(); };
    const end = async () => {
      try { await call("DELETE", `caregivers/${encodeURIComponent(each.person)}?patient=${encodeURIComponent(state.patient)}`); say(t("revoked", each.person)); await draw(); }
      catch (error) { say(troubleWords(error)); plain(); }
    };
    plain();
    return node;
  });
}

function invite(made, draw) {
  const boxes = SCOPES.map((each) => [each, h("input", { type: "checkbox", checked: true })]), fault = h("p", { cls: "fault", role: "alert" });
  const add = async (event) => {
    event.preventDefault();
    const wanted = boxes.filter(([, box]) => box.checked).map(([each]) => each);
    fault.textContent = wanted.length ? "" : t("scopeNeeded");
    if (!wanted.length) return;
    try { code(made, await call("POST", "caregivers", { patient: state.patient, scopes: wanted, language: language() })); await draw(); }
    catch (error) { fault.textContent = troubleWords(error); }
  };
  return h("form", { cls: "card", novalidate: true, onsubmit: add }, h("h2", null, t("inviteTitle")), h("fieldset", null, h("legend", null, t("inviteMay")), boxes.map(([each, box]) => h("label", { cls: "check" }, box, t(`scope-${each}`)))), fault, h("button", { type: "submit", cls: "primary" }, t("inviteMake")));
}

function code(made, { code: words, qr, expires_at: until }) {
  show(made, h("section", { cls: "card centred" }, h("h2", { tabindex: -1 }, t("codeFor")), qr && h("img", { cls: "qr", alt: t("codeQr"), src: `data:image/svg+xml,${encodeURIComponent(qr)}` }), h("p", { cls: "big-code" }, words.replace(/^(.{4})(.{4})$/, "$1-$2")), h("p", { cls: "hint" }, t("codeOnce", whenWords(until)))));
  made.querySelector("h2").focus();
}
