import socket
import threading
import time
from contextlib import closing

import pytest

from petdoor.broker import Broker
from petdoor.core.orders import CallEmergency
from petdoor.mqtt.discovery import HomeAssistant
from petdoor.mqtt.outbox import Outbox
from petdoor.mqtt.postman import Postman
from petdoor.mqtt.topics import Topics
from tests.brokers import Gate, Listener, Mosquitto
from tests.mqtt.disks import OutboxDisk

KEEPING = "persistence true\npersistence_location {}/\nautosave_on_changes true\nautosave_interval 1"
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


def outbox(path=None, **wanted):
    return Outbox(path, keep_seconds=1e6, keep_events=10, **wanted)


def postman(port, kept, **wanted):
    """One that has begun."""
    postman = Postman(
        Broker("127.0.0.1", port),
        Topics("petdoor", "back"),
        outbox=kept,
        home=HomeAssistant("homeassistant/status", "homeassistant/device/petdoor_back/config", None),
        tidy=lambda _: None,
        **wanted,
    )
    postman.start()
    return postman


def retained(port):
    with closing(Listener(port)) as newcomer:
        return newcomer.retained()


def test_a_broker_that_acknowledges_nothing_is_left_and_tried_anew(swallower, caplog):
    kept = outbox()
    kept.put({"event_type": "door_locked"})
    with closing(postman(swallower.port, kept, tidy_seconds=0.05, owed_seconds=0.1)):
        assert all(swallower.came.acquire(timeout=20) for _ in range(2))
    assert "acknowledges nothing: begin anew" in caplog.text
    assert len(kept) == 1


def test_an_order_and_a_state_wait_for_no_disk(mosquitto, tmp_path):
    disk = OutboxDisk()
    with (
        closing(outbox(tmp_path / "outbox.sqlite3", open_file=disk)) as kept,
        closing(postman(mosquitto.port, kept, tidy_seconds=0.05)) as told,
        closing(Listener(mosquitto.port)) as owner,
    ):
        owner.wait_for("petdoor/back/availability", "online")
        disk.hang()
        disk.wait_until_somebody_waits()
        owner.publish("petdoor/back/emergency/set", "ON")
        kept.put({"event_type": "emergency"})
        told.do(lambda: told.keep("lock/state", "UNLOCKED"))
        told.do(told.post)
        owner.wait_for("petdoor/back/event", "emergency")
        assert owner.ask("petdoor/back", "status")["data"] == {"lock/state": "UNLOCKED"}
        assert told.take().order == CallEmergency(wanted=True)
        disk.answer()


def test_what_lies_on_a_disk_that_answers_late_is_told_as_soon_as_it_does(mosquitto, tmp_path):
    disk = OutboxDisk()
    with closing(outbox(tmp_path / "outbox.sqlite3", open_file=disk)) as kept:
        kept.put({"event_type": "door_locked"})
    with (
        closing(outbox(tmp_path / "outbox.sqlite3", open_file=disk)) as kept,
        closing(Listener(mosquitto.port)) as listener,
    ):
        disk.hang()
        with closing(postman(mosquitto.port, kept)):
            listener.wait_for("petdoor/back/availability", "online")
            disk.wait_until_somebody_waits()
            disk.answer()
            listener.wait_for("petdoor/back/event/replayed", "door_locked")


def test_a_door_that_died_together_with_its_broker_is_online_no_longer_than_said(tmp_path):
    with (
        Mosquitto(tmp_path, extra=KEEPING.format(tmp_path)) as broker,
        closing(Gate(broker.port)) as gate,
        closing(postman(gate.port, outbox(), online_seconds=5)),
    ):
        with closing(Listener(broker.port)) as listener:
            listener.wait_for("petdoor/back/availability", "online")
        gate.shut()
        broker.kill()
        broker.start()
        assert retained(broker.port)["petdoor/back/availability"] == "online"
        gives_up_at = time.monotonic() + 15
        while "petdoor/back/availability" in retained(broker.port):
            assert time.monotonic() < gives_up_at


def test_a_door_that_is_there_stays_online(mosquitto):
    with (
        closing(postman(mosquitto.port, outbox(), online_seconds=1, tidy_seconds=0.02)),
        closing(Listener(mosquitto.port)) as listener,
    ):
        listener.wait_for("petdoor/back/availability", "online")
        while [text for _, text, _ in listener.heard].count("online") < 120:
            assert listener.ask("petdoor/back", "status")["status"] == "ok"
        assert retained(mosquitto.port)["petdoor/back/availability"] == "online"
