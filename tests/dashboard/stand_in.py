"""A stand-in for a door: says what the contract says, and answers what it is asked."""

import json
import threading

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

STATES = {
    "lock/state": "LOCKED",
    "camera/availability": "online",
    "mode/state": "auto",
    "threshold/state": "0.68",
    "curfew/state": "ON",
    "emergency/state": "OFF",
    "motion/state": "OFF",
    "problem/state": "OFF",
    "problem/attributes": '{"reasons": {}}',
    "last_animal/state": "none",
    "info": '{"version": "0.1.0", "backbone": "petnet", "runtime": "ai-edge-litert"}',
    "recent": "[]",
    "availability": "online",
}


def event(number, event_type="animal_admitted", **fields):
    """An event as it goes over the wire; an hour has sixty of them."""
    judged = {"species": "dog", "confidence": 0.95, "agree": 4, "frames": 5, "vetoed_by": None, "message": ""}
    told = {
        "schema": 1,
        "id": f"e{number}",
        "ts": f"2026-11-22T12:{number % 60:02}:15.497Z",
        "door": "back",
        "event_type": event_type,
        "replayed": False,
    }
    return told | (judged if event_type.startswith("animal_") else {}) | fields


class StandIn:
    """A door on a real broker.

    Attributes:
        refusal: the reason with which it refuses all that it is asked; empty: it obeys.
        is_mute: whether it answers nothing.
        asked: what it was asked, (verb, request).
    """

    def __init__(self, port, *, door="back", base="petdoor", **states):
        self.refusal = ""
        self.is_mute = False
        self.asked = []
        self._base = f"{base}/{door}"
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._states = {**STATES, **{key.replace("__", "/"): value for key, value in states.items()}}
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.will_set(f"{self._base}/availability", "offline", qos=1, retain=True)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def tell(self, part, payload, *, retain=None):
        """Retained, where the contract says so."""
        is_kept = part in {*STATES, "snapshot/last", "model/state"} if retain is None else retain
        words = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        self._client.publish(f"{self._base}/{part}", words, qos=1, retain=is_kept)

    def happens(self, *events):
        for told in events:
            self.tell("event/replayed" if told["replayed"] else "event", told)

    def wait_for(self, verb):
        """What was asked with this verb, first."""

        def found():
            return next((value for asked, value in self.asked if asked == verb), None)

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, 15), f"asked was {self.asked}"
            return found()

    def vanish(self):
        """Be gone without a word; the broker tells the last will."""
        self._client.loop_stop()
        self._client.socket().close()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client, *_):
        for part, payload in self._states.items():
            self.tell(part, payload)
        client.subscribe(f"{self._base}/request/+", qos=1)

    def _on_message(self, _client, _data, message):
        verb = message.topic.rsplit("/", 1)[1]
        request = json.loads(message.payload)
        with self._changed:
            self.asked.append((verb, request))
            self._changed.notify_all()
        if self.is_mute:
            return
        if self.refusal:
            answer = {"data": {}, "status": "error", "error": self.refusal}
        else:
            self._obey(verb, request.get("value"))
            answer = {"data": {}, "status": "ok"}
        self.tell(f"response/{verb}", answer | {"transaction": request["transaction"]})

    def _obey(self, verb, value):
        if verb in {"lock", "unlock"}:
            self.tell("lock/state", f"{verb.upper()}ED")
        else:
            self.tell(f"{verb}/state", str(value))
