"""Listening to the broker on a thread of its own, for as long as it takes; nothing is ever sent to a door."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeAlias

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from petdoor.broker import Broker, sign_in
from petdoor.errors import BrokerError
from petdoor.monitor.link import Link, Message, Settled

log = logging.getLogger(__name__)

_MOST_WAITING: Final = 1000
_CONNECT_SECONDS: Final = 5.0
_KEEPALIVE_SECONDS: Final = 5
_TURN_SECONDS: Final = 0.2
_RETRY_SECONDS: Final = 1.0
_GOODBYE_SECONDS: Final = 1.0
_BARRED: Final = {"Not authorized", "Bad user name or password"}

News: TypeAlias = Message | Link | Settled


class Reader:
    """Hears all that is told below ``<base>/<door>/``, and how the way to the broker is.

    Args:
        broker: where it is, and how to be let in.
        base: below it stand the doors' topics.
        door: the id of one door; ``+`` for all.
        clock: monotonic seconds.
        wall_clock: the time of day, UTC.

    Raises:
        ConfigError: the TLS files cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        base: str,
        door: str = "+",
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._broker = broker
        self._base = base
        self._filter = f"{base}/{door}/#"
        self._clock = clock
        self._wall_clock = wall_clock
        self._news: queue.Queue[News | BrokerError] = queue.Queue(_MOST_WAITING)
        self._closing = threading.Event()
        self._link = Link(is_up=False, since=clock())
        self._reason = ""
        self._is_barred = False
        first = self._prepared()  # here, so that TLS files that cannot be used are told at once
        self._thread = threading.Thread(target=self._run, args=[first], name="monitor-reader", daemon=True)
        self._thread.start()

    def next(self, timeout_seconds: float) -> News | None:
        """The next piece of news, if one comes in time.

        Raises:
            BrokerError: the broker does not let us in, and will not whatever we try.
        """
        try:
            news = self._news.get(timeout=max(0.0, timeout_seconds))
        except queue.Empty:
            return None
        if isinstance(news, BrokerError):
            raise news
        return news

    def close(self) -> None:
        self._closing.set()
        self._thread.join(_GOODBYE_SECONDS)

    def _run(self, client: Client) -> None:
        try:
            while not self._closing.is_set():
                self._visit(client)
                if self._is_barred and not self._link.was_up:
                    self._put(BrokerError(f"{self._broker!r} refuses us: {self._reason}"))
                    return
                self._down()
                self._closing.wait(_RETRY_SECONDS)
                client = self._prepared()
        except Exception:
            log.exception("the monitor met something unforeseen")
            self._put(BrokerError("nothing is heard any more"))

    def _visit(self, client: Client) -> None:
        """Be connected for as long as it lasts; ``_reason`` is then why it ended."""
        self._reason = "it hung up before letting us in; is the port right, and TLS (--ca-file) as it wants?"
        keepalive = min(self._broker.keepalive_seconds, _KEEPALIVE_SECONDS)
        try:
            client.connect(self._broker.host, self._broker.port, keepalive)
        except (OSError, UnicodeError) as error:
            self._reason = getattr(error, "strerror", None) or str(error)
            return
        while client.loop(_TURN_SECONDS) is MQTTErrorCode.MQTT_ERR_SUCCESS:
            if self._closing.is_set():
                client.disconnect()
                return

    def _down(self) -> None:
        was_up = self._link.was_up or self._link.is_up
        since = self._clock() if self._link.is_up else self._link.since
        self._link = Link(is_up=False, since=since, was_up=was_up, reason=self._reason)
        self._put(self._link)

    def _put(self, news: News | BrokerError) -> None:
        """Hand it on; while nobody takes it, neither does the broker get rid of more."""
        while not self._closing.is_set():
            try:
                self._news.put(news, timeout=_TURN_SECONDS)
            except queue.Full:
                continue
            return

    def _prepared(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect_timeout = _CONNECT_SECONDS
        sign_in(client, self._broker)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = lambda *_: self._put(Settled())
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    # What follows runs within the client's loop, on our thread.

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._is_barred = str(code) in _BARRED
            hint = "; are the user name and the password right?" if self._is_barred else ""
            self._reason = f"{code}{hint}"
            return
        self._reason = "the connection was closed"
        self._link = Link(is_up=True, since=self._clock(), was_up=True)
        self._put(self._link)
        # QoS 0: without a session more is no safer, and a broker stops short after some unacknowledged
        # messages, so that it would answer what follows before it has told all that it kept.
        client.subscribe(self._filter, qos=0)

    def _on_subscribe(
        self, client: Client, _data: object, _mid: int, codes: list[ReasonCode], _properties: object
    ) -> None:
        if codes[0].is_failure:
            self._put(BrokerError(f"{self._broker!r} does not let us read {self._filter}: {codes[0]}"))
            return
        # A question without consequence: its answer comes behind all that the broker had kept.
        client.unsubscribe(f"{self._base}/-")

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if str(code) == "Keep alive timeout":
            self._reason = "it does not answer"

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._put(Message(topic, bytes(message.payload), message.retain, self._wall_clock(), self._clock()))
