// Readings are not being stored: the feed lives, ages count on, but nothing new can come. Not the sign of a dead feed (frozen.js).

import { elapsed, secondTime } from "./clock.js";
import { h, show } from "./dom.js";
import { t } from "./words.js";

const MOMENT = 3000;
const PARTS = ["ingest", "database", "former", "broker"];

/** A part that is away; with `former` its reason is the operator's. */
function named(part) {
  const name = part.startsWith("former: ") ? "former" : part;
  return PARTS.includes(name) ? t(`part_${name}`) : part;
}

export function makeUnstored() {
  const node = h("div", { cls: "unstored", id: "unstored", role: "alert", hidden: true });
  let away = [], since = null;

  function heard(parts, from) { away = parts; since = parts.length ? from : null; check(); }

  /** Called every second and with every beat: what lasts longer than a moment is shown. */
  function check() {
    const on = away.length > 0 && since !== null && elapsed(since) > MOMENT;
    const said = on ? `${since} ${away.join()}` : "";
    document.documentElement.classList.toggle("is-unstored", on);
    node.hidden = !on;
    if (node.dataset.said === said) return;
    node.dataset.said = said;
    show(node, on && [h("strong", null, t("unstoredSince", secondTime(since))), h("span", null, t("unstoredDo", away.map(named).join(", ")))]);
  }
  return { node, heard, check, on: () => !node.hidden };
}
