// The health of the hub: what is away, queues and how old their oldest is, the database's checks, versions.

import { call } from "../api.js";
import { h, show } from "../dom.js";
import { ageOf } from "../marks.js";
import { figure, t } from "../words.js";
import { checkWords } from "./check-words.js";
import { table } from "./form.js";

export async function health(node) {
  const found = await call("GET", "/api/health"), base = found.database;
  const row = (name, ...what) => h("div", null, h("dt", null, name), h("dd", null, ...what));
  const verdict = (ok, words) => h("b", { cls: ok ? "good-word" : "bad-word" }, ok ? "✓ " : "⚠ ", words);
  show(node,
    h("dl", { cls: "facts" }, row(t("hAway"), verdict(found.away.length === 0, found.away.join(", ") || t("hAllThere"))), row(t("hVersion"), found.version), row(t("hTier"), `${base.tier} · PostgreSQL ${base.server}${base.timescaledb ? ` · TimescaleDB ${base.timescaledb}` : ""}`),
      row(t("hMigrations"), verdict(base.pending.length === 0, t("hMigrated", base.applied.length, base.pending.length))), row(t("hLast"), found.last_received_at ? ageOf(found.last_received_at) : t("hNever"))),
    h("h2", null, t("hQueues")), h("dl", { cls: "facts" }, found.queues.map((each) => row(t(`q_${each.name}`), t("hWaiting", each.waiting), each.oldest_at && [" · ", t("hOldest", ""), ageOf(each.oldest_at)]))),
    h("h2", null, t("hChecks")), table([t("name"), t("aState"), t("value")], base.checks.map((each) => [checkWords(each.name), verdict(each.ok, t(each.ok ? "hOk" : "hWrong")), each.ok ? checkWords(each.found) : `${checkWords(each.found)} · ${t("expected")} ${checkWords(each.expected)}`])),
    Object.keys(found.metrics).length > 0 && [h("h2", null, t("hMetrics")), h("dl", { cls: "facts" }, Object.entries(found.metrics).map(([name, value]) => row(h("code", null, name), figure(Math.round(value * 1000) / 1000))))]);
}
