"use strict";

/**
 * The line to the broker. It comes back by itself, after 1, 2, 4, ... 30 s.
 *
 * Each attempt is a client of its own, so that nothing asked of a door outlives the connection it was
 * asked on; and a request expires in the broker after as long as the page waits for its answer. A door
 * that comes back later never does what was wanted before.
 *
 * Pictures and lists come by a line of their own. mosquitto 2.0 as Debian builds it needs a second for 40 kB
 * over WebSockets (eclipse-mosquitto/mosquitto#2252), and the bolt's state must not wait behind them.
 *
 * The hearer is told: up(), down(), message(topic, payload, isRetained), and refused(sentence) where
 * another attempt would end as this one did.
 */
class Line {
  static FIRST_DELAY_MS = 1000;
  static LONGEST_DELAY_MS = 30_000;
  static STEADY_MS = 5000;
  static BULKY_AGAIN_MS = 5000;
  static ANSWER_SECONDS = 5;

  constructor(hearer) {
    this._hearer = hearer;
    this._asked = new Map();
    this._client = this._bulky = null;
    this._timer = null;
    this.isUp = false;
    this.heardAt = null;
    this.nextAt = null;
  }

  /** Connect, and stay connected until close(). */
  open({ broker, base, user, password }) {
    this.close();
    this._to = { broker, base, user, password };
    this._delay = Line.FIRST_DELAY_MS;
    this._attempt();
  }

  close() {
    clearTimeout(this._timer);
    const client = this._client;
    this._client = this.nextAt = null;
    this.isUp = false;
    client?.end(true);
    this._endBulky();
    this._nobodyAnswers();
  }

  /** Not later but now; nothing where an attempt is under way. */
  tryNow() {
    if (this.nextAt !== null) this._attempt();
  }

  /** Ask a door; {status: "ok" | "error" | "silent" | "lost", error}. */
  ask(door, verb, value) {
    if (!this.isUp) return Promise.resolve({ status: "lost" });
    const transaction = token();
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle({ status: "silent" }), Line.ANSWER_SECONDS * 1000);
      const settle = (answer) => {
        clearTimeout(timer);
        this._asked.delete(transaction);
        resolve(answer);
      };
      this._asked.set(transaction, { door, part: `response/${verb}`, settle });
      const options = { qos: 1, properties: { messageExpiryInterval: Line.ANSWER_SECONDS } };
      const topic = `${this._to.base}/${door}/request/${verb}`;
      this._client.publish(topic, JSON.stringify({ transaction, value }), options, (error) => {
        if (error) settle({ status: "lost" });
      });
    });
  }

  /** A door has answered somebody; perhaps this page. */
  answered(door, part, response) {
    const asked = response && this._asked.get(response.transaction);
    if (asked && asked.door === door && asked.part === part) asked.settle(response);
  }

  _attempt() {
    clearTimeout(this._timer);
    this.nextAt = null;
    let client;
    try {
      client = mqtt.connect(this._to.broker, this._options());
    } catch (error) {
      this._refused(`This address cannot be used: ${error.message}`);
      return;
    }
    this._client = client;
    const mine = (act) => (...given) => client === this._client && act(...given);
    client.on("connect", mine(() => this._subscribe(client)));
    client.on("packetreceive", mine(() => { this.heardAt = new Date(); }));
    client.on("message", mine((topic, payload, packet) => this._hearer.message(topic, payload, packet.retain)));
    client.on("error", mine((error) => this._failed(error)));
    client.on("close", mine(() => this._lost(client)));
  }

  _options() {
    return {
      protocolVersion: 5,
      clientId: `petdoor-page-${token()}`,
      username: this._to.user || undefined,
      password: this._to.user ? this._to.password : undefined,
      clean: true,
      keepalive: 10, // seconds; a line that is half dead is given up after 15
      connectTimeout: 8000,
      reconnectPeriod: 0, // this class does that
      timerVariant: "native", // the other one wants a worker from a blob, which the page's policy forbids
    };
  }

  _subscribe(client) {
    client.subscribe(this._topics(Contract.BRIEF), { qos: 1 }, (error) => {
      if (client !== this._client || !client.connected) return;
      if (error) this._refused(`The broker lets nobody with this name read below ${this._to.base}/.`);
      else this._up();
    });
  }

  _up() {
    this.isUp = true;
    this._upAt = Date.now();
    this._openBulky();
    this._hearer.up();
  }

  /** The line for pictures and lists lives as long as the other one, which says what is wrong with either. */
  _openBulky() {
    const bulky = mqtt.connect(this._to.broker, { ...this._options(), reconnectPeriod: Line.BULKY_AGAIN_MS, resubscribe: false });
    bulky.on("connect", () => bulky.subscribe(this._topics(Contract.BULKY), { qos: 1 }));
    bulky.on("message", (topic, payload, packet) => {
      if (bulky === this._bulky) this._hearer.message(topic, payload, packet.retain);
    });
    bulky.on("error", () => {});
    this._bulky = bulky;
  }

  _endBulky() {
    const bulky = this._bulky;
    this._bulky = null;
    bulky?.end(true);
  }

  _topics(parts) {
    return parts.map((part) => `${this._to.base}/+/${part}`);
  }

  /** A refusal of name and password, in either version of MQTT, or the way there is blocked. */
  _failed(error) {
    const codes = { 4: "password", 5: "password", 134: "password", 135: "password", 138: "banned", 132: "version", 1: "version" };
    const sentences = {
      password: "The broker does not let this name and password in.",
      banned: "The broker has banned this name.",
      version: "This broker does not speak MQTT 5, which the page needs.",
    };
    const sentence = sentences[codes[error.code]];
    if (sentence) this._refused(sentence);
  }

  _refused(sentence) {
    this.close();
    this._hearer.refused(sentence);
  }

  _lost(client) {
    const wasSteady = this.isUp && Date.now() - this._upAt > Line.STEADY_MS;
    if (wasSteady) this._delay = Line.FIRST_DELAY_MS;
    this._client = null;
    this.isUp = false;
    client.end(true);
    this._endBulky();
    this._nobodyAnswers();
    this.nextAt = Date.now() + this._delay;
    this._timer = setTimeout(() => this._attempt(), this._delay);
    this._delay = Math.min(this._delay * 2, Line.LONGEST_DELAY_MS);
    this._hearer.down();
  }

  _nobodyAnswers() {
    [...this._asked.values()].forEach(({ settle }) => settle({ status: "lost" }));
  }
}

/** Random text; crypto.randomUUID is missing on a page that came over plain HTTP. */
function token() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
