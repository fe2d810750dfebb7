"""A stand-in for a door: tells a broker what a door would."""

import json
import threading

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

AT = "2026-11-22T16:49:15.497Z"
STATES = {
    "lock/state": "LOCKED",
    "camera/availability": "online",
    "mode/state": "auto",
    "threshold/state": "0.68",
    "curfew/state": "ON",
    "emergency/state": "OFF",
    "motion/state": "OFF",
    "problem/attributes": {"reasons": {}},
    "problem/state": "OFF",
    "last_animal/state": "dog",
    "info": {"version": "0.1.0", "model": "sha256:ab12", "latch": "solenoid"},
    "availability": "online",
}


def event(kind, *, number=1, at=AT, **facts):
    """An event as a door tells it."""
    return {"schema": 1, "id": f"{number:x}", "ts": at, "door": "back", "event_type": kind, **facts}


def judged(kind="animal_admitted", species="dog", **facts):
    """A judgement as a door tells it."""
    told = {"confidence": 0.934, "agree": 4, "frames": 5, "latency_ms": 41, "vetoed_by": None}
    return event(kind, **{"species": species, **told, **facts})


def encoded(value):
    """A payload: bytes and texts as they are, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


class StandIn:
    """A door as the broker sees it, which has told all its states; they are retained, events are not."""

    def __init__(self, port, door="back", *, base="petdoor", states=STATES, **login):
        self._base = f"{base}/{door}"
        self._connected = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(**login)
        self._client.will_set(f"{self._base}/availability", "offline", qos=1, retain=True)
        self._client.on_connect = lambda *_: self._connected.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._connected.wait(10)
        for topic, value in states.items():
            self.tell(topic, value, retain=True)

    def tell(self, topic, value, *, retain=False):
        """Publish, and wait until the broker has it."""
        told = self._client.publish(f"{self._base}/{topic}", encoded(value), qos=1, retain=retain)
        told.wait_for_publish(10)
        assert told.is_published()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
