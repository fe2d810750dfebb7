"""A real mosquitto, and somebody who listens to it."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


class Mosquitto:
    """A real broker on a free port of the loopback interface, stopped by its own process."""

    def __init__(self, folder, *, password_file=None, extra="", port=None):
        self._config = folder / "mosquitto.conf"
        self.port = port or _free_port()
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
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        pytest.fail("mosquitto did not start")

    def hang(self):
        """Accept what comes, and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self):
        """End without a word."""
        self._process.kill()
        self._process.wait(10)

    def stop(self):
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Listener:
    """Subscribes to everything and keeps what it hears; a broker may come and go."""

    def __init__(self, port, topic="petdoor/#", **login):
        self.heard = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(**login)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def _on_message(self, _client, _data, message):
        with self._changed:
            self.heard.append((message.topic, message.payload.decode(errors="replace"), message.retain))
            self._changed.notify_all()

    def wait_for(self, topic, contains=""):
        """The first message on the topic that holds the text."""

        def found():
            return next((m for m in self.heard if m[0] == topic and contains in m[1]), None)

        with self._changed:
            assert self._changed.wait_for(found, 15), f"nothing on {topic}; heard {self.heard}"
            return found()

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
