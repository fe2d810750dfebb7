"""Against a real mosquitto on the loopback interface."""

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import closing

import numpy as np
import pytest

from petdoor.broker import Broker, Tls
from petdoor.core.door import LatchState
from petdoor.core.events import payload
from petdoor.core.modes import Mode
from petdoor.core.steering import Steering
from petdoor.errors import ConfigError
from petdoor.mqtt.discovery import HomeAssistant
from petdoor.mqtt.outbox import Outbox
from petdoor.mqtt.publisher import MqttPublisher
from petdoor.mqtt.recollection import Recollection
from petdoor.mqtt.topics import Topics
from tests.brokers import Gate, Listener, Mosquitto, free_port
from tests.conftest import ROOT

INFO = {"version": "0", "model": "sha256:ab12"}
BIRTH_TOPIC = "homeassistant/status"
CONFIG_TOPIC = "homeassistant/device/petdoor_back/config"


def outbox(path=None, keep_events=10_000):
    """One that waits for this machine's disk, however busy that is."""
    return Outbox(path, keep_seconds=1e6, keep_events=keep_events, patience_seconds=60.0)


def publisher(port, *, kept=None, message=None, host="127.0.0.1", **more):
    login = {key: more.pop(key) for key in ("username", "password", "tls") if key in more}
    return MqttPublisher(
        Broker(host, port, **login),
        Topics("petdoor", "back"),
        outbox=outbox() if kept is None else kept,
        home=HomeAssistant(BIRTH_TOPIC, CONFIG_TOPIC, message),
        info=INFO,
        receipt=payload,
        **more,
    )


def photographer(port):
    return publisher(port, snapshots=True)


def retained(port, topic="petdoor/#"):
    """What a newcomer hears: topic -> payload."""
    with closing(Listener(port, topic)) as newcomer:
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


def test_what_happened_while_the_broker_was_away_is_told_later_marked_and_apart(mosquitto):
    with (
        closing(Listener(mosquitto.port)) as listener,
        closing(Gate(mosquitto.port, is_open=False)) as gate,
        closing(publisher(gate.port)) as told,
    ):
        told.event(event(1))
        gate.open()
        _, text, _ = listener.wait_for("petdoor/back/event/replayed")
        assert json.loads(text) == {**event(1), "replayed": True}
        told.event(event(2))
        _, text, _ = listener.wait_for("petdoor/back/event")
        assert json.loads(text) == {**event(2), "replayed": False}


def test_of_too_many_missed_events_the_newest_are_told_in_order_and_how_many_were_dropped(mosquitto):
    kept = outbox(keep_events=1000)
    for number in range(1200):
        kept.put(event(number))
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port, kept=kept)):
        listener.wait_for("petdoor/back/event/replayed", '"number": 1199,')
        listener.wait_for("petdoor/back/event", '"count": 200')
        numbers = [
            json.loads(text)["number"] for topic, text, _ in listener.heard if topic.endswith("replayed")
        ]
    assert numbers == list(range(200, 1200))


def test_a_broker_that_hung_and_died_hears_the_newest_state_last_and_old_events_as_old(mosquitto):
    with (
        closing(Gate(mosquitto.port)) as gate,
        closing(publisher(gate.port)) as told,
        closing(Listener(mosquitto.port)) as listener,
    ):
        listener.wait_for("petdoor/back/availability", "online")
        mosquitto.hang()
        told.latch(LatchState.UNLOCKED)
        told.event(event(1))
        gate.shut()
        subscribed = listener.subscribed
        mosquitto.kill()
        told.latch(LatchState.LOCKED)
        mosquitto.start()
        listener.subscribes_again(subscribed)
        gate.open()
        listener.wait_for("petdoor/back/event/replayed", '"number": 1,')
        assert not [topic for topic, _, _ in listener.heard if topic == "petdoor/back/event"]
        assert retained(mosquitto.port)["petdoor/back/lock/state"] == "LOCKED"


def test_a_broker_that_comes_up_late_is_told_the_state(late_mosquitto):
    with closing(publisher(late_mosquitto.port)) as told:
        told.latch(LatchState.LOCKED)
        late_mosquitto.start()
        with closing(Listener(late_mosquitto.port)) as listener:
            listener.wait_for("petdoor/back/lock/state", "LOCKED")


def test_a_broker_lost_midway_is_found_again_and_told_the_state(mosquitto):
    with closing(publisher(mosquitto.port)) as told, closing(Listener(mosquitto.port)) as listener:
        listener.wait_for("petdoor/back/availability", "online")
        mosquitto.stop()
        told.latch(LatchState.UNLOCKED)
        mosquitto.start()
        listener.wait_for("petdoor/back/lock/state", "UNLOCKED")


def test_the_last_will_says_offline_for_a_door_that_died(mosquitto):
    code = (
        "import threading; from tests.mqtt.test_publisher import publisher\n"
        f"told = publisher({mosquitto.port}); threading.Event().wait()"
    )
    door = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    with closing(Listener(mosquitto.port)) as listener, door:
        try:
            listener.wait_for("petdoor/back/availability", "online")
        finally:
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
    log, handler = logging.getLogger("petdoor.mqtt.postman"), Complaints()
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
        publisher(1, tls=tls)


@pytest.mark.parametrize("retain", [True, False])
def test_an_order_that_is_to_be_retained_is_none_though_it_is_heard_at_once(mosquitto, retain):
    with closing(Listener(mosquitto.port)) as owner, closing(publisher(mosquitto.port)) as told:
        owner.wait_for("petdoor/back/availability", "online")
        assert owner.ask("petdoor/back", "status")["status"] == "ok"  # it listens
        owner.publish("petdoor/back/lock/set", "UNLOCK", retain=retain)
        assert owner.ask("petdoor/back", "status")["status"] == "ok"  # and has heard
        assert (told.take() is None) is retain


MESSAGE = {"device": {}, "components": {}}


def test_home_assistant_is_told_of_the_door_and_again_before_its_states_when_it_comes_up(mosquitto):
    with closing(Listener(mosquitto.port, "#")) as listener:
        with closing(publisher(mosquitto.port, message=MESSAGE)):
            listener.wait_for("petdoor/back/availability", "online")
            assert json.loads(retained(mosquitto.port, "#")[CONFIG_TOPIC]) == MESSAGE
            listener.heard.clear()
            listener.publish(BIRTH_TOPIC, "online")
            listener.wait_for("petdoor/back/availability", "online")
        topics = [topic for topic, _, _ in listener.heard]
    assert topics.index(CONFIG_TOPIC) < topics.index("petdoor/back/info")


def test_without_discovery_what_was_told_of_the_door_is_taken_back(mosquitto):
    with closing(publisher(mosquitto.port, message=MESSAGE)), closing(Listener(mosquitto.port)) as listener:
        listener.wait_for("petdoor/back/availability", "online")
    assert CONFIG_TOPIC in retained(mosquitto.port, "#")
    with closing(publisher(mosquitto.port, message=None)), closing(Listener(mosquitto.port)) as listener:
        listener.wait_for("petdoor/back/availability", "online")
    assert CONFIG_TOPIC not in retained(mosquitto.port, "#")


def test_the_newest_picture_is_there_for_whoever_comes_later(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(photographer(mosquitto.port)) as told:
        told.snapshot(np.zeros((48, 64, 3), np.uint8))
        listener.wait_for("petdoor/back/snapshot/last", "JFIF")
    assert "JFIF" in retained(mosquitto.port)["petdoor/back/snapshot/last"]


def test_the_last_events_are_there_for_whoever_comes_later(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port)) as told:
        for number in range(25):
            told.event(event(number))
        listener.wait_for("petdoor/back/recent", '"number": 24}')
    assert json.loads(retained(mosquitto.port)["petdoor/back/recent"]) == [event(n) for n in range(5, 25)]


def test_the_files_beside_the_outbox_are_waited_for_by_nobody(mosquitto, tmp_path):
    os.mkfifo(tmp_path / "recent.part")  # writing to it lasts until somebody reads
    recollection = Recollection(tmp_path / "recent.json")
    with (
        closing(Listener(mosquitto.port)) as listener,
        closing(publisher(mosquitto.port, recollection=recollection, latest_model=lambda: "other")) as told,
    ):
        listener.wait_for("petdoor/back/availability", "online")
        told.event(event(1))
        told.latch(LatchState.LOCKED)
        listener.wait_for("petdoor/back/lock/state", "LOCKED")
        listener.wait_for("petdoor/back/event", '"number": 1,')
        (tmp_path / "recent.part").read_text()
        listener.wait_for("petdoor/back/model/state", '"latest_version": "other"')


def test_looking_for_another_model_keeps_nobody_waiting(mosquitto):
    is_found = threading.Event()
    with (
        closing(Listener(mosquitto.port)) as listener,
        closing(publisher(mosquitto.port, latest_model=lambda: str(is_found.wait()))) as told,
    ):
        listener.wait_for("petdoor/back/availability", "online")
        told.latch(LatchState.LOCKED)
        listener.wait_for("petdoor/back/lock/state", "LOCKED")
        assert listener.newest("petdoor/back/model/state") is None
        is_found.set()
        listener.wait_for("petdoor/back/model/state", '"latest_version": "True"')


def test_files_that_hang_at_the_end_are_given_up_in_words(tmp_path, caplog):
    os.mkfifo(tmp_path / "recent.part")
    told = publisher(free_port(), recollection=Recollection(tmp_path / "recent.json"))
    told.event(event(1))
    told.close()
    assert "gave up on keeping the last events" in caplog.text
    (tmp_path / "recent.part").read_text()


def test_a_rule_without_a_threshold_leaves_none_behind(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(publisher(mosquitto.port)) as told:
        told.steering(Steering(Mode.OBSERVE, threshold=0.7))
        listener.wait_for("petdoor/back/threshold/state", "0.7")
        told.steering(Steering(Mode.OBSERVE))
        listener.wait_until("petdoor/back/threshold/state", "")
    states = retained(mosquitto.port)
    assert states["petdoor/back/mode/state"] == "observe"
    assert "petdoor/back/threshold/state" not in states


def test_an_order_that_waits_when_the_door_stops_is_answered(mosquitto):
    with closing(Listener(mosquitto.port)) as listener:
        with closing(publisher(mosquitto.port)):
            listener.wait_for("petdoor/back/availability", "online")
            assert listener.ask("petdoor/back", "status")["status"] == "ok"
            listener.publish("petdoor/back/request/unlock", '{"transaction": "late"}')
            assert listener.ask("petdoor/back", "status")["status"] == "ok"
        assert "ask again" in listener.wait_for("petdoor/back/response/unlock", "late")[1]


def test_a_broker_that_takes_small_packets_only_is_kept_and_told_all_that_is_small(tmp_path, caplog):
    with (
        Mosquitto(tmp_path, extra="max_packet_size 20000") as broker,
        closing(Listener(broker.port)) as listener,
        closing(photographer(broker.port)) as told,
    ):
        listener.wait_for("petdoor/back/availability", "online")
        told.snapshot(np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8))
        told.event(event(1))
        listener.wait_for("petdoor/back/event", '"number": 1,')
        assert not [topic for topic, text, _ in listener.heard if "snapshot" in topic and text]
    assert caplog.text.count("is left out") == 1


def test_a_picture_of_before_is_taken_back_when_none_are_wanted_any_more(mosquitto):
    with closing(Listener(mosquitto.port)) as listener, closing(photographer(mosquitto.port)) as told:
        told.snapshot(np.zeros((48, 64, 3), np.uint8))
        listener.wait_for("petdoor/back/snapshot/last", "JFIF")
    with closing(publisher(mosquitto.port)), closing(Listener(mosquitto.port)) as listener:
        listener.wait_for("petdoor/back/availability", "online")
    assert "petdoor/back/snapshot/last" not in retained(mosquitto.port)
