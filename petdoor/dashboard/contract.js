"use strict";

/**
 * What doors say over MQTT, checked before anything believes it.
 *
 * Contract.read(base, topic, payload) is {door, part, value}; null for whatever is not a well-formed
 * word of a door. An empty payload takes a retained word back: its value is then null.
 * Contract.BRIEF and Contract.BULKY are the topics below a door's, pictures and lists apart from the rest.
 */
const Contract = (() => {
  const LONGEST_TEXT = 300;
  const LONGEST_JSON_BYTES = 512 * 1024;
  const LARGEST_PICTURE_BYTES = 8 * 1024 * 1024;
  const MOST_RECENT = 50;
  const DOOR = /^[a-zA-Z0-9_-]{1,64}$/;
  const utf8 = new TextDecoder("utf-8");

  const switched = oneOf("ON", "OFF");
  const line = oneOf("online", "offline");
  const READERS = {
    "availability": line,
    "lock/state": oneOf("LOCKED", "UNLOCKED", "JAMMED"),
    "camera/availability": line,
    "mode/state": oneOf("auto", "locked", "unlocked", "observe"),
    "threshold/state": threshold,
    "curfew/state": switched,
    "emergency/state": switched,
    "motion/state": switched,
    "problem/state": switched,
    "problem/attributes": json(reasons),
    "last_animal/state": (payload) => text(utf8.decode(payload.subarray(0, LONGEST_TEXT))),
    "model/state": json(model),
    "info": json(info),
    "recent": json(recent),
    "snapshot/last": picture,
    "snapshot": picture,
    "event": json(event),
    "event/replayed": json(event),
    "stats": json(stats),
  };

  const BULKY = ["recent", "snapshot", "snapshot/last"];
  const BRIEF = [...Object.keys(READERS).filter((part) => !BULKY.includes(part)), "response/+"];

  function read(base, topic, payload) {
    if (!topic.startsWith(`${base}/`)) return null;
    const rest = topic.slice(base.length + 1);
    const slash = rest.indexOf("/");
    if (slash < 1) return null;
    const door = rest.slice(0, slash);
    const part = rest.slice(slash + 1);
    const reader = part.startsWith("response/") ? json(response) : own(READERS, part);
    if (!reader || !DOOR.test(door)) return null;
    const value = payload.length === 0 ? null : reader(payload);
    return value === undefined ? null : { door, part, value };
  }

  /** Whether this can be the base of all topics: no wildcard, no empty end. */
  function isBase(base) {
    return /^[^/+#$\0][^+#\0]*$/.test(base) && !base.endsWith("/");
  }

  function oneOf(...words) {
    return (payload) => words.find((word) => word === utf8.decode(payload.subarray(0, 20)));
  }

  function json(check) {
    return (payload) => {
      if (payload.length > LONGEST_JSON_BYTES) return undefined;
      try {
        return check(JSON.parse(utf8.decode(payload)));
      } catch {
        return undefined; // neither JSON nor what it should be: as if it had not been said
      }
    };
  }

  function threshold(payload) {
    const words = utf8.decode(payload.subarray(0, 20)).trim();
    const number = words === "" ? NaN : Number(words);
    return number > 0 && number <= 1 ? number : undefined;
  }

  function picture(payload) {
    const isJpeg = payload[0] === 0xff && payload[1] === 0xd8 && payload[2] === 0xff;
    return isJpeg && payload.length <= LARGEST_PICTURE_BYTES
      ? new Blob([payload], { type: "image/jpeg" })
      : undefined;
  }

  function reasons(told) {
    const entries = isRecord(told) && isRecord(told.reasons) ? Object.entries(told.reasons) : undefined;
    return entries
      ?.filter(([, reason]) => typeof reason === "string")
      .slice(0, 20)
      .map(([part, reason]) => ({ part: text(part), reason: text(reason) }));
  }

  function model(told) {
    if (!isRecord(told)) return undefined;
    return { installed: text(told.installed_version), latest: text(told.latest_version) };
  }

  function info(told) {
    if (!isRecord(told)) return undefined;
    return { version: text(told.version), backbone: text(told.backbone), runtime: text(told.runtime) };
  }

  function stats(told) {
    if (!isRecord(told)) return undefined;
    return {
      uptimeSeconds: number(told.uptime_seconds),
      fps: number(told.fps),
      inferMs: number(told.infer_ms_p50),
      slowMs: number(told.infer_ms_p95),
      celsius: number(told.temperature_c),
    };
  }

  function response(told) {
    if (!isRecord(told) || !["ok", "error"].includes(told.status)) return undefined;
    if (!["string", "number"].includes(typeof told.transaction)) return undefined;
    return { transaction: String(told.transaction), status: told.status, error: text(told.error) };
  }

  function recent(told) {
    if (!Array.isArray(told)) return undefined;
    return told.slice(-MOST_RECENT).map(event).filter(Boolean);
  }

  /** An event with what all of them have; the fields of its type are checked where they are put into words. */
  function event(told) {
    if (!isRecord(told)) return undefined;
    const { id, ts, event_type: type } = told;
    if (typeof id !== "string" || !/^[\w-]{1,64}$/.test(id)) return undefined;
    if (typeof type !== "string" || !/^\w{1,40}$/.test(type)) return undefined;
    const at = typeof ts === "string" ? new Date(ts) : new Date(NaN);
    if (Number.isNaN(at.getTime())) return undefined;
    return { id, type, at, isLate: told.replayed === true, told };
  }

  function isRecord(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  function number(value) {
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  /** A short text; empty for anything else. */
  function text(value) {
    if (typeof value !== "string") return "";
    return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  }

  function own(table, key) {
    return Object.hasOwn(table, key) ? table[key] : undefined;
  }

  return Object.freeze({ BRIEF, BULKY, read, isBase, text, number, own });
})();
