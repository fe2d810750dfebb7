"use strict";

/** The list of what happened, newest first, a heading for each day. */
class Timeline {
  static FIRST_SHOWN = 8;

  constructor(section) {
    this._list = section.querySelector(".events");
    this._none = section.querySelector(".none");
    this._more = section.querySelector(".more");
    this._rows = new Map();
    this._showsAll = false;
    this._more.addEventListener("click", () => {
      this._showsAll = !this._showsAll;
      this.show(this._whole);
    });
  }

  show(history) {
    this._whole = history;
    this._history = history.filter((event, i) => !isSaidAlready(event, history, i)).slice(0, Door.MOST_EVENTS);
    const shown = this._showsAll ? this._history : this._history.slice(0, Timeline.FIRST_SHOWN);
    const rows = new Map(shown.map((event) => [event.id, this._row(event)]));
    const items = withDays(shown, rows);
    const isSame = items.length === this._list.children.length && items.every((item, i) => item === this._list.children[i]);
    if (!isSame) this._list.replaceChildren(...items);
    this._rows = rows;
    this._none.hidden = history.length > 0;
    this._more.hidden = this._history.length <= Timeline.FIRST_SHOWN;
    say(this._more, this._showsAll ? "Show fewer" : `Show all ${this._history.length}`);
  }

  /** The row of an event; the same one as before, unless it is now known to have been told late. */
  _row(event) {
    const known = this._rows.get(event.id);
    return known && known.classList.contains("late") === event.isLate ? known : rowOf(event);
  }
}

function rowOf(event) {
  const { mark, tone, title, detail } = Words.event(event);
  const row = element("li", `event ${tone}${event.isLate ? " late" : ""}`);
  row.dataset.id = event.id;
  const sign = element("span", "sign");
  sign.append(markOf(mark));
  const words = element("div", "words");
  words.append(element("p", "title", title));
  if (detail) words.append(element("p", "detail", detail));
  const when = element("div", "when");
  const time = element("time", "", Words.time(event.at));
  time.dateTime = event.at.toISOString();
  time.title = Words.moment(event.at);
  when.append(time);
  if (event.isLate) when.append(element("small", "told-late", "told late"));
  row.append(sign, words, when);
  return row;
}

/** An unlocking for an animal says no more than the judgement right before it. */
function isSaidAlready({ type, told, at }, history, i) {
  const judgement = history[i + 1];
  const isForAnimal = type === "door_unlocked" && told.cause === "animal";
  return isForAnimal && judgement?.type === "animal_admitted" && judgement.told.species === told.species && at - judgement.at < 5000;
}

/** The rows with a heading before each day; headings that stand already are used again. */
function withDays(events, rows) {
  const items = [];
  let today = "";
  for (const event of events) {
    const day = Words.day(event.at);
    if (day !== today) items.push(dayHeading(rows.get(event.id), day));
    today = day;
    items.push(rows.get(event.id));
  }
  return items;
}

function dayHeading(row, day) {
  const before = row.previousElementSibling;
  return before?.classList.contains("day") && before.textContent === day ? before : element("li", "day", day);
}

function element(name, className = "", words = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (words) made.textContent = words;
  return made;
}

/** One of the small drawings of index.html. */
function markOf(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "mark");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#mark-${name}`);
  drawing.append(use);
  return drawing;
}

/** Put words in; only where they differ, so that a screen reader does not say them again. */
function say(place, words) {
  if (place.textContent !== words) place.textContent = words;
}
