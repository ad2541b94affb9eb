// <vg-asked>: a piece that asks the hub for what it shows. What it has stays until the next answer is there; a late answer never shows.

import { t } from "../words.js";
import { Component, html, nothing } from "./element.js";

const AGAIN_AFTER = 5000;

export class Asked extends Component {
  static properties = { found: { attribute: false }, fault: { attribute: false } };

  /** @param {(found: any) => unknown} draw @param {{waits?: boolean}} how `waits`: says that it loads, and what failed; else stays empty */
  constructor(draw, { waits = true } = {}) {
    super();
    this.draw = draw;
    this.waits = waits;
    this.found = null;
    this.fault = "";
    this.subject = this.state = null;
    /** Not before, after a failure: the panel is drawn at every frame of the feed. */
    this.againAt = 0;
  }

  /**
   * Asks when the subject or its state is another than before; of another subject nothing old is shown.
   * @param {string} subject @param {unknown} state @param {() => Promise<any>} ask
   */
  of(subject, state, ask) {
    if (subject === this.subject && (state === this.state || performance.now() < this.againAt)) return this;
    if (subject !== this.subject) { this.found = null; this.fault = ""; }
    this.subject = subject;
    this.state = state;
    this.againAt = 0;
    this.answer(subject, state, ask);
    return this;
  }

  /** What failed is asked again at a look some seconds later. */
  async answer(subject, state, ask) {
    const mine = () => subject === this.subject && state === this.state;
    try {
      const found = await ask();
      if (mine()) { this.found = found; this.fault = ""; }
    } catch (error) {
      if (mine()) { this.fault = error.message; this.state = undefined; this.againAt = performance.now() + AGAIN_AFTER; }
    }
  }

  render() {
    if (this.fault && this.waits) return html`<p class="muted small">${this.fault}</p>`;
    if (this.found !== null) return this.draw(this.found);
    return this.waits ? html`<p class="muted small">${t("loading")}</p>` : nothing;
  }
}
customElements.define("vg-asked", Asked);
