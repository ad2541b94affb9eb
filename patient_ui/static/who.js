// Who is it about? Several patients of one caregiver or nurse; on a shared tablet also how the identity was checked.

import { longDate } from "./clock.js";
import { button, h, show } from "./dom.js";
import { personName } from "./names.js";
import { choose, isNurse, isTablet, refreshToday, state } from "./store.js";
import { t } from "./words.js";

const CHECKS = ["birth-date", "wristband", "photo", "known"];

export function whoPage() {
  const node = h("div", { cls: "page" });
  let filter = "", shown = "";
  const list = h("ul", { cls: "people" });
  const title = t(isTablet() ? "whoMeasured" : isNurse() ? "whoVisited" : "whoFor");
  const draw = () => {
    const found = (state.me?.patients ?? []).filter((each) => personName(each).toLowerCase().includes(filter.toLowerCase()));
    const key = found.map((each) => each.id + personName(each)).join("|");
    if (key === shown && list.childNodes.length) return;
    shown = key;
    show(list, found.map((each) => h("li", null, h("button", { type: "button", cls: "person-row", onclick: () => pick(each) }, h("strong", null, personName(each)), each.birth_date && h("span", { cls: "hint" }, t("born", longDate(`${each.birth_date}T12:00:00Z`)))))),
      found.length === 0 && h("li", { cls: "empty" }, t("nobody")));
  };
  const pick = (each) => { if (isTablet()) identify(node, each); else go(each.id, null); };
  const search = (state.me?.patients.length ?? 0) > 8 && h("div", { cls: "field" }, h("label", { for: "who-search" }, t("search")), h("input", { id: "who-search", type: "search", autocomplete: "off", oninput: (event) => { filter = event.target.value; draw(); } }));
  draw();
  show(node, h("h1", { tabindex: -1 }, title), isTablet() && h("p", { cls: "note" }, t("tabletLead")), search, list);
  return { title, node, live: () => { if (node.contains(list)) draw(); }, nav: "today" };
}

async function go(id, identity) {
  await choose(id, identity);
  location.hash = "#/today";
  refreshToday();
}

/** Every measurement of a shared tablet says how it was checked whose it is. */
function identify(node, each) {
  const checks = CHECKS.filter((check) => check !== "birth-date" || each.birth_date);
  show(node, h("h1", { tabindex: -1 }, t("isThis", personName(each))), each.birth_date && h("p", { cls: "big" }, t("born", longDate(`${each.birth_date}T12:00:00Z`))), h("p", null, t("howChecked")),
    h("div", { cls: "stack" }, checks.map((check) => button(t(`check-${check}`), () => go(each.id, check), "primary")), button(t("notThis"), () => { location.hash = "#/who"; dispatchEvent(new HashChangeEvent("hashchange")); })));
  node.querySelector("h1").focus();
}
