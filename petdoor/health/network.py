"""The broker, step by step: its name, the way to it, encryption, login, and a message that comes back."""

import queue
import socket
import ssl
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from petdoor.broker import Broker, Tls, sign_in
from petdoor.errors import BrokerError
from petdoor.health.finding import Finding, Level, tried


def examine(
    broker: Broker, below: str, *, timeout_seconds: float = 5.0, may_log_in: bool = True
) -> Iterator[Finding]:
    """Try one step after the other, up to the first that fails.

    Args:
        broker: where it is, and how to be let in.
        below: where the topics of the door are, and a message is sent and awaited.
        timeout_seconds: how long each step may take.
        may_log_in: False when this user may not know the password.
    """
    trial = _Trial(broker, f"{below}/doctor", timeout_seconds)
    with closing(trial):
        for part, step, advice in trial.steps():
            if part == "login" and not may_log_in:
                said = "the password is the service's alone"
                yield Finding("broker login", Level.SKIP, said, "run it with sudo to try that, too")
                return
            finding = tried(f"broker {part}", step, advice)
            yield finding
            if finding.level is Level.FAIL:
                return


class _Trial:
    """One visit to a broker; each step says what it saw, or raises ``BrokerError``."""

    def __init__(self, broker: Broker, topic: str, timeout_seconds: float) -> None:
        self._broker = broker
        self._topic = topic
        self._timeout_seconds = timeout_seconds
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.connect_timeout = timeout_seconds
        put = self._answers.put
        self._client.on_connect = lambda _client, _data, _flags, code, _properties: put(code)
        self._client.on_subscribe = lambda _client, _data, _mid, codes, _properties: put(codes[0])
        self._client.on_message = lambda _client, _data, message: put(message.payload)

    def steps(self) -> Iterator[tuple[str, Callable[[], str], str]]:
        """Name, step, and what to do when it fails."""
        broker = self._broker
        yield "name", self._name, "is mqtt.host right? Try the broker's address in numbers"
        yield "tcp", self._tcp, f"does the broker run, and does a firewall let port {broker.port} through?"
        if broker.tls:
            yield (
                "tls",
                lambda: self._tls(broker.tls or Tls()),
                "mqtt.tls.ca_file must be who signed the broker's certificate, mqtt.host a name in it",
            )
        yield (
            "login",
            self._login,
            (
                "mqtt.username and the password (/etc/petdoor/mqtt-password, or mqtt.password_file) must be "
                "as the broker knows them"
            ),
        )
        yield (
            "message",
            self._message,
            f"the broker's access list must let this user write and read {self._topic.rpartition('/')[0]}/#",
        )

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _name(self) -> str:
        try:
            found = socket.getaddrinfo(self._broker.host, self._broker.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise BrokerError(f"{self._broker.host} has no address: {error}") from error
        return f"{self._broker.host} is {', '.join(dict.fromkeys(str(entry[4][0]) for entry in found))}"

    def _connected(self) -> socket.socket:
        try:
            return socket.create_connection((self._broker.host, self._broker.port), self._timeout_seconds)
        except OSError as error:
            raise BrokerError(f"{self._broker!r} cannot be reached: {error}") from error

    def _tcp(self) -> str:
        with self._connected() as connection:
            return f"{self._broker!r} answers from {connection.getpeername()[0]}"

    def _tls(self, tls: Tls) -> str:
        try:
            context = ssl.create_default_context(cafile=tls.ca_file)
            if tls.cert_file:
                context.load_cert_chain(tls.cert_file, tls.key_file)
            with (
                self._connected() as plain,
                context.wrap_socket(plain, server_hostname=self._broker.host) as encrypted,
            ):
                ends = (encrypted.getpeercert() or {}).get("notAfter", "an unknown day")
                return f"{encrypted.version()}, the broker's certificate is good until {ends}"
        except BrokerError:
            raise
        except OSError as error:  # ssl.SSLError is one, too
            raise BrokerError(f"no encryption with {self._broker!r}: {error}") from error

    def _login(self) -> str:
        sign_in(self._client, self._broker)
        try:
            self._client.connect(self._broker.host, self._broker.port, self._broker.keepalive_seconds)
        except (OSError, UnicodeError) as error:
            raise BrokerError(f"{self._broker!r} cannot be reached: {error}") from error
        self._client.loop_start()
        code = self._answer("the broker takes the connection, but says nothing")
        if code.is_failure:
            raise BrokerError(f"{self._broker!r} refuses us: {code}")
        return f"{self._broker!r} lets us in as {self._broker.username or 'anybody'}"

    def _message(self) -> str:
        self._client.subscribe(self._topic, qos=1)
        code = self._answer("nobody answers a subscription")
        if code.is_failure:
            raise BrokerError(f"may not read {self._topic}: {code}")
        token = uuid.uuid4().hex.encode()
        self._client.publish(self._topic, token, qos=1)
        while self._answer(f"what is sent to {self._topic} does not come back") != token:
            pass  # another doctor's
        return f"sent to {self._topic}, and heard"

    def _answer(self, silence: str) -> Any:
        try:
            return self._answers.get(timeout=self._timeout_seconds)
        except queue.Empty:
            raise BrokerError(f"{silence} for {self._timeout_seconds:.0f} s") from None
