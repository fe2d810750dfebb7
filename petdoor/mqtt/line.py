"""One connection to a broker, from its beginning to its end; the next one is another line.

It speaks MQTT 5: in 3.1.1 a broker acknowledges what its access list forbids as if it had taken it.

paho keeps what was not acknowledged for its next connection, and would send old states after new ones, and
old events as if they were fresh. Its callbacks run on a thread of its own, which an exception would end for
good: here they only put what they heard into a queue.
"""

import logging
import queue
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from socket import gaierror
from typing import Any, Final, TypeAlias

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from petdoor import logs
from petdoor.broker import Broker, sign_in
from petdoor.errors import BrokerError

log = logging.getLogger(__name__)

_IN_FLIGHT: Final = 10
"""Messages that the broker may owe an acknowledgement; paho does not ask it how many it likes."""
_MAX_PACKET_BYTES: Final = 65_536
_OVERHEAD_BYTES: Final = 16
"""What a packet holds beside topic and payload, at most."""
_NOT_SENT: Final = 0
"""No number of paho's."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker has taken the subscriptions; those it has not are refused."""

    refused: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker has heard this message, by paho's number; why it will not have it, or nothing."""

    mid: int
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody has published this."""

    topic: str
    payload: bytes
    is_old: bool
    """It was retained, or is sent once more: nothing that was meant now."""
    at: float = field(default_factory=time.monotonic)
    """When, in monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has ended, not by us."""

    reason: str


Signal: TypeAlias = Subscribed | Acknowledged | Heard | Lost


class Line:
    """One connection.

    Args:
        broker: where it is, and how to be let in.
        client_id: how it calls us.
        will: topic and words that the broker is to publish, retained, when we die.
        put: what to do with each signal; called on paho's thread, must neither wait nor raise.
        answer_seconds: for how long it may keep us waiting.

    Raises:
        ConfigError: the TLS files cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        will: tuple[str, str],
        put: Callable[[Signal], None],
        *,
        answer_seconds: float = 10.0,
    ) -> None:
        self._broker = broker
        self._answer_seconds = answer_seconds
        self._answers: queue.SimpleQueue[tuple[ReasonCode, Properties] | Lost] = queue.SimpleQueue()
        self._largest_bytes: int | None = None
        self._left_out = ""
        self._owed: dict[int, float] = {}
        self._put = put
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.will_set(*will, qos=1, retain=True)
        client.max_inflight_messages_set(_IN_FLIGHT)
        client.max_queued_messages_set(0)  # as many as there are: what is unacknowledged is bounded elsewhere
        sign_in(client, broker)
        client.on_connect = lambda _client, _data, _flags, code, told: self._answers.put((code, told))
        client.on_subscribe = lambda _client, _data, _mid, codes, _properties: put(
            Subscribed(refused=any(code.is_failure for code in codes))
        )
        client.on_publish = lambda _client, _data, mid, code, _properties: put(
            Acknowledged(mid, str(code) if code.is_failure else "")
        )
        client.on_message = lambda _client, _data, message: self._on_message(message)
        client.on_disconnect = lambda _client, _data, _flags, code, _properties: self._on_lost(code)
        self._client = client

    def open(self) -> None:
        """Connect, and be let in.

        Raises:
            BrokerError: that failed; the sentence says why.
        """
        broker = self._broker
        try:
            self._client.connect(broker.host, broker.port, broker.keepalive_seconds, properties=_wishes())
        except (OSError, UnicodeError, ValueError) as error:
            raise BrokerError(f"the broker {broker!r} {_why(error, encrypted=bool(broker.tls))}") from error
        self._client.loop_start()
        try:
            answer = self._answers.get(timeout=self._answer_seconds)
        except queue.Empty:
            said = f"takes the connection, but has said nothing for {self._answer_seconds:g} s"
            raise BrokerError(f"the broker {broker!r} {said}") from None
        if isinstance(answer, Lost):
            raise BrokerError(
                f"the broker {broker!r} hangs up at once ({answer.reason}): does that port want mqtt.tls?"
            )
        code, told = answer
        if code.is_failure:
            raise BrokerError(f"the broker {broker!r} refuses us: {code}")
        self._largest_bytes = getattr(told, "MaximumPacketSize", None)

    def subscribe(self, topics: tuple[str, ...]) -> None:
        """Ask for these topics; ``Subscribed`` is the answer."""
        # What is published to be retained says so also when it is heard at once: such an order is none.
        options = SubscribeOptions(qos=1, retainAsPublished=True)
        self._client.subscribe([(topic, options) for topic in topics])

    @property
    def owed(self) -> int:
        """How many messages the broker has not acknowledged."""
        return len(self._owed)

    @property
    def owed_seconds(self) -> float:
        """For how long it owes the oldest acknowledgement."""
        return time.monotonic() - min(self._owed.values(), default=time.monotonic())

    def settled(self, mid: int) -> None:
        """The broker has acknowledged this."""
        self._owed.pop(mid, None)

    def publish(
        self,
        topic: str,
        payload: str | bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_seconds: int | None = None,
    ) -> int:
        """Send a message, and return paho's number for it; what is lost is not told of.

        One that is larger than the broker takes is left out: it would hang up. After ``expiry_seconds`` the
        broker forgets one that it retains; None for never.
        """
        size = len(topic.encode()) + len(payload if isinstance(payload, bytes) else payload.encode())
        if self._largest_bytes is not None and size + _OVERHEAD_BYTES > self._largest_bytes:
            sentence = f"the broker takes {self._largest_bytes} bytes at once: {topic} is left out"
            self._left_out = logs.complain(log, sentence, before=self._left_out)
            return _NOT_SENT
        fate = None if expiry_seconds is None else _forgotten_after(expiry_seconds)
        mid = self._client.publish(topic, payload, qos=qos, retain=retain, properties=fate).mid
        if qos:
            self._owed[mid] = time.monotonic()
        return mid

    def publish_and_wait(self, topic: str, payload: str, *, seconds: float) -> None:
        """Send a message, and wait for a while until the broker has it.

        Raises:
            BrokerError: it has not.
        """
        told = self._client.publish(topic, payload, qos=1, retain=True)
        try:
            told.wait_for_publish(seconds)
        except (RuntimeError, ValueError) as error:
            raise BrokerError(str(error)) from error
        if not told.is_published():
            raise BrokerError(f"nothing was heard of it for {seconds:g} s")

    def close(self) -> None:
        """Hang up, for good; a clean goodbye suppresses the will."""
        self._client.disconnect()
        self._client.loop_stop()
        # What it calls holds us in turn: its own sockets would wait for the garbage collector.
        del self._client

    def _on_message(self, message: MQTTMessage) -> None:
        with suppress(UnicodeDecodeError):  # a topic that is no text is none of ours
            self._put(Heard(message.topic, bytes(message.payload), bool(message.retain or message.dup)))

    def _on_lost(self, code: ReasonCode) -> None:
        lost = Lost(str(code))
        self._answers.put(lost)
        self._put(lost)


def _wishes() -> Properties:
    """What the broker may send: nothing that is much larger than an order."""
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wishes.MaximumPacketSize = _MAX_PACKET_BYTES
    return wishes


def _forgotten_after(seconds: int) -> Properties:
    fate = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    fate.MessageExpiryInterval = seconds
    return fate


def _why(error: Exception, *, encrypted: bool) -> str:
    """Why there is no connection, in words."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"shows a certificate that is not to be trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"cannot be spoken to in TLS: {error.reason or error}"
        case gaierror() | UnicodeError():
            return f"has no address: {_words(error)}"
        case ConnectionResetError() if encrypted:
            return "hangs up when spoken to in TLS: does that port know it?"
        case TimeoutError():
            return "does not answer"
        case _:
            return f"cannot be reached: {_words(error)}"


def _words(error: Any) -> str:
    return getattr(error, "strerror", None) or str(error)
