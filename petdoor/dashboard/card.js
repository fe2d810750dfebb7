"use strict";

/** One door on the page. */
class Card {
  static FIGURES_LAST_MS = 150_000;

  constructor(door, line) {
    this.element = document.getElementById("card").content.cloneNode(true).firstElementChild;
    this._door = door;
    this._controls = new Controls(this.element, door, line);
    this._timeline = new Timeline(this._find(".timeline"));
    this._find(".name").textContent = door.id;
    this._find(".bolt-word .spoken").textContent = `Door ${door.id}: `;
    this.element.dataset.door = door.id;
    this.element.setAttribute("aria-label", `Door ${door.id}`);
    this._find(".picture img").addEventListener("load", () => this._pictureDone(true));
    this._find(".picture img").addEventListener("error", () => this._pictureDone(false));
  }

  /** Show the door as it is known; lastKnown: since when nothing is heard, in words, empty where all is current. */
  show({ isLineUp, lastKnown }) {
    const isCurrent = isLineUp && this._door.isCurrent;
    this.element.dataset.current = String(isCurrent);
    this._showBolt(isCurrent);
    this._showPills(isLineUp);
    this._showProblems();
    this._showPicture();
    this._showFigures();
    this._timeline.show(this._door.history);
    this._controls.show(isCurrent);
    this.showAge(lastKnown);
  }

  /** Once a second while the door is out of reach. */
  showAge(lastKnown) {
    const isCurrent = this.element.dataset.current === "true";
    const { isOnline, isFresh, offlineSince } = this._door;
    const isOffline = isFresh && !isOnline && !lastKnown;
    const since = offlineSince ? ` since ${Words.time(offlineSince)}` : "";
    const offline = `last known; the door is offline${since}`;
    const place = this._find(".last-known");
    place.hidden = isCurrent;
    place.textContent = isCurrent ? "" : isOffline ? offline : lastKnown || "last known; waiting for the door";
    const unreachable = this._find(".unreachable");
    unreachable.hidden = isCurrent;
    say(unreachable, isCurrent ? "" : isOffline ? "The door is offline: nothing can be asked of it." : "Nothing can be asked of the door at the moment.");
  }

  remove() {
    this._door.picture = null;
    this._showPicture();
    this.element.remove();
  }

  _showBolt(isCurrent) {
    const state = this._door.state("lock/state");
    this._find(".bolt").dataset.state = state ?? "unknown";
    say(this._find(".bolt-word strong"), Words.BOLT[state] ?? "Not known");
    const isEmergency = this._door.state("emergency/state") === "ON";
    const since = this._boltSince(state);
    const jammed = state === "JAMMED" ? "the bolt has fallen, but the flap stands open" : "";
    const mode = state === "LOCKED" ? Contract.own(Words.MODE_NOTE, this._door.state("mode/state")) : "";
    const held = `emergency: ${Words.emergency(isCurrent ? state : null)}`;
    const words = [since && `since ${Words.time(since)}`, jammed, isEmergency ? held : mode];
    say(this._find(".bolt-note"), Words.capital(words.filter(Boolean).join(" · ")));
  }

  /** When the bolt came to be so, where the events tell. */
  _boltSince(state) {
    const told = { door_locked: "LOCKED", flap_freed: "LOCKED", door_unlocked: "UNLOCKED", flap_jammed: "JAMMED" };
    const last = this._door.history.find((event) => Contract.own(told, event.type));
    return last && told[last.type] === state ? last.at : null;
  }

  _showPills(isLineUp) {
    const { isOnline, isFresh } = this._door;
    const words = isOnline ? "online" : "offline";
    this._pill("availability", isOnline ? "good" : "bad", isLineUp && !isFresh ? `${words}, last known` : words);
    const camera = this._door.state("camera/availability");
    this._pill("camera", camera === "online" ? "good" : "bad", { online: "camera sees", offline: "camera blind" }[camera] ?? "");
    const motion = this._door.state("motion/state");
    this._pill("motion", motion === "ON" ? "busy" : "idle", { ON: "something moves", OFF: "nothing moves" }[motion] ?? "");
  }

  _pill(part, tone, words) {
    const pill = this._find(`.pill[data-part="${part}"]`);
    pill.hidden = words === "";
    pill.dataset.tone = tone;
    say(pill.querySelector("span"), words);
  }

  _showProblems() {
    const isTold = this._door.state("problem/state") === "ON";
    const reasons = isTold ? this._door.state("problem/attributes") ?? [] : [];
    const shown = isTold && reasons.length === 0 ? [{ part: "door", reason: "it reports a problem" }] : reasons;
    const list = this._find(".problems");
    const words = shown.map(({ part, reason }) => `${Words.capital(part)}: ${reason}`);
    list.hidden = words.length === 0;
    if (words.join("\n") === [...list.children].map((item) => item.textContent).join("\n")) return;
    list.replaceChildren(...shown.map(problemOf));
  }

  _showPicture() {
    const { picture } = this._door;
    const judged = this._door.history.find(isPictured);
    const words = judged ? Words.event(judged).title : "";
    const figure = this._find(".picture");
    const img = figure.querySelector("img");
    say(figure.querySelector("figcaption"), judged ? `${words}, ${Words.time(judged.at)}` : "");
    img.alt = words ? `What the camera saw: ${words}` : "What the camera saw last";
    if (picture === this._shown) return;
    this._shown = picture;
    this._revoke();
    if (picture === null) {
      this._pictureDone(false);
      return;
    }
    this._url = URL.createObjectURL(picture);
    img.src = this._url;
  }

  /** The picture stands, or cannot be shown; either way its address has served. */
  _pictureDone(isShown) {
    const { naturalWidth, naturalHeight } = this._find(".picture img");
    const isNearlyFitting = Math.abs(naturalWidth / naturalHeight - 4 / 3) < 0.15;
    this._find(".picture").classList.toggle("fitting", isNearlyFitting);
    this._find(".picture").hidden = !isShown;
    this._find(".stage").classList.toggle("with-picture", isShown);
    this._revoke();
  }

  _revoke() {
    if (this._url) URL.revokeObjectURL(this._url);
    this._url = null;
  }

  _showFigures() {
    const { stats, statsAt } = this._door;
    const info = this._door.state("info");
    const isOld = !stats || Date.now() - statsAt > Card.FIGURES_LAST_MS;
    const figures = isOld ? [] : figuresOf(stats);
    const model = info ? [info.version && `petdoor ${info.version}`, info.backbone, info.runtime].filter(Boolean) : [];
    const words = [...figures, ...model];
    const place = this._find(".figures");
    place.hidden = words.length === 0;
    if (words.join("\n") === [...place.children].map((item) => item.textContent).join("\n")) return;
    place.replaceChildren(...words.map((figure) => element("span", "", figure)));
  }

  _find(selector) {
    return this.element.querySelector(selector);
  }
}

/** A door shows no picture of what may be a person. */
function isPictured({ type, told }) {
  return type.startsWith("animal_") && told.species !== "other";
}

function problemOf({ part, reason }) {
  const item = element("li");
  const words = element("p");
  words.append(element("b", "", `${Words.capital(part)}: `), reason);
  item.append(markOf("warning"), words);
  return item;
}

function figuresOf({ fps, inferMs, slowMs, celsius, uptimeSeconds }) {
  const { figure, duration } = Words;
  const slow = slowMs === null ? "" : `, mostly under ${figure(slowMs)} ms`;
  return [
    fps !== null && `${figure(fps)} pictures a second`,
    inferMs !== null && `${figure(inferMs)} ms to judge one${slow}`,
    celsius !== null && `${figure(celsius)} °C`,
    uptimeSeconds !== null && `up ${duration(uptimeSeconds)}`,
  ].filter(Boolean);
}
