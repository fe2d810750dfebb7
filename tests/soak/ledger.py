"""What the door has told, against what was heard of it."""

import json
import threading
from collections import deque

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from petdoor.core.ports import SilentPublisher

_REMEMBERED = 2000
_LISTENED_TO = ("event/#", "response/#", "availability", "lock/state")


class Ledger(SilentPublisher):
    """Counts events told and heard. It does not grow: what was heard long ago is forgotten.

    An event that comes again after that is a stranger: as bad as one that comes twice without a mark.
    """

    def __init__(self):
        self._changed = threading.Condition()
        self._waiting = {}
        self._recent = deque(maxlen=_REMEMBERED)
        self.told = self.heard = self.late = self.repeated = 0
        self.doubled = self.strange = self.disordered = 0

    def event(self, payload):
        with self._changed:
            self.told += 1
            self._waiting[payload["id"]] = payload["event_type"]

    def hear(self, number, *, is_marked):
        with self._changed:
            if number in self._waiting:
                self.heard += 1
                self.late += is_marked
                self.disordered += number != next(iter(self._waiting))
                del self._waiting[number]
                self._recent.append(number)
            elif number not in self._recent:
                self.strange += 1
            elif is_marked:
                self.repeated += 1
            else:
                self.doubled += 1
            self._changed.notify_all()

    @property
    def missing(self):
        """How many events nobody has heard."""
        return len(self._waiting)

    def settles(self, seconds):
        """Whether everything told is heard in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)


class Ear:
    """Listens to a door at its broker, gives it orders, and keeps nothing but counts."""

    def __init__(self, port, door, ledger):
        self._door, self._ledger = door, ledger
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._is_online = False
        self.asked = self.answered = self.refused = 0
        self.latch = None
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(f"{door}/{name}", 0) for name in _LISTENED_TO]
        )
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def misses_broker(self):
        """The broker has gone; nothing that was heard of the door is known to hold."""
        self._subscribed.clear()
        self._is_online = False

    def subscribes_again(self):
        assert self._subscribed.wait(15)

    def finds_door(self, seconds=90):
        """Wait until the door is at the broker."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._is_online, seconds), "the door is not online"

    def ask(self, verb, value=None):
        """Give the door an order; its answer is counted when it comes."""
        self.asked += 1
        asked = {"transaction": self.asked} | ({} if value is None else {"value": value})
        self._client.publish(f"{self._door}/request/{verb}", json.dumps(asked), qos=1).wait_for_publish(10)

    def has_all_answers(self, seconds):
        with self._changed:
            return self._changed.wait_for(lambda: self.answered == self.asked, seconds)

    def _on_message(self, _client, _data, message):
        name, text = message.topic.removeprefix(f"{self._door}/"), message.payload.decode()
        if name.startswith("event"):
            told = json.loads(text)
            self._ledger.hear(told["id"], is_marked=told["replayed"] and name.endswith("/replayed"))
        with self._changed:
            if name.startswith("response"):
                self.answered += 1
                self.refused += json.loads(text)["status"] == "error"
            elif name == "availability":
                self._is_online = text == "online"
            elif name == "lock/state":
                self.latch = text
            self._changed.notify_all()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
