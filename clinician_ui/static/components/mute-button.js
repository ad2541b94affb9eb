// <vg-mute>: the button that mutes the alarm, with the time left always there to read. Not drawn while the console cannot sound.

import "../alarm-words.js";
import { t } from "../words.js";
import { Component, html, nothing } from "./element.js";

export class MuteButton extends Component {
  static properties = { sounds: { attribute: false }, ringing: { attribute: false }, left: { attribute: false } };

  constructor() {
    super();
    this.sounds = false;
    /** How many alerts ring. */
    this.ringing = 0;
    /** Seconds of the mute that are left; 0: not muted. */
    this.left = 0;
    /** @type {(on: boolean) => void} */
    this.press = () => {};
  }

  render() {
    if (!this.sounds) return nothing;
    const on = this.left > 0, waits = this.ringing > 0 && !on;
    const words = on ? t("mutedFor", `${Math.floor(this.left / 60)}:${String(this.left % 60).padStart(2, "0")}`) : t("muteFor");
    return html`<button type="button" id="mute" class="quiet${on ? " on" : ""}${waits ? " ringing" : ""}" ?disabled=${!on && !waits} title=${on ? t("unmuteHelp") : t("muteHelp", this.ringing)} @click=${() => this.press(!on)}>${words}</button>`;
  }
}
customElements.define("vg-mute", MuteButton);
