"""Telling the world over MQTT; the door neither waits for the broker nor fails with it."""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from petdoor.broker import Broker, sign_in
from petdoor.core.door import LatchState
from petdoor.pictures import Picture, encode_jpeg

log = logging.getLogger(__name__)

ONLINE: Final = "online"
OFFLINE: Final = "offline"
BIRTH_TOPIC: Final = "homeassistant/status"
_BACKLOG_EVENTS: Final = 1000
_GOODBYE_SECONDS: Final = 2.0
_RECONNECT_SECONDS: Final = 1
_RECONNECT_MAX_SECONDS: Final = 60


class MqttPublisher:
    """Publishes below ``petdoor/<door_id>/``.

    State and availability are retained and told again at every connection. Events are QoS 1 and never
    retained; what the broker has not acknowledged when it goes away is told afterwards on
    ``event/replayed``, marked as such, so that nothing acts on old news. Nothing here blocks or raises
    once it is built.

    Every connection has a client of its own: paho would send the unacknowledged messages of the last one
    again, old states after new ones, and old events as if they were fresh.

    Raises:
        ConfigError: the TLS files cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        door_id: str,
        info: Mapping[str, Any],
        snapshots: bool = False,
        new_client: Callable[..., Client] = Client,
    ) -> None:
        self._base = f"petdoor/{door_id}"
        self._client_id = f"petdoor-{door_id}"
        self._broker = broker
        self._sends_snapshots = snapshots
        self._new_client = new_client
        # Held while publishing, so that what is told is told in order. paho calls back into this class
        # with none of its own locks held that publishing needs.
        self._lock = threading.Lock()
        self._states: dict[str, str] = {"info": json.dumps(info)}
        self._backlog: deque[dict[str, Any]] = deque(maxlen=_BACKLOG_EVENTS)
        self._sent: deque[tuple[MQTTMessageInfo, dict[str, Any]]] = deque(maxlen=_BACKLOG_EVENTS)
        self._complaints: set[str] = set()
        self._is_listened_to = False
        self._reconnect_seconds = _RECONNECT_SECONDS
        self._closing = threading.Event()
        self._client = self._prepared()
        self._start(self._client)

    def event(self, payload: Mapping[str, Any]) -> None:
        """Publish an event; keep it for later when nobody listens."""
        with self._lock:
            if self._is_listened_to:
                self._send_event(dict(payload), replayed=False)
            else:
                self._backlog.append(dict(payload))

    def latch(self, state: LatchState) -> None:
        self._state("lock/state", state.value)

    def camera(self, *, online: bool) -> None:
        self._state("camera/availability", ONLINE if online else OFFLINE)

    def problems(self, reasons: Mapping[str, str]) -> None:
        self._state("problem/attributes", json.dumps({"reasons": dict(reasons)}))
        self._state("problem/state", "ON" if reasons else "OFF")

    def snapshot(self, pixels: Picture) -> None:
        """Publish the picture that decided, as JPEG; not retained, lest old news look new after a restart."""
        if self._sends_snapshots and self._is_listened_to:
            self._client.publish(f"{self._base}/snapshot", encode_jpeg(pixels), qos=0)

    def stats(self, payload: Mapping[str, Any]) -> None:
        """Publish how the door is doing; lost when nobody listens."""
        self._client.publish(f"{self._base}/stats", json.dumps(payload), qos=0)

    def close(self) -> None:
        """Say ``offline`` as long as the broker takes it in time, and hang up."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
        if self._is_listened_to:
            # A clean goodbye suppresses the will, so the will's words must be said.
            self._publish_and_wait("availability", OFFLINE)
        self._client.disconnect()
        self._client.loop_stop()

    def _prepared(self) -> Client:
        client = self._new_client(CallbackAPIVersion.VERSION2, client_id=self._client_id)
        client.will_set(f"{self._base}/availability", OFFLINE, qos=1, retain=True)
        client.reconnect_delay_set(1, _RECONNECT_MAX_SECONDS)
        client.max_queued_messages_set(0)  # as many as there are: the backlog is bounded itself
        sign_in(client, self._broker)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _start(self, client: Client) -> None:
        client.connect_async(self._broker.host, self._broker.port, self._broker.keepalive_seconds)
        client.loop_start()

    def _state(self, topic: str, value: str) -> None:
        with self._lock:
            self._states[topic] = value
            if self._is_listened_to:
                self._publish(topic, value, retain=True)

    def _publish(self, topic: str, value: str, *, retain: bool = False) -> MQTTMessageInfo:
        return self._client.publish(f"{self._base}/{topic}", value, qos=1, retain=retain)

    def _send_event(self, payload: dict[str, Any], *, replayed: bool) -> None:
        topic = "event/replayed" if replayed else "event"
        told = self._publish(topic, json.dumps({**payload, "replayed": replayed}))
        self._sent.append((told, payload))
        while self._sent and _is_acknowledged(self._sent[0][0]):
            self._sent.popleft()

    def _publish_and_wait(self, topic: str, value: str) -> None:
        try:
            self._publish(topic, value, retain=True).wait_for_publish(_GOODBYE_SECONDS)
        except (RuntimeError, ValueError) as error:
            log.warning("could not say goodbye to the broker: %s", error)

    def _tell_states(self) -> None:
        """All states, then ``online``: who listens finds them true."""
        for topic, value in self._states.items():
            self._publish(topic, value, retain=True)
        self._publish("availability", ONLINE, retain=True)

    def _catch_up(self) -> None:
        """Tell the events no broker has acknowledged, in order, as old news."""
        missed = [payload for told, payload in self._sent if not _is_acknowledged(told)]
        missed += self._backlog
        self._sent.clear()
        self._backlog.clear()
        for payload in missed:
            self._send_event(payload, replayed=True)

    # What follows runs on paho's thread, which an exception would end for good: publish and log only.

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._complain(f"the broker {self._broker!r} refuses us: {code}")
            return
        self._complaints.clear()
        self._reconnect_seconds = _RECONNECT_SECONDS
        log.info("connected to the broker %r", self._broker)
        client.subscribe(BIRTH_TOPIC, qos=1)

    def _on_subscribe(self, *_: object) -> None:
        with self._lock:
            self._tell_states()
            self._catch_up()
            self._is_listened_to = True

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        self._complain(f"the broker {self._broker!r} cannot be reached; trying on")

    def _on_disconnect(
        self,
        client: Client,
        _data: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._is_listened_to = False
        if code.is_failure:
            self._complain(f"lost the broker {self._broker!r}: {code}; trying on")
        client.loop_stop()
        if not self._closing.wait(self._reconnect_seconds):
            self._reconnect()

    def _reconnect(self) -> None:
        self._reconnect_seconds = min(2 * self._reconnect_seconds, _RECONNECT_MAX_SECONDS)
        client = self._prepared()
        with self._lock:
            if self._closing.is_set():
                return
            self._client = client
            self._start(client)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if message.topic == BIRTH_TOPIC and message.payload == ONLINE.encode():
            with self._lock:
                self._tell_states()

    def _complain(self, sentence: str) -> None:
        # Once until it lets us in, not at every try: the broker may be away for a week.
        level = logging.DEBUG if sentence in self._complaints else logging.WARNING
        self._complaints.add(sentence)
        log.log(level, "%s", sentence)


def _is_acknowledged(told: MQTTMessageInfo) -> bool:
    try:
        return told.is_published()
    except (RuntimeError, ValueError):  # it never left: the connection was just lost
        return False
