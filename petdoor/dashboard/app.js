"use strict";

/** Puts the parts together: the sign-in, the line to the broker, and a card for each door it tells of. */
class Page {
  static MOST_DOORS = 50;
  static GATHER_MS = 40;

  constructor() {
    this._doors = new Map();
    this._cards = new Map();
    this._login = null;
    this._wasUp = this._isLost = false;
    this._line = new Line(this);
    this._signIn = new SignIn(document.getElementById("sign-in"), (login) => this._enter(login));
    document.getElementById("sign-out").addEventListener("click", () => this._leave());
    document.getElementById("try-now").addEventListener("click", () => this._line.tryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this._line.tryNow());
    window.addEventListener("online", () => this._line.tryNow());
    setInterval(() => this._tick(), 1000);
    this._begin();
  }

  up() {
    this._wasUp = true;
    this._isLost = false;
    this._signIn.keep(this._login);
    this._signIn.hide();
    this._doors.forEach((door) => door.grewOld());
    this._show();
  }

  down() {
    if (!this._wasUp && !this._isFromBefore) {
      this._line.close();
      this._signIn.show(`No broker answers at ${this._login.broker}.`, this._login);
    }
    this._isLost = true;
    this._show();
  }

  refused(sentence) {
    this._signIn.show(sentence, this._login);
    this._show();
  }

  message(topic, payload, isRetained) {
    const told = Contract.read(this._login.base, topic, payload);
    if (!told) return;
    if (told.part.startsWith("response/")) {
      this._line.answered(told.door, told.part, told.value);
      return;
    }
    if (told.part === "availability" && told.value === null) this._forget(told.door);
    else this._door(told.door)?.hear(told, isRetained);
    this._showSoon();
  }

  _begin() {
    const kept = this._signIn.kept();
    this._isFromBefore = kept !== null;
    if (kept) this._open(kept);
    else this._signIn.show();
    this._show();
  }

  _enter(login) {
    this._wasUp = this._isLost = this._isFromBefore = false;
    this._forgetAll();
    this._signIn.say("");
    this._open(login);
    this._show();
  }

  _open(login) {
    this._login = login;
    this._line.open(login);
  }

  _leave() {
    this._line.close();
    this._signIn.forget();
    this._wasUp = this._isLost = this._isFromBefore = false;
    this._forgetAll();
    this._signIn.show("", null);
    this._login = null;
    this._show();
  }

  _door(id) {
    if (!this._doors.has(id) && this._doors.size < Page.MOST_DOORS) this._doors.set(id, new Door(id));
    return this._doors.get(id);
  }

  _forget(id) {
    this._cards.get(id)?.remove();
    this._cards.delete(id);
    this._doors.delete(id);
  }

  _forgetAll() {
    [...this._doors.keys()].forEach((id) => this._forget(id));
  }

  /** Many words come at once; the page is drawn anew once for all of them. */
  _showSoon() {
    this._soon ??= setTimeout(() => this._show(), Page.GATHER_MS);
  }

  _show() {
    clearTimeout(this._soon);
    this._soon = null;
    const isLineUp = this._line.isUp;
    const view = { isLineUp, lastKnown: this._lastKnown() };
    for (const door of [...this._doors.values()].sort((one, other) => one.id.localeCompare(other.id)))
      if (door.state("availability") !== null) this._card(door).show(view);
    this._showFrame(isLineUp);
    this._showTitle(isLineUp);
    this._tick();
  }

  _card(door) {
    if (!this._cards.has(door.id)) {
      const card = new Card(door, this._line);
      const place = document.getElementById("doors");
      const next = [...place.children].find((other) => other.dataset.door.localeCompare(door.id) > 0);
      place.insertBefore(card.element, next ?? null);
      this._cards.set(door.id, card);
    }
    return this._cards.get(door.id);
  }

  _showFrame(isLineUp) {
    const isOut = this._login === null || !document.getElementById("sign-in").hidden;
    const state = isLineUp ? "up" : isOut ? "out" : this._isLost ? "lost" : "trying";
    document.body.dataset.broker = state;
    document.getElementById("broker-state").dataset.state = state;
    const words = { up: "Connected", out: "Not signed in", lost: "Broker lost", trying: "Connecting …" };
    say(document.getElementById("broker-words"), words[state]);
    document.getElementById("banner").hidden = state !== "lost";
    document.getElementById("sign-out").hidden = isOut;
    const nothing = document.getElementById("nothing");
    nothing.hidden = !isLineUp || this._cards.size > 0;
    say(nothing, nothing.hidden ? "" : `No door has said a word below ${this._login.base}/ yet. It appears here as soon as it does.`);
  }

  _showTitle(isLineUp) {
    const shown = [...this._doors.values()].filter((door) => this._cards.has(door.id));
    const words = shown.map((door) => `${door.id} ${boltOf(door)}`);
    const title = isLineUp || !this._wasUp ? words.join(", ") : "no connection";
    document.title = title ? `${title} – petdoor` : "petdoor";
  }

  /** What changes by the mere passing of time. */
  _tick() {
    const { isUp, nextAt } = this._line;
    const lastKnown = this._lastKnown();
    this._cards.forEach((card) => card.showAge(lastKnown));
    if (isUp) return;
    const seconds = nextAt === null ? null : Math.max(0, Math.ceil((nextAt - Date.now()) / 1000));
    const next = seconds === null ? "Trying now …" : `Trying again in ${seconds} s.`;
    document.getElementById("banner-clock").textContent = next;
  }

  _lastKnown() {
    const { isUp, heardAt } = this._line;
    if (isUp || heardAt === null) return "";
    return `last known, ${Words.duration(Math.round((Date.now() - heardAt) / 1000))} ago`;
  }
}

/** A door's bolt in a word, as long as it is known. */
function boltOf(door) {
  if (door.isFresh && !door.isOnline) return "offline";
  const bolt = door.isCurrent ? Words.BOLT[door.state("lock/state")] : null;
  return bolt?.toLowerCase() ?? "not known";
}

new Page();
