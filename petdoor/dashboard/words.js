"use strict";

/** Events, states, times and figures in plain words; all of it is text, never markup. */
const Words = (() => {
  const { text, number, own } = Contract;
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
  const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const figure = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

  const BOLT = { LOCKED: "Locked", UNLOCKED: "Unlocked", JAMMED: "Jammed" };
  const MODE_NOTE = {
    auto: "opens for welcome animals",
    locked: "opens for nobody",
    unlocked: "opens for every animal it knows",
    observe: "only watches",
  };
  const MUST_COOL = "the bolt is down, the coil must cool";
  const EMERGENCY = { UNLOCKED: "held open", LOCKED: MUST_COOL, JAMMED: MUST_COOL };
  const CAUSE = {
    button: "Unlocked by the button",
    command: "Unlocked by a command",
    emergency: "Unlocked: emergency",
    jam: "Unlocked for a moment, so that the flap falls shut",
  };
  const HELD_BY = { curfew: "curfew", mode: "the door’s mode forbids it" };

  /** An event as {mark, tone, title, detail}; of unknown types, what can be said. */
  function event({ type, told }) {
    const speak = own(SPEAKERS, type);
    const { mark = "note", tone = "note", title, detail = "" } = speak ? speak(told) : {};
    return { mark, tone, title: title || capital(type.replaceAll("_", " ")), detail };
  }

  const SPEAKERS = {
    animal_admitted: (told) => judged(told, "welcome", (who) => `${who} let in`, "would have been let in"),
    animal_kept_in: (told) => judged(told, "kept", (who) => `${who} kept in`, "would have been kept in"),
    animal_refused: (told) => judged(told, "refused", (who) => `Refused: ${lower(who)}`, "would have been refused"),
    animal_held_back: (told) =>
      judged(told, "held", (who) => `${who} not let in: ${own(HELD_BY, told.held_by) ?? "held back"}`, "would have been held back"),
    animal_waiting: (told) => ({
      mark: species(told.species),
      tone: "held",
      title: `${named(told.species)} waits outside`,
      detail: `seen ${figure.format(number(told.times) ?? 0)} times within ${duration(told.within_seconds)}`,
    }),
    door_unlocked: unlocked,
    door_locked: (told) => ({
      mark: "locked",
      tone: "moved",
      title: number(told.unlocked_seconds) === null ? "Locked" : `Locked after ${duration(told.unlocked_seconds)}`,
      detail: text(told.reason),
    }),
    flap_jammed: () => warning("Jammed", "the bolt has fallen, but the flap stands open"),
    flap_freed: (told) => note("The flap is closed again", after(told.jammed_seconds)),
    emergency: (told) => warning("Emergency", told.hold_seconds ? `called for ${duration(told.hold_seconds)}` : ""),
    coil_hot: (told) => warning("Not unlocked: the coil must cool", `for ${duration(told.wait_seconds)}`),
    coil_cooled: () => note("The coil has cooled", "the door may be unlocked again"),
    camera_lost: (told) => ({ ...warning("Camera lost, door locked", text(told.reason)), mark: "camera" }),
    camera_recovered: (told) => ({ ...note("The camera is back", after(told.outage_seconds)), mark: "camera" }),
    problem_found: (told) => warning(`Problem: ${text(told.part)}`, text(told.reason)),
    problem_solved: (told) => note(`Solved: ${text(told.part)}`, after(told.problem_seconds)),
    clock_jumped: (told) => note("The clock was set", number(told.jump_seconds) === null ? "" : `by ${duration(Math.abs(told.jump_seconds))}`),
    settings_refused: (told) => warning("New settings refused, the old ones go on", text(told.reason)),
    setting_changed: (told) => note("Setting changed", `${text(told.setting)}: ${plain(told.value)}`),
    events_dropped: (told) => warning("Some events could not be kept", [plain(told.count), text(told.reason)].filter(Boolean).join(": ")),
  };

  function judged(told, tone, say, conditional) {
    const who = named(told.species);
    const veto = text(told.vetoed_by);
    const title = told.observed === true ? `${who} ${conditional}` : say(who);
    const beside = veto && `${named(veto)} beside the ${lower(who)}: kept locked`;
    const only = told.observed === true ? "only observed" : "";
    const detail = [sureness(told, veto ? `${lower(who)} ` : ""), only, quoted(told.message)];
    return {
      mark: species(veto || told.species),
      tone: veto ? "refused" : tone,
      title: veto && told.observed !== true ? beside : title,
      detail: detail.filter(Boolean).join(" · "),
    };
  }

  function unlocked(told) {
    const way = own({ in: ", the way in", out: ", the way out" }, told.way) ?? "";
    const byAnimal = told.species ? `Unlocked for the ${lower(named(told.species))}` : "Unlocked";
    const title = own(CAUSE, told.cause) ?? byAnimal;
    return { mark: "unlocked", tone: "moved", title: told.cause === "button" ? title + way : title };
  }

  function sureness(told, whose = "") {
    const confidence = number(told.confidence);
    if (confidence === null) return "";
    const isCounted = number(told.agree) !== null && number(told.frames) !== null;
    return `${whose}${decimal(confidence)}${isCounted ? ` in ${told.agree} of ${told.frames} frames` : ""}`;
  }

  function warning(title, detail) {
    return { mark: "warning", tone: "warning", title, detail };
  }

  function note(title, detail) {
    return { mark: "note", tone: "note", title, detail };
  }

  function after(seconds) {
    return number(seconds) === null ? "" : `after ${duration(seconds)}`;
  }

  function quoted(message) {
    return text(message) && `“${text(message)}”`;
  }

  function species(name) {
    return ["dog", "cat"].includes(name) ? name : "paw";
  }

  /** A species as people call it, with a capital. */
  function named(name) {
    const known = text(name).slice(0, 40);
    return known && known !== "other" ? capital(known.replaceAll("_", " ")) : "Another animal";
  }

  function plain(value) {
    return ["string", "number", "boolean"].includes(typeof value) ? text(String(value)) : "";
  }

  function capital(words) {
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  function lower(words) {
    return words.charAt(0).toLowerCase() + words.slice(1);
  }

  function decimal(value) {
    return value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  }

  /** Seconds as "5.2 s", "3 min", "2 h 5 min", "3 d 4 h". */
  function duration(seconds) {
    const given = number(seconds);
    if (given === null || given < 0) return "some time";
    if (given < 10) return `${figure.format(given)} s`;
    if (given < 90) return `${Math.round(given)} s`;
    const minutes = Math.round(given / 60);
    if (minutes < 60) return `${minutes} min`;
    if (minutes < 24 * 60) return parts(minutes, 60, "h", "min");
    return parts(Math.round(minutes / 60), 24, "d", "h");
  }

  function parts(total, size, large, small) {
    const rest = total % size;
    return `${Math.floor(total / size)} ${large}${rest ? ` ${rest} ${small}` : ""}`;
  }

  function day(at, now = new Date()) {
    const days = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
    return { 0: "Today", 1: "Yesterday" }[days] ?? calendar.format(at);
  }

  function startOfDay(at) {
    return new Date(at.getFullYear(), at.getMonth(), at.getDate());
  }

  /** What an emergency does to a bolt in this state, that of now; null where it is not known. */
  function emergency(state) {
    return own(EMERGENCY, state) ?? "whether the door is open is not known";
  }

  /** What came of a request, for the place beside its control. */
  function answer({ status, error }) {
    return {
      ok: "Done.",
      error: `Refused: ${error || "no reason given"}`,
      silent: "No answer within 5 s. Look at the state before you try again.",
      lost: "The connection broke off. Whether the door heard it is not known.",
    }[status];
  }

  return Object.freeze({
    BOLT, MODE_NOTE, event, named, capital, decimal, duration, day, emergency, answer,
    time: (at) => clock.format(at),
    moment: (at) => whole.format(at),
    figure: (value) => figure.format(value),
  });
})();
