"""The thread that speaks to the broker: one task after another, so that nothing of it needs a lock."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Final

from petdoor.broker import Broker
from petdoor.core.ports import Request
from petdoor.errors import BrokerError, ConfigError
from petdoor.logs import Once
from petdoor.mqtt import topics
from petdoor.mqtt.discovery import HomeAssistant
from petdoor.mqtt.line import Acknowledged, Heard, Line, Lost, Signal, Subscribed
from petdoor.mqtt.listener import Answer, Listener
from petdoor.mqtt.mail import Mail
from petdoor.mqtt.outbox import Outbox
from petdoor.mqtt.topics import OFFLINE, ONLINE, Topics

log = logging.getLogger(__name__)

_GOODBYE_SECONDS: Final = 2.0
_CLOSE_SECONDS: Final = 5.0
_RECONNECT_SECONDS: Final = 1.0
_RECONNECT_MAX_SECONDS: Final = 60.0
_ONLINE_SECONDS: Final = 180
_STEADY_SECONDS: Final = 60.0
"""A line that has held for so long is one that works."""
_MANY_TASKS: Final = 200
_MANY_OWED: Final = 50


class Postman:
    """Keeps a connection to the broker, and the broker informed.

    Every method but ``do``, ``take`` and ``close`` is for tasks: it runs on this thread only.

    Args:
        broker: where it is, and how to be let in.
        at: the topics of the door.
        outbox: where events lie until they are acknowledged.
        home: where Home Assistant is told of the door.
        tidy: what else is to be looked at, once all is told and every ``tidy_seconds``.
        tidy_seconds: how often it is seen to that all is in order.
        owed_seconds: for how long the broker may owe an acknowledgement.
        online_seconds: for how long it says ``online`` unless that is renewed, which is done every
            ``tidy_seconds``: a broker that died with the door has forgotten its will when it comes back.

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
        tidy: Callable[["Postman"], None],
        tidy_seconds: float = 60.0,
        owed_seconds: float = 30.0,
        online_seconds: int = _ONLINE_SECONDS,
    ) -> None:
        self._broker, self._at, self._home = broker, at, home
        self._outbox, self._mail = outbox, Mail(outbox, again=lambda: self.do(self.post))
        self._tidy_more, self._tidy_seconds, self._owed_seconds = tidy, tidy_seconds, owed_seconds
        self._online_seconds = online_seconds
        self._states: dict[str, str | bytes] = {}
        self._listener = Listener(
            answer=lambda answer: self.do(partial(self._answer, answer)),
            refuse=lambda sentence: self.do(partial(self._refusals.say, f"refused: {sentence}")),
            status=self._status,
        )
        # At every try would be too often: the broker may be away for a week.
        self._complaints = Once(log)
        # Whoever sends nonsense may send much of it.
        self._refusals = Once(log)
        self._tasks: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._line: Line | None = None
        self._tidied_at = time.monotonic()
        self._closing = threading.Event()
        self._new_line()  # what the TLS files lack is told now
        self._thread = threading.Thread(target=self._run, name="petdoor-mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def do(self, task: Callable[[], object]) -> None:
        """Have a task done, in its turn."""
        self._tasks.put(task)

    def take(self) -> Request | None:
        """The order that has waited longest."""
        return self._listener.take()

    def close(self) -> None:
        """Do what is to be done, say ``offline`` as long as the broker takes it in time, and hang up."""
        if self._closing.is_set():
            return
        self._closing.set()
        self.do(lambda: None)
        self._thread.join(_CLOSE_SECONDS)
        if self._thread.is_alive():
            log.warning("the broker %r does not answer: hung up without a goodbye", self._broker)

    def keep(self, name: str, value: str | bytes) -> None:
        """Remember a state for every connection to come, and tell it now, if it is another one."""
        is_news = self._states.get(name) != value
        self._states[name] = value
        if is_news and self._line:
            self._publish_state(name, value)

    def tell(self, name: str, payload: str | bytes, *, qos: int = 0) -> None:
        """Publish what is lost when the broker is not there."""
        if self._line:
            self._line.publish(self._at(name), payload, qos=qos)

    def post(self) -> None:
        """Send what lies in the outbox."""
        if line := self._line:
            self._mail.send(lambda name, payload: line.publish(self._at(name), payload))

    def _run(self) -> None:
        pause_seconds = 0.0
        while not self._closing.is_set():
            self._rest(pause_seconds)
            try:
                self._dial()
            except Exception:
                log.exception("cannot speak to the broker %r for a reason unforeseen", self._broker)
                self._hang_up()
            began_at = time.monotonic()
            while self._line and not self._closing.is_set():
                self._work(self._tidy_seconds)
            lasted = time.monotonic() - began_at >= _STEADY_SECONDS
            longer_seconds = min(max(2 * pause_seconds, _RECONNECT_SECONDS), _RECONNECT_MAX_SECONDS)
            pause_seconds = _RECONNECT_SECONDS if lasted else longer_seconds
        self._say_goodbye()

    def _rest(self, seconds: float) -> None:
        """Do what is to be done without a broker: all there is, and what comes for a while."""
        until = time.monotonic() + seconds
        while not self._closing.is_set() and (time.monotonic() < until or not self._tasks.empty()):
            self._work(max(0.0, until - time.monotonic()))

    def _work(self, seconds: float) -> None:
        """Do one task, if one comes in time."""
        try:
            task = self._tasks.get(timeout=seconds)
        except queue.Empty:
            task = self._tidy
        try:
            task()
            if time.monotonic() - self._tidied_at >= self._tidy_seconds:
                self._tidy()
        except Exception:
            log.exception("the thread that speaks to the broker met something unforeseen")

    def _new_line(self) -> Line:
        will = self._at(topics.AVAILABILITY), OFFLINE

        def put(signal: Signal) -> None:
            if not (isinstance(signal, Heard) and self._tasks.qsize() > _MANY_TASKS):
                self._tasks.put(partial(self._on_signal, line, signal))

        line = Line(self._broker, f"petdoor-{self._at.door_id}", will, put)
        return line

    def _dial(self) -> None:
        """Be let in, if the broker does; then it is told all states, and who listens finds them true."""
        line = self._let_in()
        if line is None:
            return
        log.info("connected to the broker %r", self._broker)
        self._complaints.clear()
        self._line = line
        self._mail.begin()
        self._introduce(line)
        # Only now, for an order is never older than what it answers; and who hears `online` may give one.
        line.subscribe((self._home.birth_topic, *self._at.heard))
        self._say_online(line)
        self.post()
        self._look_around()

    def _let_in(self) -> Line | None:
        """A line that stands; None where the broker gives none, or nobody wants one any more."""
        if self._closing.is_set():
            return None
        try:
            with ExitStack() as undone:
                line = self._new_line()
                undone.callback(line.close)
                line.open()
                if not self._closing.is_set():
                    undone.pop_all()
                    return line
        except (BrokerError, ConfigError) as error:
            self._complaints.say(str(error))
        return None

    def _on_signal(self, line: Line, signal: Signal) -> None:
        if line is not self._line:
            return
        match signal:
            case Acknowledged(mid, refusal):
                self._on_acknowledged(line, mid, refusal)
            case Heard():
                self._hear(signal)
            case Subscribed(refused=True):
                self._complaints.say(
                    f"the broker {self._broker!r} does not let us listen: see its access list"
                )
            case Lost(reason):
                self._complaints.say(f"lost the broker {self._broker!r}: {reason}; trying on")
                self._hang_up()

    def _on_acknowledged(self, line: Line, mid: int, refusal: str) -> None:
        line.settled(mid)
        if refusal:
            self._complaints.say(
                f"the broker {self._broker!r} does not take all we tell ({refusal}): see its access list"
            )
        if self._mail.acknowledged(mid, taken=not refusal):
            self.post()
            self._look_around()

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line:
            line.close()

    def _hear(self, heard: Heard) -> None:
        if heard.topic != self._home.birth_topic:
            self._listener.hear(self._at.name(heard.topic), heard)
        elif self._line and heard.payload == ONLINE.encode():
            self._introduce(self._line)
            self._say_online(self._line)

    def _introduce(self, line: Line) -> None:
        """Home Assistant learns of the door, then all states."""
        line.publish(self._home.topic, self._home.payload, retain=True)
        for name, value in self._states.items():
            self._publish_state(name, value)

    def _say_online(self, line: Line) -> None:
        line.publish(self._at(topics.AVAILABILITY), ONLINE, retain=True, expiry_seconds=self._online_seconds)

    def _publish_state(self, name: str, value: str | bytes) -> None:
        assert self._line
        self._line.publish(self._at(name), value, qos=1 if isinstance(value, str) else 0, retain=True)

    def _answer(self, answer: Answer) -> None:
        if answer.error:
            self._refusals.say(f"refused: {answer.verb}: {answer.error}")
        if self._line and self._line.owed > _MANY_OWED:
            self._refusals.say(f"refused: {answer.verb}: too many ask at once")
            return
        self.tell(topics.response(answer.verb), answer.payload(), qos=1)

    def _tidy(self) -> None:
        self._tidied_at = time.monotonic()
        self._refusals.clear()
        if self._line and self._line.owed_seconds > self._owed_seconds:
            self._complaints.say(f"the broker {self._broker!r} acknowledges nothing: begin anew")
            self._hang_up()
        if self._line:
            self._say_online(self._line)
        self._outbox.tidy()
        self.post()
        self._look_around()

    def _status(self) -> dict[str, str]:
        """All states, but those that tell of what was."""
        told = {name: value for name, value in self._states.items() if isinstance(value, str)}
        return {name: value for name, value in told.items() if value and name != topics.RECENT}

    def _look_around(self) -> None:
        """Once all is told, see what else there is."""
        if self._mail.is_idle:
            self._tidy_more(self)

    def _say_goodbye(self) -> None:
        while request := self._listener.take():
            request.answer("the door stops, or begins anew: ask again")
        while not self._tasks.empty():
            self._work(0.0)
        if self._line:
            try:
                # A clean goodbye suppresses the will, so the will's words must be said.
                self._line.publish_and_wait(self._at(topics.AVAILABILITY), OFFLINE, seconds=_GOODBYE_SECONDS)
            except BrokerError as error:
                log.warning("could not say goodbye to the broker: %s", error)
        while not self._tasks.empty():
            self._work(0.0)  # what it has acknowledged meanwhile
        self._hang_up()
