"use strict";

/** What is known of one door: its states as last told, its events without doubles, its picture and figures. */
class Door {
  static MOST_EVENTS = 100;

  constructor(id) {
    this.id = id;
    this.states = new Map();
    this.events = new Map();
    this.picture = null;
    this.stats = null;
    this.statsAt = null;
    this.offlineSince = null;
    this.isFresh = false;
    this._counted = 0;
  }

  /** Take in a word of the contract, checked by Contract.read. */
  hear({ part, value }, isRetained) {
    switch (part) {
      case "event":
        return this._happened(value, value?.isLate);
      case "event/replayed":
        return this._happened(value, true);
      case "recent":
        return value?.forEach((event) => this._happened(event, event.isLate));
      case "snapshot":
      case "snapshot/last":
        this.picture = value;
        return undefined;
      case "stats":
        this.stats = value;
        this.statsAt = Date.now();
        return undefined;
      default:
        return this._state(part, value, isRetained);
    }
  }

  /** The line to the broker is new: until the door, or the broker for it, speaks again, all of this is old. */
  grewOld() {
    this.isFresh = false;
  }

  get isOnline() {
    return this.states.get("availability") === "online";
  }

  /** Whether the states are those of now: the door is online and said so on this connection. */
  get isCurrent() {
    return this.isFresh && this.isOnline;
  }

  state(part) {
    return this.states.get(part) ?? null;
  }

  /** Newest first. */
  get history() {
    return [...this.events.values()].sort((one, other) => other.at - one.at || other.order - one.order);
  }

  _state(part, value, isRetained) {
    this.states.set(part, value);
    if (part !== "availability") return;
    this.isFresh = true;
    this.offlineSince = value === "offline" && !isRetained ? new Date() : null;
  }

  _happened(event, isLate) {
    if (!event) return;
    const known = this.events.get(event.id);
    if (known) {
      known.isLate ||= isLate;
      return;
    }
    this.events.set(event.id, { ...event, isLate, order: this._counted++ });
    if (this.events.size > Door.MOST_EVENTS * 2) this._forgetOldest();
  }

  _forgetOldest() {
    this.events = new Map(this.history.slice(0, Door.MOST_EVENTS).map((event) => [event.id, event]));
  }

}
