// <vg-feed>: whether the page is live, by word, shape and colour, with the seconds since the hub was last heard.

import { t } from "../words.js";
import { Component, html } from "./element.js";

export class FeedState extends Component {
  static properties = { live: { attribute: false }, frozen: { attribute: false }, silent: { attribute: false } };

  constructor() {
    super();
    this.live = false;
    this.frozen = false;
    /** Milliseconds since the last word of the hub. */
    this.silent = 0;
  }

  /** @param {{live: boolean, silent: number}} told @param {boolean} frozen */
  heard(told, frozen) {
    this.live = told.live;
    this.frozen = frozen;
    this.silent = Math.round(told.silent / 1000) * 1000;
  }

  render() {
    const kind = this.live ? "live" : this.frozen ? "frozen" : "connecting";
    const words = { live: `${t("live")} · ${this.silent / 1000} s`, frozen: t("notLive"), connecting: t("connecting") }[kind];
    return html`<div class="feed ${kind}" id="feed" role="status" aria-live="off"><span class="dot" aria-hidden="true"></span><span class="text">${words}</span></div>`;
  }
}
customElements.define("vg-feed", FeedState);
