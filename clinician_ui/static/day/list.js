// On the shift page: each patient of a site, and whether anybody reviewed the synthesis of today or yesterday.

import "./words.js";
import { call } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show } from "../dom.js";
import { fullName } from "../marks.js";
import { t } from "../words.js";
import { dayAddress, shifted, today } from "./page.js";

export function makeDayList() {
  const list = h("div", null), chips = h("div", { cls: "ranges", role: "group", "aria-label": t("dayChosen") });
  const node = h("section", { cls: "file-part" }, h("h2", null, t("dayList")), h("p", { cls: "muted small" }, t("dayListLead")), chips, list);
  let back = 0, site = null, serial = 0;

  async function load(of = site) {
    site = of;
    const mine = ++serial, day = shifted(today(), -back);
    show(chips, /** @type {[number, string][]} */ ([[0, "dayToday"], [1, "dayYesterday"]]).map(([by, word]) => h("button", { type: "button", cls: "quiet", "aria-pressed": String(back === by), onclick: () => { back = by; load(); } }, t(word))));
    try {
      const found = await call("GET", `/api/days/${day}`);
      if (mine === serial) draw(found.patients.filter((each) => each.site === site), day);
    } catch (error) { if (mine === serial) show(list, h("p", { cls: "fault" }, t("failed", error.message))); }
  }

  function draw(patients, day) {
    if (patients.length === 0) { show(list, h("p", { cls: "muted" }, t("dayNone"))); return; }
    show(list, h("ul", { cls: "day-list" }, patients.map((each) => h("li", null, h("a", { href: dayAddress(each.id, day) }, fullName(each)), " ",
      h("span", { cls: "small muted" }, each.reviewed_by ? `✓ ${t("dayBy", each.reviewed_by, shortTime(each.reviewed_at))}` : `◇ ${t("dayNobody")}`)))));
  }

  return { node, load };
}
