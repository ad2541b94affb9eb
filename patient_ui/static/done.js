// After a report: where it is now, whether anybody looks, whom to call. No word on whether the values are good: that is the team's.

import { callButtons, watchedCard } from "./calls.js";
import { button, h, show } from "./dom.js";
import { isNurse, isTablet, state, choose } from "./store.js";
import { plural, t } from "./words.js";

export function donePage() {
  const node = h("div", { cls: "page" });
  state.run = [];
  let shown = "";
  const live = () => {
    const where = state.waiting ? plural("stillHere", state.waiting) : t("allReceived");
    if (shown === where) return;
    shown = where;
    show(node, h("h1", { tabindex: -1 }, t("thanks")), h("section", { cls: `card ${state.waiting ? "" : "calm"}` }, h("p", { role: "status" }, h("span", { "aria-hidden": "true" }, state.waiting ? "▢ " : "✓ "), where)),
      watchedCard(), h("section", { cls: "card" }, h("p", null, t("unwellAnyway")), callButtons()),
      isTablet() ? button(t("tabletDone"), () => choose(null).then(() => { location.hash = "#/who"; }), "primary") : h("a", { cls: "button primary", href: "#/today" }, t(isNurse() ? "backToPatient" : "backToToday")));
  };
  live();
  return { title: t("thanks"), node, live, nav: "today" };
}
