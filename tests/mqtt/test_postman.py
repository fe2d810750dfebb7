import socket
import threading
from contextlib import closing

import pytest

from petdoor.broker import Broker
from petdoor.mqtt.discovery import HomeAssistant
from petdoor.mqtt.outbox import Outbox
from petdoor.mqtt.postman import Postman
from petdoor.mqtt.topics import Topics

WELCOME = bytes((0x20, 3, 0, 0, 0))  # CONNACK of MQTT 5: success, no properties


class Swallower:
    """Lets everybody in, takes all, and acknowledges nothing."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.came = threading.Semaphore(0)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._swallow, args=[caller], daemon=True).start()

    def _swallow(self, caller):
        with caller:
            caller.sendall(WELCOME)
            self.came.release()
            while caller.recv(65_536):
                pass

    def close(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture
def swallower():
    with closing(Swallower()) as swallower:
        yield swallower


def test_a_broker_that_acknowledges_nothing_is_left_and_tried_anew(swallower, caplog):
    outbox = Outbox(None, keep_seconds=1e6, keep_events=10)
    postman = Postman(
        Broker("127.0.0.1", swallower.port),
        Topics("petdoor", "back"),
        outbox=outbox,
        home=HomeAssistant("homeassistant/status", "homeassistant/device/petdoor_back/config", None),
        tidy=lambda _: None,
        tidy_seconds=0.05,
        owed_seconds=0.1,
    )
    outbox.put({"event_type": "door_locked"})
    with closing(postman):
        postman.start()
        assert all(swallower.came.acquire(timeout=20) for _ in range(2))
    assert "acknowledges nothing: begin anew" in caplog.text
    assert len(outbox) == 1
