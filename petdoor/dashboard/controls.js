"use strict";

/**
 * What can be asked of a door, and what came of it.
 *
 * A control shows what the door reports, never what was clicked; beside it stands the door's answer.
 */
class Controls {
  static DONE_STAYS_MS = 10_000;
  static FAULT_STAYS_MS = 60_000;

  constructor(card, door, line) {
    this._door = door;
    this._line = line;
    this._card = card;
    this._draft = null;
    this._clearing = new Map();
    this._part = (name) => card.querySelector(`.control.${name}`);
    this._name();
    this._listen();
  }

  /** Show the states as they are; isCurrent: whether anything can be asked. */
  show(isCurrent) {
    this._card.querySelectorAll("fieldset.reach").forEach((reach) => { reach.disabled = !isCurrent; });
    if (!isCurrent) this._giveUp();
    this._showModes();
    this._showThreshold();
    this._showCurfew();
    this._showEmergency(isCurrent);
    const model = this._door.state("model/state");
    this._part("model").hidden = !model?.latest || model.latest === model.installed;
  }

  _name() {
    const { id } = this._door;
    const slider = this._part("threshold").querySelector("input");
    slider.id = `threshold-${id}`;
    this._part("threshold").querySelector("label").htmlFor = slider.id;
    this._part("modes").setAttribute("aria-label", `Mode of the door ${id}`);
    this._part("curfew").querySelector("button").setAttribute("aria-label", `Curfew of the door ${id}`);
  }

  _listen() {
    for (const button of this._card.querySelectorAll("[data-verb]"))
      this._on(button, "bolt", () => [button.dataset.verb]);
    for (const button of this._card.querySelectorAll("[data-mode]"))
      this._on(button, "mode", () => ["mode", button.dataset.mode]);
    this._on(this._part("curfew").querySelector("button"), "curfew", () => ["curfew", this._isOn("curfew") ? "OFF" : "ON"]);
    this._on(this._part("model").querySelector("button"), "model", () => ["model"]);
    this._listenToThreshold();
    this._listenToEmergency();
  }

  _on(button, place, request) {
    button.addEventListener("click", () => this._ask(button, place, ...request()));
  }

  _listenToThreshold() {
    const [slider, set] = this._part("threshold").querySelectorAll("input, button");
    slider.addEventListener("input", () => {
      this._draft = Number(slider.value);
      this._showThreshold();
    });
    set.addEventListener("click", async () => {
      await this._ask(set, "threshold", "threshold", this._draft);
      this._draft = null;
      this._showThreshold();
    });
  }

  _listenToEmergency() {
    const button = this._part("emergency").querySelector("button");
    const dialog = this._card.querySelector("dialog");
    dialog.querySelector("h3").textContent = `Hold the door “${this._door.id}” open?`;
    dialog.setAttribute("aria-label", dialog.querySelector("h3").textContent);
    button.addEventListener("click", () => {
      if (this._isOn("emergency")) this._ask(button, "emergency", "emergency", "OFF");
      else dialog.showModal();
    });
    dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());
    dialog.querySelector(".sure").addEventListener("click", () => {
      dialog.close();
      this._ask(button, "emergency", "emergency", "ON");
    });
  }

  /** Ask, and say beside the control what came of it; one request at a time from each control. */
  async _ask(button, place, verb, value) {
    if (button.getAttribute("aria-busy") === "true") return;
    const answer = this._card.querySelector(`[data-answer="${place}"]`);
    button.setAttribute("aria-busy", "true");
    answer.dataset.status = "asked";
    say(answer, "Asking the door …");
    const told = await this._line.ask(this._door.id, verb, value);
    button.removeAttribute("aria-busy");
    answer.dataset.status = told.status;
    say(answer, Words.answer(told));
    this._clearLater(answer, told.status === "ok" ? Controls.DONE_STAYS_MS : Controls.FAULT_STAYS_MS);
  }

  _clearLater(answer, milliseconds) {
    clearTimeout(this._clearing.get(answer));
    const clear = () => answer.dataset.status !== "asked" && say(answer, "");
    this._clearing.set(answer, setTimeout(clear, milliseconds));
  }

  /** Nothing half chosen stays behind where nothing can be asked. */
  _giveUp() {
    this._draft = null;
    const dialog = this._card.querySelector("dialog");
    if (dialog.open) dialog.close();
  }

  _showModes() {
    const mode = this._door.state("mode/state");
    for (const button of this._card.querySelectorAll("[data-mode]"))
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }

  _showThreshold() {
    const reported = this._door.state("threshold/state");
    const part = this._part("threshold");
    const [slider, set] = part.querySelectorAll("input, button");
    part.hidden = reported === null;
    if (reported === null) return;
    say(part.querySelector(".reported"), Words.decimal(reported));
    const isOther = this._draft !== null && this._draft !== reported;
    if (this._draft === null) slider.value = String(reported);
    slider.setAttribute("aria-valuetext", Words.decimal(Number(slider.value)));
    set.disabled = !isOther;
    say(set, isOther ? `Set ${Words.decimal(this._draft)}` : "Set");
  }

  _showCurfew() {
    const state = this._door.state("curfew/state");
    const part = this._part("curfew");
    part.hidden = state === null;
    part.querySelector("button").setAttribute("aria-checked", String(state === "ON"));
    say(part.querySelector(".hint"), state === "ON" ? "In its hours welcome animals are held back." : "Suspended: its hours do not count.");
  }

  _showEmergency(isCurrent) {
    const isOn = this._isOn("emergency");
    const part = this._part("emergency");
    part.classList.toggle("on", isOn);
    say(part.querySelector("button"), isOn ? "End the emergency" : "Hold open …");
    const held = Words.emergency(isCurrent ? this._door.state("lock/state") : null);
    say(part.querySelector(".hint"), isOn ? `${Words.capital(held)}.` : "Holds the door open, in every mode.");
  }

  _isOn(name) {
    return this._door.state(`${name}/state`) === "ON";
  }
}
