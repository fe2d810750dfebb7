"""Against a real mosquitto on the loopback interface."""

import json
import logging
import subprocess
import sys
import threading
from contextlib import closing

import numpy as np
import pytest
from paho.mqtt.client import Client

from petdoor.adapters.publisher import BIRTH_TOPIC, MqttPublisher
from petdoor.broker import Broker, Tls
from petdoor.core.door import LatchState
from petdoor.errors import ConfigError
from tests.brokers import Listener, Mosquitto

INFO = {"version": "0"}


def publisher(port, **login):
    return MqttPublisher(Broker("127.0.0.1", port, **login), door_id="back", info=INFO)


def photographer(port):
    return MqttPublisher(Broker("127.0.0.1", port), door_id="back", info=INFO, snapshots=True)


def retained(port):
    """What a newcomer hears: topic -> payload."""
    with closing(Listener(port)) as newcomer:
        return newcomer.retained()


def event(number):
    return {"event_type": "door_locked", "number": number}


def test_state_and_availability_are_retained_for_newcomers(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port)) as told:
        told.latch(LatchState.LOCKED)
        told.camera(online=True)
        listener.wait_for("petdoor/back/availability", "online")
        listener.wait_for("petdoor/back/camera/availability", "online")
        listener.wait_for("petdoor/back/lock/state", "LOCKED")
        states = retained(mosquitto.port)
    assert states["petdoor/back/lock/state"] == "LOCKED"
    assert states["petdoor/back/camera/availability"] == "online"
    assert json.loads(states["petdoor/back/info"]) == INFO


def test_the_states_are_told_before_online(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port)):
        listener.wait_for("petdoor/back/availability", "online")
        topics = [topic for topic, _, _ in listener.heard]
    assert topics.index("petdoor/back/info") < topics.index("petdoor/back/availability")


def test_an_event_is_told_once_and_never_retained(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port)) as told:
        listener.wait_for("petdoor/back/availability", "online")
        told.event(event(1))
        _, payload, _ = listener.wait_for("petdoor/back/event")
        assert json.loads(payload) == {**event(1), "replayed": False}
        assert "petdoor/back/event" not in retained(mosquitto.port)


def test_a_snapshot_is_a_jpeg_and_never_retained(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(photographer(mosquitto.port)) as told:
        listener.wait_for("petdoor/back/availability", "online")
        told.snapshot(np.zeros((48, 64, 3), np.uint8))
        listener.wait_for("petdoor/back/snapshot", "JFIF")
        assert "petdoor/back/snapshot" not in retained(mosquitto.port)


def test_no_snapshot_is_sent_unless_asked_for(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port)) as told:
        listener.wait_for("petdoor/back/availability", "online")
        told.snapshot(np.zeros((48, 64, 3), np.uint8))
        told.latch(LatchState.LOCKED)
        listener.wait_for("petdoor/back/lock/state")
        assert "petdoor/back/snapshot" not in [topic for topic, _, _ in listener.heard]


def test_closing_says_offline(mosquitto):
    told = publisher(mosquitto.port)
    with closing(Listener(mosquitto.port)) as listener:
        listener.wait_for("petdoor/back/availability", "online")
        told.close()
        told.close()
    assert retained(mosquitto.port)["petdoor/back/availability"] == "offline"


def test_a_broker_that_is_not_there_holds_nothing_up(tmp_path):
    told = publisher(Mosquitto(tmp_path).port)
    told.latch(LatchState.UNLOCKED)
    told.event(event(1))
    told.stats({"frames": 3})
    told.close()
    assert not [thread for thread in threading.enumerate() if "paho" in thread.name]


class LateClient(Client):
    """A client that connects only when told."""

    def loop_start(self):
        return None

    def start(self):
        return super().loop_start()


def late_publisher(port):
    clients = []

    def new_client(*arguments, **options):
        clients.append(LateClient(*arguments, **options))
        return clients[0]

    told = MqttPublisher(Broker("127.0.0.1", port), door_id="back", info=INFO, new_client=new_client)
    return told, clients[0]


def test_what_happened_while_the_broker_was_away_is_told_later_marked_and_apart(mosquitto):
    told, client = late_publisher(mosquitto.port)
    with closing(Listener(mosquitto.port)) as listener, closing(told):
        told.event(event(1))
        client.start()
        _, payload, _ = listener.wait_for("petdoor/back/event/replayed")
        assert json.loads(payload) == {**event(1), "replayed": True}
        told.event(event(2))
        _, payload, _ = listener.wait_for("petdoor/back/event")
        assert json.loads(payload) == {**event(2), "replayed": False}


def test_a_thousand_missed_events_are_all_told(mosquitto):
    told, client = late_publisher(mosquitto.port)
    with closing(Listener(mosquitto.port)) as listener, closing(told):
        for number in range(1200):
            told.event(event(number))
        client.start()
        listener.wait_for("petdoor/back/event/replayed", '"number": 1199,')
        numbers = [
            json.loads(text)["number"] for topic, text, _ in listener.heard if topic.endswith("replayed")
        ]
    assert numbers == list(range(200, 1200))


def test_a_broker_that_hung_and_died_hears_the_newest_state_last_and_old_events_as_old(tmp_path):
    broker = Mosquitto(tmp_path)
    broker.start()
    with closing(publisher(broker.port)) as told, closing(Listener(broker.port)) as listener:
        listener.wait_for("petdoor/back/availability", "online")
        broker.hang()
        told.latch(LatchState.UNLOCKED)
        told.event(event(1))
        broker.kill()
        told.latch(LatchState.LOCKED)
        broker.start()
        listener.wait_for("petdoor/back/event/replayed", '"number": 1,')
        assert not [topic for topic, _, _ in listener.heard if topic == "petdoor/back/event"]
        assert retained(broker.port)["petdoor/back/lock/state"] == "LOCKED"
    broker.stop()


def test_an_event_told_at_the_very_moment_of_losing_the_broker_is_told_again(mosquitto):
    told, client = late_publisher(mosquitto.port)
    with closing(Listener(mosquitto.port)) as listener, closing(told):
        told._is_listened_to = True  # the loss has not been noticed yet
        told.event(event(1))
        told.event(event(2))
        client.start()
        listener.wait_for("petdoor/back/event/replayed", '"number": 2,')
        assert listener.wait_for("petdoor/back/event/replayed", '"number": 1,')


def test_a_broker_that_comes_up_late_is_told_the_state(tmp_path):
    broker = Mosquitto(tmp_path)
    with closing(publisher(broker.port)) as told:
        told.latch(LatchState.LOCKED)
        broker.start()
        with closing(Listener(broker.port)) as listener:
            listener.wait_for("petdoor/back/lock/state", "LOCKED")
    broker.stop()


def test_a_broker_lost_midway_is_found_again_and_told_the_state(tmp_path):
    broker = Mosquitto(tmp_path)
    broker.start()
    with closing(publisher(broker.port)) as told, closing(Listener(broker.port)) as listener:
        listener.wait_for("petdoor/back/availability", "online")
        broker.stop()
        told.latch(LatchState.UNLOCKED)
        broker.start()
        listener.wait_for("petdoor/back/lock/state", "UNLOCKED")
    broker.stop()


def test_the_last_will_says_offline_for_a_door_that_died(mosquitto):
    code = (
        "import threading; from petdoor.adapters.publisher import *; from petdoor.broker import *\n"
        f"p = MqttPublisher(Broker('127.0.0.1', {mosquitto.port}), door_id='back', info={{}})\n"
        "print('up', flush=True); threading.Event().wait()"
    )
    door = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    with closing(Listener(mosquitto.port)) as listener, door:
        listener.wait_for("petdoor/back/availability", "online")
        door.kill()
        listener.wait_for("petdoor/back/availability", "offline")


def test_home_assistant_coming_up_hears_everything_again(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port)) as told:
        told.latch(LatchState.LOCKED)
        listener.wait_for("petdoor/back/availability", "online")
        listener.wait_for("petdoor/back/lock/state")
        listener.heard.clear()
        with closing(Listener(mosquitto.port, BIRTH_TOPIC)) as home_assistant:
            home_assistant._client.publish(BIRTH_TOPIC, "online", qos=1)
            listener.wait_for("petdoor/back/lock/state", "LOCKED")
            listener.wait_for("petdoor/back/availability", "online")


def test_the_right_password_is_let_in(guarded):
    login = {"username": "petdoor", "password": "woof"}
    with closing(Listener(guarded.port, **login)) as listener, closing(publisher(guarded.port, **login)):
        listener.wait_for("petdoor/back/availability", "online")


class Complaints(logging.Handler):
    """Counts what the publisher logs about being refused, and waits for more."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.levels = []
        self._again = threading.Semaphore(0)

    def emit(self, record):
        if "refuses us" in record.getMessage():
            self.levels.append(record.levelname)
            self._again.release()

    def wait(self, times):
        assert all(self._again.acquire(timeout=15) for _ in range(times))


@pytest.fixture
def complaints():
    log, handler = logging.getLogger("petdoor.adapters.publisher"), Complaints()
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)
    log.setLevel(logging.NOTSET)


def test_a_refused_login_is_told_once_however_often_it_is_tried(guarded, complaints):
    with closing(publisher(guarded.port, username="petdoor", password="meow")) as told:
        told.event(event(1))
        complaints.wait(2)
    assert complaints.levels[:2] == ["WARNING", "DEBUG"]


def test_the_password_is_in_no_text_about_the_broker():
    assert "woof" not in repr(Broker("127.0.0.1", 1883, username="petdoor", password="woof"))


def test_certificates_that_cannot_be_used_are_a_fault_of_the_settings(tmp_path):
    tls = Tls(ca_file=tmp_path / "missing.pem")
    with pytest.raises(ConfigError, match=r"mqtt.tls"):
        MqttPublisher(Broker("127.0.0.1", 1, tls=tls), door_id="back", info=INFO)
