// Who uses the app for a patient: a code with its QR code that works once, a caregiver with what the patient agreed to, the end of an
// access. Asked of the hub only when it is opened: the look is on record.

import { call } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { ageOf } from "../marks.js";
import { may } from "../store.js";
import { t } from "../words.js";

const SCOPES = ["answer", "see", "be_told"];

/** Null for whoever may not make accounts. */
export function appPeople(patient) {
  if (!may("enrol")) return null;
  const inside = h("div", { cls: "app-people" }), box = h("details", null, h("summary", null, t("apOpen")), inside);
  box.ontoggle = () => { if (box.open && !inside.childNodes.length) load(inside, patient); };
  return box;
}

async function load(inside, patient) {
  const at = `/api/patients/${encodeURIComponent(patient)}`, list = h("div", null, h("p", { cls: "muted" }, t("loading"))), code = h("div", { "aria-live": "polite" });
  const again = async () => {
    try { const { persons } = await call("GET", `${at}/persons`); show(list, persons.length ? persons.map((each) => person(at, each, code, again)) : h("p", { cls: "muted" }, t("apNobody"))); }
    catch (error) { show(list, h("p", { cls: "fault" }, error.message)); }
  };
  show(inside, list, code, wish(at, code, again));
  await again();
}

function person(at, each, code, again) {
  const node = h("div", { cls: "app-person" }), fault = h("span", { cls: "fault", role: "alert" });
  const fresh = async () => { try { shown(code, await call("POST", `${at}/enrolment-codes`, { person: each.person })); await again(); } catch (error) { fault.textContent = error.message; } };
  const asked = () => {
    const reason = h("input", { type: "text", maxlength: 500, required: true, "aria-label": t("apReason"), placeholder: t("apReason") });
    const end = async (event) => {
      event.preventDefault();
      if (!reason.value.trim()) { fault.textContent = t("apReason"); reason.focus(); return; }
      try { await call("POST", `${at}/persons/${encodeURIComponent(each.person)}/revocation`, { reason: reason.value.trim() }); toast(t("apEnded")); await again(); } catch (error) { fault.textContent = error.message; }
    };
    show(node, head, h("form", { novalidate: true, onsubmit: end }, reason, h("button", { type: "submit", cls: "primary" }, t("apEnd")), h("button", { type: "button", cls: "quiet", onclick: plain }, t("cancel")), fault));
    reason.focus();
  };
  const head = h("p", null, h("b", null, each.person), ` · ${t(`ap_${each.role}`)}`, h("span", { cls: "small muted block" }, [each.claimed ? (each.last_seen_at ? t("apSeen", ageOf(each.last_seen_at)) : t("apNeverSeen")) : t("apUnused"), each.role === "caregiver" && each.scopes.map((one) => t(`ap_${one}`)).join(", ")].filter(Boolean).join(" · ")));
  const plain = () => show(node, head, h("div", { cls: "deeds" }, h("button", { type: "button", cls: "quiet", onclick: fresh }, t("apNewCode")), h("button", { type: "button", cls: "quiet", onclick: asked }, t("apEnd"))), fault);
  plain();
  return node;
}

function wish(at, code, again) {
  const role = h("select", { "aria-label": t("apFor") }, ["patient", "caregiver", "tablet"].map((each) => h("option", { value: each }, t(`ap_${each}`))));
  const boxes = SCOPES.map((each) => [each, h("input", { type: "checkbox" })]), how = h("select", { "aria-label": t("apHow") }, ["spoken", "paper"].map((each) => h("option", { value: each }, t(`ap_${each}`))));
  const agreed = h("fieldset", { hidden: true }, h("legend", null, t("apAgreed")), boxes.map(([each, box]) => h("label", { cls: "check" }, box, " ", t(`ap_${each}`))), h("label", null, t("apHow"), " ", how)), fault = h("p", { cls: "fault", role: "alert" });
  role.onchange = () => { agreed.hidden = role.value !== "caregiver"; };
  const make = async (event) => {
    event.preventDefault();
    const scopes = boxes.filter(([, box]) => box.checked).map(([each]) => each), helping = role.value === "caregiver";
    fault.textContent = helping && !scopes.length ? t("apScope") : "";
    if (fault.textContent) return;
    try { shown(code, await call("POST", `${at}/enrolment-codes`, { role: role.value, ...(helping ? { scopes, how: how.value } : {}) })); await again(); }
    catch (error) { fault.textContent = error.status === 409 ? t("apHas") : error.message; }
  };
  return h("form", { cls: "app-wish", novalidate: true, onsubmit: make }, h("label", null, t("apFor"), " ", role), agreed, fault, h("button", { type: "submit", cls: "primary" }, t("apMake")));
}

/** The hub's own drawing, read as a picture: no markup of it enters the page. Told once, never again. */
function shown(code, made) {
  const picture = h("img", { cls: "qr", alt: t("apQr"), src: `data:image/svg+xml,${encodeURIComponent(made.qr)}` });
  show(code, h("div", { cls: "device-label" }, picture, h("div", null, h("h3", { tabindex: "-1" }, t("apCode")), h("p", { cls: "app-code" }, made.code.replace(/^(.{4})(.{4})$/, "$1-$2")), h("p", { cls: "small" }, t("apOnce", shortTime(made.expires_at))), h("p", { cls: "small muted" }, `${made.person} · ${made.address.split("#")[0]}`))));
  code.querySelector("h3").focus();
}
