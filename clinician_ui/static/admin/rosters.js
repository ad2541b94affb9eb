// Rosters that serve one's sites: who is on call in the next seven days; a shift added, somebody substituted.

import { call, newKey } from "../api.js";
import { fromParis, hubNow, shortTime, toParis } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { may } from "../store.js";
import { t } from "../words.js";
import { choice, empty, form, table } from "./form.js";

const ROLES = ["physician", "nurse", "advanced-nurse", "pharmacist", "prescriber", "coordinator", "operator"];

export async function rosters(node) {
  const { rosters: all } = await call("GET", "/api/rosters");
  if (all.length === 0) { empty(node, t("rNone")); return; }
  const pick = choice(all.map((each) => each.id), (id) => all.find((each) => each.id === id).name), body = h("div", { cls: "roster-body" });
  pick.addEventListener("change", () => draw().catch((error) => show(body, h("p", { cls: "fault" }, error.message))));
  show(node, h("label", { cls: "field roster-choice" }, h("span", null, t("rRoster")), pick), body);

  async function draw() {
    const id = pick.value, found = await call("GET", `/api/rosters/${encodeURIComponent(id)}/shifts`);
    show(body, h("h2", null, t("rWeek")), found.on_call.length === 0 ? h("p", { cls: "muted" }, t("rEmpty")) : table([t("aRole"), t("rPerson"), t("rFrom"), t("rTo")], found.on_call.map((each) => [t(each.role), [h("b", null, each.person), each.substitute_for && h("span", { cls: "small muted block" }, t("insteadOf", each.substitute_for))], shortTime(each.from), shortTime(each.to)])),
      may("roster") && h("div", { cls: "file-pair" }, adding(id), substituting(id)));
  }

  const moment = (hours) => h("input", { type: "datetime-local", required: true, value: toParis(hubNow() + hours * 3_600_000).slice(0, 16) });
  const name = () => h("input", { maxlength: 64, required: true, autocomplete: "off" });

  function adding(id) {
    const role = choice(ROLES, t), person = name(), from = moment(1), to = moment(13);
    return form(t("rAdd"), [["role", t("aRole"), role], ["person", t("rPerson"), person], ["from", t("rFrom"), from], ["to", t("rTo"), to]], t("rAdd"), async () => {
      await call("PUT", `/api/rosters/${encodeURIComponent(id)}/shifts/console-${newKey()}`, { role: role.value, person: person.value.trim(), from: fromParis(from.value), to: fromParis(to.value) });
      await done();
    });
  }

  function substituting(id) {
    const person = name(), by = name(), from = moment(1), to = moment(13), reason = h("input", { maxlength: 500, required: true });
    return form(t("rSubst"), [["person", t("rPerson"), person], ["by", t("rBy"), by], ["from", t("rFrom"), from], ["to", t("rTo"), to], ["reason", t("rReason"), reason]], t("rSubst"), async () => {
      await call("POST", `/api/rosters/${encodeURIComponent(id)}/substitutions`, { person: person.value.trim(), by: by.value.trim(), from: fromParis(from.value), to: fromParis(to.value), reason: reason.value.trim() });
      await done();
    });
  }
  async function done() { toast(t("aDone", pick.value)); await draw(); }
  await draw();
}
