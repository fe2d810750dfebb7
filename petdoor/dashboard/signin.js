"use strict";

/**
 * The form that asks where the broker is and who comes.
 *
 * The password lies in sessionStorage, which ends with the tab; on the device only where that was chosen.
 */
class SignIn {
  static KEY = "petdoor.sign-in";

  constructor(form, onSubmit) {
    this._form = form;
    this._fields = form.elements;
    this._base = new URLSearchParams(location.search).get("base");
    form.addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      this._submit(onSubmit);
    });
    this._fields.broker.addEventListener("input", () => this._warn());
  }

  /** What was kept of an earlier visit; null for nothing. */
  kept() {
    const kept = read("sessionStorage") ?? read("localStorage");
    if (!kept) return null;
    return this._base !== null && Contract.isBase(this._base) ? { ...kept, base: this._base } : kept;
  }

  show(fault = "", login = this.kept()) {
    const { broker, base, user, password } = this._fields;
    broker.value = login?.broker ?? here();
    base.value = login?.base ?? this._base ?? "petdoor";
    user.value = login?.user ?? "";
    password.value = "";
    this._fields.remember.checked = read("localStorage") !== null;
    this._form.hidden = false;
    this.say(fault);
    this._warn();
    (user.value ? password : user).focus();
  }

  say(words) {
    this._form.querySelector(".fault").textContent = words;
  }

  hide() {
    this._form.hidden = true;
    this._fields.password.value = "";
  }

  /** The broker has let this one in. */
  keep(login) {
    write("sessionStorage", login);
    if (login.isRemembered) write("localStorage", login);
    else remove("localStorage");
  }

  forget() {
    remove("sessionStorage");
    remove("localStorage");
  }

  _submit(onSubmit) {
    const { broker, base, user, password, remember } = this._fields;
    const login = {
      broker: broker.value.trim(),
      base: base.value.trim(),
      user: user.value,
      password: password.value,
      isRemembered: remember.checked,
    };
    const fault = faultOf(login);
    this.say(fault);
    if (!fault) onSubmit(login);
  }

  _warn() {
    const isOpen = /^ws:/i.test(this._fields.broker.value) && !/\/\/(localhost|127\.|\[::1\])/.test(this._fields.broker.value);
    this._form.querySelector("#broker-hint").textContent = isOpen
      ? "Not encrypted: fit for your own network, not for the internet."
      : "";
  }
}

function faultOf({ broker, base }) {
  if (!/^wss?:\/\/[^\s/]/i.test(broker)) return "The broker’s address begins with ws:// or wss://.";
  if (location.protocol === "https:" && /^ws:/i.test(broker)) return "This page came encrypted, so the broker must be too: wss://.";
  return Contract.isBase(base) ? "" : "The base topic holds no + or #, and neither begins nor ends with /.";
}

/** The broker that served this page. */
function here() {
  if (!location.host) return "ws://localhost:9001/";
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
}

/** What lies in a storage, if it is a login; a browser may forbid storages altogether. */
function read(storage) {
  try {
    const login = JSON.parse(window[storage].getItem(SignIn.KEY));
    const isWhole = ["broker", "base", "user", "password"].every((key) => typeof login?.[key] === "string");
    return isWhole && !faultOf(login) ? login : null;
  } catch {
    return null;
  }
}

function write(storage, login) {
  try {
    window[storage].setItem(SignIn.KEY, JSON.stringify(login));
  } catch {
    // then it is asked for again
  }
}

function remove(storage) {
  try {
    window[storage].removeItem(SignIn.KEY);
  } catch {
    // then there is nothing to remove
  }
}
