// The aplasia clock, drawn: first signal, delivered, seen, acted, antibiotic on one track with the one-hour mark.

import "./figures-words.js";
import { call } from "./api.js";
import { hubNow, shortTime, span } from "./clock.js";
import { Asked } from "./components/asked.js";
import { html, nothing } from "./components/element.js";
import { h, s } from "./dom.js";
import { t } from "./words.js";

const SHOWN = ["signal", "delivered", "seen", "acted", "antibiotic"];
const H = 46, R = 8, LEFT = 10, RIGHT = 10, HOUR = 3600, AT_HOUR = 0.8;

/** Seconds since the signal as a place: even up to the hour, then ever closer to the right end. */
const place = (seconds, W) => LEFT + (W - LEFT - RIGHT) * (seconds <= HOUR ? (seconds / HOUR) * AT_HOUR : AT_HOUR + (1 - AT_HOUR) * (1 - HOUR / seconds));

export const verdictWords = (clock, now) => {
  const signal = clock.marks[0], dose = clock.marks.at(-1);
  const since = dose.since_signal_s ?? (signal.at ? (now - Date.parse(signal.at)) / 1000 : 0);
  return t(`v_${clock.verdict}`, span(since * 1000));
};

/** The track alone. Marks that fall on one place stand side by side, in order. */
export function track(clock, now) {
  const W = innerWidth > 760 ? 460 : 330;
  const reached = clock.marks.filter((mark) => SHOWN.includes(mark.mark) && mark.at).sort((a, b) => a.since_signal_s - b.since_signal_s);
  const dots = reached.map((mark) => ({ mark, x: place(mark.since_signal_s, W) }));
  for (let i = 1; i < dots.length; i += 1) dots[i].x = Math.max(dots[i].x, dots[i - 1].x + 2 * R + 1);
  for (let i = dots.length - 1, limit = W - RIGHT; i >= 0; i -= 1, limit = dots[i + 1].x - 2 * R - 1) dots[i].x = Math.min(dots[i].x, limit);
  const signal = clock.marks[0].at;
  const end = clock.verdict === "within" || clock.verdict === "over" ? dots.find((dot) => dot.mark.mark === "antibiotic")?.x ?? LEFT : place(signal ? Math.max(0, (now - Date.parse(signal)) / 1000) : 0, W);
  const hour = place(HOUR, W), y = 27;
  const said = clock.marks.filter((mark) => SHOWN.includes(mark.mark)).map((mark) => `${t(`m_${mark.mark}`)}: ${mark.since_signal_s === null ? t("missing") : span(mark.since_signal_s * 1000)}`).join(", ");
  return s("svg", { cls: `clock-track ${clock.verdict}`, viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${verdictWords(clock, now)}. ${said}` },
    s("line", { cls: "rail", x1: LEFT, x2: W - RIGHT, y1: y, y2: y }), end > LEFT && s("line", { cls: "run", x1: LEFT, x2: end, y1: y, y2: y }),
    s("line", { cls: "hour", x1: hour, x2: hour, y1: 12, y2: 42 }), s("text", { cls: "hour-word", x: hour, y: 9, "text-anchor": "middle" }, t("oneHour")),
    dots.map(({ mark, x }) => [s("circle", { cls: `stop ${mark.mark}`, cx: x, cy: y, r: R }), s("text", { cls: "stop-word", x, y: y + 3.6, "text-anchor": "middle" }, SHOWN.indexOf(mark.mark) + 1)]));
}

/** Five marks under the track: number, word, elapsed time, the hour of the clock; a missing one says so. */
export function legend(clock) {
  return h("ol", { cls: "clock-marks" }, SHOWN.map((name, place) => {
    const mark = clock.marks.find((each) => each.mark === name);
    const none = clock.verdict === "running" ? t("notYet") : t("missing");
    return h("li", { cls: mark.at ? null : "none" }, h("span", { cls: "no", "aria-hidden": "true" }, place + 1), h("span", { cls: "word" }, t(`m_${name}`)),
      h("b", null, mark.at ? (name === "signal" ? shortTime(mark.at) : `+ ${span(mark.since_signal_s * 1000)}`) : none),
      h("span", { cls: "small muted" }, mark.at && name !== "signal" ? shortTime(mark.at) : "", mark.who && name !== "signal" ? ` · ${mark.who}` : ""));
  }));
}

const counted = (alert) => alert.category === "clinical" && alert.state !== "pending";

/** The clock of the alert of the panel; stays empty for an alert whose rule has none. */
export class ClockFace extends Asked {
  constructor() { super(face, { waits: false }); }

  about(alert) {
    return this.of(alert.id, alert, async () => {
      if (!counted(alert)) return null;
      await looked(alert.id);
      return call("GET", `/api/alerts/${encodeURIComponent(alert.id)}/clock`);
    });
  }
}
customElements.define("vg-clock-face", ClockFace);

function face(clock) {
  if (!clock.counts) return nothing;
  const now = hubNow();
  return html`<figure class="clock-face"><figcaption><span class="small muted">${t("clockTitle")}</span><b class="clock-verdict ${clock.verdict}">${verdictWords(clock, now)}</b></figcaption>${track(clock, now)}${legend(clock)}</figure>`;
}

const KEPT = 60_000, asked = new Map();
/** The clock of an alert, asked once a minute and version, not at every redraw: each look is on record. */
function clockOf(alert) {
  const key = `${alert.id} ${alert.version}`, kept = asked.get(key);
  if (kept && performance.now() - kept.at < KEPT) return kept.answer;
  const answer = call("GET", `/api/alerts/${encodeURIComponent(alert.id)}/clock`);
  asked.set(key, { at: performance.now(), answer });
  answer.catch(() => asked.delete(key));
  return answer;
}

/** The verdict alone, for an alert that stands behind another: its clock runs all the same. Does not count as seen. */
class ClockLine extends Asked {
  constructor() { super(verdict, { waits: false }); }

  about(alert) { return this.of(alert.id, alert, async () => (counted(alert) ? clockOf(alert) : null)); }
}
customElements.define("vg-clock-line", ClockLine);
export const clockLine = () => new ClockLine();

const verdict = (clock) => (clock.counts ? html`<span class="clock-verdict ${clock.verdict}">${t("clockSays", verdictWords(clock, hubNow()))}</span>` : nothing);

const told = new Set();
/** Say once that this person has the alert in front of them. */
export async function looked(id) {
  if (told.has(id) || document.hidden) return;
  told.add(id);
  try { await call("POST", `/api/alerts/${encodeURIComponent(id)}/seen`); } catch { told.delete(id); }
}
