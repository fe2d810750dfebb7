"""Tells the world over MQTT, and listens; the door neither waits for the broker nor fails with it."""

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from petdoor.broker import Broker
from petdoor.core.door import LatchState
from petdoor.core.events import Event, EventsDropped
from petdoor.core.ports import Request
from petdoor.core.steering import Steering
from petdoor.errands import Errands
from petdoor.mqtt import topics
from petdoor.mqtt.discovery import NOBODY, HomeAssistant
from petdoor.mqtt.outbox import Outbox
from petdoor.mqtt.postman import Postman
from petdoor.mqtt.recollection import Recollection
from petdoor.mqtt.topics import OFF, OFFLINE, ON, ONLINE, Topics
from petdoor.pictures import Picture, encode_jpeg

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 2.0


class MqttPublisher:
    """Publishes below the topics of one door, and takes the orders that come there.

    State and availability are retained, and told again at every connection. Events are QoS 1, never retained,
    and lie in an outbox until the broker has them. Nothing here blocks or raises once it is built.

    Args:
        broker: where it is, and how to be let in.
        at: the topics of the door.
        outbox: where events lie until they are acknowledged.
        home: where Home Assistant is told of the door.
        info: what is told once.
        recollection: the last events, which newcomers are told.
        receipt: makes of an event what is told of it.
        latest_model: the model that lies where this door's does, by its name; asked every minute, on the
            thread that waits for the disk.
        snapshots: whether pictures are sent.

    Raises:
        ConfigError: the TLS files cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        at: Topics,
        *,
        outbox: Outbox,
        home: HomeAssistant,
        info: Mapping[str, Any],
        receipt: Callable[[Event], Mapping[str, Any]],
        recollection: Recollection | None = None,
        latest_model: Callable[[], str] = str,
        snapshots: bool = False,
    ) -> None:
        self._outbox = outbox
        self._receipt = receipt
        self._sends_snapshots = snapshots
        self._installed_model = str(info.get("model", ""))
        self._latest_model = latest_model
        self._recollection = recollection or Recollection(None)
        self._files = Errands("petdoor-files")
        self._postman = Postman(broker, at, outbox=outbox, home=home, tidy=self._tell_more)
        self._state(topics.INFO, json.dumps(info))
        self._state(topics.state("last_animal"), self._recollection.last_species or NOBODY)
        if self._recollection.events:
            self._state(topics.RECENT, json.dumps(self._recollection.events))
        if not snapshots:
            self._state(topics.LAST_SNAPSHOT, "")  # an older one is nobody's business any more
        self._state(topics.state("emergency"), OFF)
        self._state(topics.state("motion"), OFF)
        self._postman.start()

    def event(self, payload: Mapping[str, Any]) -> None:
        """Tell of an event, now or as soon as somebody listens."""
        self._outbox.put(payload)
        self._postman.do(partial(self._tell, payload))

    def latch(self, state: LatchState) -> None:
        self._state(topics.state("lock"), state.value)

    def camera(self, *, online: bool) -> None:
        self._state(topics.CAMERA, ONLINE if online else OFFLINE)

    def motion(self, *, seen: bool) -> None:
        self._state(topics.state("motion"), ON if seen else OFF)

    def emergency(self, *, called: bool) -> None:
        self._state(topics.state("emergency"), ON if called else OFF)

    def steering(self, steering: Steering) -> None:
        self._state(topics.state("mode"), steering.mode.value)
        self._state(topics.state("curfew"), ON if steering.obeys_curfew else OFF)
        # Nothing makes the broker forget the one that an earlier rule had.
        self._state(
            topics.state("threshold"), "" if steering.threshold is None else f"{steering.threshold:g}"
        )

    def problems(self, reasons: Mapping[str, str]) -> None:
        self._state(topics.PROBLEM_REASONS, json.dumps({"reasons": dict(reasons)}))
        self._state(topics.state("problem"), ON if reasons else OFF)

    def snapshot(self, pixels: Picture) -> None:
        """Show who was judged: as it happens, not retained, lest old look new; and to who comes later."""
        if self._sends_snapshots:
            self._postman.do(partial(self._show, pixels))

    def stats(self, payload: Mapping[str, Any]) -> None:
        """Publish how the door is doing; lost when nobody listens."""
        self._postman.do(partial(self._postman.tell, topics.STATS, json.dumps(payload)))

    def take(self) -> Request | None:
        return self._postman.take()

    def close(self) -> None:
        """Say ``offline`` as long as the broker takes it in time, and hang up."""
        self._postman.close()
        if not self._files.close(_CLOSE_SECONDS):
            log.warning("the disk does not answer: gave up on keeping the last events")

    def _state(self, name: str, value: str) -> None:
        self._postman.do(partial(self._postman.keep, name, value))

    # What follows runs on the postman's thread.

    def _tell(self, payload: Mapping[str, Any]) -> None:
        self._recollection.add(payload)
        self._files.do(self._recollection.keep)
        self._postman.keep(topics.RECENT, json.dumps(self._recollection.events))
        if "verdict" in payload:
            self._postman.keep(topics.state("last_animal"), payload["species"])
        self._postman.post()

    def _show(self, pixels: Picture) -> None:
        jpeg = encode_jpeg(pixels)
        self._postman.tell(topics.SNAPSHOT, jpeg)
        self._postman.keep(topics.LAST_SNAPSHOT, jpeg)

    def _tell_more(self, postman: Postman) -> None:
        """What is looked at from time to time: events that were dropped, a new model that lies there."""
        if count := self._outbox.dropped():
            self._outbox.put(self._receipt(EventsDropped(count)))
            self._outbox.dropped_told(count)
            postman.post()
        self._files.do(self._look_for_model)

    # What follows runs on the thread that waits for the disk.

    def _look_for_model(self) -> None:
        latest = self._latest_model() or self._installed_model
        versions = {"installed_version": self._installed_model, "latest_version": latest}
        self._state(topics.state("model"), json.dumps({**versions, "title": "petdoor model"}))
