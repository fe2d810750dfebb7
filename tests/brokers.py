"""A real mosquitto, and somebody who listens to it."""

import itertools
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from contextlib import suppress

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = 500
_FIRST = 20_000 + _WORKER * _PORTS % 12_000
# Below those that the kernel gives to anybody; no other worker takes them, and none comes twice in a row.
_TURNS = itertools.cycle(random.sample(range(_FIRST, _FIRST + _PORTS), _PORTS))


def free_port():
    """A port of the loopback interface that nobody listens on."""
    for port in itertools.islice(_TURNS, _PORTS):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")


class Mosquitto:
    """A real broker on a free port of the loopback interface, stopped by its own process.

    As a context it runs meanwhile.
    """

    def __init__(self, folder, *, password_file=None, extra="", port=None):
        self._config = folder / "mosquitto.conf"
        self.port = port or free_port()
        access = (
            f"password_file {password_file}\nallow_anonymous false"
            if password_file
            else "allow_anonymous true"
        )
        self._config.write_text(f"listener {self.port} 127.0.0.1\n{access}\nuser root\n{extra}\n")
        self._process = None

    def start(self):
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        assert program, "mosquitto is not installed; 'make test' does that"
        self._process = subprocess.Popen([program, "-c", self._config], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        pytest.fail("mosquitto did not start")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def hang(self):
        """Accept what comes, and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self):
        """End without a word."""
        self._process.kill()
        self._process.wait(10)

    def stop(self):
        if self._process:
            self._process.send_signal(signal.SIGCONT)  # one that hangs hears nothing else
            self._process.terminate()
            self._process.wait(10)
            self._process = None


class Gate:
    """A way to a broker that can be shut: who comes then is turned away at once."""

    def __init__(self, port, *, is_open=True):
        self._to = port
        self._is_open = is_open
        self._entrance = socket.create_server(("127.0.0.1", 0))
        self.port = self._entrance.getsockname()[1]
        self._thread = threading.Thread(target=self._let_in, daemon=True)
        self._thread.start()

    def shut(self):
        self._is_open = False

    def open(self):
        self._is_open = True

    def close(self):
        self._entrance.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._entrance.close()

    def _let_in(self):
        while True:
            try:
                inside, _ = self._entrance.accept()
            except OSError:
                return
            try:
                if not self._is_open:
                    raise ConnectionRefusedError
                outside = socket.create_connection(("127.0.0.1", self._to), 5)
            except OSError:
                inside.close()
                continue
            outside.settimeout(None)
            threading.Thread(target=_carry, args=(inside, outside), daemon=True).start()


def _carry(inside, outside):
    """All that comes from one end goes to the other, until one is gone."""
    other = {inside: outside, outside: inside}
    with inside, outside:
        while True:
            ready, _, _ = select.select(list(other), [], [])
            for end in ready:
                try:
                    data = end.recv(65_536)
                    other[end].sendall(data)
                except OSError:
                    return
                if not data:
                    return


class Listener:
    """Subscribes to everything and keeps what it hears; a broker may come and go.

    What waits for a listener's acknowledgement dies with a broker; nothing does with ``qos=0``.
    """

    def __init__(self, port, topic="petdoor/#", *, qos=1, **login):
        self.heard = []
        self._changed = threading.Condition()
        self.subscribed = 0
        self._client = Client(CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(**login)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos)
        self._client.on_subscribe = lambda *_: self._on_subscribed()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._waits_for(lambda: self.subscribed)

    def subscribes_again(self, before):
        """Wait until it has subscribed more often than before: to a broker that was away."""
        self._waits_for(lambda: self.subscribed > before)

    def _waits_for(self, is_so):
        with self._changed:
            assert self._changed.wait_for(is_so, 30)

    def _on_subscribed(self):
        with self._changed:
            self.subscribed += 1
            self._changed.notify_all()

    def _on_message(self, _client, _data, message):
        with self._changed:
            self.heard.append((message.topic, message.payload.decode(errors="replace"), message.retain))
            self._changed.notify_all()

    def wait_for(self, topic, contains="", since=0):
        """The first message on the topic that holds the text, of all but the first few that were heard."""

        def found():
            return next((m for m in self.heard[since:] if m[0] == topic and contains in m[1]), None)

        with self._changed:
            assert self._changed.wait_for(found, 15), f"nothing on {topic}; heard {self.heard}"
            return found()

    def publish(self, topic, payload, *, retain=False):
        """Say something, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def ask(self, door, verb, **asked):
        """Send a door a request, and return its answer."""
        transaction = uuid.uuid4().hex
        self.publish(f"{door}/request/{verb}", json.dumps({"transaction": transaction, **asked}))
        return json.loads(self.wait_for(f"{door}/response/{verb}", transaction)[1])

    def newest(self, topic):
        """What was heard there last; None for nothing."""
        return next((payload for at, payload, _ in reversed(self.heard) if at == topic), None)

    def wait_until(self, topic, payload):
        """Wait until this is the newest on the topic."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.newest(topic) == payload, 15), self.newest(topic)

    def retained(self):
        """All that was retained when it subscribed: topic -> payload.

        A message of its own comes back behind them, for a broker keeps the order.
        """
        self._client.publish("petdoor/tests/settled", "settled", qos=1)
        self.wait_for("petdoor/tests/settled")
        return {topic: payload for topic, payload, is_retained in self.heard if is_retained}

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
